package state_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tocsin/core/topic"
	"tocsin/internal/pgtest"
	"tocsin/store/state"
)

// TestFinishedWhileLeased: the lease of a slow process has run out, and it
// finishes its attempt just when another is about to take the delivery.
func TestFinishedWhileLeased(t *testing.T) {
	ctx := t.Context()
	dsn := pgtest.Start(t).Database(t)
	slow, other := open(t, dsn), open(t, dsn)
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	lease := func(db *state.DB, owner string, at time.Time) (jobs []state.Job, err error) {
		err = db.Update(ctx, func(tx *state.Tx) (err error) {
			jobs, err = tx.LeaseDeliveries(ctx, owner, at, at.Add(time.Minute), 9, 9)
			return err
		})
		return jobs, err
	}
	err := slow.Update(ctx, func(tx *state.Tx) error {
		settings, err := topic.NewSettings(topic.HTTPS, nil)
		s := state.Subscription{Subscription: topic.Subscription{ARN: "s", TopicARN: "t", Protocol: topic.HTTPS, Endpoint: "https://x", Settings: settings, Confirmed: true}}
		m := state.Publication{Message: topic.Message{ID: "m", TopicARN: "t", Published: now}, Kind: topic.Notification}
		err = errors.Join(err, tx.PutTopic(ctx, state.Topic{ARN: "t"}), tx.PutSubscription(ctx, s), tx.Publish(ctx, m))
		if _, leased := tx.LeasePublications(ctx, "slow", now, now.Add(time.Minute), 1); leased != nil {
			err = errors.Join(err, leased)
		}
		return errors.Join(err, tx.Spread(ctx, "slow", "m", []string{"s"}, now))
	})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := lease(slow, "slow", now)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("leased %v, %v", jobs, err)
	}

	// Not when somebody waits already: PostgreSQL lets nobody wait for long.
	watcher, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	taken := make(chan []state.Job, 1)
	err = slow.Update(ctx, func(tx *state.Tx) error {
		d := jobs[0].Delivery
		d.Status, d.Attempts, d.Done = state.Delivered, 1, now.Add(2*time.Minute)
		if err := tx.FinishAttempt(ctx, "slow", state.Attempt{Delivery: d.ID, Number: 1, At: now}, d); err != nil {
			return err
		}
		go func() {
			jobs, err := lease(other, "other", now.Add(2*time.Minute))
			if err != nil {
				t.Error(err)
			}
			taken <- jobs
		}()
		return blocked(ctx, watcher, taken)
	})
	if err != nil {
		t.Fatal(err)
	}
	if again := <-taken; len(again) != 0 {
		t.Errorf("a delivery that was finished is taken again: %+v", again[0].Delivery)
	}
}

// blocked returns when a session waits for a lock, or when what it does is done.
func blocked(ctx context.Context, c *pgx.Conn, done <-chan []state.Job) (err error) {
	for waiting := 0; waiting == 0 && len(done) == 0 && err == nil; {
		err = c.QueryRow(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
	}
	return errors.Join(err, c.Close(ctx))
}
