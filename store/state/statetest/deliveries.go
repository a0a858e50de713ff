package statetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// leaseJobs leases deliveries for ten seconds.
func leaseJobs(t *testing.T, db *state.DB, owner string, second, limit, perSubscription int) []state.Job {
	t.Helper()
	return put(t, db, func(ctx context.Context, tx *state.Tx) ([]state.Job, error) {
		return tx.LeaseDeliveries(ctx, owner, after(second), after(second+10), limit, perSubscription)
	})
}

// messagesOf are the ids of messages of jobs.
func messagesOf(jobs []state.Job) (ids []string) {
	for _, j := range jobs {
		ids = append(ids, j.Publication.Message.ID)
	}
	return ids
}

// finish ends an attempt on a job at a second after start.
func finish(t *testing.T, db *state.DB, owner string, j state.Job, status state.DeliveryStatus, second, next int) {
	t.Helper()
	a, d := finished(j, status, second, next)
	update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.FinishAttempt(ctx, owner, a, d) })
}

func finished(j state.Job, status state.DeliveryStatus, second, next int) (state.Attempt, state.Delivery) {
	d := j.Delivery
	d.Status, d.Attempts, d.Round, d.Last = status, d.Attempts+1, d.Round+1, "last"
	if status == state.Pending {
		d.Next = after(next)
	} else {
		d.Done = after(second)
	}
	return state.Attempt{Delivery: d.ID, Number: d.Attempts, At: after(second), Took: 1500 * time.Millisecond, Answer: "retry", Detail: "503"}, d
}

func list(t *testing.T, db *state.DB, q state.DeliveryQuery) []state.Delivery {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) ([]state.Delivery, error) { return tx.Deliveries(ctx, q) })
}

func deliveries(t *testing.T, s suite) {
	of := putTopic(t, s, "t")
	x, y := putSubscription(t, s, subscription("t", "x")), putSubscription(t, s, subscription("t", "y"))
	spread(t, s, "m1", "t", 1, x, y)
	spread(t, s, "m2", "t", 2, x)
	if got, want := nextDelivery(t, s.b, 0), after(1).UnixMilli(); got != want {
		t.Errorf("next at %d, want %d", got, want)
	}
	if got := leaseJobs(t, s.a, "o", 0, 9, 9); len(got) != 0 {
		t.Errorf("leased before the time: %v", messagesOf(got))
	}
	jobs := leaseJobs(t, s.a, "o", 5, 9, 9)
	if diff := cmp.Diff([]string{"m1", "m1", "m2"}, messagesOf(jobs)); diff != "" {
		t.Fatal(diff)
	}
	want := state.Job{
		Delivery: state.Delivery{
			ID: jobs[2].ID, MessageID: "m2", Subscription: x.ARN, Status: state.Pending, Next: after(2), Created: after(2),
		},
		Publication: publication("m2", "t"), Subscription: x, Topic: of,
	}
	if diff := cmp.Diff(want, jobs[2], settingsDiffer); diff != "" {
		t.Error(diff)
	}
	if got := leaseJobs(t, s.b, "p", 6, 9, 9); len(got) != 0 {
		t.Errorf("leased twice: %v", messagesOf(got))
	}
	// One fails for now, one for good, one is delivered.
	finish(t, s.a, "o", jobs[0], state.Pending, 7, 100)
	finish(t, s.a, "o", jobs[1], state.Dead, 8, 0)
	finish(t, s.a, "o", jobs[2], state.Delivered, 9, 0)
	a, d := finished(jobs[2], state.Dead, 9, 0)
	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error { return tx.FinishAttempt(ctx, "o", a, d) })
	for _, c := range []struct {
		query state.DeliveryQuery
		want  []int64
	}{
		{state.DeliveryQuery{}, []int64{jobs[2].ID, jobs[1].ID, jobs[0].ID}},
		{state.DeliveryQuery{Limit: 1}, []int64{jobs[2].ID}},
		{state.DeliveryQuery{Before: jobs[1].ID}, []int64{jobs[0].ID}},
		{state.DeliveryQuery{MessageID: "m1"}, []int64{jobs[1].ID, jobs[0].ID}},
		{state.DeliveryQuery{Subscription: x.ARN, Status: state.Delivered}, []int64{jobs[2].ID}},
	} {
		var got []int64
		for _, d := range list(t, s.b, c.query) {
			got = append(got, d.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.query, diff)
		}
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		counts, oldest, err := tx.DeliveryCounts(ctx)
		if diff := cmp.Diff(map[state.DeliveryStatus]int64{state.Pending: 1, state.Dead: 1, state.Delivered: 1}, counts); diff != "" {
			t.Error(diff)
		}
		if oldest != after(1).UnixMilli() {
			t.Errorf("the oldest is of %d", oldest)
		}
		return err
	})
	if got, want := nextDelivery(t, s.b, 0), after(100).UnixMilli(); got != want {
		t.Errorf("next at %d, want %d", got, want)
	}
	if got := leaseJobs(t, s.b, "o", 99, 9, 9); len(got) != 0 {
		t.Errorf("leased before the time: %v", messagesOf(got))
	}
	again := leaseJobs(t, s.b, "o", 100, 9, 9)
	// A lease that ran out is taken by another, whose word counts then.
	taken := leaseJobs(t, s.a, "p", 110, 9, 9)
	if len(again) != 1 || len(taken) != 1 {
		t.Fatalf("leased %v, then %v", messagesOf(again), messagesOf(taken))
	}
	a, d = finished(again[0], state.Delivered, 111, 0)
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error { return tx.FinishAttempt(ctx, "o", a, d) })
	finish(t, s.a, "p", taken[0], state.Delivered, 111, 0)
	full := finishFully(t, s, x)
	got := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Job, error) { return tx.Delivery(ctx, full.ID) })
	if diff := cmp.Diff(full, got.Delivery); diff != "" {
		t.Error(diff)
	}
	attempts := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.Attempt, error) { return tx.Attempts(ctx, taken[0].ID) })
	wantAttempts := []state.Attempt{
		{Delivery: taken[0].ID, Number: 1, At: after(7), Took: 1500 * time.Millisecond, Answer: "retry", Detail: "503"},
		{Delivery: taken[0].ID, Number: 2, At: after(111), Took: 1500 * time.Millisecond, Answer: "retry", Detail: "503"},
	}
	filled(t, wantAttempts)
	if diff := cmp.Diff(wantAttempts, attempts); diff != "" {
		t.Error(diff)
	}
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.Delivery(ctx, 9999)
		return err
	})
}

// finishFully leaves a delivery whose members are all filled in.
func finishFully(t *testing.T, s suite, to state.Subscription) state.Delivery {
	t.Helper()
	spread(t, s, "full", "t", 200, to)
	j := leaseJobs(t, s.a, "o", 200, 9, 9)[0]
	a, d := finished(j, state.Dead, 201, 0)
	d.Throttled, d.InDeadLetters, d.Next = true, true, after(202)
	filled(t, d)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.FinishAttempt(ctx, "o", a, d) })
	return d
}

func perSubscription(t *testing.T, s suite) {
	putTopic(t, s, "t")
	hangs, works := putSubscription(t, s, subscription("t", "hangs")), putSubscription(t, s, subscription("t", "works"))
	for i := range 6 {
		spread(t, s, fmt.Sprint("h", i), "t", i, hangs)
	}
	for i := range 3 {
		spread(t, s, fmt.Sprint("w", i), "t", 10+i, works)
	}
	first := leaseJobs(t, s.a, "o", 20, 9, 2)
	if diff := cmp.Diff([]string{"h0", "h1", "w0", "w1"}, messagesOf(first)); diff != "" {
		t.Error(diff)
	}
	finish(t, s.a, "o", first[2], state.Delivered, 21, 0)
	// Two of the first are under lease still, whoever asks.
	if diff := cmp.Diff([]string{"w2"}, messagesOf(leaseJobs(t, s.b, "p", 21, 9, 2))); diff != "" {
		t.Error(diff)
	}
	finish(t, s.a, "o", first[0], state.Pending, 22, 1000)
	if diff := cmp.Diff([]string{"h2"}, messagesOf(leaseJobs(t, s.b, "p", 22, 9, 2))); diff != "" {
		t.Error(diff)
	}
	// The limit takes those that have waited longest; a lease that ran out
	// begins to wait then.
	if diff := cmp.Diff([]string{"h3", "h4"}, messagesOf(leaseJobs(t, s.a, "q", 60, 2, 5))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"w1"}, messagesOf(leaseJobs(t, s.a, "q", 60, 1, 2))); diff != "" {
		t.Error(diff)
	}
}

func deliveriesTogether(t *testing.T, s suite) {
	putTopic(t, s, "t")
	var to []state.Subscription
	for i := range 3 {
		to = append(to, putSubscription(t, s, subscription("t", fmt.Sprint("s", i))))
	}
	const messages, workers, bound = 10, 6, 4
	for i := range messages {
		spread(t, s, fmt.Sprint("m", i), "t", i, to...)
	}
	got := make([][]state.Job, workers)
	together(t, workers, func(i int) error {
		for range 5 {
			err := s.both(i).Update(t.Context(), func(tx *state.Tx) error {
				jobs, err := tx.LeaseDeliveries(t.Context(), fmt.Sprint(i), after(50), after(60), 2, bound)
				if err == nil {
					got[i] = append(got[i], jobs...)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	leased, of := map[int64]int{}, map[string]int{}
	for _, j := range slices.Concat(got...) {
		leased[j.ID]++
		of[j.Delivery.Subscription]++
	}
	for id, n := range leased {
		if n > 1 {
			t.Errorf("delivery %d was leased %d times", id, n)
		}
	}
	for _, x := range to {
		if of[x.ARN] != bound {
			t.Errorf("%s has %d deliveries under lease, want %d", x.ARN, of[x.ARN], bound)
		}
	}
}

func resend(t *testing.T, s suite) {
	putTopic(t, s, "t")
	x := putSubscription(t, s, subscription("t", "x"))
	for i, status := range []state.DeliveryStatus{state.Dead, state.Delivered, state.Dead} {
		spread(t, s, fmt.Sprint("m", i), "t", 0, x)
		finish(t, s.a, "o", leaseJobs(t, s.a, "o", 1, 9, 9)[0], status, 2, 0)
	}
	ids := []int64{}
	for _, d := range list(t, s.a, state.DeliveryQuery{}) {
		ids = append(ids, d.ID)
	}
	for range 2 {
		update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
			return tx.Resend(ctx, append(ids[:2:2], 9999), after(50))
		})
	}
	jobs := leaseJobs(t, s.b, "p", 50, 9, 9)
	if diff := cmp.Diff([]string{"m2"}, messagesOf(jobs)); diff != "" {
		t.Fatal(diff)
	}
	d := jobs[0].Delivery
	if d.Attempts != 1 || d.Round != 0 || !d.Done.IsZero() || !d.Next.Equal(after(50)) {
		t.Errorf("got %+v", d)
	}
	finish(t, s.b, "p", jobs[0], state.Delivered, 51, 0)
	if n := len(list(t, s.a, state.DeliveryQuery{Status: state.Dead})); n != 1 {
		t.Errorf("%d are dead", n)
	}
}

// goodbye: a removed subscription is told by the token that restores it.
func goodbye(t *testing.T, s suite) {
	putTopic(t, s, "t")
	x := putSubscription(t, s, subscription("t", "x"))
	spread(t, s, "pending", "t", 0, x)
	p := publication("bye", "t")
	p.Kind, p.Target, p.Token = topic.UnsubscribeConfirmation, x.ARN, "restore"
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.AddToken(ctx, state.Token{Token: "restore", Subscription: x, Made: start}); err != nil {
			return err
		}
		if err := tx.DeleteSubscription(ctx, x.ARN); err != nil {
			return err
		}
		return tx.Publish(ctx, p)
	})
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		if _, err := tx.LeasePublications(ctx, "o", after(1), after(2), 9); err != nil {
			return err
		}
		return tx.Spread(ctx, "o", "bye", []string{x.ARN}, after(1))
	})
	jobs := leaseJobs(t, s.a, "o", 1, 9, 9)
	if diff := cmp.Diff([]string{"bye"}, messagesOf(jobs)); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(x, jobs[0].Subscription, settingsDiffer); diff != "" {
		t.Error(diff)
	}
	finish(t, s.a, "o", jobs[0], state.Delivered, 2, 0)
	got := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Job, error) { return tx.Delivery(ctx, jobs[0].ID) })
	if got.Publication.Token != "" {
		t.Error("the token of a delivered confirmation is stored")
	}
	if got.Subscription.ARN != x.ARN || got.Status != state.Delivered {
		t.Errorf("got %+v", got)
	}
}

func deletedSubscription(t *testing.T, s suite) {
	putTopic(t, s, "t")
	x, y := putSubscription(t, s, subscription("t", "x")), putSubscription(t, s, subscription("t", "y"))
	spread(t, s, "m", "t", 0, x, y)
	for _, j := range leaseJobs(t, s.a, "o", 0, 9, 9) {
		if j.Delivery.Subscription == x.ARN {
			finish(t, s.a, "o", j, state.Pending, 1, 2)
		}
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteSubscription(ctx, x.ARN) })
	spread(t, s, "late", "t", 3, x, y) // by who still knew of it
	if diff := cmp.Diff([]string{"late", "m"}, messagesOf(leaseJobs(t, s.b, "p", 30, 9, 9))); diff != "" {
		t.Error(diff)
	}
	if n := len(list(t, s.a, state.DeliveryQuery{Subscription: x.ARN})); n != 0 {
		t.Errorf("%d deliveries to a subscription that is gone", n)
	}
}

func pruneMessages(t *testing.T, s suite) {
	putTopic(t, s, "t")
	x, y := putSubscription(t, s, subscription("t", "x")), putSubscription(t, s, subscription("t", "y"))
	spread(t, s, "done", "t", 0, x, y)
	spread(t, s, "half", "t", 1, x, y)
	spread(t, s, "nobody", "t", 2)
	for i, j := range leaseJobs(t, s.a, "o", 3, 9, 9) {
		status := []state.DeliveryStatus{state.Delivered, state.Dead, state.Delivered, state.Pending}[i]
		finish(t, s.a, "o", j, status, 10, 20)
	}
	publish(t, s.a, "waits", "t")
	prune := func(second, limit int) int {
		return put(t, s.b, func(ctx context.Context, tx *state.Tx) (int, error) {
			return tx.PruneMessages(ctx, after(second), limit)
		})
	}
	if diff := cmp.Diff([]int{1, 0, 1, 0}, []int{prune(10, 9), prune(10, 9), prune(100, 1), prune(100, 9)}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"waits"}, leasePublications(t, s.a, "o", 0, 9)); diff != "" {
		t.Error(diff)
	}
	var left []string
	for _, d := range list(t, s.a, state.DeliveryQuery{}) {
		left = append(left, d.MessageID)
	}
	if diff := cmp.Diff([]string{"half", "half"}, left); diff != "" {
		t.Error(diff)
	}
}
