package sns_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/topic"
)

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

func TestPublish(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		out, err := b.Publish(b.ctx, &api.PublishInput{
			TopicArn: aws.String(alarms), Subject: aws.String("Rung"), MessageStructure: aws.String("json"),
			Message: aws.String(`{"default":"ding","email":"dong","other":1}`), MessageGroupId: aws.String("g"),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"severity": text("high"),
				"raw":      {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		wanted := topic.Message{
			ID: *out.MessageId, TopicARN: alarms, Subject: "Rung", Default: "ding", Bodies: map[topic.Protocol]string{"email": "dong"}, GroupID: "g",
			Attributes: map[string]topic.Attribute{"severity": {Type: "String", Value: "high"}, "raw": {Type: "Binary", Value: "AP8="}},
			Published:  b.world.Now(),
		}
		told := b.outbox(t)
		if len(told) != 1 || b.woken != 1 {
			t.Fatalf("the outbox has %+v, woken %d times", told, b.woken)
		}
		if diff := cmp.Diff(wanted, told[0].Message); diff != "" {
			t.Error(diff)
		}
		if _, err := b.Publish(b.ctx, &api.PublishInput{TargetArn: aws.String(alarms), Message: aws.String("m")}); err != nil {
			t.Error(err)
		}
	})
}

func TestRefusedMessages(t *testing.T) {
	const parameter, value = "InvalidParameter", "ParameterValueInvalid"
	to := aws.String(alarms)
	m := aws.String("m")
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		for _, c := range []struct {
			in         api.PublishInput
			code, text string
		}{
			{api.PublishInput{Message: m}, parameter, "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"},
			{api.PublishInput{Message: m, PhoneNumber: aws.String("+15551234567")}, parameter, "Invalid parameter: PhoneNumber Reason: tocsin does not send short messages; publish to a topic"},
			{api.PublishInput{Message: m, TargetArn: aws.String("arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/a/b")}, parameter, "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"},
			{api.PublishInput{Message: m, TopicArn: aws.String(alarms + "-not")}, "NotFound", "Topic does not exist"},
			{api.PublishInput{Message: m, TopicArn: aws.String("x")}, parameter, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"},
			{api.PublishInput{Message: aws.String(""), TopicArn: to}, parameter, "Invalid parameter: Empty message"},
			{api.PublishInput{Message: aws.String(strings.Repeat("x", 262145)), TopicArn: to}, parameter, "Invalid parameter: Message too long"},
			{api.PublishInput{Message: aws.String(strings.Repeat("x", 262144)), TopicArn: to}, "", ""},
			{api.PublishInput{Message: m, TopicArn: to, Subject: aws.String("a\nb")}, parameter, "Invalid parameter: Subject"},
			{api.PublishInput{Message: m, TopicArn: to, Subject: aws.String(strings.Repeat("s", 101))}, parameter, "Invalid parameter: Subject"},
			{api.PublishInput{Message: m, TopicArn: to, MessageStructure: aws.String("xml")}, parameter, "Invalid parameter: MessageStructure"},
			{api.PublishInput{Message: m, TopicArn: to, MessageStructure: aws.String("json")}, parameter, "Invalid parameter: Message Structure - JSON message body failed to parse"},
			{api.PublishInput{Message: aws.String(`{"sqs":"m"}`), TopicArn: to, MessageStructure: aws.String("json")}, parameter, "Invalid parameter: Message Structure - No default entry in JSON message body"},
			{api.PublishInput{Message: m, TopicArn: to, MessageDeduplicationId: aws.String("d")}, parameter, "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"},
			{api.PublishInput{Message: m, TopicArn: to, MessageAttributes: map[string]types.MessageAttributeValue{"n": text("")}}, value, "The message attribute 'n' must contain non-empty message attribute value for message attribute type 'String'."},
			{api.PublishInput{Message: m, TopicArn: to, MessageAttributes: map[string]types.MessageAttributeValue{".n": text("v")}}, value, "Invalid message attribute name starting with character '.' was found."},
		} {
			_, err := b.Publish(b.ctx, &c.in)
			want(t, err, c.code, c.text)
		}
	})
}

func TestPublishBatch(t *testing.T) {
	entry := func(id, message string) types.PublishBatchRequestEntry {
		return types.PublishBatchRequestEntry{Id: &id, Message: &message}
	}
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		publish := func(to string, entries ...types.PublishBatchRequestEntry) (*api.PublishBatchOutput, error) {
			return b.PublishBatch(b.ctx, &api.PublishBatchInput{TopicArn: &to, PublishBatchRequestEntries: entries})
		}
		out, err := publish(alarms, entry("one", "1"), entry("two", "2"))
		if err != nil {
			t.Fatal(err)
		}
		told := b.outbox(t)
		if len(told) != 2 || len(out.Successful) != 2 || len(out.Failed) != 0 {
			t.Fatalf("%+v, the outbox has %+v", out, told)
		}
		for i, p := range told {
			if done := out.Successful[i]; *done.MessageId != p.Message.ID || *done.Id != []string{"one", "two"}[i] || p.Message.Default != []string{"1", "2"}[i] || p.Message.TopicARN != alarms {
				t.Errorf("%+v is told as %+v", done, p.Message)
			}
		}
		eleven := make([]types.PublishBatchRequestEntry, 11)
		for i := range eleven {
			eleven[i] = entry(strings.Repeat("x", i+1), "m")
		}
		noType := entry("b", "m")
		noType.MessageAttributes = map[string]types.MessageAttributeValue{"n": text("")}
		for _, c := range []struct {
			to         string
			entries    []types.PublishBatchRequestEntry
			code, text string
		}{
			{alarms, []types.PublishBatchRequestEntry{}, "EmptyBatchRequest", "The batch request doesn't contain any entries."},
			{alarms, eleven, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."},
			{alarms, eleven[:10], "", ""},
			{alarms, []types.PublishBatchRequestEntry{entry("a", "1"), entry("a", "2")}, "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."},
			{alarms, []types.PublishBatchRequestEntry{entry("a b", "1")}, "InvalidBatchEntryId", "The Id of a batch entry in the batch request contains an impermissible character: a b"},
			{alarms, []types.PublishBatchRequestEntry{entry("a", strings.Repeat("x", 200000)), entry("b", strings.Repeat("x", 200000))}, "BatchRequestTooLong", "The length of all the messages put together is more than the limit."},
			{alarms, []types.PublishBatchRequestEntry{entry("a", "m"), noType}, "ParameterValueInvalid", "The message attribute 'n' must contain non-empty message attribute value for message attribute type 'String'."},
			{alarms + "-not", []types.PublishBatchRequestEntry{entry("a", "m")}, "NotFound", "Topic does not exist"},
		} {
			b.outbox(t)
			_, err := publish(c.to, c.entries...)
			want(t, err, c.code, c.text)
			if left := b.outbox(t); c.code != "" && len(left) != 0 {
				t.Errorf("%s: told all the same is %+v", c.code, left)
			}
		}
	})
}
