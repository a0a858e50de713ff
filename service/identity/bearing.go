package identity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tocsin/core/policy"
	"tocsin/store/state"
)

// A Bearing is the policies that bear on a user or a role.
type Bearing struct {
	Identity []policy.Named
	Boundary *policy.Named
}

// OfUser are the policies of a user and of his groups.
func OfUser(ctx context.Context, tx *state.Tx, in state.Scope, u User) (Bearing, error) {
	b, err := bearing(ctx, tx, in, u.Entity, "user")
	if err != nil {
		return b, err
	}
	for _, name := range u.Groups {
		g, err := Find(ctx, tx, Groups, in, name)
		if err != nil {
			return b, fmt.Errorf("group %s of user %s: %w", name, u.Name, err)
		}
		of, err := bearing(ctx, tx, in, g.Value.Entity, "group")
		if err != nil {
			return b, err
		}
		b.Identity = append(b.Identity, of.Identity...)
	}
	return b, nil
}

// OfGroup are the policies of a group.
func OfGroup(ctx context.Context, tx *state.Tx, in state.Scope, g Group) (Bearing, error) {
	return bearing(ctx, tx, in, g.Entity, "group")
}

// OfRole are the policies of a role.
func OfRole(ctx context.Context, tx *state.Tx, in state.Scope, r Role) (Bearing, error) {
	return bearing(ctx, tx, in, r.Entity, "role")
}

// InlineName is what IAM's simulator calls an inline policy of a user ("user"), a
// group or a role.
func InlineName(word, of, name string) string { return word + "_" + of + "_" + name }

func bearing(ctx context.Context, tx *state.Tx, in state.Scope, e Entity, word string) (b Bearing, err error) {
	for _, name := range slices.Sorted(maps.Keys(e.Inline)) {
		n, err := parse(InlineName(word, e.Name, name), e.Inline[name])
		if err != nil {
			return b, err
		}
		b.Identity = append(b.Identity, n)
	}
	for _, arn := range e.Attached {
		n, err := managed(ctx, tx, in, arn)
		if err != nil {
			return b, err
		}
		b.Identity = append(b.Identity, n)
	}
	if e.Boundary != "" {
		n, err := managed(ctx, tx, in, e.Boundary)
		if err != nil {
			return b, err
		}
		b.Boundary = &n
	}
	return b, nil
}

// managed is a managed policy ready to be evaluated. One that is gone allows
// nothing; as a boundary it still bounds.
func managed(ctx context.Context, tx *state.Tx, in state.Scope, arn string) (policy.Named, error) {
	p, err := FindPolicy(ctx, tx, in, arn)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return policy.Named{Name: p.Value.Name}, nil
	case err != nil:
		return policy.Named{}, err
	}
	return parse(p.Value.Name, p.Value.Document())
}

// parse reads a document that was checked when it was stored.
func parse(name, document string) (policy.Named, error) {
	p, err := policy.Parse(document, policy.Any)
	if err != nil {
		return policy.Named{}, fmt.Errorf("stored policy %s: %w", name, err)
	}
	return policy.Named{Name: name, Policy: p}, nil
}

// FindPolicy is the managed policy with that ARN, of the account or of AWS, or
// state.ErrNotFound.
func FindPolicy(ctx context.Context, tx *state.Tx, in state.Scope, arn string) (state.Resource[Policy], error) {
	if p, ok := Managed(arn); ok {
		return p, nil
	}
	of, path, name, ok := Named(arn, "policy")
	if !ok || of.Account != in.Account || of.Partition != in.Partition {
		return state.Resource[Policy]{}, state.ErrNotFound
	}
	r, err := Policies.Get(ctx, tx, Global(in), Fold(name))
	if err == nil && (r.Value.Name != name || r.Value.Path != path) {
		return state.Resource[Policy]{}, state.ErrNotFound
	}
	return r, err
}
