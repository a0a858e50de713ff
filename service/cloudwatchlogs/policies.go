package cloudwatchlogs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/core/policy"
	"tocsin/store/state"
)

// A resourcePolicy lets others use log groups: all of the account's, or the one
// whose ARN is its Resource.
type resourcePolicy struct {
	Name     string
	Resource string `json:",omitempty"`
	Document string
	Updated  int64
	Revision int64 `json:",omitempty"`
}

// resourcePolicies are named after the policy, or after the log group's ARN.
const resourcePolicies = state.Kind[resourcePolicy]("logs resource policy")

// Bounds of resource policies. [API, CloudWatch Logs quotas]
const (
	maxPolicies     = 10 // of an account in a Region
	maxPolicyLength = 5120
)

// PutResourcePolicy makes a policy or replaces the one of that name or log group.
func (s *Service) PutResourcePolicy(ctx context.Context, in *cloudwatchlogs.PutResourcePolicyInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutResourcePolicyOutput, error) {
	key, err := s.policyKey(ctx, in.PolicyName, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	switch {
	case in.PolicyDocument == nil:
		return nil, missing("policyDocument")
	case utf8.RuneCountInString(*in.PolicyDocument) > maxPolicyLength:
		return nil, constraint(*in.PolicyDocument, "policyDocument", fmt.Sprintf("Member must have length less than or equal to %d", maxPolicyLength))
	}
	if _, err := policy.Parse(*in.PolicyDocument, policy.Resource); err != nil {
		var bad *policy.Error
		if errors.As(err, &bad) {
			return nil, invalid("%s", bad.Message)
		}
		return nil, err
	}
	scope := scopeOf(ctx)
	var stored resourcePolicy
	err = s.state.Update(ctx, func(tx *state.Tx) error {
		if in.ResourceArn != nil {
			if err := s.mustExist(ctx, tx, *in.ResourceArn); err != nil {
				return err
			}
		}
		found, err := resourcePolicies.Get(ctx, tx, scope, key)
		there, err := state.Exists(err)
		if err != nil {
			return err
		}
		if in.ExpectedRevisionId != nil && *in.ExpectedRevisionId != found.Value.revisionID() {
			return invalid("The expected revision does not match the current revision of the resource policy.")
		}
		if !there {
			all, err := resourcePolicies.All(ctx, tx, scope)
			if err != nil {
				return err
			}
			if in.ResourceArn == nil && len(slices.DeleteFunc(all, func(r state.Resource[resourcePolicy]) bool { return r.Value.Resource != "" })) >= maxPolicies {
				return limitExceeded()
			}
			found = state.Resource[resourcePolicy]{Scope: scope, Name: key, Created: s.now()}
		}
		stored = resourcePolicy{
			Name: cmp.Or(aws.ToString(in.PolicyName), found.Value.Name), Resource: aws.ToString(in.ResourceArn), Document: *in.PolicyDocument,
			Updated: s.now().UnixMilli(), Revision: found.Value.Revision + 1,
		}
		found.Value = stored
		_, err = resourcePolicies.Put(ctx, tx, found)
		return err
	})
	if errors.Is(err, state.ErrChanged) {
		text := "Multiple requests to update the same resource were in conflict."
		err = &types.OperationAbortedException{Message: &text}
	}
	if err != nil {
		return nil, err
	}
	described := stored.describe()
	return &cloudwatchlogs.PutResourcePolicyOutput{ResourcePolicy: &described, RevisionId: described.RevisionId}, nil
}

// policyKey is the name that a policy is stored under.
func (s *Service) policyKey(ctx context.Context, name, resource *string) (string, error) {
	switch {
	case resource != nil:
		g, err := s.tagged(ctx, resource)
		return g.ARN(), err
	case name == nil:
		return "", missing("policyName")
	case *name == "" || strings.HasPrefix(*name, "arn:"):
		return "", invalid("The policy name is invalid.")
	}
	return *name, nil
}

// mustExist refuses the ARN of a log group that is not there.
func (s *Service) mustExist(ctx context.Context, tx *state.Tx, arn string) error {
	g, err := s.tagged(ctx, &arn)
	if err != nil {
		return err
	}
	_, err = g.read(ctx, tx)
	return err
}

// revisionID is told of policies of one log group only.
func (p resourcePolicy) revisionID() string {
	if p.Resource == "" {
		return ""
	}
	return fmt.Sprintf("%d", p.Revision)
}

func (p resourcePolicy) describe() types.ResourcePolicy {
	out := types.ResourcePolicy{PolicyDocument: &p.Document, LastUpdatedTime: &p.Updated, PolicyScope: types.PolicyScopeAccount}
	if p.Name != "" {
		out.PolicyName = &p.Name
	}
	if p.Resource != "" {
		out.ResourceArn, out.PolicyScope, out.RevisionId = &p.Resource, types.PolicyScopeResource, aws.String(p.revisionID())
	}
	return out
}

// DescribeResourcePolicies lists the policies of the account, or with a scope of
// RESOURCE those of log groups.
func (s *Service) DescribeResourcePolicies(ctx context.Context, in *cloudwatchlogs.DescribeResourcePoliciesInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeResourcePoliciesOutput, error) {
	limit, err := checkLimit(in.Limit, describePage, describePage)
	if err != nil {
		return nil, err
	}
	if err := checkEnum(in.PolicyScope, "policyScope", types.PolicyScope("").Values()); err != nil {
		return nil, err
	}
	var all []state.Resource[resourcePolicy]
	err = s.state.View(ctx, func(tx *state.Tx) (err error) {
		all, err = resourcePolicies.All(ctx, tx, scopeOf(ctx))
		return err
	})
	if err != nil {
		return nil, err
	}
	ofGroups := in.PolicyScope == types.PolicyScopeResource || in.ResourceArn != nil
	all = slices.DeleteFunc(all, func(r state.Resource[resourcePolicy]) bool {
		return (r.Value.Resource != "") != ofGroups || in.ResourceArn != nil && r.Value.Resource != *in.ResourceArn
	})
	page, next, ok := pageOf(all, in.NextToken, limit, false, func(r state.Resource[resourcePolicy]) string { return r.Name })
	if !ok {
		return nil, badToken()
	}
	out := &cloudwatchlogs.DescribeResourcePoliciesOutput{ResourcePolicies: []types.ResourcePolicy{}, NextToken: next}
	for _, r := range page {
		out.ResourcePolicies = append(out.ResourcePolicies, r.Value.describe())
	}
	return out, nil
}

// DeleteResourcePolicy deletes a policy.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *cloudwatchlogs.DeleteResourcePolicyInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteResourcePolicyOutput, error) {
	key, err := s.policyKey(ctx, in.PolicyName, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	none := notFound("Policy with name [" + aws.ToString(in.PolicyName) + "] does not exist.")
	err = s.state.Update(ctx, func(tx *state.Tx) error {
		found, err := resourcePolicies.Get(ctx, tx, scopeOf(ctx), key)
		if err != nil {
			return otherwise(err, none)
		}
		if in.ExpectedRevisionId != nil && *in.ExpectedRevisionId != found.Value.revisionID() {
			return invalid("The expected revision does not match the current revision of the resource policy.")
		}
		return otherwise(resourcePolicies.Delete(ctx, tx, scopeOf(ctx), key), none)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteResourcePolicyOutput{}, nil
}
