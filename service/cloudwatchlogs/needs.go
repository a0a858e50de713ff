package cloudwatchlogs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/state"
)

// Needs tells what a call must be allowed to do. An error is the refusal of a call
// that names no log group that there could be.
//
// The resource of nearly all is the group's ARN with ":log-stream:" behind it and, of
// what is about one stream, its name: so refusals name it [seen by users], and so
// policies have to end in ":*". That of tags, and of what names a group by its ARN
// without ":*", is the group's own ARN. [Service Authorization Reference]
func (s *Service) Needs(ctx context.Context, operation string, input any) ([]service.Need, error) {
	action := "logs:" + operation
	var name, identifier, stream *string
	var keys policy.Context
	switch in := input.(type) {
	case *cloudwatchlogs.CreateLogGroupInput:
		return s.createNeeds(ctx, in)
	case *cloudwatchlogs.DescribeLogGroupsInput, *cloudwatchlogs.ListLogGroupsInput, *cloudwatchlogs.DescribeMetricFiltersInput:
		return []service.Need{{Action: action, Resource: streamARN(groupName{Scope: scopeOf(ctx), name: describedGroup(input)}, "")}}, nil
	case *cloudwatchlogs.TestMetricFilterInput, *cloudwatchlogs.PutResourcePolicyInput, *cloudwatchlogs.DeleteResourcePolicyInput,
		*cloudwatchlogs.DescribeResourcePoliciesInput:
		return []service.Need{{Action: action, Resource: "*"}}, nil
	case *cloudwatchlogs.TagResourceInput:
		return s.tagNeeds(ctx, action, in.ResourceArn, requestTags(in.Tags))
	case *cloudwatchlogs.UntagResourceInput:
		return s.tagNeeds(ctx, action, in.ResourceArn, policy.Context{"aws:TagKeys": in.TagKeys})
	case *cloudwatchlogs.ListTagsForResourceInput:
		return s.tagNeeds(ctx, action, in.ResourceArn, nil)
	case *cloudwatchlogs.StartLiveTailInput:
		return s.tailNeeds(ctx, action, in)
	case *cloudwatchlogs.DeleteLogGroupInput:
		name = in.LogGroupName
	case *cloudwatchlogs.PutLogGroupDeletionProtectionInput:
		identifier = in.LogGroupIdentifier
	case *cloudwatchlogs.PutRetentionPolicyInput:
		name = in.LogGroupName
	case *cloudwatchlogs.DeleteRetentionPolicyInput:
		name = in.LogGroupName
	case *cloudwatchlogs.AssociateKmsKeyInput:
		name, identifier = in.LogGroupName, in.ResourceIdentifier
	case *cloudwatchlogs.DisassociateKmsKeyInput:
		name, identifier = in.LogGroupName, in.ResourceIdentifier
	case *cloudwatchlogs.CreateLogStreamInput:
		name, stream = in.LogGroupName, in.LogStreamName
	case *cloudwatchlogs.DeleteLogStreamInput:
		name, stream = in.LogGroupName, in.LogStreamName
	case *cloudwatchlogs.DescribeLogStreamsInput:
		name, identifier = in.LogGroupName, in.LogGroupIdentifier
	case *cloudwatchlogs.PutLogEventsInput:
		name, stream = in.LogGroupName, in.LogStreamName
	case *cloudwatchlogs.GetLogEventsInput:
		name, identifier, stream = in.LogGroupName, in.LogGroupIdentifier, in.LogStreamName
	case *cloudwatchlogs.FilterLogEventsInput:
		name, identifier = in.LogGroupName, in.LogGroupIdentifier
	case *cloudwatchlogs.PutMetricFilterInput:
		name = in.LogGroupName
	case *cloudwatchlogs.DeleteMetricFilterInput:
		name = in.LogGroupName
	case *cloudwatchlogs.PutSubscriptionFilterInput:
		return s.subscriptionNeeds(ctx, action, in)
	case *cloudwatchlogs.DescribeSubscriptionFiltersInput:
		name = in.LogGroupName
	case *cloudwatchlogs.DeleteSubscriptionFilterInput:
		name = in.LogGroupName
	case *cloudwatchlogs.TagLogGroupInput:
		name, keys = in.LogGroupName, requestTags(in.Tags)
	case *cloudwatchlogs.UntagLogGroupInput:
		name, keys = in.LogGroupName, policy.Context{"aws:TagKeys": in.Tags}
	case *cloudwatchlogs.ListTagsLogGroupInput:
		name = in.LogGroupName
	default:
		return []service.Need{{Action: action, Resource: "*"}}, nil
	}
	g, err := meant(ctx, name, identifier)
	if err != nil {
		return nil, err
	}
	return s.groupNeeds(ctx, action, g, streamARN(g, aws.ToString(stream)), keys)
}

// meant is the log group that a call is about. Which of two members may be given
// it is the call that knows.
func meant(ctx context.Context, name, identifier *string) (groupName, error) {
	if name == nil && identifier != nil {
		return identified(ctx, *identifier, "logGroupIdentifier")
	}
	return named(ctx, name)
}

func streamARN(g groupName, stream string) string { return g.ARN() + ":log-stream:" + stream }

// describedGroup is the log group that a list is confined to, "" for none.
func describedGroup(input any) string {
	switch in := input.(type) {
	case *cloudwatchlogs.DescribeMetricFiltersInput:
		return aws.ToString(in.LogGroupName)
	case *cloudwatchlogs.DescribeLogGroupsInput:
		return aws.ToString(in.LogGroupNamePrefix)
	}
	return ""
}

// createNeeds: who makes a group with tags must be allowed to tag it. [API]
func (s *Service) createNeeds(ctx context.Context, in *cloudwatchlogs.CreateLogGroupInput) ([]service.Need, error) {
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	needs := []service.Need{{Action: "logs:CreateLogGroup", Resource: streamARN(g, ""), Context: requestTags(in.Tags)}}
	if len(in.Tags) > 0 {
		needs = append(needs, service.Need{Action: "logs:TagResource", Resource: g.ARN(), Context: requestTags(in.Tags)})
	}
	return needs, nil
}

func (s *Service) tagNeeds(ctx context.Context, action string, arn *string, keys policy.Context) ([]service.Need, error) {
	g, err := s.tagged(ctx, arn)
	if err != nil {
		return nil, err
	}
	return s.groupNeeds(ctx, action, g, g.ARN(), keys)
}

func (s *Service) tailNeeds(ctx context.Context, action string, in *cloudwatchlogs.StartLiveTailInput) (needs []service.Need, err error) {
	groups, err := checkTail(ctx, in)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		more, err := s.groupNeeds(ctx, action, g, streamARN(g, ""), nil)
		if err != nil {
			return nil, err
		}
		needs = append(needs, more...)
	}
	return needs, nil
}

// groupNeeds: of a group that does not exist only its account is known, so that
// others learn nothing.
func (s *Service) groupNeeds(ctx context.Context, action string, g groupName, resource string, keys policy.Context) ([]service.Need, error) {
	need := service.Need{Action: action, Resource: resource, Owner: g.Account, PolicyName: "resource policy of log group " + g.name, Kind: policy.Any, Context: policy.Context{}}
	for key, values := range keys {
		need.Context[key] = values
	}
	err := s.state.View(ctx, func(tx *state.Tx) error {
		tags, err := tx.Tags(ctx, g.ARN())
		if err != nil {
			return err
		}
		for key, value := range tags {
			need.Context["aws:ResourceTag/"+key] = []string{value}
		}
		all, err := resourcePolicies.All(ctx, tx, g.Scope)
		if err != nil {
			return err
		}
		need.Policy, err = joinedPolicy(all, g.ARN())
		return err
	})
	return []service.Need{need}, err
}

// joinedPolicy is one policy with the statements of all that bear on a log group:
// those of the account and its own; nil when there is none.
func joinedPolicy(all []state.Resource[resourcePolicy], arn string) (*string, error) {
	type statements []json.RawMessage
	var joined statements
	for _, r := range all {
		if r.Value.Resource != "" && r.Value.Resource != arn {
			continue
		}
		var document struct{ Statement json.RawMessage }
		if err := json.Unmarshal([]byte(r.Value.Document), &document); err != nil {
			return nil, fmt.Errorf("resource policy %s: %w", r.Name, err)
		}
		var some statements
		if err := json.Unmarshal(document.Statement, &some); err != nil {
			some = statements{document.Statement} // one need not stand in a list
		}
		joined = append(joined, some...)
	}
	if joined == nil {
		return nil, nil
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": joined})
	out := string(text)
	return &out, err
}

// requestTags are the condition keys of tags that a request gives.
func requestTags(tags map[string]string) policy.Context {
	c := policy.Context{}
	for key, value := range tags {
		c["aws:RequestTag/"+key] = []string{value}
		c["aws:TagKeys"] = append(c["aws:TagKeys"], key)
	}
	return c
}
