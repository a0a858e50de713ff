package cloudtrail

import (
	"context"
	"errors"
	"slices"
	"time"

	"tocsin/internal/crash"
	"tocsin/service"
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
	service.Rounds{
		Round: func(ctx context.Context) error { return s.Tick(ctx, s.o.Now()) }, Log: s.o.Log,
		Failing: "CloudTrail could not deliver and tries again", Over: "CloudTrail delivers again",
		Wait: func(ctx context.Context) bool {
			return service.Sleep(ctx, gather, nil) && service.Sleep(ctx, poll-gather, s.wake)
		},
	}.Run(ctx)
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
	all, err := s.todo(ctx, everywhere)
	if err != nil || !slices.ContainsFunc(all, func(w work) bool { return s.due(w, now) }) {
		return err
	}
	return s.leased(ctx, "cloudtrail-deliver", now, func() error {
		if all, err = s.todo(ctx, everywhere); err != nil {
			return err
		}
		var errs []error
		for _, w := range all {
			if s.due(w, now) {
				errs = append(errs, s.deliverTrail(ctx, now, w))
			}
		}
		return errors.Join(errs...)
	})
}

// A work is a trail with what it has to deliver.
type work struct {
	trail   trail
	waiting []state.Resource[pending]
	chains  []state.Resource[chain]
}

// todo are all trails of a scope, those that were deleted included.
func (s *Service) todo(ctx context.Context, in state.Scope) (all []work, err error) {
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		trails, err := allTrails(ctx, tx, in)
		if err != nil {
			return err
		}
		waiting, err := pendings.All(ctx, tx, in)
		if err != nil {
			return err
		}
		chains, err := allChains.All(ctx, tx, in)
		if err != nil {
			return err
		}
		all = make([]work, len(trails))
		for i, t := range trails {
			all[i] = work{t, of(waiting, t), of(chains, t)}
		}
		return nil
	})
	return all, err
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
func allTrails(ctx context.Context, tx *state.Tx, in state.Scope) ([]trail, error) {
	all, err := Trails.All(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	deleted, err := ending.All(ctx, tx, in)
	return append(all, deleted...), err
}

// deleted tells whether a trail is one that was deleted.
func deleted(t trail) bool { return t.Name == t.Value.ID }

// due tells whether there is anything to do.
func (s *Service) due(w work, now time.Time) bool {
	idle := len(w.waiting) == 0
	return slices.ContainsFunc(w.waiting, func(p state.Resource[pending]) bool { return s.pendingDue(p, now) }) ||
		slices.ContainsFunc(w.chains, func(c state.Resource[chain]) bool { return chainDue(w.trail, c, idle, now) }) ||
		w.over(now)
}

// over tells whether a deleted trail has nothing left to do.
func (w work) over(now time.Time) bool {
	return deleted(w.trail) && len(w.waiting) == 0 && len(w.chains) == 0 && !now.Before(w.trail.Value.Stopped.Add(quiet))
}

// pendingDue tells whether what waits is to be delivered now.
func (s *Service) pendingDue(p state.Resource[pending], now time.Time) bool {
	v := p.Value
	switch {
	case later(v.Next, now):
		return false
	case v.Region == logsRegion || v.File != nil:
		return true
	default:
		return now.Sub(v.Since) >= s.o.FileEvery || v.Bytes >= s.o.FileBytes
	}
}

// deliverTrail does what is due for one trail.
func (s *Service) deliverTrail(ctx context.Context, now time.Time, w work) error {
	t := w.trail
	if w.over(now) {
		return s.forget(ctx, t)
	}
	var errs []error
	for _, p := range w.waiting {
		switch {
		case now.Sub(p.Value.Since) > patience(t):
			errs = append(errs, s.giveUp(ctx, t, p))
		case !s.pendingDue(p, now):
		case p.Value.Region == logsRegion:
			errs = append(errs, s.deliverLogs(ctx, now, t, p))
		default:
			errs = append(errs, s.deliverFile(ctx, now, t, p))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// The log files belong into the digests that follow.
	all, err := s.todo(ctx, t.Scope)
	if err != nil {
		return err
	}
	for _, w := range all {
		for _, c := range w.chains {
			if w.trail.Value.ID == t.Value.ID {
				errs = append(errs, s.advance(ctx, now, w.trail, c, len(w.waiting) == 0))
			}
		}
	}
	return errors.Join(errs...)
}

// forget removes a deleted trail that has nothing left to do.
func (s *Service) forget(ctx context.Context, t trail) error {
	return s.o.State.Update(ctx, func(tx *state.Tx) error {
		for _, err := range []error{ending.Delete(ctx, tx, t.Scope, t.Name), statuses.Delete(ctx, tx, t.Scope, t.Value.ID)} {
			if err != nil && !errors.Is(err, state.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// patience is for how long deliveries are tried again: as long as CloudTrail
// does, and for a deleted trail, which nobody mends any more, a day.
func patience(t trail) time.Duration {
	if deleted(t) {
		return 24 * time.Hour
	}
	return 30 * 24 * time.Hour
}

// hopeless tells whether a delivery that failed need not be tried again: who
// deletes a trail with its bucket wants neither.
func hopeless(t trail, failure string) bool { return deleted(t) && failure == noBucket }

const (
	minBackoff = 10 * time.Second
	maxBackoff = 30 * time.Minute
)

// later tells whether something waits for a time after a failure. One that lies
// too far away is of a clock that was set back.
func later(next, now time.Time) bool {
	return now.Before(next) && next.Sub(now) <= maxBackoff
}

// backoff is how long to wait after so many failures in a row.
func backoff(tries int) time.Duration {
	return min(minBackoff<<min(tries, 12), maxBackoff)
}
