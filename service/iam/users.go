package iam

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// pathOf is a path, "/" when none is given.
func pathOf(p *string) string {
	if p == nil {
		return "/"
	}
	return *p
}

// CreateUser makes a user, who may do nothing.
func (s *Service) CreateUser(ctx context.Context, in *iam.CreateUserInput, _ ...func(*iam.Options)) (*iam.CreateUserOutput, error) {
	if err := check().text("userName", in.UserName, anyName64).optional("path", in.Path, pathForm).
		optional("permissionsBoundary", in.PermissionsBoundary, arnForm).tags(in.Tags).err(); err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	u, err := users.create(ctx, s, scope(ctx), identity.User{Entity: identity.Entity{
		Name: *in.UserName, Path: pathOf(in.Path), ID: identity.NewID(identity.UserID),
		Boundary: aws.ToString(in.PermissionsBoundary), Tags: tags,
	}})
	if err != nil {
		return nil, err
	}
	user := sdkUser(u, false)
	return &iam.CreateUserOutput{User: &user}, nil
}

// GetUser is a user; without a name the caller, who may be the root.
func (s *Service) GetUser(ctx context.Context, in *iam.GetUserInput, _ ...func(*iam.Options)) (*iam.GetUserOutput, error) {
	if err := check().optional("userName", in.UserName, anyName128).err(); err != nil {
		return nil, err
	}
	if c := service.CallerOf(ctx); in.UserName == nil && c.Principal.Type == policy.Root {
		return &iam.GetUserOutput{User: &types.User{
			Arn: aws.String(c.Principal.ARN), UserId: aws.String(c.Account),
			CreateDate: aws.Time(time.Unix(0, 0).UTC()), // nobody knows
		}}, nil
	}
	name, err := self(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	u, err := users.view(ctx, s, name)
	if err != nil {
		return nil, err
	}
	user := sdkUser(u, false)
	return &iam.GetUserOutput{User: &user}, nil
}

// ListUsers lists users by name.
func (s *Service) ListUsers(ctx context.Context, in *iam.ListUsersInput, _ ...func(*iam.Options)) (*iam.ListUsersOutput, error) {
	if err := check().optional("pathPrefix", in.PathPrefix, prefixForm).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	all, err := users.list(ctx, s, in.PathPrefix)
	if err != nil {
		return nil, err
	}
	p, err := cut(all, byName, in.Marker, in.MaxItems)
	return &iam.ListUsersOutput{
		Users:       each(p.items, func(r state.Resource[identity.User]) types.User { return sdkUser(r, true) }),
		IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

// UpdateUser gives a user another name or path; his id stays.
func (s *Service) UpdateUser(ctx context.Context, in *iam.UpdateUserInput, _ ...func(*iam.Options)) (*iam.UpdateUserOutput, error) {
	if err := check().text("userName", in.UserName, anyName128).optional("newUserName", in.NewUserName, anyName64).
		optional("newPath", in.NewPath, pathForm).err(); err != nil {
		return nil, err
	}
	name := *in.UserName
	if in.NewUserName != nil {
		name = *in.NewUserName
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		u, err := users.get(ctx, tx, scope(ctx), *in.UserName)
		if err != nil {
			return err
		}
		if in.NewPath != nil {
			u.Value.Path = *in.NewPath
		}
		if err := rename(ctx, tx, users, &u, name); err != nil {
			return err
		}
		keys, err := identity.Keys.Of(ctx, tx, u.Value.ID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			k.Value.User = name
			if _, err := identity.Keys.Put(ctx, tx, k); err != nil {
				return err
			}
		}
		return renameSessions(ctx, tx, u.Value)
	})
	return &iam.UpdateUserOutput{}, err
}

// renameSessions tells the sessions of a user his name.
func renameSessions(ctx context.Context, tx *state.Tx, u identity.User) error {
	sessions, err := identity.Sessions.Of(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	for _, r := range sessions {
		r.Value.User = u.Name
		if _, err := identity.Sessions.Put(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}

// rename stores what r holds under a name.
func rename[T any, P identity.Holder[T]](ctx context.Context, tx *state.Tx, c class[T, P], r *state.Resource[T], name string) error {
	P(&r.Value).Base().Name = name
	_, err := c.kind.Put(ctx, tx, *r) // in any case, to see that nobody has changed it since
	if err != nil || r.Name == identity.Fold(name) {
		return err
	}
	if err := c.kind.Delete(ctx, tx, r.Scope, r.Name); err != nil {
		return err
	}
	r.Name, r.Revision = identity.Fold(name), 0
	switch there, err := state.Exists(second(c.kind.Get(ctx, tx, r.Scope, r.Name))); {
	case err != nil:
		return err
	case there:
		return exists("%s with name %s already exists.", c.quota, name)
	}
	_, err = c.kind.Put(ctx, tx, *r)
	return err
}

// DeleteUser removes a user who has nothing left.
func (s *Service) DeleteUser(ctx context.Context, in *iam.DeleteUserInput, _ ...func(*iam.Options)) (*iam.DeleteUserOutput, error) {
	if err := check().text("userName", in.UserName, anyName128).err(); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		u, err := users.get(ctx, tx, scope(ctx), *in.UserName)
		if err != nil {
			return err
		}
		if len(u.Value.Groups) > 0 {
			return conflict("Cannot delete entity, must remove users from group first.")
		}
		if err := bare(u.Value.Entity); err != nil {
			return err
		}
		keys, err := identity.Keys.Of(ctx, tx, u.Value.ID)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			return conflict("Cannot delete entity, must delete access keys first.")
		}
		return remove(ctx, tx, users, u)
	})
	return &iam.DeleteUserOutput{}, err
}

// bare refuses to delete what still has policies.
func bare(e identity.Entity) error {
	switch {
	case len(e.Attached) > 0:
		return conflict("Cannot delete entity, must detach all policies first.")
	case len(e.Inline) > 0:
		return conflict("Cannot delete entity, must delete policies first.")
	}
	return nil
}

// remove deletes what was just read, unless somebody changed it since, who may
// have added what must not be left behind.
func remove[T any, P identity.Holder[T]](ctx context.Context, tx *state.Tx, c class[T, P], r state.Resource[T]) error {
	if _, err := c.kind.Put(ctx, tx, r); err != nil {
		return err
	}
	err := c.kind.Delete(ctx, tx, r.Scope, r.Name)
	if errors.Is(err, state.ErrNotFound) {
		return state.ErrChanged
	}
	return err
}
