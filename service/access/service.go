package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// Service tells whether an AWS service, such as cloudtrail.amazonaws.com, may do
// all needs, which only the policies of the resources can say. Keys are condition
// keys of all of them, such as aws:SourceArn and aws:SourceAccount. The error is as
// that of [Gate.Permit].
func (g *Gate) Service(_ context.Context, principal string, keys policy.Context, needs []service.Need) error {
	k := known{principal: policy.Service(principal), keys: merged(g.serviceKeys(), keys)}
	for _, n := range needs {
		if err := k.decide(n); err != nil {
			return err
		}
	}
	return nil
}

// Role tells whether an AWS service may assume a role by its trust policy, and
// the role may do all needs. Keys are condition keys of both. The error is as that of
// [Gate.Permit]; a role that there is not may do nothing.
func (g *Gate) Role(ctx context.Context, roleARN, principal string, keys policy.Context, needs []service.Need) error {
	in, path, name, ok := identity.Named(roleARN, "role")
	if !ok {
		return denied(roleARN + " is not the ARN of a role")
	}
	var role identity.Role
	var trust string
	var b identity.Bearing
	err := g.State.View(ctx, func(tx *state.Tx) error {
		r, err := identity.Find(ctx, tx, identity.Roles, in, name)
		if err != nil {
			return err
		}
		role = r.Value
		if trust, err = role.TrustByID(); err != nil {
			return err
		}
		b, err = identity.OfRole(ctx, tx, in, role)
		return err
	})
	if errors.Is(err, state.ErrNotFound) || err == nil && role.Path != path {
		return denied("The role " + roleARN + " does not exist")
	}
	if err != nil {
		return fmt.Errorf("read role %s: %w", name, err)
	}
	assume := service.Need{
		Action: "sts:AssumeRole", Resource: roleARN, Owner: in.Account,
		Policy: &trust, PolicyName: "trust policy", Kind: policy.Trust, PolicyDecides: true,
	}
	if err := g.Service(ctx, principal, keys, []service.Need{assume}); err != nil {
		return err
	}
	session, _, _ := strings.Cut(principal, ".")
	k := known{
		principal: identity.SessionPrincipal(in, role, session),
		policies:  policy.Policies{Identity: b.Identity, Boundary: b.Boundary},
		keys:      merged(g.serviceKeys(), keys),
	}
	for _, t := range role.Tags {
		k.keys["aws:PrincipalTag/"+t.Key] = []string{t.Value}
	}
	for _, n := range needs {
		if err := k.decide(n); err != nil {
			return err
		}
	}
	return nil
}

// serviceKeys are the keys of a call that an AWS service makes itself: it always
// comes over a safe way.
func (g *Gate) serviceKeys() policy.Context {
	return requestKeys(service.Caller{Time: g.Now(), TLS: true})
}
