package roster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/internal/pgtest"
	"tocsin/store/roster"
	"tocsin/store/state"
)

// Two processes act on one database at the same time: each endpoint has one
// subscription, and who was unsubscribed stays so.
func TestTwoProcesses(t *testing.T) {
	dsn := pgtest.Start(t).Database(t)
	open := func() *state.DB {
		db, err := state.Open(t.Context(), dsn)
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
	desks := []*desk{deskOn(t, open()), deskOn(t, open())}

	// at runs f of both processes at once, and gives what they answered.
	at := func(f func(d *desk) (string, error)) []string {
		var all sync.WaitGroup
		answers := make([]string, 4*len(desks))
		for i := range answers {
			all.Go(func() {
				answer, err := f(desks[i%len(desks)])
				if err != nil {
					t.Error(err)
				}
				answers[i] = answer
			})
		}
		all.Wait()
		return answers
	}
	const rounds = 10
	for round := range rounds {
		endpoint := fmt.Sprintf("%d@example.com", round)
		arns := at(func(d *desk) (string, error) {
			s, err := roster.New(roster.Options{State: d.db, Now: func() time.Time { return start }}).Subscribe(t.Context(), topic.SubscribeCall{TopicARN: alarms, Protocol: "email", Endpoint: endpoint, Owner: scope.Account})
			return s.ARN, err
		})
		for _, arn := range arns {
			if arn != arns[0] {
				t.Fatalf("one endpoint has the subscriptions %v", arns)
			}
		}
		tokens := desks[0].outbox(t)
		if len(tokens) != len(arns) {
			t.Fatalf("%d questions", len(tokens))
		}
		for _, p := range tokens {
			if _, err := desks[0].confirm(t, p.Token); err != nil {
				t.Error(err)
			}
		}
		at(func(d *desk) (string, error) {
			return "", roster.New(roster.Options{State: d.db, Now: func() time.Time { return start }}).Unsubscribe(t.Context(), arns[0], false)
		})
		told := desks[1].outbox(t)
		if len(told) != 1 {
			t.Fatalf("told %d times", len(told))
		}
		// One process restores while the other subscribes anew.
		at(func(d *desk) (string, error) {
			r := roster.New(roster.Options{State: d.db, Now: func() time.Time { return start }})
			if d == desks[0] {
				_, err := r.Confirm(t.Context(), alarms, told[0].Token, topic.ConfirmCall{})
				return "", err
			}
			_, err := r.Subscribe(t.Context(), topic.SubscribeCall{TopicARN: alarms, Protocol: "email", Endpoint: endpoint, Owner: scope.Account})
			return "", err
		})
		if all := desks[0].subscriptions(t); len(all) != round+1 {
			t.Fatalf("after round %d there are %+v", round, all)
		}
		desks[0].outbox(t)
	}
	// Of several who make a topic, one makes it, and those who want the same find it.
	for round := range rounds {
		var turn atomic.Int64
		made := at(func(d *desk) (string, error) {
			name := []string{"A", "B"}[turn.Add(1)%2]
			arn, err := roster.New(roster.Options{State: d.db}).CreateTopic(t.Context(), scope, roster.NewTopic{
				Name: fmt.Sprint("new-", round), Attributes: map[string]string{"DisplayName": name}, Tags: map[string]string{"name": name},
			})
			var refusal *topic.InvalidError
			if errors.As(err, &refusal) {
				return "", nil
			}
			return arn, err
		})
		slices.Sort(made)
		if made[len(made)/2-1] != "" || made[len(made)/2] == "" {
			t.Errorf("made by %v", made)
		}
		desks[0].view(t, func(ctx context.Context, tx *state.Tx) error {
			arn := fmt.Sprintf("arn:aws:sns:eu-central-1:123456789012:new-%d", round)
			x, err := tx.Topic(ctx, arn)
			if err != nil {
				return err
			}
			tags, err := tx.Tags(ctx, arn)
			if tags["name"] != x.Settings.DisplayName {
				t.Errorf("topic %s has the tags %v", x.Settings.DisplayName, tags)
			}
			return err
		})
	}
	wanted := []roster.Named{named("slack", "https://hooks.example.com/a"), named("slack", "https://hooks.example.com/b")}
	at(func(d *desk) (string, error) {
		_, err := roster.New(roster.Options{State: d.db, Now: func() time.Time { return start }}).SyncManaged(context.Background(), wanted)
		return "", err
	})
	if all := desks[0].subscriptions(t); len(all) != rounds+len(wanted) {
		t.Errorf("there are %+v", all)
	}
}

// All processes sign with the same key, also when all start for the first time.
func TestOneSigningKey(t *testing.T) {
	dsn := pgtest.Start(t).Database(t)
	var all sync.WaitGroup
	paths := make([]string, 3)
	for i := range paths {
		db, err := state.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			s, err := roster.OpenSigner(t.Context(), db, "https://tocsin.example.com", start)
			if err != nil {
				t.Error(err)
				return
			}
			paths[i] = s.CertificatePath()
		})
	}
	all.Wait()
	for _, p := range paths {
		if p == "" || p != paths[0] {
			t.Errorf("the certificates are at %v", paths)
		}
	}
}
