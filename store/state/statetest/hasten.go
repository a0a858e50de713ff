package statetest

import (
	"testing"
	"time"

	"tocsin/store/state"
)

// hasten makes due what waits for a time after one, but for what is leased,
// unless that lease is longer than any.
func hasten(t *testing.T, s suite) {
	putTopic(t, s, "t")
	x := putSubscription(t, s, subscription("t", "x"))
	y := putSubscription(t, s, subscription("t", "y"))
	spread(t, s, "m", "t", 1, x, y)
	jobs := leaseJobs(t, s.a, "o", 1, 9, 9)
	if len(jobs) != 2 {
		t.Fatalf("leased %v", messagesOf(jobs))
	}
	try := func(now, past, absurd time.Time) (n int) {
		t.Helper()
		ctx := t.Context()
		err := s.b.Update(ctx, func(tx *state.Tx) (err error) {
			n, err = tx.Hasten(ctx, now, past, absurd)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	ctx := t.Context()
	if err := s.b.Update(ctx, func(tx *state.Tx) error { return tx.Postpone(ctx, "o", jobs[0].ID, after(50)) }); err != nil {
		t.Fatal(err)
	}
	if n := try(after(3), after(60), after(90)); n != 0 {
		t.Errorf("hastened %d that are not that late", n)
	}
	if n := try(after(3), after(3), after(90)); n != 1 {
		t.Errorf("hastened %d, want the one that nobody holds", n)
	}
	if got := leaseJobs(t, s.a, "p", 3, 9, 9); len(got) != 1 || got[0].ID != jobs[0].ID {
		t.Errorf("leased %v", messagesOf(got))
	}
	if n := try(after(2), after(2), after(5)); n != 2 {
		t.Errorf("hastened %d, want both, whose leases end at an absurd time", n)
	}
}
