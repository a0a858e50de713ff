package iam

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// maxKeys is how many access keys a user may have.
const maxKeys = 2

// CreateAccessKey makes a key; its secret is told this once.
func (s *Service) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput, _ ...func(*iam.Options)) (*iam.CreateAccessKeyOutput, error) {
	if err := check().optional("userName", in.UserName, anyName128).err(); err != nil {
		return nil, err
	}
	name, err := self(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	of := scope(ctx)
	key := state.Resource[identity.Key]{
		Name: identity.NewKeyID(identity.KeyID, of.Account), Created: s.Now().UTC().Truncate(time.Second),
		Value: identity.Key{Partition: of.Partition, Account: of.Account, User: name, Secret: identity.NewSecret(), Active: true},
	}
	err = users.change(ctx, s, name, func(tx *state.Tx, u *identity.User) error { // written, so that no two see one key each
		keys, err := identity.Keys.Of(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if len(keys) >= maxKeys {
			return limit("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
		}
		key.Parent, key.Value.UserID = u.ID, u.ID
		_, err = identity.Keys.Put(ctx, tx, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		AccessKeyId: aws.String(key.Name), SecretAccessKey: aws.String(key.Value.Secret), Status: types.StatusTypeActive,
		UserName: aws.String(name), CreateDate: at(key.Created),
	}}, nil
}

// ListAccessKeys lists the keys of a user, without their secrets.
func (s *Service) ListAccessKeys(ctx context.Context, in *iam.ListAccessKeysInput, _ ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error) {
	if err := check().optional("userName", in.UserName, anyName128).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	name, err := self(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	var keys []state.Resource[identity.Key]
	err = s.State.View(ctx, func(tx *state.Tx) error {
		u, err := users.get(ctx, tx, scope(ctx), name)
		if err != nil {
			return err
		}
		keys, err = identity.Keys.Of(ctx, tx, u.Value.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := cut(keys, byName, in.Marker, in.MaxItems)
	return &iam.ListAccessKeysOutput{
		AccessKeyMetadata: each(p.items, func(k state.Resource[identity.Key]) types.AccessKeyMetadata {
			return types.AccessKeyMetadata{
				AccessKeyId: aws.String(k.Name), CreateDate: at(k.Created), Status: statusOf(k.Value), UserName: aws.String(name),
			}
		}),
		IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

func statusOf(k identity.Key) types.StatusType {
	if k.Active {
		return types.StatusTypeActive
	}
	return types.StatusTypeInactive
}

// UpdateAccessKey makes a key active or inactive.
func (s *Service) UpdateAccessKey(ctx context.Context, in *iam.UpdateAccessKeyInput, _ ...func(*iam.Options)) (*iam.UpdateAccessKeyOutput, error) {
	c := check().optional("userName", in.UserName, anyName128).text("accessKeyId", in.AccessKeyId, keyIDForm)
	oneOf(c, "status", in.Status, in.Status.Values())
	if in.Status == "" {
		c.text("status", nil, form{})
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	if in.Status == types.StatusTypeExpired {
		return nil, wrongInput("A key cannot be set to Expired.")
	}
	err := s.withKey(ctx, in.UserName, *in.AccessKeyId, func(tx *state.Tx, k state.Resource[identity.Key]) error {
		k.Value.Active = in.Status == types.StatusTypeActive
		_, err := identity.Keys.Put(ctx, tx, k)
		return err
	})
	return &iam.UpdateAccessKeyOutput{}, err
}

// DeleteAccessKey removes a key.
func (s *Service) DeleteAccessKey(ctx context.Context, in *iam.DeleteAccessKeyInput, _ ...func(*iam.Options)) (*iam.DeleteAccessKeyOutput, error) {
	if err := check().optional("userName", in.UserName, anyName128).text("accessKeyId", in.AccessKeyId, keyIDForm).err(); err != nil {
		return nil, err
	}
	err := s.withKey(ctx, in.UserName, *in.AccessKeyId, func(tx *state.Tx, k state.Resource[identity.Key]) error {
		if err := dropUse(ctx, tx, k.Name); err != nil {
			return err
		}
		return identity.Keys.Delete(ctx, tx, state.Scope{}, k.Name)
	})
	return &iam.DeleteAccessKeyOutput{}, err
}

// dropUse forgets when a key or role was used.
func dropUse(ctx context.Context, tx *state.Tx, of string) error {
	_, err := state.Exists(identity.KeyUses.Delete(ctx, tx, state.Scope{}, of))
	return err
}

// withKey runs f on a key of a user.
func (s *Service) withKey(ctx context.Context, userName *string, id string, f func(*state.Tx, state.Resource[identity.Key]) error) error {
	name, err := self(ctx, userName)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx *state.Tx) error {
		u, err := users.get(ctx, tx, scope(ctx), name)
		if err != nil {
			return err
		}
		k, err := identity.Keys.Get(ctx, tx, state.Scope{}, id)
		if errors.Is(err, state.ErrNotFound) || err == nil && k.Value.UserID != u.Value.ID {
			return noSuch("The Access Key with id %s cannot be found.", id)
		}
		if err != nil {
			return err
		}
		return f(tx, k)
	})
}

// GetAccessKeyLastUsed tells when a key was used last, to the minute.
func (s *Service) GetAccessKeyLastUsed(ctx context.Context, in *iam.GetAccessKeyLastUsedInput, _ ...func(*iam.Options)) (*iam.GetAccessKeyLastUsedOutput, error) {
	if err := check().text("accessKeyId", in.AccessKeyId, keyIDForm).err(); err != nil {
		return nil, err
	}
	out := &iam.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &types.AccessKeyLastUsed{ServiceName: aws.String("N/A"), Region: aws.String("N/A")}}
	err := s.State.View(ctx, func(tx *state.Tx) error {
		k, err := identity.Keys.Get(ctx, tx, state.Scope{}, *in.AccessKeyId)
		if errors.Is(err, state.ErrNotFound) || err == nil && k.Value.Account != scope(ctx).Account {
			return noSuch("The Access Key with id %s cannot be found.", *in.AccessKeyId)
		}
		if err != nil {
			return err
		}
		out.UserName = aws.String(k.Value.User)
		use, err := identity.KeyUses.Get(ctx, tx, state.Scope{}, k.Name)
		if there, err := state.Exists(err); err != nil || !there {
			return err
		}
		out.AccessKeyLastUsed = &types.AccessKeyLastUsed{
			LastUsedDate: at(use.Value.At.Truncate(time.Second)), ServiceName: aws.String(use.Value.Service), Region: aws.String(use.Value.Region),
		}
		return nil
	})
	return out, err
}
