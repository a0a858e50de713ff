package sns_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/core/topic"
	"tocsin/service"
	"tocsin/service/servicetest"
	"tocsin/service/sns"
	"tocsin/store/roster"
	"tocsin/store/state"
	"tocsin/wire"
	"tocsin/wire/model"
)

// operations are SNS's, as the SDK's client and the Service have them.
type operations interface {
	AddPermission(context.Context, *api.AddPermissionInput, ...func(*api.Options)) (*api.AddPermissionOutput, error)
	ConfirmSubscription(context.Context, *api.ConfirmSubscriptionInput, ...func(*api.Options)) (*api.ConfirmSubscriptionOutput, error)
	CreateTopic(context.Context, *api.CreateTopicInput, ...func(*api.Options)) (*api.CreateTopicOutput, error)
	DeleteTopic(context.Context, *api.DeleteTopicInput, ...func(*api.Options)) (*api.DeleteTopicOutput, error)
	GetDataProtectionPolicy(context.Context, *api.GetDataProtectionPolicyInput, ...func(*api.Options)) (*api.GetDataProtectionPolicyOutput, error)
	GetSubscriptionAttributes(context.Context, *api.GetSubscriptionAttributesInput, ...func(*api.Options)) (*api.GetSubscriptionAttributesOutput, error)
	GetTopicAttributes(context.Context, *api.GetTopicAttributesInput, ...func(*api.Options)) (*api.GetTopicAttributesOutput, error)
	ListSubscriptions(context.Context, *api.ListSubscriptionsInput, ...func(*api.Options)) (*api.ListSubscriptionsOutput, error)
	ListSubscriptionsByTopic(context.Context, *api.ListSubscriptionsByTopicInput, ...func(*api.Options)) (*api.ListSubscriptionsByTopicOutput, error)
	ListTagsForResource(context.Context, *api.ListTagsForResourceInput, ...func(*api.Options)) (*api.ListTagsForResourceOutput, error)
	ListTopics(context.Context, *api.ListTopicsInput, ...func(*api.Options)) (*api.ListTopicsOutput, error)
	Publish(context.Context, *api.PublishInput, ...func(*api.Options)) (*api.PublishOutput, error)
	PublishBatch(context.Context, *api.PublishBatchInput, ...func(*api.Options)) (*api.PublishBatchOutput, error)
	PutDataProtectionPolicy(context.Context, *api.PutDataProtectionPolicyInput, ...func(*api.Options)) (*api.PutDataProtectionPolicyOutput, error)
	RemovePermission(context.Context, *api.RemovePermissionInput, ...func(*api.Options)) (*api.RemovePermissionOutput, error)
	SetSubscriptionAttributes(context.Context, *api.SetSubscriptionAttributesInput, ...func(*api.Options)) (*api.SetSubscriptionAttributesOutput, error)
	SetTopicAttributes(context.Context, *api.SetTopicAttributesInput, ...func(*api.Options)) (*api.SetTopicAttributesOutput, error)
	Subscribe(context.Context, *api.SubscribeInput, ...func(*api.Options)) (*api.SubscribeOutput, error)
	TagResource(context.Context, *api.TagResourceInput, ...func(*api.Options)) (*api.TagResourceOutput, error)
	Unsubscribe(context.Context, *api.UnsubscribeInput, ...func(*api.Options)) (*api.UnsubscribeOutput, error)
	UntagResource(context.Context, *api.UntagResourceInput, ...func(*api.Options)) (*api.UntagResourceOutput, error)
}

var (
	_ operations = (*api.Client)(nil)
	_ operations = (*sns.Service)(nil)
)

const (
	alarms = "arn:aws:sns:eu-central-1:123456789012:alarms"
	queue  = "arn:aws:sqs:eu-central-1:123456789012:queue"
)

// A bench is a story's place: SNS, called in one of two ways.
type bench struct {
	operations
	service *sns.Service
	world   *servicetest.World
	ctx     context.Context
	woken   int
}

// twice tells a story on the service itself, and through the SDK's client.
func twice(t *testing.T, story func(t *testing.T, b *bench)) {
	t.Run("direct", func(t *testing.T) {
		b := newBench(t)
		b.operations, b.ctx = b.service, b.world.Context(t)
		story(t, b)
	})
	t.Run("client", func(t *testing.T) {
		b := newBench(t)
		b.operations = api.NewFromConfig(b.world.Serve(t, wire.Service{Model: model.SNS(), Methods: b.service}))
		b.ctx = t.Context()
		story(t, b)
	})
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return benchWith(t, roster.AWSLimits())
}

func benchWith(t *testing.T, limits roster.Limits) *bench {
	t.Helper()
	b := &bench{world: servicetest.New(t)}
	b.service = sns.New(sns.Options{
		State: b.world.State, Now: b.world.Now, Wake: func() { b.woken++ }, Limits: &limits,
		Endpoint: func(_ topic.Protocol, endpoint string) error {
			if endpoint == "http://10.0.0.1/" {
				return errors.New("10.0.0.1 is a private address")
			}
			return nil
		},
	})
	return b
}

// create makes the topic alarms.
func (b *bench) create(t *testing.T) {
	t.Helper()
	out, err := b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: aws.String("alarms")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.TopicArn != alarms {
		t.Fatalf("the topic is %s", *out.TopicArn)
	}
}

// subscribe gives the ARN that Subscribe answers.
func (b *bench) subscribe(t *testing.T, protocol, endpoint string, attributes map[string]string) string {
	t.Helper()
	out, err := b.Subscribe(b.ctx, &api.SubscribeInput{
		TopicArn: aws.String(alarms), Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.SubscriptionArn
}

func (b *bench) topic(t *testing.T) map[string]string {
	t.Helper()
	out, err := b.GetTopicAttributes(b.ctx, &api.GetTopicAttributesInput{TopicArn: aws.String(alarms)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes
}

func (b *bench) subscription(t *testing.T, arn string) map[string]string {
	t.Helper()
	out, err := b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes
}

func (b *bench) set(name, value string) error {
	_, err := b.SetTopicAttributes(b.ctx, &api.SetTopicAttributesInput{TopicArn: aws.String(alarms), AttributeName: &name, AttributeValue: &value})
	return err
}

// outbox takes the messages that are to be told.
func (b *bench) outbox(t *testing.T) []state.Publication {
	t.Helper()
	var out []state.Publication
	ctx, now := t.Context(), b.world.Now()
	err := b.world.State.Update(ctx, func(tx *state.Tx) (err error) {
		if out, err = tx.LeasePublications(ctx, "test", now, now.Add(time.Minute), 100); err != nil {
			return err
		}
		for _, p := range out {
			if err := tx.Spread(ctx, "test", p.Message.ID, nil, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// as is the context of a direct call by another.
func (b *bench) as(t *testing.T, change func(*service.Caller)) context.Context {
	t.Helper()
	c := b.world.Caller()
	change(&c)
	return service.WithCaller(t.Context(), c)
}

func anonymous(c *service.Caller) { c.Principal, c.AccessKeyID = policy.Principal{}, "" }

func stranger(c *service.Caller) {
	c.Account = "999999999999"
	c.Principal = policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::999999999999:root", ID: "999999999999"}
}

// want wants AWS's code and text; "" for no error.
func want(t *testing.T, err error, code, text string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("the error is %v", err)
		}
		return
	}
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != code || refusal.ErrorMessage() != text {
		t.Errorf("the error is %v, not %s: %s", err, code, text)
	}
}

func message(err error) string {
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		return refusal.ErrorMessage()
	}
	return err.Error()
}
