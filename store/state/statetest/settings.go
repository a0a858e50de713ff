package statetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

func settings(t *testing.T, s suite) {
	held := make([]string, 8)
	together(t, len(held), func(i int) error {
		return s.both(i).Update(t.Context(), func(tx *state.Tx) (err error) {
			held[i], err = tx.InitSetting(t.Context(), "key", fmt.Sprint("value ", i))
			return err
		})
	})
	for _, v := range held {
		if v != held[0] || v == "" {
			t.Fatalf("the processes hold different values: %q", held)
		}
	}
	set := func(name, value string) {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.SetSetting(ctx, name, value) })
	}
	set("key", "other")
	set("a/2", "x")
	set("a/1", "x")
	set("A/1", "x")
	set("a%", "x")
	if diff := cmp.Diff([]string{"other", ""}, []string{setting(t, s.b, "key"), setting(t, s.b, "never set")}); diff != "" {
		t.Error(diff)
	}
	under := func() []string {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]string, error) { return tx.SettingsUnder(ctx, "a/") })
	}
	if diff := cmp.Diff([]string{"a/1", "a/2"}, under()); diff != "" {
		t.Error(diff)
	}
	set("a/1", "")
	if diff := cmp.Diff([]string{"a/2"}, under()); diff != "" {
		t.Error(diff)
	}
}

func leases(t *testing.T, s suite) {
	take := func(db *state.DB, owner string, now, until int) bool {
		return put(t, db, func(ctx context.Context, tx *state.Tx) (bool, error) {
			return tx.Lease(ctx, "seal", owner, start.Add(time.Duration(now)*time.Second), start.Add(time.Duration(until)*time.Second))
		})
	}
	end := func(owner string) {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.EndLease(ctx, "seal", owner) })
	}
	got := []bool{take(s.a, "a", 0, 10), take(s.b, "b", 5, 15), take(s.a, "a", 6, 20), take(s.b, "b", 19, 30), take(s.b, "b", 20, 30), take(s.a, "a", 21, 40)}
	if diff := cmp.Diff([]bool{true, false, true, false, true, false}, got); diff != "" {
		t.Error(diff)
	}
	end("a")
	if take(s.a, "a", 22, 40) {
		t.Error("ended somebody else's lease")
	}
	end("b")
	if !take(s.a, "a", 22, 40) {
		t.Error("a lease that was given back cannot be taken")
	}
	// A process whose clock was wrong by a day, and that is no more.
	if !take(s.a, "lost", 86400, 86410) || !take(s.b, "b", 50, 60) {
		t.Error("work waits for a time that a wrong clock told")
	}
	taken := make([]bool, 8)
	together(t, len(taken), func(i int) error {
		return s.both(i).Update(t.Context(), func(tx *state.Tx) (err error) {
			taken[i], err = tx.Lease(t.Context(), "race", fmt.Sprint(i), start, start.Add(time.Second))
			return err
		})
	})
	n := 0
	for _, ok := range taken {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d took one lease", n)
	}
}
