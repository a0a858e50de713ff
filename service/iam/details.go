package iam

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// A detail is one entry of GetAccountAuthorizationDetails.
type detail struct {
	key string
	add func(*iam.GetAccountAuthorizationDetailsOutput)
}

// GetAccountAuthorizationDetails tells everything of the account: users, groups,
// roles, and managed policies with all versions, those of AWS if they are used.
func (s *Service) GetAccountAuthorizationDetails(ctx context.Context, in *iam.GetAccountAuthorizationDetailsInput, _ ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	c := check().paging(in.Marker, in.MaxItems)
	for _, f := range in.Filter {
		oneOf(c, "filter", f, f.Values())
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	var all []detail
	err := s.State.View(ctx, func(tx *state.Tx) (err error) {
		all, err = details(ctx, tx, scope(ctx))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(in.Filter) > 0 {
		all = slices.DeleteFunc(all, func(d detail) bool {
			kind, _, _ := strings.Cut(d.key, " ")
			return !slices.Contains(in.Filter, types.EntityType(kind))
		})
	}
	slices.SortFunc(all, func(a, b detail) int { return strings.Compare(a.key, b.key) })
	p, err := cut(all, func(d detail) string { return d.key }, in.Marker, in.MaxItems)
	out := &iam.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []types.UserDetail{}, GroupDetailList: []types.GroupDetail{}, RoleDetailList: []types.RoleDetail{},
		Policies: []types.ManagedPolicyDetail{}, IsTruncated: p.truncated, Marker: p.marker,
	}
	for _, d := range p.items {
		d.add(out)
	}
	return out, err
}

func details(ctx context.Context, tx *state.Tx, in state.Scope) ([]detail, error) {
	var all []detail
	add := func(kind types.EntityType, name string, f func(*iam.GetAccountAuthorizationDetailsOutput)) {
		all = append(all, detail{string(kind) + " " + name, f})
	}
	people, err := identity.Users.All(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	for _, r := range people {
		add(types.EntityTypeUser, r.Name, func(out *iam.GetAccountAuthorizationDetailsOutput) {
			out.UserDetailList = append(out.UserDetailList, userDetail(r))
		})
	}
	sets, err := identity.Groups.All(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	for _, r := range sets {
		add(types.EntityTypeGroup, r.Name, func(out *iam.GetAccountAuthorizationDetailsOutput) {
			out.GroupDetailList = append(out.GroupDetailList, groupDetail(r))
		})
	}
	parts, err := identity.Roles.All(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	for _, r := range parts {
		if err := showTrust(ctx, tx, r.Scope, &r.Value); err != nil {
			return nil, err
		}
		used, err := lastUse(ctx, tx, r.Value.ID)
		if err != nil {
			return nil, err
		}
		add(types.EntityTypeRole, r.Name, func(out *iam.GetAccountAuthorizationDetailsOutput) {
			out.RoleDetailList = append(out.RoleDetailList, roleDetail(r, used))
		})
	}
	u, err := usesIn(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	managed, err := policiesIn(ctx, tx, types.PolicyScopeTypeAll)
	if err != nil {
		return nil, err
	}
	for _, p := range managed {
		kind := types.EntityTypeLocalManagedPolicy
		if p.Account != in.Account {
			kind = types.EntityTypeAWSManagedPolicy
			if arn := policyARN(p); u.attached[arn] == 0 && u.boundary[arn] == 0 {
				continue
			}
		}
		add(kind, p.Name, func(out *iam.GetAccountAuthorizationDetailsOutput) {
			out.Policies = append(out.Policies, policyDetail(p, u))
		})
	}
	return all, nil
}

func inlineDetails(e identity.Entity) []types.PolicyDetail {
	return each(slices.Sorted(maps.Keys(e.Inline)), func(name string) types.PolicyDetail {
		return types.PolicyDetail{PolicyName: aws.String(name), PolicyDocument: encoded(e.Inline[name])}
	})
}

func userDetail(r state.Resource[identity.User]) types.UserDetail {
	u := sdkUser(r, false)
	return types.UserDetail{
		Arn: u.Arn, CreateDate: u.CreateDate, Path: u.Path, UserId: u.UserId, UserName: u.UserName, Tags: u.Tags,
		PermissionsBoundary: u.PermissionsBoundary, GroupList: append([]string{}, r.Value.Groups...),
		AttachedManagedPolicies: attached(&r.Value.Entity), UserPolicyList: inlineDetails(r.Value.Entity),
	}
}

func groupDetail(r state.Resource[identity.Group]) types.GroupDetail {
	g := sdkGroup(r)
	return types.GroupDetail{
		Arn: g.Arn, CreateDate: g.CreateDate, Path: g.Path, GroupId: g.GroupId, GroupName: g.GroupName,
		AttachedManagedPolicies: attached(&r.Value.Entity), GroupPolicyList: inlineDetails(r.Value.Entity),
	}
}

func roleDetail(r state.Resource[identity.Role], used *types.RoleLastUsed) types.RoleDetail {
	v := sdkRole(r, false)
	return types.RoleDetail{
		Arn: v.Arn, CreateDate: v.CreateDate, Path: v.Path, RoleId: v.RoleId, RoleName: v.RoleName, Tags: v.Tags,
		AssumeRolePolicyDocument: v.AssumeRolePolicyDocument, PermissionsBoundary: v.PermissionsBoundary, RoleLastUsed: used,
		AttachedManagedPolicies: attached(&r.Value.Entity), RolePolicyList: inlineDetails(r.Value.Entity),
		InstanceProfileList: []types.InstanceProfile{},
	}
}

func policyDetail(r state.Resource[identity.Policy], u uses) types.ManagedPolicyDetail {
	p := sdkPolicy(r, u, false)
	newest := slices.Clone(r.Value.Versions)
	slices.Reverse(newest)
	return types.ManagedPolicyDetail{
		Arn: p.Arn, AttachmentCount: p.AttachmentCount, CreateDate: p.CreateDate, DefaultVersionId: p.DefaultVersionId,
		Description: p.Description, IsAttachable: p.IsAttachable, Path: p.Path, PolicyId: p.PolicyId, PolicyName: p.PolicyName,
		PermissionsBoundaryUsageCount: p.PermissionsBoundaryUsageCount, UpdateDate: p.UpdateDate,
		PolicyVersionList: each(newest, func(v identity.Version) types.PolicyVersion { return sdkVersion(r.Value, v, true) }),
	}
}
