package statetest

import (
	"context"
	"errors"
	"testing"

	"tocsin/store/state"
)

// postpone puts off a delivery without an attempt, and only one's own.
func postpone(t *testing.T, s suite) {
	putTopic(t, s, "t")
	x := putSubscription(t, s, subscription("t", "x"))
	spread(t, s, "m", "t", 1, x)
	j := leaseJobs(t, s.a, "o", 1, 9, 9)[0]
	try := func(owner string) error {
		ctx := t.Context()
		return s.b.Update(ctx, func(tx *state.Tx) error { return tx.Postpone(ctx, owner, j.ID, after(5)) })
	}
	if err := try("p"); !errors.Is(err, state.ErrChanged) {
		t.Errorf("who has no lease: %v", err)
	}
	if err := try("o"); err != nil {
		t.Fatal(err)
	}
	if err := try("o"); !errors.Is(err, state.ErrChanged) {
		t.Errorf("when the lease had ended: %v", err)
	}
	if got := leaseJobs(t, s.a, "p", 4, 9, 9); len(got) != 0 {
		t.Errorf("leased too early: %v", messagesOf(got))
	}
	again := leaseJobs(t, s.a, "p", 5, 9, 9)
	if len(again) != 1 || again[0].Attempts != 0 || again[0].Round != 0 || !again[0].Next.Equal(after(5)) {
		t.Fatalf("then %+v", again)
	}
	if attempts := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Attempt, error) { return tx.Attempts(ctx, j.ID) }); len(attempts) != 0 {
		t.Errorf("attempts %+v", attempts)
	}
	finish(t, s.a, "p", again[0], state.Delivered, 6, 0)
	if err := try("p"); !errors.Is(err, state.ErrChanged) {
		t.Errorf("when it was delivered: %v", err)
	}
}

// attemptsWithoutEnd is a delivery that fails as often as SNS's schedule for queues
// lets it.
func attemptsWithoutEnd(t *testing.T, s suite) {
	putTopic(t, s, "t")
	spread(t, s, "m", "t", 1, putSubscription(t, s, subscription("t", "x")))
	const all = state.FirstAttempts + state.NewestAttempts + 20
	var id int64
	for i := range all {
		jobs := leaseJobs(t, s.a, "o", 1+i, 9, 9)
		if len(jobs) != 1 {
			t.Fatalf("attempt %d: leased %v", i+1, messagesOf(jobs))
		}
		id = jobs[0].ID
		finish(t, s.a, "o", jobs[0], state.Pending, 1+i, 2+i)
	}
	got := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Attempt, error) { return tx.Attempts(ctx, id) })
	if len(got) != state.FirstAttempts+state.NewestAttempts {
		t.Fatalf("%d attempts are kept", len(got))
	}
	for i, a := range got {
		want := i + 1
		if i >= state.FirstAttempts {
			want += all - len(got)
		}
		if a.Number != want {
			t.Errorf("attempt %d is number %d, want %d", i, a.Number, want)
		}
	}
}
