package sns

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/core/topic"
)

// Publish puts a message to a topic into the outbox.
func (s *Service) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	arn, err := publishTarget(ctx, in)
	if err != nil {
		return nil, refused(err)
	}
	id, err := s.roster.Publish(ctx, topic.Publication{
		TopicARN: arn, Message: aws.ToString(in.Message), MessageStructure: aws.ToString(in.MessageStructure), Subject: in.Subject,
		Attributes: attributesOf(in.MessageAttributes),
		GroupID:    aws.ToString(in.MessageGroupId), DeduplicationID: aws.ToString(in.MessageDeduplicationId),
	})
	if err != nil {
		return nil, refused(err)
	}
	return &sns.PublishOutput{MessageId: &id}, nil
}

// publishTarget is the topic of a Publish.
func publishTarget(ctx context.Context, in *sns.PublishInput) (string, error) {
	given := 0
	for _, target := range []*string{in.TopicArn, in.TargetArn, in.PhoneNumber} {
		if target != nil {
			given++
		}
	}
	switch {
	case given == 0:
		return "", invalid("TopicArn or TargetArn Reason: no value for required parameter")
	case given > 1:
		return "", invalid("Only one of TopicArn, TargetArn and PhoneNumber may be given")
	case in.PhoneNumber != nil:
		return "", invalid("PhoneNumber Reason: tocsin does not send short messages; publish to a topic")
	case in.TopicArn != nil:
		return *in.TopicArn, checkTopic(ctx, in.TopicArn)
	}
	if arn, ok := topic.ParseARN(*in.TargetArn); ok && arn.Service == "sns" && strings.HasPrefix(arn.Resource, "endpoint/") {
		return "", invalid("TargetArn Reason: No endpoint found for the target arn specified")
	}
	return *in.TargetArn, checkTopic(ctx, in.TargetArn)
}

// PublishBatch puts up to ten messages to a topic into the outbox, all or none.
func (s *Service) PublishBatch(ctx context.Context, in *sns.PublishBatchInput, _ ...func(*sns.Options)) (*sns.PublishBatchOutput, error) {
	if err := checkTopic(ctx, in.TopicArn); err != nil {
		return nil, refused(err)
	}
	entries := make([]topic.BatchEntry, len(in.PublishBatchRequestEntries))
	for i, e := range in.PublishBatchRequestEntries {
		entries[i] = topic.BatchEntry{ID: aws.ToString(e.Id), Publication: topic.Publication{
			Message: aws.ToString(e.Message), MessageStructure: aws.ToString(e.MessageStructure), Subject: e.Subject,
			Attributes: attributesOf(e.MessageAttributes),
			GroupID:    aws.ToString(e.MessageGroupId), DeduplicationID: aws.ToString(e.MessageDeduplicationId),
		}}
	}
	ids, err := s.roster.PublishBatch(ctx, *in.TopicArn, entries)
	if err != nil {
		return nil, refused(err)
	}
	out := &sns.PublishBatchOutput{Failed: []types.BatchResultErrorEntry{}, Successful: make([]types.PublishBatchResultEntry, len(ids))}
	for i := range ids {
		out.Successful[i] = types.PublishBatchResultEntry{Id: &entries[i].ID, MessageId: &ids[i]}
	}
	return out, nil
}

func attributesOf(given map[string]types.MessageAttributeValue) map[string]topic.AttributeValue {
	var out map[string]topic.AttributeValue
	for name, v := range given {
		if out == nil {
			out = map[string]topic.AttributeValue{}
		}
		out[name] = topic.AttributeValue{DataType: v.DataType, StringValue: v.StringValue, BinaryValue: v.BinaryValue}
	}
	return out
}
