package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// A policyHolder is an entity that has a policy attached or as its boundary.
type policyHolder struct {
	word string
	*identity.Entity
}

// ListEntitiesForPolicy lists who has a managed policy attached or is bounded by it:
// groups, roles and users, each by name.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, in *iam.ListEntitiesForPolicyInput, _ ...func(*iam.Options)) (*iam.ListEntitiesForPolicyOutput, error) {
	c := check().text("policyArn", in.PolicyArn, arnForm).optional("pathPrefix", in.PathPrefix, pathForm).paging(in.Marker, in.MaxItems)
	oneOf(c, "entityFilter", in.EntityFilter, in.EntityFilter.Values())
	oneOf(c, "policyUsageFilter", in.PolicyUsageFilter, in.PolicyUsageFilter.Values())
	if err := c.err(); err != nil {
		return nil, err
	}
	var all []policyHolder
	err := s.State.View(ctx, func(tx *state.Tx) error {
		all = nil
		if _, err := findPolicy(ctx, tx, *in.PolicyArn); err != nil {
			return err
		}
		return eachEntity(ctx, tx, scope(ctx), func(word string, e *identity.Entity) {
			attached, bounded := slices.Contains(e.Attached, *in.PolicyArn), e.Boundary == *in.PolicyArn
			switch in.PolicyUsageFilter {
			case types.PolicyUsageTypePermissionsPolicy:
				bounded = false
			case types.PolicyUsageTypePermissionsBoundary:
				attached = false
			}
			if (attached || bounded) && strings.HasPrefix(e.Path, aws.ToString(in.PathPrefix)) &&
				(in.EntityFilter == "" || strings.EqualFold(string(in.EntityFilter), word)) {
				all = append(all, policyHolder{word, e})
			}
		})
	})
	if err != nil {
		return nil, err
	}
	key := func(h policyHolder) string { return h.word + " " + identity.Fold(h.Name) }
	slices.SortFunc(all, func(a, b policyHolder) int { return strings.Compare(key(a), key(b)) })
	p, err := cut(all, key, in.Marker, in.MaxItems)
	out := &iam.ListEntitiesForPolicyOutput{
		PolicyGroups: []types.PolicyGroup{}, PolicyRoles: []types.PolicyRole{}, PolicyUsers: []types.PolicyUser{},
		IsTruncated: p.truncated, Marker: p.marker,
	}
	for _, h := range p.items {
		name, id := aws.String(h.Name), aws.String(h.ID)
		switch h.word {
		case "group":
			out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupName: name, GroupId: id})
		case "role":
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: name, RoleId: id})
		default:
			out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserName: name, UserId: id})
		}
	}
	return out, err
}
