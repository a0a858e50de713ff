package roster_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/store/roster"
	"tocsin/store/state"
)

var (
	scope = state.Scope{Partition: "aws", Account: "123456789012", Region: "eu-central-1"}
	start = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
)

const alarms = "arn:aws:sns:eu-central-1:123456789012:alarms"

// A desk is a roster on a database of its own, on a clock that a test sets, with
// a topic.
type desk struct {
	*roster.Roster
	db    *state.DB
	now   time.Time
	woken int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return deskOn(t, openSQLite(t))
}

func deskOn(t *testing.T, db *state.DB) *desk {
	t.Helper()
	d := &desk{db: db, now: start}
	d.Roster = roster.New(roster.Options{State: db, Now: func() time.Time { return d.now }, Wake: func() { d.woken++ }})
	if _, err := d.CreateTopic(t.Context(), scope, roster.NewTopic{Name: "alarms"}); err != nil {
		t.Fatal(err)
	}
	return d
}

func openSQLite(t *testing.T) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// view reads the database.
func (d *desk) view(t *testing.T, f func(context.Context, *state.Tx) error) {
	t.Helper()
	if err := d.db.View(t.Context(), func(tx *state.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// subscribe subscribes as the topic's owner does.
func (d *desk) subscribe(t *testing.T, protocol topic.Protocol, endpoint string, attributes map[string]string) (state.Subscription, error) {
	t.Helper()
	return d.Subscribe(t.Context(), topic.SubscribeCall{
		TopicARN: alarms, Protocol: string(protocol), Endpoint: endpoint, Attributes: attributes,
		Owner: scope.Account, Principal: "arn:aws:iam::123456789012:root",
	})
}

func (d *desk) mustSubscribe(t *testing.T, protocol topic.Protocol, endpoint string) state.Subscription {
	t.Helper()
	s, err := d.subscribe(t, protocol, endpoint, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outbox takes the messages that are to be told, and makes deliveries of none.
func (d *desk) outbox(t *testing.T) []state.Publication {
	t.Helper()
	var out []state.Publication
	ctx := t.Context()
	err := d.db.Update(ctx, func(tx *state.Tx) (err error) {
		if out, err = tx.LeasePublications(ctx, "test", d.now, d.now.Add(time.Minute), 100); err != nil {
			return err
		}
		for _, p := range out {
			if err := tx.Spread(ctx, "test", p.Message.ID, nil, d.now); err != nil {
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

// asked is the one question in the outbox.
func (d *desk) asked(t *testing.T, kind topic.Kind, of state.Subscription) state.Publication {
	t.Helper()
	out := d.outbox(t)
	if len(out) != 1 || out[0].Kind != kind || out[0].Target != of.ARN {
		t.Fatalf("the outbox has %+v, not one %s for %s", out, kind, of.ARN)
	}
	if err := topic.CheckToken(out[0].Token); err != nil {
		t.Fatalf("token %q: %v", out[0].Token, err)
	}
	if !out[0].Message.Published.Equal(d.now) || out[0].Message.TopicARN != alarms || out[0].Message.ID == "" {
		t.Errorf("the message is %+v", out[0].Message)
	}
	return out[0]
}

func (d *desk) confirm(t *testing.T, token string) (state.Subscription, error) {
	t.Helper()
	return d.Confirm(t.Context(), alarms, token, topic.ConfirmCall{})
}

func (d *desk) subscriptions(t *testing.T) []state.Subscription {
	t.Helper()
	var all []state.Subscription
	d.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		all, err = tx.Subscriptions(ctx, alarms)
		return err
	})
	return all
}

// wantRefusal wants AWS's code and text.
func wantRefusal(t *testing.T, err error, code, message string) {
	t.Helper()
	var invalid *topic.InvalidError
	if !errors.As(err, &invalid) || invalid.Code != code || invalid.Message != message {
		t.Errorf("the error is %v, not %s: %s", err, code, message)
	}
}
