package statetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/topic"
	"tocsin/store/state"
)

func topicARN(name string) string { return topic.TopicARN("aws", "us-east-1", "000000000000", name) }

func putTopic(t *testing.T, s suite, name string) state.Topic {
	t.Helper()
	x := state.Topic{ARN: topicARN(name), Owner: "000000000000", Created: start}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.PutTopic(ctx, x) })
	return x
}

// subscription is a bare subscription to a topic.
func subscription(topicName, id string) state.Subscription {
	arn := topicARN(topicName)
	return state.Subscription{
		Subscription: topic.Subscription{
			ARN: topic.SubscriptionARN(arn, id), TopicARN: arn, Protocol: topic.HTTPS, Endpoint: "https://" + id + ".example",
		},
		Created: start,
	}
}

func putSubscription(t *testing.T, s suite, x state.Subscription) state.Subscription {
	t.Helper()
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.PutSubscription(ctx, x) })
	return x
}

// settingsDiffer compares settings by what is stored of them.
var settingsDiffer = cmp.Transformer("Stored", topic.Settings.Stored)

func topics(t *testing.T, s suite) {
	var full topic.TopicSettings
	for name, value := range map[string]string{
		"DisplayName": "tocsin", "SignatureVersion": "2", "KmsMasterKeyId": "alias/x",
		"DeliveryPolicy": `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":2,"maxDelayTarget":9,"numRetries":5,"numMaxDelayRetries":1,"numNoDelayRetries":1,"numMinDelayRetries":1,"backoffFunction":"geometric"},"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":3},"defaultRequestPolicy":{"headerContentType":"application/json"}}}`,
	} {
		var err error
		if full, err = full.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	one := state.Topic{ARN: topicARN("one"), Owner: "000000000000", Settings: full, Policy: `{"Version":"2012-10-17"}`, Created: start}
	filled(t, one)
	two := state.Topic{ARN: topicARN("Two")}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return errors.Join(tx.PutTopic(ctx, two), tx.PutTopic(ctx, state.Topic{ARN: one.ARN}), tx.PutTopic(ctx, one))
	})
	if diff := cmp.Diff([]state.Topic{two, one}, get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Topic, error) { return tx.Topics(ctx) })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(one, get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Topic, error) { return tx.Topic(ctx, one.ARN) })); diff != "" {
		t.Error(diff)
	}
	again := one
	again.Policy = ""
	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error { return tx.AddTopic(ctx, again) })
	three := state.Topic{ARN: topicARN("three"), Owner: "000000000000", Settings: full, Created: start}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.AddTopic(ctx, three) })
	if diff := cmp.Diff(three, get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Topic, error) { return tx.Topic(ctx, three.ARN) })); diff != "" {
		t.Error(diff)
	}
	if n := get(t, s.b, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.CountTopics(ctx, "000000000000") }); n != 2 {
		t.Errorf("%d topics, want 2", n)
	}
	if diff := cmp.Diff([]string{one.ARN, three.ARN}, get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]string, error) { return tx.TopicARNs(ctx, "000000000000") })); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteTopic(ctx, three.ARN) })
	putSubscription(t, s, subscription("one", "a"))
	stays := putSubscription(t, s, subscription("Two", "b"))
	publish(t, s.a, "m1", "one")
	publish(t, s.a, "m2", "Two")
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		return errors.Join(tx.LockTopic(ctx, one.ARN), tx.DeleteTopic(ctx, one.ARN))
	})
	left := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.Subscription, error) {
		return tx.Subscriptions(ctx, "")
	})
	if diff := cmp.Diff([]state.Subscription{stays}, left, settingsDiffer); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"m2"}, leasePublications(t, s.a, "o", 0, 9)); diff != "" {
		t.Error(diff)
	}
	for name, f := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"delete": func(ctx context.Context, tx *state.Tx) error { return tx.DeleteTopic(ctx, one.ARN) },
		"read": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.Topic(ctx, one.ARN)
			return err
		},
	} {
		t.Run(name+" of no topic", func(t *testing.T) { refused(t, s.a, state.ErrNotFound, f) })
	}
	// Who locks a topic keeps what it read of its subscriptions.
	together(t, 8, func(i int) error {
		return s.both(i).Update(t.Context(), func(tx *state.Tx) error {
			if err := tx.LockTopic(t.Context(), two.ARN); err != nil {
				return err
			}
			list, err := tx.Subscriptions(t.Context(), two.ARN)
			if err != nil {
				return err
			}
			return tx.PutSubscription(t.Context(), subscription("Two", fmt.Sprint("n", len(list))))
		})
	})
	if n := get(t, s.a, func(ctx context.Context, tx *state.Tx) (int64, error) {
		return tx.CountSubscriptions(ctx, two.ARN)
	}); n != 9 {
		t.Errorf("%d subscriptions, want 9", n)
	}
}

func subscriptions(t *testing.T, s suite) {
	full := subscription("t", "full")
	var err error
	full.Settings, err = topic.NewSettings(topic.HTTPS, map[string]string{
		"RawMessageDelivery": "true", "FilterPolicy": `{"a":[{"prefix":"b"}]}`, "FilterPolicyScope": "MessageBody",
		"RedrivePolicy":       `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}`,
		"DeliveryPolicy":      `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":2,"numRetries":3}}`,
		"SubscriptionRoleArn": "arn:aws:iam::000000000000:role/r",
	})
	if err != nil {
		t.Fatal(err)
	}
	full.Owner, full.Principal, full.Confirmed, full.Requested = "000000000000", "arn:aws:iam::000000000000:root", true, start
	full.Authenticated, full.SignedUnsubscribe, full.Trusted, full.Managed = true, true, true, true
	settings := full.Settings
	full.Settings = topic.Settings{Raw: true} // its own parts may be unset
	full.Settings = settings
	for name, set := range map[string]bool{
		"Raw": settings.Raw, "Filter": !settings.Filter.IsZero(), "Scope": settings.Scope != "",
		"Delivery": settings.Delivery != nil, "DeadLetters": settings.DeadLetters != "", "Role": settings.Role != "",
	} {
		if !set {
			t.Errorf("%s is not filled in", name)
		}
	}
	putSubscription(t, s, subscription("t", "full"))
	putSubscription(t, s, full)
	bare := putSubscription(t, s, subscription("t", "Bare"))
	other := putSubscription(t, s, subscription("u", "x"))
	list := func(arn string) []state.Subscription {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Subscription, error) {
			return tx.Subscriptions(ctx, arn)
		})
	}
	if diff := cmp.Diff([][]state.Subscription{{bare, full}, {bare, full, other}, nil}, [][]state.Subscription{
		list(topicARN("t")), list(""), list(topicARN("v")),
	}, settingsDiffer); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(full, get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Subscription, error) {
		return tx.FindSubscription(ctx, topicARN("t"), topic.HTTPS, full.Endpoint)
	}), settingsDiffer); diff != "" {
		t.Error(diff)
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteSubscription(ctx, full.ARN) })
	for name, f := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"find": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.FindSubscription(ctx, topicARN("t"), topic.HTTPS, full.Endpoint)
			return err
		},
		"read": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.Subscription(ctx, full.ARN)
			return err
		},
		"delete": func(ctx context.Context, tx *state.Tx) error { return tx.DeleteSubscription(ctx, full.ARN) },
	} {
		t.Run(name+" of no subscription", func(t *testing.T) { refused(t, s.a, state.ErrNotFound, f) })
	}
}

func tokens(t *testing.T, s suite) {
	was := subscription("t", "a")
	add := func(token string, made time.Time) {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
			return tx.AddToken(ctx, state.Token{Token: token, Subscription: was, Made: made})
		})
	}
	add("one", start)
	add("two", start.Add(time.Hour))
	of := func(token string) state.Token {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Token, error) { return tx.TokenOf(ctx, token) })
	}
	if diff := cmp.Diff(state.Token{Token: "one", Subscription: was, Made: start}, of("one"), settingsDiffer); diff != "" {
		t.Error(diff)
	}
	now := was
	now.Confirmed = true
	putSubscription(t, s, now)
	if !of("one").Subscription.Confirmed {
		t.Error("not the subscription as it is")
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.PruneTokens(ctx, start.Add(time.Hour)) })
	of("two")
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.TokenOf(ctx, "one")
		return err
	})
}
