package sts

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// Needs implements [service.Authorizer]. Who calls, anybody may ask, and a user
// needs nothing to get a session of his own [STS API Reference].
func (s *Service) Needs(ctx context.Context, operation string, input any) ([]service.Need, error) {
	switch operation {
	case "GetCallerIdentity", "GetSessionToken":
		return nil, nil
	case "AssumeRole":
		if in, ok := input.(*sts.AssumeRoleInput); ok {
			return s.assumeNeeds(ctx, in)
		}
	}
	return []service.Need{{Action: "sts:" + operation, Resource: "*"}}, nil
}

// assumeNeeds are what it takes to assume a role: its trust policy must allow each
// action, and in another account the caller's own policies must as well. Who hands on
// the source identity of his own session sets it [IAM User Guide, permissions
// required to set source identity: role chaining].
func (s *Service) assumeNeeds(ctx context.Context, in *sts.AssumeRoleInput) ([]service.Need, error) {
	need := service.Need{
		Action: "sts:AssumeRole", Resource: aws.ToString(in.RoleArn),
		PolicyName: "trust policy", Kind: policy.Trust, PolicyDecides: true, Context: assumeKeys(in),
	}
	source := aws.ToString(in.SourceIdentity)
	if source == "" {
		var err error
		if source, err = s.sourceIdentity(ctx); err != nil {
			return nil, err
		}
		if source != "" {
			need.Context["sts:SourceIdentity"] = []string{source}
		}
	}
	of, path, name, ok := identity.Named(need.Resource, "role")
	if ok {
		need.Owner = of.Account
		err := s.State.View(ctx, func(tx *state.Tx) error {
			r, err := identity.Find(ctx, tx, identity.Roles, of, name)
			if there, err := state.Exists(err); err != nil || !there || r.Value.Path != path {
				return err // nobody may assume what there is not
			}
			trust, err := r.Value.TrustByID()
			if err != nil {
				return err
			}
			need.Policy = &trust
			for _, t := range r.Value.Tags {
				need.Context["aws:ResourceTag/"+t.Key] = []string{t.Value}
				need.Context["iam:ResourceTag/"+t.Key] = []string{t.Value}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	needs := []service.Need{need}
	if len(in.Tags) > 0 {
		need.Action = "sts:TagSession"
		needs = append(needs, need)
	}
	if source != "" || in.SourceIdentity != nil {
		need.Action = "sts:SetSourceIdentity"
		needs = append(needs, need)
	}
	return needs, nil
}

// sourceIdentity is that of the caller's own session, "" for none.
func (s *Service) sourceIdentity(ctx context.Context) (string, error) {
	c := service.CallerOf(ctx)
	if c.Session == nil {
		return "", nil
	}
	var own state.Resource[identity.Session]
	err := s.State.View(ctx, func(tx *state.Tx) (err error) {
		own, err = identity.Sessions.Get(ctx, tx, state.Scope{}, c.AccessKeyID)
		_, err = state.Exists(err)
		return err
	})
	return own.Value.SourceIdentity, err
}

// assumeKeys are the condition keys of AssumeRole [IAM User Guide, available keys for AWS STS].
func assumeKeys(in *sts.AssumeRoleInput) policy.Context {
	keys := policy.Context{"sts:RoleSessionName": {aws.ToString(in.RoleSessionName)}}
	if in.ExternalId != nil {
		keys["sts:ExternalId"] = []string{*in.ExternalId}
	}
	if in.SourceIdentity != nil {
		keys["sts:SourceIdentity"] = []string{*in.SourceIdentity}
	}
	if len(in.TransitiveTagKeys) > 0 {
		keys["sts:TransitiveTagKeys"] = in.TransitiveTagKeys
	}
	for _, t := range in.Tags {
		key := aws.ToString(t.Key)
		keys["aws:RequestTag/"+strings.ToLower(key)] = []string{aws.ToString(t.Value)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], key)
	}
	return keys
}
