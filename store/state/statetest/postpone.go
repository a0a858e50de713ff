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
