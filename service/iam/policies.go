package iam

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/core/policy"
	"tocsin/service/identity"
	"tocsin/store/state"
)

const (
	maxPolicies = 10000
	maxVersions = 5
	maxManaged  = 6144 // of a managed policy, without white space
)

func policyARN(p state.Resource[identity.Policy]) string {
	return identity.ARN(p.Scope, "policy", p.Value.Path, p.Value.Name)
}

// Uses are how often policies are attached and how often they are boundaries, by ARN.
type uses struct{ attached, boundary map[string]int32 }

// usesIn counts uses in an account.
func usesIn(ctx context.Context, tx *state.Tx, in state.Scope) (uses, error) {
	u := uses{map[string]int32{}, map[string]int32{}}
	err := eachEntity(ctx, tx, in, func(_ string, e *identity.Entity) {
		for _, arn := range e.Attached {
			u.attached[arn]++
		}
		if e.Boundary != "" {
			u.boundary[e.Boundary]++
		}
	})
	return u, err
}

// eachEntity calls f for each user, group and role of an account, by name.
func eachEntity(ctx context.Context, tx *state.Tx, in state.Scope, f func(word string, e *identity.Entity)) error {
	allUsers, err := identity.Users.All(ctx, tx, in)
	if err != nil {
		return err
	}
	allGroups, err := identity.Groups.All(ctx, tx, in)
	if err != nil {
		return err
	}
	allRoles, err := identity.Roles.All(ctx, tx, in)
	if err != nil {
		return err
	}
	for _, r := range allUsers {
		f("user", &r.Value.Entity)
	}
	for _, r := range allGroups {
		f("group", &r.Value.Entity)
	}
	for _, r := range allRoles {
		f("role", &r.Value.Entity)
	}
	return nil
}

// sdkPolicy is a managed policy; lists leave out tags and description.
func sdkPolicy(p state.Resource[identity.Policy], u uses, listed bool) types.Policy {
	arn := policyARN(p)
	v := types.Policy{
		Arn: aws.String(arn), PolicyName: aws.String(p.Value.Name), PolicyId: aws.String(p.Value.ID), Path: aws.String(p.Value.Path),
		DefaultVersionId: aws.String(p.Value.Default), IsAttachable: true, CreateDate: at(p.Created), UpdateDate: at(p.Value.Updated),
		AttachmentCount: aws.Int32(u.attached[arn]), PermissionsBoundaryUsageCount: aws.Int32(u.boundary[arn]),
	}
	if !listed {
		v.Tags = sdkTags(p.Value.Tags)
		if p.Value.Description != "" {
			v.Description = aws.String(p.Value.Description)
		}
	}
	return v
}

// CreatePolicy makes a managed policy with its first version.
func (s *Service) CreatePolicy(ctx context.Context, in *iam.CreatePolicyInput, _ ...func(*iam.Options)) (*iam.CreatePolicyOutput, error) {
	if err := check().text("policyName", in.PolicyName, anyName128).optional("path", in.Path, policyPath).
		text("policyDocument", in.PolicyDocument, documentForm).optional("description", in.Description, plain1000).tags(in.Tags).err(); err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	now := s.Now().UTC().Truncate(time.Second)
	p := state.Resource[identity.Policy]{
		Scope: scope(ctx), Name: identity.Fold(*in.PolicyName), Created: now,
		Value: identity.Policy{
			Name: *in.PolicyName, Path: pathOf(in.Path), ID: identity.NewID(identity.PolicyID), Description: aws.ToString(in.Description),
			Versions: []identity.Version{{ID: "v1", Document: *in.PolicyDocument, Created: now}}, Default: "v1", Last: 1, Updated: now, Tags: tags,
		},
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		all, err := identity.Policies.All(ctx, tx, p.Scope)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(all, func(other state.Resource[identity.Policy]) bool { return other.Name == p.Name }):
			return exists("A policy called %s already exists. Duplicate names are not allowed.", p.Value.Name)
		case len(all) >= maxPolicies:
			return limit("Cannot exceed quota for PoliciesPerAccount: %d", maxPolicies)
		}
		_, err = identity.Policies.Put(ctx, tx, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	made := sdkPolicy(p, uses{}, false)
	return &iam.CreatePolicyOutput{Policy: &made}, nil
}

func checkManaged(document string) error {
	if _, err := checkDocument(document, policy.Identity); err != nil {
		return err
	}
	if weight(document) > maxManaged {
		return limit("Cannot exceed quota for PolicySize: %d", maxManaged)
	}
	return nil
}

// findPolicy is a managed policy, or NoSuchEntity.
func findPolicy(ctx context.Context, tx *state.Tx, arn string) (state.Resource[identity.Policy], error) {
	p, err := identity.FindPolicy(ctx, tx, scope(ctx), arn)
	if errors.Is(err, state.ErrNotFound) {
		return p, noSuch("Policy %s was not found.", arn)
	}
	return p, err
}

func (s *Service) viewPolicy(ctx context.Context, arn string) (p state.Resource[identity.Policy], err error) {
	err = s.State.View(ctx, func(tx *state.Tx) error {
		p, err = findPolicy(ctx, tx, arn)
		return err
	})
	return p, err
}

// ownPolicy is a managed policy that the account may change; those of AWS it may not.
func ownPolicy(ctx context.Context, tx *state.Tx, arn string) (state.Resource[identity.Policy], error) {
	p, err := findPolicy(ctx, tx, arn)
	if err == nil && p.Account != scope(ctx).Account {
		return p, invalid("Policy %s is managed by AWS and cannot be changed.", arn)
	}
	return p, err
}

func (s *Service) changePolicy(ctx context.Context, arn string, f func(*state.Tx, *identity.Policy) error) error {
	return s.update(ctx, func(tx *state.Tx) error {
		p, err := ownPolicy(ctx, tx, arn)
		if err != nil {
			return err
		}
		if err := f(tx, &p.Value); err != nil {
			return err
		}
		_, err = identity.Policies.Put(ctx, tx, p)
		return err
	})
}

// GetPolicy is a managed policy without its document.
func (s *Service) GetPolicy(ctx context.Context, in *iam.GetPolicyInput, _ ...func(*iam.Options)) (*iam.GetPolicyOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).err(); err != nil {
		return nil, err
	}
	var found types.Policy
	err := s.State.View(ctx, func(tx *state.Tx) error {
		p, err := findPolicy(ctx, tx, *in.PolicyArn)
		if err != nil {
			return err
		}
		u, err := usesIn(ctx, tx, scope(ctx))
		found = sdkPolicy(p, u, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: &found}, nil
}

// ListPolicies lists managed policies by name: those of the account, of AWS, or both.
func (s *Service) ListPolicies(ctx context.Context, in *iam.ListPoliciesInput, _ ...func(*iam.Options)) (*iam.ListPoliciesOutput, error) {
	c := check().optional("pathPrefix", in.PathPrefix, policyPath).paging(in.Marker, in.MaxItems)
	oneOf(c, "scope", in.Scope, in.Scope.Values())
	oneOf(c, "policyUsageFilter", in.PolicyUsageFilter, in.PolicyUsageFilter.Values())
	if err := c.err(); err != nil {
		return nil, err
	}
	var all []state.Resource[identity.Policy]
	var u uses
	err := s.State.View(ctx, func(tx *state.Tx) (err error) {
		if all, err = policiesIn(ctx, tx, in.Scope); err != nil {
			return err
		}
		u, err = usesIn(ctx, tx, scope(ctx))
		return err
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(under(all, in.PathPrefix, func(p *identity.Policy) string { return p.Path }), func(p state.Resource[identity.Policy]) bool {
		attached, boundary := u.attached[policyARN(p)] > 0, u.boundary[policyARN(p)] > 0
		return in.OnlyAttached && !attached ||
			in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary && !boundary ||
			in.PolicyUsageFilter == types.PolicyUsageTypePermissionsPolicy && !attached
	})
	p, err := cut(all, func(p state.Resource[identity.Policy]) string { return p.Name + " " + p.Account }, in.Marker, in.MaxItems)
	return &iam.ListPoliciesOutput{
		Policies:    each(p.items, func(p state.Resource[identity.Policy]) types.Policy { return sdkPolicy(p, u, true) }),
		IsTruncated: p.truncated, Marker: p.marker,
	}, err
}

// policiesIn are the managed policies of a scope, by name.
func policiesIn(ctx context.Context, tx *state.Tx, of types.PolicyScopeType) (all []state.Resource[identity.Policy], err error) {
	if of != types.PolicyScopeTypeAws {
		if all, err = identity.Policies.All(ctx, tx, scope(ctx)); err != nil {
			return nil, err
		}
	}
	if of != types.PolicyScopeTypeLocal {
		for _, p := range identity.AllManaged() {
			p.Partition = scope(ctx).Partition
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b state.Resource[identity.Policy]) int {
		return strings.Compare(a.Name+" "+a.Account, b.Name+" "+b.Account)
	})
	return all, nil
}

// DeletePolicy removes a managed policy that nobody uses and that has one version.
func (s *Service) DeletePolicy(ctx context.Context, in *iam.DeletePolicyInput, _ ...func(*iam.Options)) (*iam.DeletePolicyOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).err(); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		p, err := ownPolicy(ctx, tx, *in.PolicyArn)
		if err != nil {
			return err
		}
		if _, err := identity.Policies.Put(ctx, tx, p); err != nil { // nobody attaches it from here on
			return err
		}
		u, err := usesIn(ctx, tx, p.Scope)
		switch {
		case err != nil:
			return err
		case u.attached[*in.PolicyArn] > 0 || u.boundary[*in.PolicyArn] > 0:
			return conflict("Cannot delete a policy attached to entities.")
		case len(p.Value.Versions) > 1:
			return conflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		return identity.Policies.Delete(ctx, tx, p.Scope, p.Name)
	})
	return &iam.DeletePolicyOutput{}, err
}
