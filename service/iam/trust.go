package iam

import (
	"context"
	"errors"
	"slices"
	"strings"

	"tocsin/core/policy"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// maxTrust is how long a trust policy may be, without white space.
const maxTrust = 4096

// checkTrust checks a trust policy. Whom it names in the caller's own account must
// be there, as IAM demands; of other accounts nobody knows.
//
// BUG: IAM ties a user or role that a trust policy names to his unique id, so that
// another of the same name is not trusted; here it is the name that is trusted.
func (s *Service) checkTrust(ctx context.Context, document string) error {
	p, err := checkDocument(document, policy.Trust)
	if err != nil {
		return err
	}
	if weight(document) > maxTrust {
		return limit("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	return s.State.View(ctx, func(tx *state.Tx) error {
		for _, statement := range p.Statements {
			for _, name := range slices.Concat(statement.Principal.AWS, statement.NotPrincipal.AWS) {
				known, err := knownPrincipal(ctx, tx, name)
				if err != nil {
					return err
				}
				if !known {
					return malformed("Invalid principal in policy: %q:%q", "AWS", name)
				}
			}
		}
		return nil
	})
}

func knownPrincipal(ctx context.Context, tx *state.Tx, name string) (bool, error) {
	own := scope(ctx)
	if !strings.HasPrefix(name, "arn:"+own.Partition+":iam::"+own.Account+":") {
		return true, nil
	}
	var err error
	if in, path, user, ok := identity.Named(name, "user"); ok {
		var u state.Resource[identity.User]
		u, err = identity.Find(ctx, tx, identity.Users, in, user)
		if err == nil && u.Value.Path != path {
			return false, nil
		}
	} else if in, path, role, ok := identity.Named(name, "role"); ok {
		var r state.Resource[identity.Role]
		r, err = identity.Find(ctx, tx, identity.Roles, in, role)
		if err == nil && r.Value.Path != path {
			return false, nil
		}
	}
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return true, err
}
