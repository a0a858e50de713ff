package roster_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/topic"
	"tocsin/store/roster"
	"tocsin/store/state"
)

func TestCreateTopic(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	named := map[string]string{"DisplayName": "Alarms", "FifoTopic": "false"}
	ruled := `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"arn:aws:sns:eu-central-1:123456789012:ruled"}]}`
	spaced := strings.ReplaceAll(ruled, ",", ",\n  ")
	for _, c := range []struct {
		name       string
		attributes map[string]string
		code, text string // of the refusal
	}{
		{"alarms", nil, "", ""},
		{"named", named, "", ""},
		{"named", named, "", ""},
		{"named", nil, "", ""},
		{"named", map[string]string{"DisplayName": "Other"}, "InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes"},
		{"ruled", map[string]string{"Policy": ruled}, "", ""},
		{"ruled", map[string]string{"Policy": spaced}, "", ""},
		{"alarms", map[string]string{"Policy": topic.DefaultPolicy(alarms)}, "", ""},
		{"ruled", map[string]string{"Policy": ""}, "InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes"},
		{"wrong name", nil, "InvalidParameter", "Invalid parameter: Topic Name"},
		{"versions", map[string]string{"SignatureVersion": "3"}, "InvalidParameter", "Invalid parameter: Attributes Reason: SignatureVersion: Invalid value [3]. Must be 1 or 2."},
	} {
		arn, err := d.CreateTopic(ctx, scope, roster.NewTopic{Name: c.name, Attributes: c.attributes})
		if c.code != "" {
			wantRefusal(t, err, c.code, c.text)
		} else if err != nil || arn != "arn:aws:sns:eu-central-1:123456789012:"+c.name {
			t.Errorf("CreateTopic(%s, %v) is %s, %v", c.name, c.attributes, arn, err)
		}
	}
	for range 2 {
		if err := d.DeleteTopic(ctx, alarms); err != nil {
			t.Error(err)
		}
	}
	_, err := d.subscribe(t, topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:q", nil)
	wantRefusal(t, err, "NotFound", "Topic does not exist")
	_, err = d.Publish(ctx, topic.Publication{TopicARN: alarms, Message: "m"})
	wantRefusal(t, err, "NotFound", "Topic does not exist")
}

func TestPublish(t *testing.T) {
	d := newDesk(t)
	subject := "Rung"
	id, err := d.Publish(t.Context(), topic.Publication{TopicARN: alarms, Message: "ding", Subject: &subject})
	if err != nil {
		t.Fatal(err)
	}
	out := d.outbox(t)
	if len(out) != 1 || out[0].Kind != topic.Notification || out[0].Message.ID != id || out[0].Message.Default != "ding" || out[0].Message.Subject != "Rung" {
		t.Errorf("the outbox has %+v", out)
	}
	if d.woken != 1 {
		t.Errorf("woken %d times", d.woken)
	}
	_, err = d.Publish(t.Context(), topic.Publication{TopicARN: alarms})
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Empty message")
}

func TestWhoMustConfirm(t *testing.T) {
	for _, c := range []struct {
		protocol topic.Protocol
		endpoint string
		must     bool
	}{
		{topic.HTTP, "http://198.51.100.7/sns", true},
		{topic.HTTPS, "https://example.com/sns", true},
		{topic.Email, "a@example.com", true},
		{topic.EmailJSON, "a@example.com", true},
		{topic.SMS, "+15551234567", false},
		{topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:q", false},
		{topic.SQS, "arn:aws:sqs:eu-central-1:999999999999:q", true},
		{topic.Lambda, "arn:aws:lambda:eu-central-1:123456789012:function:f", false},
		{topic.Lambda, "arn:aws:lambda:eu-central-1:999999999999:function:f", true},
	} {
		d := newDesk(t)
		s := d.mustSubscribe(t, c.protocol, c.endpoint)
		if s.Confirmed == c.must || s.Trusted || s.Managed || !s.Created.Equal(start) {
			t.Errorf("%s %s: %+v", c.protocol, c.endpoint, s)
		}
		if c.must {
			d.asked(t, topic.SubscriptionConfirmation, s)
		} else if out := d.outbox(t); len(out) != 0 {
			t.Errorf("%s: asked %+v", c.protocol, out)
		}
		if woken := d.woken == 1; woken != c.must {
			t.Errorf("%s: woken %d times", c.protocol, d.woken)
		}
	}
}

func TestSubscribeAgain(t *testing.T) {
	d := newDesk(t)
	raw := map[string]string{"RawMessageDelivery": "true"}
	first, err := d.subscribe(t, topic.HTTPS, "https://example.com/", raw)
	if err != nil {
		t.Fatal(err)
	}
	one := d.asked(t, topic.SubscriptionConfirmation, first)
	d.now = d.now.Add(time.Hour)
	second, err := d.subscribe(t, topic.HTTPS, "https://example.com/", raw)
	if err != nil || second.ARN != first.ARN || second.Confirmed {
		t.Fatalf("again: %+v, %v", second, err)
	}
	two := d.asked(t, topic.SubscriptionConfirmation, first)
	if one.Token == two.Token || one.Message.ID == two.Message.ID {
		t.Error("the second message is the first")
	}
	_, err = d.subscribe(t, topic.HTTPS, "https://example.com/", map[string]string{"RawMessageDelivery": "false"})
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
	if out := d.outbox(t); len(out) != 0 {
		t.Errorf("a refused call asked %+v", out)
	}
	// The first token is as good as the second.
	if s, err := d.confirm(t, one.Token); err != nil || s.ARN != first.ARN || !s.Confirmed {
		t.Errorf("confirm: %+v, %v", s, err)
	}
	third, err := d.subscribe(t, topic.HTTPS, "https://example.com/", nil)
	if err != nil || third.ARN != first.ARN || !third.Confirmed {
		t.Errorf("after confirmation: %+v, %v", third, err)
	}
	if out := d.outbox(t); len(out) != 0 {
		t.Errorf("a confirmed one was asked %+v", out)
	}
	if all := d.subscriptions(t); len(all) != 1 {
		t.Errorf("there are %d subscriptions", len(all))
	}
}

func TestSubscribeAfterItExpired(t *testing.T) {
	d := newDesk(t)
	first := d.mustSubscribe(t, topic.Email, "a@example.com")
	old := d.asked(t, topic.SubscriptionConfirmation, first)
	d.now = start.Add(topic.PendingLife)
	second, err := d.subscribe(t, topic.Email, "a@example.com", map[string]string{"FilterPolicy": `{"a":["b"]}`})
	if err != nil || second.ARN == first.ARN || !second.Requested.Equal(d.now) {
		t.Fatalf("again: %+v, %v", second, err)
	}
	if _, err := d.confirm(t, old.Token); err == nil {
		t.Error("the old token confirmed")
	}
	if s, err := d.confirm(t, d.asked(t, topic.SubscriptionConfirmation, second).Token); err != nil || s.ARN != second.ARN {
		t.Errorf("confirm: %+v, %v", s, err)
	}
}

func TestSubscribeRefuses(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct{ protocol, endpoint, text string }{
		{"slack", "https://hooks.example.com/x", "Invalid parameter: Amazon SNS does not support this protocol string: slack"},
		{"sqs", "https://queue", "Invalid parameter: SQS endpoint ARN"},
		{"email", "nobody", "Invalid parameter: Email address"},
	} {
		_, err := d.subscribe(t, topic.Protocol(c.protocol), c.endpoint, nil)
		wantRefusal(t, err, "InvalidParameter", c.text)
	}
	_, err := d.subscribe(t, topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:q", map[string]string{"FilterPolicy": "{"})
	var invalid *topic.InvalidError
	if !errors.As(err, &invalid) || !strings.HasPrefix(invalid.Message, "Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON.") {
		t.Errorf("the error is %v", err)
	}
	if all := d.subscriptions(t); len(all) != 0 {
		t.Errorf("there are %+v", all)
	}
}

func TestPrune(t *testing.T) {
	d := newDesk(t)
	pending := d.mustSubscribe(t, topic.Email, "pending@example.com")
	token := d.asked(t, topic.SubscriptionConfirmation, pending).Token
	confirmed := d.mustSubscribe(t, topic.Email, "confirmed@example.com")
	used := d.asked(t, topic.SubscriptionConfirmation, confirmed).Token
	if _, err := d.confirm(t, used); err != nil {
		t.Fatal(err)
	}
	named := []string{"pending", "confirmed"}
	for _, step := range []struct {
		after   time.Duration
		removed int
	}{{topic.PendingLife - time.Millisecond, 0}, {topic.PendingLife, 1}, {topic.PendingLife + time.Hour, 0}} {
		d.now = start.Add(step.after)
		if removed, err := d.Prune(t.Context()); err != nil || removed != step.removed {
			t.Errorf("after %v: pruned %d of %v, %v", step.after, removed, named, err)
		}
	}
	if all := d.subscriptions(t); len(all) != 1 || all[0].ARN != confirmed.ARN {
		t.Errorf("left: %+v", all)
	}
	d.view(t, func(ctx context.Context, tx *state.Tx) error {
		for _, gone := range []string{token, used} {
			if _, err := tx.TokenOf(ctx, gone); !errors.Is(err, state.ErrNotFound) {
				t.Errorf("a token is still there: %v", err)
			}
		}
		return nil
	})
}

func TestTagsOfTopics(t *testing.T) {
	d := newDesk(t)
	tags := func(want map[string]string) {
		t.Helper()
		d.view(t, func(ctx context.Context, tx *state.Tx) error {
			got, err := tx.Tags(ctx, alarms+"-2")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	}
	const other = "Invalid parameter: Tags Reason: Topic already exists with different tags"
	for _, c := range []struct {
		tags map[string]string
		text string // of the refusal
	}{
		{map[string]string{"a": "1", "b": ""}, ""},
		{nil, ""},
		{map[string]string{"b": ""}, ""},
		{map[string]string{"c": ""}, other},
		{map[string]string{"a": "2"}, other},
	} {
		_, err := d.CreateTopic(t.Context(), scope, roster.NewTopic{Name: "alarms-2", Tags: c.tags})
		if c.text != "" {
			wantRefusal(t, err, "InvalidParameter", c.text)
		} else if err != nil {
			t.Error(err)
		}
	}
	tags(map[string]string{"a": "1", "b": ""})
	if err := d.DeleteTopic(t.Context(), alarms+"-2"); err != nil {
		t.Error(err)
	}
	tags(map[string]string{})
}

func TestChanges(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	s := d.mustSubscribe(t, topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:q")
	if err := d.ChangeTopic(ctx, alarms, func(x *state.Topic) error { x.Policy = "p"; return nil }); err != nil {
		t.Error(err)
	}
	if err := d.ChangeSubscription(ctx, s.ARN, func(x *state.Subscription) error { x.Settings.Raw = true; return nil }); err != nil {
		t.Error(err)
	}
	no := errors.New("no")
	if err := d.ChangeTopic(ctx, alarms, func(x *state.Topic) error { x.Policy = "q"; return no }); !errors.Is(err, no) {
		t.Error(err)
	}
	if err := d.ChangeSubscription(ctx, s.ARN, func(x *state.Subscription) error { x.Settings.Raw = false; return no }); !errors.Is(err, no) {
		t.Error(err)
	}
	d.view(t, func(ctx context.Context, tx *state.Tx) error {
		x, err := tx.Topic(ctx, alarms)
		if x.Policy != "p" || !d.subscriptions(t)[0].Settings.Raw {
			t.Errorf("they are %+v, %+v", x, d.subscriptions(t))
		}
		return err
	})
	wantRefusal(t, d.ChangeTopic(ctx, alarms+"-not", nil), "NotFound", "Topic does not exist")
	wantRefusal(t, d.ChangeSubscription(ctx, s.ARN+"0", nil), "NotFound", "Subscription does not exist")
}

func TestPublishBatch(t *testing.T) {
	d := newDesk(t)
	entry := func(id, message string) topic.BatchEntry {
		return topic.BatchEntry{ID: id, Publication: topic.Publication{Message: message}}
	}
	ids, err := d.PublishBatch(t.Context(), alarms, []topic.BatchEntry{entry("a", "1"), entry("b", "2")})
	if err != nil {
		t.Fatal(err)
	}
	out := d.outbox(t)
	if len(out) != 2 || out[0].Message.ID != ids[0] || out[1].Message.ID != ids[1] || out[1].Message.Default != "2" || out[1].Message.TopicARN != alarms || d.woken != 1 {
		t.Errorf("the outbox has %+v", out)
	}
	_, err = d.PublishBatch(t.Context(), alarms, []topic.BatchEntry{entry("a", "1"), entry("b", "")})
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Empty message")
	_, err = d.PublishBatch(t.Context(), alarms+"-not", []topic.BatchEntry{entry("a", "1")})
	wantRefusal(t, err, "NotFound", "Topic does not exist")
	if out := d.outbox(t); len(out) != 0 {
		t.Errorf("told all the same is %+v", out)
	}
}
