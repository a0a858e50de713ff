package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// maxGroups is how many groups a user may be in.
const maxGroups = 10

// CreateGroup makes a group.
func (s *Service) CreateGroup(ctx context.Context, in *iam.CreateGroupInput, _ ...func(*iam.Options)) (*iam.CreateGroupOutput, error) {
	if err := check().text("groupName", in.GroupName, anyName128).optional("path", in.Path, pathForm).err(); err != nil {
		return nil, err
	}
	g, err := groups.create(ctx, s, scope(ctx), identity.Group{Entity: identity.Entity{
		Name: *in.GroupName, Path: pathOf(in.Path), ID: identity.NewID(identity.GroupID),
	}})
	if err != nil {
		return nil, err
	}
	group := sdkGroup(g)
	return &iam.CreateGroupOutput{Group: &group}, nil
}

// GetGroup is a group with its users.
func (s *Service) GetGroup(ctx context.Context, in *iam.GetGroupInput, _ ...func(*iam.Options)) (*iam.GetGroupOutput, error) {
	if err := check().text("groupName", in.GroupName, anyName128).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	var group types.Group
	var members []state.Resource[identity.User]
	err := s.State.View(ctx, func(tx *state.Tx) error {
		g, err := groups.get(ctx, tx, scope(ctx), *in.GroupName)
		if err != nil {
			return err
		}
		group = sdkGroup(g)
		members, err = membersOf(ctx, tx, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := cut(members, byName, in.Marker, in.MaxItems)
	return &iam.GetGroupOutput{
		Group: &group, Users: each(p.items, func(r state.Resource[identity.User]) types.User { return sdkUser(r, true) }),
		IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

func membersOf(ctx context.Context, tx *state.Tx, g state.Resource[identity.Group]) ([]state.Resource[identity.User], error) {
	all, err := identity.Users.All(ctx, tx, g.Scope)
	return slices.DeleteFunc(all, func(u state.Resource[identity.User]) bool { return !slices.Contains(u.Value.Groups, g.Value.Name) }), err
}

// ListGroups lists groups by name.
func (s *Service) ListGroups(ctx context.Context, in *iam.ListGroupsInput, _ ...func(*iam.Options)) (*iam.ListGroupsOutput, error) {
	if err := check().optional("pathPrefix", in.PathPrefix, prefixForm).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	all, err := groups.list(ctx, s, in.PathPrefix)
	if err != nil {
		return nil, err
	}
	p, err := cut(all, byName, in.Marker, in.MaxItems)
	return &iam.ListGroupsOutput{Groups: each(p.items, sdkGroup), IsTruncated: p.truncated, Marker: p.marker}, err
}

// ListGroupsForUser lists the groups that a user is in.
func (s *Service) ListGroupsForUser(ctx context.Context, in *iam.ListGroupsForUserInput, _ ...func(*iam.Options)) (*iam.ListGroupsForUserOutput, error) {
	if err := check().text("userName", in.UserName, anyName128).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	var all []state.Resource[identity.Group]
	err := s.State.View(ctx, func(tx *state.Tx) error {
		u, err := users.get(ctx, tx, scope(ctx), *in.UserName)
		if err != nil {
			return err
		}
		for _, name := range u.Value.Groups {
			g, err := groups.get(ctx, tx, scope(ctx), name)
			if err != nil {
				return err
			}
			all = append(all, g)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b state.Resource[identity.Group]) int { return strings.Compare(a.Name, b.Name) })
	p, err := cut(all, byName, in.Marker, in.MaxItems)
	return &iam.ListGroupsForUserOutput{Groups: each(p.items, sdkGroup), IsTruncated: p.truncated, Marker: p.marker}, err
}

// UpdateGroup gives a group another name or path; its id stays.
func (s *Service) UpdateGroup(ctx context.Context, in *iam.UpdateGroupInput, _ ...func(*iam.Options)) (*iam.UpdateGroupOutput, error) {
	if err := check().text("groupName", in.GroupName, anyName128).optional("newGroupName", in.NewGroupName, anyName128).
		optional("newPath", in.NewPath, pathForm).err(); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		g, err := groups.get(ctx, tx, scope(ctx), *in.GroupName)
		if err != nil {
			return err
		}
		members, err := membersOf(ctx, tx, g)
		if err != nil {
			return err
		}
		old, name := g.Value.Name, g.Value.Name
		if in.NewGroupName != nil {
			name = *in.NewGroupName
		}
		if in.NewPath != nil {
			g.Value.Path = *in.NewPath
		}
		if err := rename(ctx, tx, groups, &g, name); err != nil {
			return err
		}
		for _, u := range members {
			u.Value.Groups[slices.Index(u.Value.Groups, old)] = name
			if _, err := identity.Users.Put(ctx, tx, u); err != nil {
				return err
			}
		}
		return nil
	})
	return &iam.UpdateGroupOutput{}, err
}

// DeleteGroup removes a group without users and policies.
func (s *Service) DeleteGroup(ctx context.Context, in *iam.DeleteGroupInput, _ ...func(*iam.Options)) (*iam.DeleteGroupOutput, error) {
	if err := check().text("groupName", in.GroupName, anyName128).err(); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		g, err := groups.get(ctx, tx, scope(ctx), *in.GroupName)
		if err != nil {
			return err
		}
		members, err := membersOf(ctx, tx, g)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			return conflict("Cannot delete entity, must remove users from group first.")
		}
		if err := bare(g.Value.Entity); err != nil {
			return err
		}
		return remove(ctx, tx, groups, g)
	})
	return &iam.DeleteGroupOutput{}, err
}

// AddUserToGroup makes a user a member of a group, if he is not.
func (s *Service) AddUserToGroup(ctx context.Context, in *iam.AddUserToGroupInput, _ ...func(*iam.Options)) (*iam.AddUserToGroupOutput, error) {
	err := s.member(ctx, in.GroupName, in.UserName, func(u *identity.User, group string) error {
		switch {
		case slices.Contains(u.Groups, group):
			return nil
		case len(u.Groups) >= maxGroups:
			return limit("Cannot exceed quota for GroupsPerUser: %d", maxGroups)
		}
		u.Groups = append(u.Groups, group)
		return nil
	})
	return &iam.AddUserToGroupOutput{}, err
}

// RemoveUserFromGroup ends a membership, if there is one.
func (s *Service) RemoveUserFromGroup(ctx context.Context, in *iam.RemoveUserFromGroupInput, _ ...func(*iam.Options)) (*iam.RemoveUserFromGroupOutput, error) {
	err := s.member(ctx, in.GroupName, in.UserName, func(u *identity.User, group string) error {
		u.Groups = slices.DeleteFunc(u.Groups, func(g string) bool { return g == group })
		return nil
	})
	return &iam.RemoveUserFromGroupOutput{}, err
}

func (s *Service) member(ctx context.Context, group, user *string, f func(*identity.User, string) error) error {
	if err := check().text("groupName", group, anyName128).text("userName", user, anyName128).err(); err != nil {
		return err
	}
	return s.update(ctx, func(tx *state.Tx) error {
		g, err := groups.get(ctx, tx, scope(ctx), aws.ToString(group))
		if err != nil {
			return err
		}
		u, err := users.get(ctx, tx, scope(ctx), aws.ToString(user))
		if err != nil {
			return err
		}
		if err := f(&u.Value, g.Value.Name); err != nil {
			return err
		}
		if _, err := identity.Groups.Put(ctx, tx, g); err != nil { // so that it is not deleted meanwhile
			return err
		}
		_, err = identity.Users.Put(ctx, tx, u)
		return err
	})
}
