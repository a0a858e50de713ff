package cloudtrail

import (
	"context"
	"errors"
	"time"

	"tocsin/internal/crash"
	"tocsin/store/state"
)

const (
	// poll is how long Run waits at most: other processes cannot wake it.
	poll = time.Second
	// gather is how long it waits at least, so that calls that follow one another
	// are carried on together.
	gather = 50 * time.Millisecond
	// lease is how long another process waits for one that is gone.
	lease = 30 * time.Second
)

// Wake makes Run look for work at once.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends.
func (s *Service) Run(ctx context.Context) {
	failing := false
	for {
		err := s.Tick(ctx, s.o.Now())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.o.Log.Error("CloudTrail could not deliver and tries again", "error", err)
		case err == nil && failing:
			s.o.Log.Info("CloudTrail delivers again")
		}
		failing = err != nil
		if !sleep(ctx, gather, nil) || !sleep(ctx, poll-gather, s.wake) {
			return
		}
	}
}

// sleep waits until something wakes it; false when ctx has ended.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
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

// Tick does one round: the records that wait go to the log groups and to the
// trails that take them; log files and digests that are due are written. What
// failed is tried again by a later one.
func (s *Service) Tick(ctx context.Context, now time.Time) error {
	if n := s.refused.lost(); n > 0 {
		s.o.Log.Warn("calls with unknown keys or bad signatures came too fast to be recorded one by one", "calls", n)
	}
	return errors.Join(s.dispatch(ctx, now), s.deliver(ctx, now))
}

// leased does work that only one process does at a time; it does nothing while
// another is at it.
func (s *Service) leased(ctx context.Context, name string, now time.Time, work func() error) error {
	mine := false
	err := s.o.State.Update(ctx, func(tx *state.Tx) (err error) {
		mine, err = tx.Lease(ctx, name, s.o.Owner, now, now.Add(crash.Sooner(lease)))
		return err
	})
	if err != nil || !mine {
		return err
	}
	return work()
}

// deliver writes the files and digests that are due.
func (s *Service) deliver(ctx context.Context, now time.Time) error {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	return s.leased(ctx, "cloudtrail-deliver", now, func() error {
		var trails []trail
		var waiting []state.Resource[pending]
		err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
			if trails, err = allTrails(ctx, tx); err != nil {
				return err
			}
			waiting, err = pendings.All(ctx, tx, everywhere)
			return err
		})
		if err != nil {
			return err
		}
		var errs []error
		for _, t := range trails {
			errs = append(errs, s.deliverTrail(ctx, now, t, of(waiting, t)))
		}
		return errors.Join(errs...)
	})
}

// of are the things that belong to a trail.
func of[T any](all []state.Resource[T], t trail) (some []state.Resource[T]) {
	for _, r := range all {
		if r.Parent == t.Value.ID {
			some = append(some, r)
		}
	}
	return some
}

// allTrails are all trails, and those that were deleted and have something left to do.
func allTrails(ctx context.Context, tx *state.Tx) ([]trail, error) {
	all, err := Trails.All(ctx, tx, everywhere)
	if err != nil {
		return nil, err
	}
	deleted, err := ending.All(ctx, tx, everywhere)
	return append(all, deleted...), err
}

// settle is how long after StopLogging the record of that very call may come in.
const settle = 5 * time.Second

// ended tells whether nothing more will come in for a trail.
func ended(t trail, now time.Time) bool {
	return !t.Value.Logging && now.Sub(t.Value.Stopped) >= settle
}

// deliverTrail does what is due for one trail.
func (s *Service) deliverTrail(ctx context.Context, now time.Time, t trail, waiting []state.Resource[pending]) error {
	var errs []error
	left := 0
	for _, p := range waiting {
		if now.Sub(p.Value.Since) > giveUp {
			errs = append(errs, s.giveUp(ctx, t, p))
			continue
		}
		if now.Before(p.Value.Next) && p.Value.Next.Sub(now) <= maxBackoff {
			left++
			continue
		}
		done, err := s.deliverPending(ctx, now, t, p)
		errs = append(errs, err)
		if !done {
			left++
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	ends, err := s.deliverDigests(ctx, now, t, left == 0)
	if err != nil || t.Name != t.Value.ID || left > 0 || !ends || !ended(t, now) {
		return err
	}
	// A deleted trail that has nothing left to do is gone.
	return s.o.State.Update(ctx, func(tx *state.Tx) error {
		for _, err := range []error{ending.Delete(ctx, tx, t.Scope, t.Name), statuses.Delete(ctx, tx, t.Scope, t.Name)} {
			if err != nil && !errors.Is(err, state.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

const (
	// giveUp is for how long deliveries are tried again, as long as CloudTrail does.
	giveUp     = 30 * 24 * time.Hour
	minBackoff = 10 * time.Second
	maxBackoff = 30 * time.Minute
)

// backoff is how long to wait after so many failures in a row.
func backoff(tries int) time.Duration {
	return min(minBackoff<<min(tries, 12), maxBackoff)
}
