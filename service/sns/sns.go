// Package sns is the SNS of the AWS endpoint, on the topics and subscriptions
// that the chain itself works with: what is published here is delivered by
// flow/deliver, and the alarms ring into topics that were made here.
//
// Not there are FIFO topics, mobile push and short messages, data protection and
// archives. Who asks for these is told so; nothing is accepted and then passed over, but
// for the attributes that topic.TopicSettings keeps without effect.
//
// Needs tells what a call must be allowed to do. Beyond that the methods
// themselves see that nobody reaches into the subscriptions of another account.
package sns

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"tocsin/core/topic"
	"tocsin/service"
	"tocsin/store/roster"
	"tocsin/store/state"
)

// Options are what a Service works with.
type Options struct {
	State *state.DB
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	// Random makes ids and tokens; nil for crypto/rand's.
	Random io.Reader
	// Wake is called after something was put into the outbox. It does not block;
	// nil for nobody.
	Wake func()
	// Endpoint says why an endpoint that a client wants to subscribe, and
	// whose form is right, cannot be delivered to, such as one on a private network;
	// nil: none is refused for that.
	Endpoint func(p topic.Protocol, endpoint string) error
	// Limits are the quotas; nil for AWSLimits.
	Limits *roster.Limits
}

// A Service is SNS. Its methods are SNS's operations, with the signatures of the
// SDK's client.
type Service struct {
	state    *state.DB
	roster   *roster.Roster
	now      func() time.Time
	endpoint func(topic.Protocol, string) error
}

// New is SNS on a database.
func New(o Options) *Service {
	s := &Service{state: o.State, now: o.Now, endpoint: o.Endpoint}
	if s.now == nil {
		s.now = time.Now
	}
	if s.endpoint == nil {
		s.endpoint = func(topic.Protocol, string) error { return nil }
	}
	limits := roster.AWSLimits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	s.roster = roster.New(roster.Options{State: o.State, Random: o.Random, Now: s.now, Wake: o.Wake, Limits: limits})
	return s
}

// protocols are those over which tocsin delivers, of those that SNS has.
var protocols = []string{string(topic.HTTP), string(topic.HTTPS), string(topic.Email), string(topic.EmailJSON), string(topic.SQS), string(topic.Lambda)}

// deliverable refuses an endpoint that SNS would take and tocsin cannot reach.
func (s *Service) deliverable(p topic.Protocol, endpoint string) error {
	if !slices.Contains(protocols, string(p)) {
		return invalid("Protocol Reason: tocsin does not deliver over %s; it knows %s", p, strings.Join(protocols, ", "))
	}
	if err := s.endpoint(p, endpoint); err != nil {
		return invalid("Endpoint Reason: %v", err)
	}
	return nil
}

// topicOf reads a topic that a request names.
func topicOf(ctx context.Context, tx *state.Tx, arn string) (state.Topic, error) {
	t, err := tx.Topic(ctx, arn)
	return t, orNotFound(err, noTopic())
}

// checkTopic checks the TopicArn of a request.
func checkTopic(ctx context.Context, arn *string) error {
	if arn == nil {
		return missing("topicArn")
	}
	return topic.CheckTopicARN(*arn, service.CallerOf(ctx).Region)
}

// checkSubscription checks the SubscriptionArn of a request.
func checkSubscription(ctx context.Context, arn *string) error {
	if arn == nil {
		return missing("subscriptionArn")
	}
	if err := topic.CheckSubscriptionARN(*arn); err != nil {
		return err
	}
	of, _ := topic.ParseARN(*arn)
	if region := service.CallerOf(ctx).Region; region != "" && of.Region != region {
		return invalid("SubscriptionArn")
	}
	return nil
}

// tagsOf are the tags of a request.
func tagsOf(tags []types.Tag) (map[string]string, error) {
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		out[*t.Key] = *t.Value
	}
	if len(out) != len(tags) {
		return nil, invalid("Duplicated keys are not allowed.")
	}
	return out, nil
}

func invalid(format string, args ...any) error {
	return &topic.InvalidError{Code: "InvalidParameter", Message: "Invalid parameter: " + fmt.Sprintf(format, args...)}
}

// missing is what the front end says of a required member that is not there.
func missing(member string) error {
	return &topic.InvalidError{
		Code:    "ValidationError",
		Message: "1 validation error detected: Value null at '" + member + "' failed to satisfy constraint: Member must not be null",
	}
}
