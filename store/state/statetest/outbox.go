package statetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/topic"
	"tocsin/store/state"
)

func publication(id, topicName string) state.Publication {
	return state.Publication{
		Message: topic.Message{ID: id, TopicARN: topicARN(topicName), Default: "text", Published: start},
		Kind:    topic.Notification,
	}
}

func publish(t *testing.T, db *state.DB, id, topicName string) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.Publish(ctx, publication(id, topicName)) })
}

// after is a time so many seconds after start.
func after(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// leasePublications leases for ten seconds and tells the ids.
func leasePublications(t *testing.T, db *state.DB, owner string, second, limit int) (ids []string) {
	t.Helper()
	for _, p := range put(t, db, func(ctx context.Context, tx *state.Tx) ([]state.Publication, error) {
		return tx.LeasePublications(ctx, owner, after(second), after(second+10), limit)
	}) {
		ids = append(ids, p.Message.ID)
	}
	return ids
}

// spread publishes a message and makes its deliveries.
func spread(t *testing.T, s suite, id, topicName string, second int, to ...state.Subscription) {
	t.Helper()
	var arns []string
	for _, x := range to {
		arns = append(arns, x.ARN)
	}
	publish(t, s.a, id, topicName)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		if _, err := tx.LeasePublications(ctx, "spreader", after(second), after(second+1), 1); err != nil {
			return err
		}
		return tx.Spread(ctx, "spreader", id, arns, after(second))
	})
}

func nextDelivery(t *testing.T, db *state.DB, second int) int64 {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.NextDelivery(ctx, after(second)) })
}

func outbox(t *testing.T, s suite) {
	if got := nextDelivery(t, s.a, 0); got != state.MaxTime {
		t.Errorf("next at %d", got)
	}
	full := state.Publication{
		Message: topic.Message{
			ID: "full", TopicARN: topicARN("t"), Subject: "s", Default: "d <&>", GroupID: "g", Published: start,
			Bodies:     map[topic.Protocol]string{topic.Email: "e"},
			Attributes: map[string]topic.Attribute{"a": {Type: "String", Value: "v"}},
		},
		Kind: topic.SubscriptionConfirmation, Target: "arn", Token: "token", Summary: []byte(`{"alarm":"a"}`),
		Alarm: arn("a"), ChainStart: 7,
	}
	filled(t, full)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.Publish(ctx, full) })
	publish(t, s.b, "full", "other") // published already
	publish(t, s.b, "bare", "t")
	if got, want := nextDelivery(t, s.b, 5), after(5).UnixMilli(); got != want {
		t.Errorf("next at %d, want now", got)
	}
	got := put(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Publication, error) {
		return tx.LeasePublications(ctx, "o", after(0), after(10), 5)
	})
	if diff := cmp.Diff([]state.Publication{full, publication("bare", "t")}, got); diff != "" {
		t.Error(diff)
	}
	if got := leasePublications(t, s.a, "p", 9, 5); len(got) != 0 {
		t.Errorf("leased twice: %v", got)
	}
	if got, want := nextDelivery(t, s.a, 5), after(10).UnixMilli(); got != want {
		t.Errorf("next at %d, want the end of the lease", got)
	}
	if diff := cmp.Diff([]string{"full"}, leasePublications(t, s.a, "p", 10, 1)); diff != "" {
		t.Error(diff)
	}
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.Spread(ctx, "o", "full", nil, start)
	})
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.Spread(ctx, "p", "full", nil, start) })
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.Spread(ctx, "p", "full", []string{"late"}, start)
	})
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.Publish(ctx, full) })
	if diff := cmp.Diff([]string{"bare"}, leasePublications(t, s.b, "o", 30, 5)); diff != "" {
		t.Error(diff)
	}
	if got, want := nextDelivery(t, s.b, 30), after(40).UnixMilli(); got != want {
		t.Errorf("next at %d, want %d", got, want)
	}
}

func spreadOnce(t *testing.T, s suite) {
	const messages, workers = 20, 6
	to := []string{"b", "a", "b", "c"}
	for i := range messages {
		publish(t, s.both(i), fmt.Sprint("m", i), "t")
	}
	together(t, workers, func(i int) error {
		owner := fmt.Sprint(i)
		for range messages {
			var got []state.Publication
			err := s.both(i).Update(t.Context(), func(tx *state.Tx) (err error) {
				got, err = tx.LeasePublications(t.Context(), owner, start, after(10), 2)
				return err
			})
			if err != nil {
				return err
			}
			for _, p := range got {
				if err := s.both(i).Update(t.Context(), func(tx *state.Tx) error {
					return tx.Spread(t.Context(), owner, p.Message.ID, to, start)
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	count := map[string]int{}
	for _, d := range get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.Delivery, error) {
		return tx.Deliveries(ctx, state.DeliveryQuery{})
	}) {
		count[d.MessageID+d.Subscription]++
	}
	for i := range messages {
		for _, x := range to {
			if n := count[fmt.Sprint("m", i, x)]; n != 1 {
				t.Errorf("message %d has %d deliveries to %s", i, n, x)
			}
		}
	}
	if len(count) != 3*messages {
		t.Errorf("%d deliveries", len(count))
	}
}
