package service

import (
	"context"
	"log/slog"
	"time"
)

// Rounds are work that is done again and again, in rounds that may fail.
type Rounds struct {
	Round func(context.Context) error
	Log   *slog.Logger
	// Failing and Over are what the log is told: once when a round fails, and once
	// when one does not any more.
	Failing, Over string
	// Wait waits for the time of the next round; false when there is none.
	Wait func(context.Context) bool
}

// Run does rounds until ctx ends.
func (r Rounds) Run(ctx context.Context) {
	failing := false
	for {
		err := r.Round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			r.Log.Error(r.Failing, "error", err)
		case err == nil && failing:
			r.Log.Info(r.Over)
		}
		failing = err != nil
		if !r.Wait(ctx) {
			return
		}
	}
}

// Sleep waits for some time, or until something comes by wake, which may be nil;
// false when ctx has ended.
func Sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-wake:
	}
	return true
}
