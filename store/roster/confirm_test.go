package roster_test

import (
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
)

func TestConfirm(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	s := d.mustSubscribe(t, topic.Email, "a@example.com")
	token := d.asked(t, topic.SubscriptionConfirmation, s).Token
	for _, c := range []struct{ arn, token, text string }{
		{alarms, "no token", "Invalid token"},
		{alarms, strings.Repeat("a", len(token)), "Invalid parameter: Token"},
		{"arn:aws:sns", token, "Invalid parameter: Topic"},
		{"arn:aws:sqs:eu-central-1:123456789012:alarms", token, "Invalid parameter: Topic"},
	} {
		_, err := d.Confirm(ctx, c.arn, c.token, topic.ConfirmCall{})
		wantRefusal(t, err, "InvalidParameter", c.text)
	}
	if a, err := d.Asked(ctx, token); err != nil || a.Done || a.Restores || a.Subscription.ARN != s.ARN {
		t.Errorf("asked: %+v, %v", a, err)
	}
	if all := d.subscriptions(t); all[0].Confirmed {
		t.Error("to ask has confirmed")
	}
	// The token decides, whatever the topic's name.
	for range 2 {
		got, err := d.Confirm(ctx, strings.Replace(alarms, ":alarms", ":other", 1), token, topic.ConfirmCall{AuthenticateOnUnsubscribe: "true"})
		if err != nil || got.ARN != s.ARN || !got.Confirmed || got.SignedUnsubscribe || got.Authenticated {
			t.Fatalf("confirm: %+v, %v", got, err)
		}
		d.now = d.now.Add(topic.TokenLife) // a token that has confirmed is never too old
	}
	if a, err := d.Asked(ctx, token); err != nil || !a.Done {
		t.Errorf("asked: %+v, %v", a, err)
	}
}

func TestConfirmTooLate(t *testing.T) {
	d := newDesk(t)
	s := d.mustSubscribe(t, topic.Email, "a@example.com")
	first := d.asked(t, topic.SubscriptionConfirmation, s).Token
	d.now = start.Add(topic.TokenLife)
	_, err := d.confirm(t, first)
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Token")
	d.mustSubscribe(t, topic.Email, "a@example.com")
	second := d.asked(t, topic.SubscriptionConfirmation, s).Token
	d.now = start.Add(topic.PendingLife - time.Second)
	if _, err := d.confirm(t, second); err != nil {
		t.Error(err)
	}
}

func TestSignedConfirmNeedsSignatureToUnsubscribe(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	s := d.mustSubscribe(t, topic.HTTPS, "https://example.com/")
	token := d.asked(t, topic.SubscriptionConfirmation, s).Token
	s, err := d.Confirm(ctx, alarms, token, topic.ConfirmCall{Signed: true, AuthenticateOnUnsubscribe: "true"})
	if err != nil || !s.SignedUnsubscribe || !s.Authenticated {
		t.Fatalf("confirm: %+v, %v", s, err)
	}
	wantRefusal(t, d.Unsubscribe(ctx, s.ARN, false), "AuthorizationError", "This subscription can only be ended by a signed call of its owner or the topic's.")
	if err := d.Unsubscribe(ctx, s.ARN, true); err != nil {
		t.Error(err)
	}
	if all, out := d.subscriptions(t), d.outbox(t); len(all)+len(out) != 0 {
		t.Errorf("left %+v, told %+v", all, out)
	}
}

func TestConfirmByAdministrator(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	s := d.mustSubscribe(t, topic.Email, "all@example.com")
	d.asked(t, topic.SubscriptionConfirmation, s)
	d.now = start.Add(100 * topic.PendingLife)
	for range 2 {
		got, err := d.ConfirmByAdministrator(ctx, s.ARN)
		if err != nil || !got.Confirmed || !got.SignedUnsubscribe {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if err := d.Unsubscribe(ctx, s.ARN, false); err == nil {
		t.Error("one reader ended the subscription of all")
	}
	_, err := d.ConfirmByAdministrator(ctx, alarms+":no-such")
	wantRefusal(t, err, "NotFound", "Subscription does not exist")
	_, err = d.ConfirmByAdministrator(ctx, alarms)
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: SubscriptionId")
}

func TestUnsubscribe(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	s := d.mustSubscribe(t, topic.Email, "a@example.com")
	token := d.asked(t, topic.SubscriptionConfirmation, s).Token
	wantRefusal(t, d.Unsubscribe(ctx, s.ARN, true), "InvalidParameter",
		"Invalid parameter: This subscription is not confirmed yet. Cannot unsubscribe a subscription that is pending confirmation")
	wantRefusal(t, d.Unsubscribe(ctx, alarms, true), "InvalidParameter", "Invalid parameter: SubscriptionId")
	wantRefusal(t, d.Unsubscribe(ctx, "", true), "InvalidParameter", "Invalid parameter: SubscriptionArn Reason: no value for required parameter")
	if _, err := d.confirm(t, token); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(time.Minute)
	for range 2 {
		if err := d.Unsubscribe(ctx, s.ARN, false); err != nil {
			t.Fatal(err)
		}
	}
	if all := d.subscriptions(t); len(all) != 0 {
		t.Fatalf("left: %+v", all)
	}
	restore := d.asked(t, topic.UnsubscribeConfirmation, s).Token

	// Only the token of the last message restores.
	_, err := d.confirm(t, token)
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Token")
	if a, err := d.Asked(ctx, restore); err != nil || !a.Restores || a.Done {
		t.Errorf("asked: %+v, %v", a, err)
	}
	for range 2 {
		if got, err := d.confirm(t, restore); err != nil || got.ARN != s.ARN || !got.Confirmed {
			t.Fatalf("restore: %+v, %v", got, err)
		}
	}
	if all := d.subscriptions(t); len(all) != 1 || all[0].ARN != s.ARN {
		t.Errorf("restored: %+v", all)
	}
}

func TestRestoreTooLate(t *testing.T) {
	d := newDesk(t)
	s := d.mustSubscribe(t, topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:q")
	if err := d.Unsubscribe(t.Context(), s.ARN, false); err != nil {
		t.Fatal(err)
	}
	restore := d.asked(t, topic.UnsubscribeConfirmation, s).Token
	d.now = d.now.Add(topic.TokenLife)
	_, err := d.confirm(t, restore)
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Token")
}

func TestRestoreWhenSubscribedAnew(t *testing.T) {
	d := newDesk(t)
	s := d.mustSubscribe(t, topic.Email, "a@example.com")
	if _, err := d.confirm(t, d.asked(t, topic.SubscriptionConfirmation, s).Token); err != nil {
		t.Fatal(err)
	}
	if err := d.Unsubscribe(t.Context(), s.ARN, false); err != nil {
		t.Fatal(err)
	}
	restore := d.asked(t, topic.UnsubscribeConfirmation, s).Token
	anew := d.mustSubscribe(t, topic.Email, "a@example.com")
	if anew.ARN == s.ARN || anew.Confirmed {
		t.Fatalf("anew: %+v", anew)
	}
	if got, err := d.confirm(t, restore); err != nil || got.ARN != anew.ARN || !got.Confirmed {
		t.Errorf("restore: %+v, %v", got, err)
	}
	if all := d.subscriptions(t); len(all) != 1 {
		t.Errorf("there are %+v", all)
	}
}

func TestRestoreWithoutTopic(t *testing.T) {
	d := newDesk(t)
	s := d.mustSubscribe(t, topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:q")
	if err := d.Unsubscribe(t.Context(), s.ARN, false); err != nil {
		t.Fatal(err)
	}
	restore := d.asked(t, topic.UnsubscribeConfirmation, s).Token
	if err := d.DeleteTopic(t.Context(), alarms); err != nil {
		t.Fatal(err)
	}
	_, err := d.confirm(t, restore)
	wantRefusal(t, err, "InvalidParameter", "Invalid parameter: Token")
}
