package sns

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/core/topic"
	"tocsin/service"
	"tocsin/store/state"
)

var _ service.Authorizer = (*Service)(nil)

// Needs tells what a call must be allowed to do. An error is the refusal of a
// call that names no topic whose policy could be asked. Actions are spelled as SNS's own
// refusals spell them.
//
// Subscriptions are no resources of their own: reading and changing one is about its
// topic, but the topic's policy has no say in it. [refusals seen by users] UNSURE of
// ending one: refusals were about all topics of the caller's, the Service Authorization
// Reference says its topic, so both are asked for. Who got a token or the ARN of a
// subscription by a message may confirm and end it without a signature.
func (s *Service) Needs(ctx context.Context, operation string, input any) ([]service.Need, error) {
	c := service.CallerOf(ctx)
	action := "SNS:" + operation
	all := topic.TopicARN(c.Partition, c.Region, c.Account, "*")
	var needs []service.Need
	var err error
	switch input.(type) {
	case *sns.UnsubscribeInput, *sns.ConfirmSubscriptionInput:
	default:
		if !signed(c) {
			return nil, &smithy.GenericAPIError{Code: "MissingAuthenticationToken", Message: "Request is missing Authentication Token", Fault: smithy.FaultClient}
		}
	}
	switch in := input.(type) {
	case *sns.CreateTopicInput:
		needs, err = service.Tagged(ctx, s.state, createNeeds(c, in))
	case *sns.ListTopicsInput, *sns.ListSubscriptionsInput:
		needs = []service.Need{{Action: action, Resource: all}}
	case *sns.UnsubscribeInput:
		if signed(c) {
			needs, err = s.subscriptionNeeds(ctx, action, in.SubscriptionArn)
			needs = append(needs, service.Need{Action: action, Resource: all})
		}
	case *sns.ConfirmSubscriptionInput:
		if signed(c) {
			needs, err = service.Tagged(ctx, s.state, []service.Need{{Action: action, Resource: aws.ToString(in.TopicArn), Owner: c.Account}})
		}
	case *sns.GetSubscriptionAttributesInput:
		needs, err = s.subscriptionNeeds(ctx, action, in.SubscriptionArn)
	case *sns.SetSubscriptionAttributesInput:
		needs, err = s.subscriptionNeeds(ctx, action, in.SubscriptionArn)
	case *sns.PublishInput:
		var arn string
		if arn, err = publishTarget(ctx, in); err == nil {
			needs, err = s.topicNeeds(ctx, action, &arn, nil)
		}
	case *sns.PublishBatchInput:
		needs, err = s.topicNeeds(ctx, "SNS:Publish", in.TopicArn, nil)
	case *sns.SubscribeInput:
		keys := policy.Context{"sns:Protocol": values(in.Protocol), "sns:Endpoint": values(in.Endpoint)}
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, keys)
	case *sns.DeleteTopicInput:
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, nil)
	case *sns.GetTopicAttributesInput:
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, nil)
	case *sns.SetTopicAttributesInput:
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, nil)
	case *sns.AddPermissionInput:
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, nil)
	case *sns.RemovePermissionInput:
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, nil)
	case *sns.ListSubscriptionsByTopicInput:
		needs, err = s.topicNeeds(ctx, action, in.TopicArn, nil)
	case *sns.ListTagsForResourceInput:
		needs, err = s.resourceNeeds(ctx, action, in.ResourceArn, nil)
	case *sns.TagResourceInput:
		needs, err = s.resourceNeeds(ctx, action, in.ResourceArn, tagKeys(in.Tags))
	case *sns.UntagResourceInput:
		needs, err = s.resourceNeeds(ctx, action, in.ResourceArn, policy.Context{"aws:TagKeys": in.TagKeys})
	case *sns.GetDataProtectionPolicyInput:
		needs, err = s.resourceNeeds(ctx, action, in.ResourceArn, nil)
	case *sns.PutDataProtectionPolicyInput:
		needs, err = s.resourceNeeds(ctx, action, in.ResourceArn, nil)
	default:
		needs = []service.Need{{Action: action, Resource: "*"}}
	}
	if err != nil {
		return nil, refused(err)
	}
	return needs, nil
}

// createNeeds: who makes a topic with tags must be allowed to tag it. [SNS guide]
func createNeeds(c service.Caller, in *sns.CreateTopicInput) []service.Need {
	arn := topic.TopicARN(c.Partition, c.Region, c.Account, aws.ToString(in.Name))
	needs := []service.Need{{Action: "SNS:CreateTopic", Resource: arn, Context: tagKeys(in.Tags)}}
	if len(in.Tags) > 0 {
		needs = append(needs, service.Need{Action: "SNS:TagResource", Resource: arn, Context: tagKeys(in.Tags)})
	}
	return needs
}

func (s *Service) subscriptionNeeds(ctx context.Context, action string, arn *string) ([]service.Need, error) {
	if err := checkSubscription(ctx, arn); err != nil {
		return nil, err
	}
	return service.Tagged(ctx, s.state, []service.Need{{Action: action, Resource: topic.TopicOf(*arn), Owner: service.CallerOf(ctx).Account}})
}

func (s *Service) resourceNeeds(ctx context.Context, action string, arn *string, keys policy.Context) ([]service.Need, error) {
	if err := checkResource(ctx, arn); err != nil {
		return nil, err
	}
	return s.topicNeeds(ctx, action, arn, keys)
}

// topicNeeds: of a topic that does not exist only its account is known, so that
// others learn nothing.
func (s *Service) topicNeeds(ctx context.Context, action string, arn *string, keys policy.Context) ([]service.Need, error) {
	if err := checkTopic(ctx, arn); err != nil {
		return nil, err
	}
	parsed, _ := topic.ParseARN(*arn)
	need := service.Need{
		Action: action, Resource: *arn, Owner: parsed.Account,
		PolicyName: "topic policy of " + parsed.Resource, Kind: policy.Any, Context: policy.Context{},
	}
	maps.Copy(need.Context, keys)
	err := s.state.View(ctx, func(tx *state.Tx) error {
		t, err := tx.Topic(ctx, *arn)
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		text := t.PolicyDocument()
		p, err := topic.ReadPolicy(text)
		if err != nil {
			return err
		}
		if len(p.Statements) > 0 {
			need.Policy = &text
		}
		tags, err := tx.Tags(ctx, *arn)
		for key, value := range tags {
			need.Context["aws:ResourceTag/"+key] = []string{value}
		}
		return err
	})
	return []service.Need{need}, err
}

// tagKeys are the condition keys of tags that a request gives.
func tagKeys(tags []types.Tag) policy.Context {
	c := policy.Context{}
	for _, t := range tags {
		if t.Key != nil {
			c["aws:RequestTag/"+*t.Key] = values(t.Value)
			c["aws:TagKeys"] = append(c["aws:TagKeys"], *t.Key)
		}
	}
	slices.Sort(c["aws:TagKeys"])
	return c
}

func values(v *string) []string {
	if v == nil {
		return nil
	}
	return []string{*v}
}
