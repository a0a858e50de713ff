package roster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/store/roster"
	"tocsin/store/state"
)

func named(protocol topic.Protocol, endpoint string) roster.Named {
	return roster.Named{TopicARN: alarms, Protocol: protocol, Endpoint: endpoint}
}

func (d *desk) sync(t *testing.T, wanted ...roster.Named) roster.Synced {
	t.Helper()
	done, err := d.SyncManaged(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// words is what was done, for comparison.
func words(s roster.Synced) string {
	var b strings.Builder
	list := func(what string, of []state.Subscription) {
		for _, s := range of {
			fmt.Fprintf(&b, "%s %s ", what, s.Protocol)
		}
	}
	list("added", s.Added)
	list("kept", s.Kept)
	list("asked", s.Asked)
	list("removed", s.Removed)
	for _, n := range s.Declined {
		fmt.Fprintf(&b, "declined %s ", n.Protocol)
	}
	return strings.TrimSpace(b.String())
}

func TestSyncManaged(t *testing.T) {
	d := newDesk(t)
	mine, err := d.subscribe(t, topic.SQS, "arn:aws:sqs:eu-central-1:123456789012:mine", nil)
	if err != nil {
		t.Fatal(err)
	}
	mail, chat := named(topic.Email, "a@example.com"), named("slack", "https://hooks.example.com/x")
	foreign := named(topic.SQS, "arn:aws:sqs:eu-central-1:999999999999:foreign")

	done := d.sync(t, mail, chat, foreign, chat)
	if got := words(done); got != "added email added slack added sqs" {
		t.Fatalf("first: %s", got)
	}
	for _, s := range done.Added {
		if !s.Trusted || !s.Managed || s.Owner != scope.Account || s.Confirmed != (s.Protocol != topic.Email) {
			t.Errorf("added %+v", s)
		}
	}
	d.asked(t, topic.SubscriptionConfirmation, done.Added[0])

	if got := words(d.sync(t, mail, chat, foreign)); got != "kept email kept slack kept sqs" {
		t.Errorf("the same again: %s", got)
	}
	if out := d.outbox(t); len(out) != 0 {
		t.Errorf("asked again: %+v", out)
	}

	// What nobody confirmed stays to be seen, and is asked again when the token
	// that it had is no good any more.
	d.now = d.now.Add(topic.PendingLife)
	if removed, err := d.Prune(t.Context()); err != nil || removed != 0 {
		t.Errorf("pruned %d, %v", removed, err)
	}
	again := d.sync(t, mail, chat)
	if got := words(again); got != "kept slack asked email removed sqs" {
		t.Fatalf("three days later: %s", got)
	}
	if _, err := d.confirm(t, d.asked(t, topic.SubscriptionConfirmation, again.Asked[0]).Token); err != nil {
		t.Error(err)
	}

	// New attributes are taken over, and a subscription of the API is not touched.
	chat.Attributes = map[string]string{"FilterPolicy": `{"severity":["high"]}`}
	kept := d.sync(t, chat)
	if got := words(kept); got != "kept slack removed email" || kept.Kept[0].Settings.Filter.IsZero() {
		t.Errorf("with a filter policy: %s", got)
	}
	if got := words(d.sync(t)); got != "removed slack" {
		t.Errorf("without any: %s", got)
	}
	if all := d.subscriptions(t); len(all) != 1 || all[0].ARN != mine.ARN {
		t.Errorf("left: %+v", all)
	}
	// But it is taken over once it is named.
	if got := words(d.sync(t, named(topic.SQS, mine.Endpoint))); got != "kept sqs" {
		t.Errorf("named: %s", got)
	}
	if got := words(d.sync(t)); got != "removed sqs" {
		t.Errorf("named no more: %s", got)
	}
}

func TestWhoDeclinedIsNotSubscribedAgain(t *testing.T) {
	chat := named("slack", "https://hooks.example.com/x")
	decline := func(t *testing.T, d *desk, n roster.Named) state.Subscription {
		t.Helper()
		s := d.sync(t, n).Added[0]
		if !s.Confirmed {
			var err error
			if s, err = d.confirm(t, d.asked(t, topic.SubscriptionConfirmation, s).Token); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Unsubscribe(t.Context(), s.ARN, false); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := words(d.sync(t, n)); got != "declined "+string(n.Protocol) {
				t.Fatalf("after the link: %s", got)
			}
		}
		return s
	}
	t.Run("until it is named anew", func(t *testing.T) {
		d := newDesk(t)
		decline(t, d, chat)
		d.sync(t)
		if got := words(d.sync(t, chat)); got != "added slack" {
			t.Errorf("named anew: %s", got)
		}
	})
	t.Run("until it is restored", func(t *testing.T) {
		d := newDesk(t)
		mail := named(topic.Email, "a@example.com")
		s := decline(t, d, mail)
		if _, err := d.confirm(t, d.asked(t, topic.UnsubscribeConfirmation, s).Token); err != nil {
			t.Fatal(err)
		}
		if got := words(d.sync(t, mail)); got != "kept email" {
			t.Errorf("restored: %s", got)
		}
		if err := d.Unsubscribe(t.Context(), s.ARN, true); err != nil {
			t.Fatal(err)
		}
		if got := words(d.sync(t, mail)); got != "added email" {
			t.Errorf("after the operator's own call: %s", got)
		}
	})
	t.Run("until somebody subscribes", func(t *testing.T) {
		d := newDesk(t)
		mail := named(topic.Email, "a@example.com")
		decline(t, d, mail)
		d.outbox(t)
		s := d.mustSubscribe(t, topic.Email, "a@example.com")
		if _, err := d.confirm(t, d.asked(t, topic.SubscriptionConfirmation, s).Token); err != nil {
			t.Fatal(err)
		}
		if got := words(d.sync(t, mail)); got != "kept email" {
			t.Errorf("subscribed: %s", got)
		}
		if err := d.Unsubscribe(t.Context(), s.ARN, true); err != nil {
			t.Fatal(err)
		}
		if got := words(d.sync(t, mail)); got != "added email" {
			t.Errorf("after the operator's own call: %s", got)
		}
	})
}

func TestSyncManagedRefuses(t *testing.T) {
	d := newDesk(t)
	for _, n := range []roster.Named{
		named(topic.Email, "nobody"),
		{TopicARN: "alarms", Protocol: "slack", Endpoint: "https://hooks.example.com/secret"},
		{TopicARN: alarms + "2", Protocol: topic.Email, Endpoint: "a@example.com"},
		{TopicARN: alarms, Protocol: "slack", Endpoint: "https://hooks.example.com/secret", Attributes: map[string]string{"FilterPolicy": "x"}},
	} {
		done, err := d.SyncManaged(t.Context(), []roster.Named{named("slack", "https://hooks.example.com/ok"), n})
		if err == nil || words(done) != "" {
			t.Errorf("%+v: done %+v", n, done)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error tells the address of the hook: %v", err)
		}
	}
	if all := d.subscriptions(t); len(all) != 0 {
		t.Errorf("there are %+v", all)
	}
}

func TestManagedExpiredIsAskedByAnyone(t *testing.T) {
	d := newDesk(t)
	s := d.sync(t, named(topic.Email, "a@example.com")).Added[0]
	d.asked(t, topic.SubscriptionConfirmation, s)
	d.now = d.now.Add(topic.PendingLife + time.Hour)
	got := d.mustSubscribe(t, topic.Email, "a@example.com")
	if got.ARN != s.ARN || !got.Managed {
		t.Errorf("%+v", got)
	}
	if _, err := d.confirm(t, d.asked(t, topic.SubscriptionConfirmation, s).Token); err != nil {
		t.Error(err)
	}
}
