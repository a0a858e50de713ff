package sns

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/core/topic"
	"tocsin/service"
	"tocsin/store/roster"
	"tocsin/store/state"
)

// CreateTopic makes a topic, or finds the one that is the same.
func (s *Service) CreateTopic(ctx context.Context, in *sns.CreateTopicInput, _ ...func(*sns.Options)) (*sns.CreateTopicOutput, error) {
	if in.Name == nil {
		return nil, refused(missing("name"))
	}
	if aws.ToString(in.DataProtectionPolicy) != "" {
		return nil, refused(noDataProtection())
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, refused(err)
	}
	arn, err := s.roster.CreateTopic(ctx, service.CallerOf(ctx).Scope, roster.NewTopic{Name: *in.Name, Attributes: in.Attributes, Tags: tags})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.CreateTopicOutput{TopicArn: &arn}, nil
}

// DeleteTopic removes a topic with its subscriptions; whether there was one does
// not matter.
func (s *Service) DeleteTopic(ctx context.Context, in *sns.DeleteTopicInput, _ ...func(*sns.Options)) (*sns.DeleteTopicOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	if err := s.roster.DeleteTopic(ctx, *in.TopicArn); err != nil {
		return nil, refused(err)
	}
	return &sns.DeleteTopicOutput{}, nil
}

// ListTopics lists the topics of the caller's account and Region, by ARN.
func (s *Service) ListTopics(ctx context.Context, in *sns.ListTopicsInput, _ ...func(*sns.Options)) (*sns.ListTopicsOutput, error) {
	of := service.CallerOf(ctx).Scope
	region := topic.TopicARN(of.Partition, of.Region, of.Account, "")
	var arns []string
	err := s.state.View(ctx, func(tx *state.Tx) error {
		all, err := tx.TopicARNs(ctx, of.Account)
		arns = slices.DeleteFunc(all, func(arn string) bool { return !strings.HasPrefix(arn, region) })
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	page, next, err := pageOf(arns, in.NextToken, func(arn string) string { return arn })
	if err != nil {
		return nil, refused(err)
	}
	out := &sns.ListTopicsOutput{Topics: make([]types.Topic, len(page)), NextToken: next}
	for i := range page {
		out.Topics[i].TopicArn = &page[i]
	}
	return out, nil
}

// GetTopicAttributes gives what a topic is set to, and how many are subscribed.
func (s *Service) GetTopicAttributes(ctx context.Context, in *sns.GetTopicAttributesInput, _ ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	var t state.Topic
	var confirmed, pending int
	err := s.state.View(ctx, func(tx *state.Tx) (err error) {
		if t, err = topicOf(ctx, tx, *in.TopicArn); err != nil {
			return err
		}
		all, err := tx.Subscriptions(ctx, t.ARN)
		for _, sub := range all {
			switch {
			case sub.Confirmed:
				confirmed++
			case !s.gone(sub):
				pending++
			}
		}
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	attributes := t.Settings.Attributes()
	attributes["TopicArn"] = t.ARN
	attributes["Owner"] = t.Owner
	attributes["Policy"] = t.PolicyDocument()
	attributes["SubscriptionsConfirmed"] = strconv.Itoa(confirmed)
	attributes["SubscriptionsPending"] = strconv.Itoa(pending)
	// SNS counts those of the last days; here who is removed leaves nothing behind.
	attributes["SubscriptionsDeleted"] = "0"
	return &sns.GetTopicAttributesOutput{Attributes: attributes}, nil
}

// SetTopicAttributes changes one attribute of a topic; without a value it goes
// back to its default.
func (s *Service) SetTopicAttributes(ctx context.Context, in *sns.SetTopicAttributesInput, _ ...func(*sns.Options)) (*sns.SetTopicAttributesOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	if in.AttributeName == nil {
		return nil, refused(missing("attributeName"))
	}
	name, value := *in.AttributeName, aws.ToString(in.AttributeValue)
	if name == "Policy" {
		if err := topic.CheckPolicy(*in.TopicArn, value); err != nil {
			return nil, refused(err)
		}
	}
	err := s.roster.ChangeTopic(ctx, *in.TopicArn, func(t *state.Topic) (err error) {
		if name == "Policy" {
			t.Policy = value
			return nil
		}
		t.Settings, err = t.Settings.Set(name, value)
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.SetTopicAttributesOutput{}, nil
}

// AddPermission adds a statement to the policy of a topic.
func (s *Service) AddPermission(ctx context.Context, in *sns.AddPermissionInput, _ ...func(*sns.Options)) (*sns.AddPermissionOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	err := s.roster.ChangeTopic(ctx, *in.TopicArn, func(t *state.Topic) (err error) {
		t.Policy, err = topic.AddPermission(t.PolicyDocument(), t.ARN, aws.ToString(in.Label), in.AWSAccountId, in.ActionName)
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.AddPermissionOutput{}, nil
}

// RemovePermission takes a statement out of the policy of a topic.
func (s *Service) RemovePermission(ctx context.Context, in *sns.RemovePermissionInput, _ ...func(*sns.Options)) (*sns.RemovePermissionOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	if in.Label == nil {
		return nil, refused(missing("label"))
	}
	err := s.roster.ChangeTopic(ctx, *in.TopicArn, func(t *state.Topic) (err error) {
		was := t.PolicyDocument()
		is, err := topic.RemovePermission(was, *in.Label)
		if is != was {
			t.Policy = is
		}
		return err
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.RemovePermissionOutput{}, nil
}

// GetDataProtectionPolicy says that a topic has none.
func (s *Service) GetDataProtectionPolicy(ctx context.Context, in *sns.GetDataProtectionPolicyInput, _ ...func(*sns.Options)) (*sns.GetDataProtectionPolicyOutput, error) {
	if err := s.seeTopic(ctx, in.ResourceArn); err != nil {
		return nil, refused(err)
	}
	return &sns.GetDataProtectionPolicyOutput{DataProtectionPolicy: aws.String("")}, nil
}

// PutDataProtectionPolicy takes the empty policy only.
func (s *Service) PutDataProtectionPolicy(ctx context.Context, in *sns.PutDataProtectionPolicyInput, _ ...func(*sns.Options)) (*sns.PutDataProtectionPolicyOutput, error) {
	if err := s.seeTopic(ctx, in.ResourceArn); err != nil {
		return nil, refused(err)
	}
	if aws.ToString(in.DataProtectionPolicy) != "" {
		return nil, refused(noDataProtection())
	}
	return &sns.PutDataProtectionPolicyOutput{}, nil
}

// seeTopic sees that the resource of a request is a topic that exists.
func (s *Service) seeTopic(ctx context.Context, arn *string) error {
	if err := checkResource(ctx, arn); err != nil {
		return err
	}
	return s.state.View(ctx, func(tx *state.Tx) error {
		_, err := topicOf(ctx, tx, *arn)
		return err
	})
}

func noDataProtection() error {
	return invalid("DataProtectionPolicy Reason: tocsin does not look for personal data in messages, so it would not do what the policy asks for; leave the policy out")
}
