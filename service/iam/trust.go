package iam

import (
	"context"
	"slices"
	"strings"

	"tocsin/core/policy"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// maxTrust is how long a trust policy may be, without white space.
const maxTrust = 8192

// checkTrust checks a trust policy, and gives the ids of whom it names in the
// caller's own account. They must be there, as IAM demands; of other accounts nobody
// knows.
func (s *Service) checkTrust(ctx context.Context, document string) (ties []identity.Tie, err error) {
	p, err := checkDocument(document, policy.Trust)
	if err != nil {
		return nil, err
	}
	if weight(document) > maxTrust {
		return nil, limit("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	own := scope(ctx)
	err = s.State.View(ctx, func(tx *state.Tx) error {
		ties = nil
		for _, statement := range p.Statements {
			for _, name := range slices.Concat(statement.Principal.AWS, statement.NotPrincipal.AWS) {
				in, word := own, ""
				for _, w := range []string{users.word, roles.word} {
					if of, _, _, ok := identity.Named(name, w); ok {
						in, word = of, w
					}
				}
				if word == "" || in != own {
					continue
				}
				id, err := idOf(ctx, tx, word, name)
				if err != nil {
					return err
				}
				if id == "" {
					return malformed("Invalid principal in policy: %q:%q", "AWS", name)
				}
				ties = append(ties, identity.Tie{ARN: name, ID: id})
			}
		}
		return nil
	})
	return ties, err
}

// idOf is the id of a user or role by his ARN; "" when there is none.
func idOf(ctx context.Context, tx *state.Tx, word, arn string) (string, error) {
	in, path, name, _ := identity.Named(arn, word)
	var e *identity.Entity
	var err error
	if word == users.word {
		var u state.Resource[identity.User]
		u, err = identity.Find(ctx, tx, identity.Users, in, name)
		e = &u.Value.Entity
	} else {
		var r state.Resource[identity.Role]
		r, err = identity.Find(ctx, tx, identity.Roles, in, name)
		e = &r.Value.Entity
	}
	if there, err := state.Exists(err); err != nil || !there || e.Path != path {
		return "", err
	}
	return e.ID, nil
}

// showTrust makes the trust policy of a role say whom it names by now: who has
// another name is called by that, who is gone by his id.
func showTrust(ctx context.Context, tx *state.Tx, in state.Scope, r *identity.Role) error {
	for _, t := range r.Tied {
		word := users.word
		if strings.HasPrefix(t.ID, identity.RoleID) {
			word = roles.word
		}
		id, err := idOf(ctx, tx, word, t.ARN)
		if err != nil {
			return err
		}
		if id == t.ID {
			continue
		}
		now, err := arnOf(ctx, tx, in, t.ID)
		if err != nil {
			return err
		}
		r.Trust = strings.ReplaceAll(r.Trust, `"`+t.ARN+`"`, `"`+now+`"`)
	}
	return nil
}

// arnOf is the ARN of the user who has an id; the id itself when there is none. Roles
// keep their names.
func arnOf(ctx context.Context, tx *state.Tx, in state.Scope, id string) (string, error) {
	all, err := identity.Users.All(ctx, tx, in)
	if err != nil {
		return "", err
	}
	for _, u := range all {
		if u.Value.ID == id {
			return users.arn(u), nil
		}
	}
	return id, nil
}
