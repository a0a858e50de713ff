package statetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

// timers: an alarm has one timer, which is taken once.
func timers(t *testing.T, s suite) {
	next := func() int64 {
		return get(t, s.a, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.NextTimer(ctx) })
	}
	if got := next(); got != state.MaxTime {
		t.Errorf("next at %d before there is any", got)
	}
	first := state.Timer{ARN: arn("b"), Due: 20, Body: "first"}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return errors.Join(tx.SetTimer(ctx, first), tx.SetTimer(ctx, state.Timer{ARN: arn("a"), Due: 10, Body: "x"}),
			tx.SetTimer(ctx, state.Timer{ARN: arn("c"), Due: 30}), tx.DropTimer(ctx, arn("none")))
	})
	again := state.Timer{ARN: arn("a"), Due: 15, Body: "y"}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.SetTimer(ctx, again) })
	if got := next(); got != 15 {
		t.Errorf("next at %d", got)
	}
	due := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Timer, error) { return tx.Timers(ctx, 20, 9) })
	if diff := cmp.Diff([]state.Timer{again, first}, due); diff != "" {
		t.Error(diff)
	}
	busy := func(now int64) int64 {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.Busy(ctx, time.UnixMilli(now)) })
	}
	if before, both := busy(14), busy(20); both-before != 2 {
		t.Errorf("%d timers keep us busy", both-before)
	}
	take := func(timer state.Timer) error {
		return s.a.Update(t.Context(), func(tx *state.Tx) error { return tx.TakeTimer(t.Context(), timer) })
	}
	if err := take(state.Timer{ARN: arn("a"), Due: 10, Body: "x"}); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("a timer that was set anew was taken: %v", err)
	}
	if err := take(again); err != nil {
		t.Error(err)
	}
	if err := take(again); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("a timer was taken twice: %v", err)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DropTimer(ctx, arn("b")) })
	if got := next(); got != 30 {
		t.Errorf("next at %d", got)
	}
}
