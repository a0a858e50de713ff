package iam

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// attach attaches a managed policy.
func (c class[T, P]) attach(ctx context.Context, s *Service, name, arn *string) error {
	if err := check().text(c.word+"Name", name, anyName128).text("policyArn", arn, arnForm).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(tx *state.Tx, v P) error {
		if err := hold(ctx, tx, scope(ctx), *arn, "Policy %s does not exist or is not attachable."); err != nil {
			return err
		}
		e := v.Base()
		switch {
		case slices.Contains(e.Attached, *arn):
			return nil
		case len(e.Attached) >= c.attached:
			return limit("Cannot exceed quota for PoliciesPer%s: %d", c.quota, c.attached)
		}
		e.Attached = append(e.Attached, *arn)
		return nil
	})
}

// hold sees that a managed policy is there, and that it is not deleted before the
// transaction ends.
func hold(ctx context.Context, tx *state.Tx, in state.Scope, arn, missing string) error {
	p, err := identity.FindPolicy(ctx, tx, in, arn)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return noSuch(missing, arn)
	case err != nil:
		return err
	case p.Account != in.Account: // AWS's own
		return nil
	}
	_, err = identity.Policies.Put(ctx, tx, p)
	return err
}

// boundaryExists sees that the policy of a boundary is there.
func boundaryExists(ctx context.Context, tx *state.Tx, in state.Scope, arn string) error {
	return hold(ctx, tx, in, arn, "Scope ARN: %s does not exist or is not attachable.")
}

// detach takes a managed policy away.
func (c class[T, P]) detach(ctx context.Context, s *Service, name, arn *string) error {
	if err := check().text(c.word+"Name", name, anyName128).text("policyArn", arn, arnForm).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(_ *state.Tx, v P) error {
		e := v.Base()
		i := slices.Index(e.Attached, *arn)
		if i < 0 {
			return noSuch("Policy %s was not found.", *arn)
		}
		e.Attached = slices.Delete(e.Attached, i, i+1)
		return nil
	})
}

// attachments lists the managed policies below a path, by name.
func (c class[T, P]) attachments(ctx context.Context, s *Service, name, prefix, marker *string, most *int32) (page[types.AttachedPolicy], error) {
	if err := check().text(c.word+"Name", name, anyName128).optional("pathPrefix", prefix, policyPath).paging(marker, most).err(); err != nil {
		return page[types.AttachedPolicy]{}, err
	}
	r, err := c.view(ctx, s, *name)
	if err != nil {
		return page[types.AttachedPolicy]{}, err
	}
	all := slices.DeleteFunc(attached(P(&r.Value).Base()), func(p types.AttachedPolicy) bool {
		_, path, _, _ := identity.Named(*p.PolicyArn, "policy")
		return !strings.HasPrefix(path, aws.ToString(prefix))
	})
	return cut(all, func(p types.AttachedPolicy) string { return *p.PolicyName + " " + *p.PolicyArn }, marker, most)
}

// attached are the managed policies of an entity, by name.
func attached(e *identity.Entity) []types.AttachedPolicy {
	all := each(e.Attached, func(arn string) types.AttachedPolicy {
		_, _, name, _ := identity.Named(arn, "policy")
		return types.AttachedPolicy{PolicyArn: aws.String(arn), PolicyName: aws.String(name)}
	})
	slices.SortFunc(all, func(a, b types.AttachedPolicy) int {
		return strings.Compare(*a.PolicyName+" "+*a.PolicyArn, *b.PolicyName+" "+*b.PolicyArn)
	})
	return all
}

// bound sets the permissions boundary.
func (c class[T, P]) bound(ctx context.Context, s *Service, name, arn *string) error {
	if err := check().text(c.word+"Name", name, anyName128).text("permissionsBoundary", arn, arnForm).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(tx *state.Tx, v P) error {
		if err := boundaryExists(ctx, tx, scope(ctx), *arn); err != nil {
			return err
		}
		v.Base().Boundary = *arn
		return nil
	})
}

// unbound takes the permissions boundary away.
func (c class[T, P]) unbound(ctx context.Context, s *Service, name *string) error {
	if err := check().text(c.word+"Name", name, anyName128).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(_ *state.Tx, v P) error {
		v.Base().Boundary = ""
		return nil
	})
}
