package sns_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/store/roster"
	"tocsin/store/state"
)

func TestLifeOfASubscription(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		out, err := b.Subscribe(b.ctx, &api.SubscribeInput{TopicArn: aws.String(alarms), Protocol: aws.String("email"), Endpoint: aws.String("a@example.com")})
		if err != nil || *out.SubscriptionArn != "pending confirmation" {
			t.Fatalf("%+v, %v", out, err)
		}
		asked := b.outbox(t)
		if len(asked) != 1 || asked[0].Kind != topic.SubscriptionConfirmation || b.woken != 1 {
			t.Fatalf("the outbox has %+v", asked)
		}
		arn := asked[0].Target
		if again := b.subscribe(t, "email", "a@example.com", nil); again != arn {
			t.Errorf("subscribed again as %s", again)
		}
		if a := b.subscription(t, arn); a["PendingConfirmation"] != "true" || a["ConfirmationWasAuthenticated"] != "false" {
			t.Errorf("attributes are %v", a)
		}
		b.wantListed(t, "PendingConfirmation")
		_, err = b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: &arn})
		want(t, err, "InvalidParameter", "Invalid parameter: This subscription is not confirmed yet. Cannot unsubscribe a subscription that is pending confirmation")

		for range 2 {
			confirmed, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: aws.String(alarms), Token: &asked[0].Token})
			if err != nil || *confirmed.SubscriptionArn != arn {
				t.Fatalf("%+v, %v", confirmed, err)
			}
		}
		b.wantListed(t, arn)
		b.outbox(t) // the second question
		wanted := map[string]string{
			"SubscriptionArn": arn, "TopicArn": alarms, "Owner": "123456789012", "Protocol": "email", "Endpoint": "a@example.com",
			"RawMessageDelivery": "false", "PendingConfirmation": "false", "ConfirmationWasAuthenticated": "false",
			"SubscriptionPrincipal": "arn:aws:iam::123456789012:root",
		}
		if diff := cmp.Diff(wanted, b.subscription(t, arn)); diff != "" {
			t.Error(diff)
		}
		for range 2 {
			if _, err := b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
				t.Error(err)
			}
		}
		if told := b.outbox(t); len(told) != 0 {
			t.Errorf("the owner ended it, and told is %+v", told)
		}
		_, err = b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
		want(t, err, "NotFound", "Subscription does not exist")
	})
}

func (b *bench) wantListed(t *testing.T, arn string) {
	t.Helper()
	wanted := []types.Subscription{{
		SubscriptionArn: &arn, TopicArn: aws.String(alarms), Owner: aws.String("123456789012"), Protocol: aws.String("email"), Endpoint: aws.String("a@example.com"),
	}}
	all, err := b.ListSubscriptions(b.ctx, &api.ListSubscriptionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	of, err := b.ListSubscriptionsByTopic(b.ctx, &api.ListSubscriptionsByTopicInput{TopicArn: aws.String(alarms)})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range [][]types.Subscription{all.Subscriptions, of.Subscriptions} {
		if diff := cmp.Diff(wanted, got, cmpopts.IgnoreUnexported(types.Subscription{})); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLinksNeedNoSignature(t *testing.T) {
	b := newBench(t)
	b.operations, b.ctx = b.service, b.world.Context(t)
	b.create(t)
	nobody := b.as(t, anonymous)
	confirm := func(flag string) string {
		t.Helper()
		arn := b.subscribe(t, "email", "a@example.com", nil)
		asked := b.outbox(t)
		_, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: aws.String(alarms), Token: &asked[0].Token, AuthenticateOnUnsubscribe: &flag})
		if err != nil {
			t.Fatal(err)
		}
		return arn
	}
	arn := confirm("false")
	if _, err := b.Unsubscribe(nobody, &api.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
		t.Fatal(err)
	}
	told := b.outbox(t)
	if len(told) != 1 || told[0].Kind != topic.UnsubscribeConfirmation {
		t.Fatalf("told is %+v", told)
	}
	if _, err := b.ConfirmSubscription(nobody, &api.ConfirmSubscriptionInput{TopicArn: aws.String(alarms), Token: &told[0].Token}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Unsubscribe(b.as(t, stranger), &api.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
		t.Fatal(err)
	}
	if told := b.outbox(t); len(told) != 1 {
		t.Errorf("a stranger ended it, and told is %+v", told)
	}

	arn = confirm("true")
	if a := b.subscription(t, arn); a["ConfirmationWasAuthenticated"] != "true" {
		t.Errorf("attributes are %v", a)
	}
	const refusal = "This subscription can only be ended by a signed call of its owner or the topic's."
	_, err := b.Unsubscribe(nobody, &api.UnsubscribeInput{SubscriptionArn: &arn})
	want(t, err, "AuthorizationError", refusal)
	_, err = b.Unsubscribe(b.as(t, stranger), &api.UnsubscribeInput{SubscriptionArn: &arn})
	want(t, err, "AuthorizationError", refusal)
	_, err = b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: &arn})
	want(t, err, "", "")
}

func TestOnlyTheOwnerReachesASubscription(t *testing.T) {
	b := newBench(t)
	b.operations, b.ctx = b.service, b.world.Context(t)
	b.create(t)
	their := b.as(t, stranger)
	out, err := b.Subscribe(their, &api.SubscribeInput{
		TopicArn: aws.String(alarms), Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-central-1:999999999999:theirs"),
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := out.SubscriptionArn
	if !strings.HasPrefix(*arn, alarms+":") {
		t.Errorf("their own queue must confirm: %s", *arn)
	}
	_, err = b.GetSubscriptionAttributes(their, &api.GetSubscriptionAttributesInput{SubscriptionArn: arn})
	want(t, err, "", "")
	_, err = b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: arn})
	want(t, err, "AuthorizationError", "Not authorized to access this subscription")
	_, err = b.SetSubscriptionAttributes(b.ctx, &api.SetSubscriptionAttributesInput{SubscriptionArn: arn, AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true")})
	want(t, err, "AuthorizationError", "Not authorized to access this subscription")
	if all, err := b.ListSubscriptions(b.ctx, &api.ListSubscriptionsInput{}); err != nil || len(all.Subscriptions) != 0 {
		t.Errorf("listed as ours: %+v, %v", all, err)
	}
	if all, err := b.ListSubscriptions(their, &api.ListSubscriptionsInput{}); err != nil || len(all.Subscriptions) != 1 {
		t.Errorf("listed as theirs: %+v, %v", all, err)
	}
	if all, err := b.ListSubscriptionsByTopic(b.ctx, &api.ListSubscriptionsByTopicInput{TopicArn: aws.String(alarms)}); err != nil || len(all.Subscriptions) != 1 {
		t.Errorf("listed of the topic: %+v, %v", all, err)
	}
	if _, err := b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: arn}); err != nil {
		t.Error(err)
	}
	if told := b.outbox(t); len(told) != 0 {
		t.Errorf("the topic's owner ended it, and told is %+v", told)
	}
}

func TestRefusedSubscriptions(t *testing.T) {
	const parameter = "InvalidParameter"
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		for _, c := range []struct {
			topic, protocol, endpoint string
			attributes                map[string]string
			code, text                string
		}{
			{alarms, "fax", "x", nil, parameter, "Invalid parameter: Amazon SNS does not support this protocol string: fax"},
			{alarms, "sqs", "https://sqs.eu-central-1.amazonaws.com/1/q", nil, parameter, "Invalid parameter: SQS endpoint ARN"},
			{alarms, "sqs", queue + ".fifo", nil, parameter, "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"},
			{alarms, "sms", "abc", nil, parameter, "Invalid SMS endpoint: abc"},
			{alarms, "sms", "+15551234567", nil, parameter, "Invalid parameter: Protocol Reason: tocsin does not deliver over sms; it knows http, https, email, email-json, sqs, lambda"},
			{alarms, "http", "http://10.0.0.1/", nil, parameter, "Invalid parameter: Endpoint Reason: 10.0.0.1 is a private address"},
			{alarms, "slack", "https://hooks.slack.com/x", nil, parameter, "Invalid parameter: Amazon SNS does not support this protocol string: slack"},
			{alarms, "https", "http://x.example", nil, parameter, "Invalid parameter: Endpoint must match the specified protocol"},
			{alarms, "email", "nobody", nil, parameter, "Invalid parameter: Email address"},
			{alarms + "-not", "email", "a@example.com", nil, "NotFound", "Topic does not exist"},
			{"alarms", "email", "a@example.com", nil, parameter, "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"},
			{"arn:aws:sns:us-east-1:123456789012:alarms", "email", "a@example.com", nil, parameter, "Invalid parameter: TopicArn"},
			{alarms, "sqs", queue, map[string]string{"RawMessageDelivery": "x"}, parameter, "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [x]. Must be true or false."},
			{alarms, "sqs", queue, map[string]string{"Nonsense": "x"}, parameter, "Invalid parameter: Attributes Reason: AttributeName"},
			{alarms, "sqs", queue, map[string]string{"RawMessageDelivery": "true"}, "", ""},
			{alarms, "sqs", queue, nil, "", ""},
			{alarms, "sqs", queue, map[string]string{"RawMessageDelivery": "false"}, parameter, "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"},
		} {
			_, err := b.Subscribe(b.ctx, &api.SubscribeInput{TopicArn: &c.topic, Protocol: &c.protocol, Endpoint: &c.endpoint, Attributes: c.attributes})
			want(t, err, c.code, c.text)
		}
		for _, c := range [][2]string{
			{"", "Invalid parameter: SubscriptionArn Reason: no value for required parameter"},
			{"a:b", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 2"},
			{alarms, "Invalid parameter: SubscriptionId"},
			{"arn:aws:sns:us-east-1:123456789012:alarms:x", "Invalid parameter: SubscriptionArn"},
		} {
			_, err := b.Unsubscribe(b.ctx, &api.UnsubscribeInput{SubscriptionArn: &c[0]})
			want(t, err, parameter, c[1])
		}
		token := topic.NewToken(make([]byte, 96))
		for _, c := range [][3]string{
			{alarms, "x", "Invalid token"},
			{alarms, token, "Invalid parameter: Token"},
			{"x", token, "Invalid parameter: Topic"},
			{"arn:aws:sns:us-east-1:123456789012:alarms", token, "Invalid parameter: Topic"},
		} {
			_, err := b.ConfirmSubscription(b.ctx, &api.ConfirmSubscriptionInput{TopicArn: &c[0], Token: &c[1]})
			want(t, err, parameter, c[2])
		}
	})
}

func TestSubscriptionAttributes(t *testing.T) {
	const dead = `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:dead"}`
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		arn := b.subscribe(t, "sqs", queue, map[string]string{"FilterPolicyScope": "MessageBody", "FilterPolicy": `{"a":{"b":["c"]}}`})
		if a := b.subscription(t, arn); a["FilterPolicyScope"] != "MessageBody" || a["FilterPolicy"] != `{"a":{"b":["c"]}}` || a["ConfirmationWasAuthenticated"] != "true" {
			t.Errorf("attributes are %v", a)
		}
		for _, c := range []struct{ name, value, line, shown string }{
			{"RawMessageDelivery", "True", "", "true"},
			{"RawMessageDelivery", "", "Invalid parameter: RawMessageDelivery: Invalid value []. Must be true or false.", "true"},
			{"FilterPolicyScope", "MessageAttributes", "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy", "MessageBody"},
			{"FilterPolicy", "{}", "", ""},
			{"FilterPolicyScope", "MessageAttributes", "", ""},
			{"FilterPolicy", `{"a":[]}`, "Invalid parameter: FilterPolicy: Empty arrays are not allowed", ""},
			{"FilterPolicy", `{"severity":["high"]}`, "", `{"severity":["high"]}`},
			{"RedrivePolicy", dead, "", dead},
			{"RedrivePolicy", "x", "Invalid parameter: RedrivePolicy: failed to parse JSON.", dead},
			{"RedrivePolicy", "", "", ""},
			{"DeliveryPolicy", "{}", "Invalid parameter: Delivery protocol [sqs] does not support delivery policies.", ""},
			{"Endpoint", "x", "Invalid parameter: AttributeName", queue},
		} {
			_, err := b.SetSubscriptionAttributes(b.ctx, &api.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: &c.name, AttributeValue: &c.value})
			line := ""
			if err != nil {
				line, _, _ = strings.Cut(message(err), "\n")
			}
			if line != c.line && !(c.value == "x" && strings.HasPrefix(line, c.line)) {
				t.Errorf("%s = %s is refused by %q, want %q", c.name, c.value, line, c.line)
			}
			if shown := b.subscription(t, arn)[c.name]; shown != c.shown {
				t.Errorf("%s is %s, want %s", c.name, shown, c.shown)
			}
		}
		_, err := b.SetSubscriptionAttributes(b.ctx, &api.SetSubscriptionAttributesInput{SubscriptionArn: aws.String(alarms + ":x"), AttributeName: aws.String("FilterPolicy")})
		want(t, err, "NotFound", "Subscription does not exist")
	})
}

func TestLeftUnconfirmed(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		arn := b.subscribe(t, "email", "a@example.com", nil)
		b.world.Advance(73 * time.Hour)
		_, err := b.GetSubscriptionAttributes(b.ctx, &api.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
		want(t, err, "NotFound", "Subscription does not exist")
		if out, err := b.ListSubscriptions(b.ctx, &api.ListSubscriptionsInput{}); err != nil || len(out.Subscriptions) != 0 {
			t.Errorf("%+v, %v", out, err)
		}
		if n := b.topic(t)["SubscriptionsPending"]; n != "0" {
			t.Errorf("%s are pending", n)
		}
	})
}

func TestLimits(t *testing.T) {
	b := benchWith(t, roster.Limits{Topics: 1, Subscriptions: 2, Pending: 1, FilterPolicies: 1})
	b.operations, b.ctx = b.service, b.world.Context(t)
	b.create(t)
	_, err := b.CreateTopic(b.ctx, &api.CreateTopicInput{Name: aws.String("more")})
	want(t, err, "TopicLimitExceeded", "An account may have 1 topics")
	b.create(t) // that is there
	_, err = b.GetTopicAttributes(b.ctx, &api.GetTopicAttributesInput{TopicArn: aws.String("arn:aws:sns:eu-central-1:123456789012:more")})
	want(t, err, "NotFound", "Topic does not exist")
	subscribe := func(protocol, endpoint, filter string) error {
		_, err := b.Subscribe(b.ctx, &api.SubscribeInput{TopicArn: aws.String(alarms), Protocol: &protocol, Endpoint: &endpoint, Attributes: map[string]string{"FilterPolicy": filter}})
		return err
	}
	want(t, subscribe("email", "a@example.com", `{"a":["b"]}`), "", "")
	want(t, subscribe("email", "b@example.com", ""), "SubscriptionLimitExceeded", "An account may have 1 subscriptions that are not confirmed")
	want(t, subscribe("sqs", queue, `{"a":["b"]}`), "FilterPolicyLimitExceeded", "The subscriptions to a topic may have 1 filter policies")
	want(t, subscribe("sqs", queue, ""), "", "")
	want(t, subscribe("sqs", queue+"2", ""), "SubscriptionLimitExceeded", "A topic may have 2 subscriptions")
	arn := b.subscribe(t, "sqs", queue, nil)
	_, err = b.SetSubscriptionAttributes(b.ctx, &api.SetSubscriptionAttributesInput{SubscriptionArn: &arn, AttributeName: aws.String("FilterPolicy"), AttributeValue: aws.String(`{"a":["b"]}`)})
	want(t, err, "FilterPolicyLimitExceeded", "The subscriptions to a topic may have 1 filter policies")
}

func TestSecretsOfEndpoints(t *testing.T) {
	twice(t, func(t *testing.T, b *bench) {
		b.create(t)
		const webhook = "https://hooks.slack.com/services/T012/B012/abcdefghijklmnop"
		if _, err := roster.New(roster.Options{State: b.world.State, Now: b.world.Now}).SyncManaged(t.Context(), []roster.Named{{TopicARN: alarms, Protocol: notify.Slack, Endpoint: webhook}}); err != nil {
			t.Fatal(err)
		}
		b.subscribe(t, "https", "https://user:secret@x.example/p?q", nil)
		b.subscribe(t, "https", "https://user@x.example:1/@:", nil)
		b.subscribe(t, "http", "http://u:s%40:e@x.example", nil)
		wanted := map[string]string{ // and as the owner sees them
			"https://user:****@x.example/p?q": "https://user:secret@x.example/p?q",
			"https://user@x.example:1/@:":     "https://user@x.example:1/@:",
			"http://u:****@x.example":         "http://u:s%40:e@x.example",
			"hooks.slack.com/...mnop":         "hooks.slack.com/...mnop",
		}
		got := map[string]string{}
		err := b.world.State.View(t.Context(), func(tx *state.Tx) error {
			all, err := tx.Subscriptions(t.Context(), "")
			if err != nil {
				return err
			}
			out, err := b.ListSubscriptions(b.ctx, &api.ListSubscriptionsInput{})
			for i, sub := range out.Subscriptions {
				got[*sub.Endpoint] = b.subscription(t, all[i].ARN)["Endpoint"]
			}
			return err
		})
		if diff := cmp.Diff(wanted, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
