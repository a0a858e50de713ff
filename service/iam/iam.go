// Package iam is AWS Identity and Access Management: users, groups, roles, access
// keys, policies inline and managed.
//
// Methods are those of the SDK's client. Whether the caller may call them was
// decided before, by what [Service.Needs] tells. What cannot be made here, such as
// passwords of the console and MFA devices, is listed as empty, which is true.
package iam

import (
	"context"
	"errors"
	"slices"
	"time"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// Options is what a [Service] is made of.
type Options struct {
	State *state.DB
	Now   func() time.Time
}

// A Service is IAM. It can be used by many at once.
type Service struct {
	Options
}

// New is IAM.
func New(o Options) *Service { return &Service{o} }

// scope is the account of the caller.
func scope(ctx context.Context) state.Scope { return identity.Global(service.CallerOf(ctx).Scope) }

// patience is how often a change begins again that another came before.
const patience = 8

// update runs f in a transaction, again when another changed in between what f
// had read.
func (s *Service) update(ctx context.Context, f func(*state.Tx) error) error {
	var err error
	for range patience {
		if err = s.State.Update(ctx, f); !errors.Is(err, state.ErrChanged) {
			return err
		}
	}
	return concurrent()
}

// A class is users, groups or roles.
type class[T any, P identity.Holder[T]] struct {
	kind     state.Kind[T]
	word     string // in ARNs and messages
	quota    string // the word with a capital, as in the names of quotas
	inline   int    // how long all inline policies together may be, without white space
	attached int    // how many managed policies may be attached
	count    int    // how many there may be in an account
}

// The quotas are AWS's defaults, the adjustable ones at their maximum [IAM User
// Guide, IAM and AWS STS quotas].
var (
	users  = class[identity.User, *identity.User]{identity.Users, "user", "User", 2048, 20, 5000}
	groups = class[identity.Group, *identity.Group]{identity.Groups, "group", "Group", 5120, 10, 500}
	roles  = class[identity.Role, *identity.Role]{identity.Roles, "role", "Role", 10240, 25, 10000}
)

// get is the one of that name, or NoSuchEntity.
func (c class[T, P]) get(ctx context.Context, tx *state.Tx, in state.Scope, name string) (state.Resource[T], error) {
	r, err := identity.Find[T, P](ctx, tx, c.kind, in, name)
	if errors.Is(err, state.ErrNotFound) {
		return r, noSuch("The %s with name %s cannot be found.", c.word, name)
	}
	return r, err
}

// create stores a new one.
func (c class[T, P]) create(ctx context.Context, s *Service, in state.Scope, value T) (state.Resource[T], error) {
	r := state.Resource[T]{Scope: in, Value: value, Created: s.Now().UTC().Truncate(time.Second)}
	e := P(&r.Value).Base()
	r.Name = identity.Fold(e.Name)
	err := s.update(ctx, func(tx *state.Tx) error {
		all, err := c.kind.All(ctx, tx, in)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(all, func(other state.Resource[T]) bool { return other.Name == r.Name }):
			return exists("%s with name %s already exists.", c.quota, e.Name)
		case len(all) >= c.count:
			return limit("Cannot exceed quota for %ssPerAccount: %d", c.quota, c.count)
		}
		if e.Boundary != "" {
			if err := boundaryExists(ctx, tx, in, e.Boundary); err != nil {
				return err
			}
		}
		_, err = c.kind.Put(ctx, tx, r)
		return err
	})
	return r, err
}

func second[T any](_ T, err error) error { return err }

// change changes the one of that name.
func (c class[T, P]) change(ctx context.Context, s *Service, name string, f func(*state.Tx, P) error) error {
	in := scope(ctx)
	return s.update(ctx, func(tx *state.Tx) error {
		r, err := c.get(ctx, tx, in, name)
		if err != nil {
			return err
		}
		if err := f(tx, &r.Value); err != nil {
			return err
		}
		_, err = c.kind.Put(ctx, tx, r)
		return err
	})
}

// view reads the one of that name.
func (c class[T, P]) view(ctx context.Context, s *Service, name string) (r state.Resource[T], err error) {
	err = s.State.View(ctx, func(tx *state.Tx) error {
		r, err = c.get(ctx, tx, scope(ctx), name)
		return err
	})
	return r, err
}

// list are those of the caller's account below a path, by name.
func (c class[T, P]) list(ctx context.Context, s *Service, prefix *string) (some []state.Resource[T], err error) {
	err = s.State.View(ctx, func(tx *state.Tx) error {
		all, err := c.kind.All(ctx, tx, scope(ctx))
		some = under(all, prefix, func(v *T) string { return P(v).Base().Path })
		return err
	})
	return some, err
}

func (c class[T, P]) arn(r state.Resource[T]) string {
	e := P(&r.Value).Base()
	return identity.ARN(r.Scope, c.word, e.Path, e.Name)
}

// self is the name of the user whom a call is about that names none: the caller.
func self(ctx context.Context, named *string) (string, error) {
	if named != nil {
		return *named, nil
	}
	c := service.CallerOf(ctx)
	if c.Principal.Type != policy.User {
		return "", invalid("Must specify userName when calling with non-User credentials")
	}
	return c.UserName, nil
}
