package events

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"tocsin/internal/crash"
	"tocsin/store/state"
)

// schedule is when work that is not done with every Tick was done last.
type schedule struct {
	mu     sync.Mutex
	tidied time.Time
}

// tidyEvery is how often Tick merges, drops and sweeps.
const tidyEvery = time.Minute

// Tick does what is due at now: seal blocks into segments, merge small segments,
// drop what a log group no longer keeps, delete garbage. Work is leased, so that
// any number of processes may call it. What failed is tried again by the next.
func (s *Store) Tick(ctx context.Context, now time.Time) error {
	s.next.mu.Lock()
	tidy := now.Sub(s.next.tidied) >= crash.Sooner(tidyEvery) || now.Before(s.next.tidied)
	if tidy {
		s.next.tidied = now
	}
	s.next.mu.Unlock()
	groups, err := s.groups(ctx)
	if err != nil {
		return err
	}
	// A group that fails does not keep the others from theirs.
	var errs []error
	for _, group := range groups {
		// Most of the time there is nothing to do, which costs no lease.
		blocks, err := s.due(ctx, group, now, false)
		if err == nil && (len(blocks) > 0 || tidy) {
			err = s.inShift(ctx, group, func(g *shift) error { return g.work(ctx, now, tidy) })
		}
		errs = append(errs, err)
	}
	if tidy {
		s.bench.tidy()
		errs = append(errs, s.sweep(ctx, now))
	}
	return errors.Join(errs...)
}

// work is what is to be done for a group.
func (g *shift) work(ctx context.Context, now time.Time, tidy bool) error {
	if err := g.sealBlocks(ctx, now, false); err != nil || !tidy {
		return err
	}
	if err := g.dropExpired(ctx, now); err != nil {
		return err
	}
	return g.mergeSegments(ctx, now)
}

// Seal seals everything that is in blocks, whatever its age.
func (s *Store) Seal(ctx context.Context) error {
	groups, err := s.groups(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, group := range groups {
		errs = append(errs, s.inShift(ctx, group, func(g *shift) error { return g.sealBlocks(ctx, s.options.Now(), true) }))
	}
	return errors.Join(errs...)
}

// groups are all log groups.
func (s *Store) groups(ctx context.Context) (groups []state.LogGroup, err error) {
	err = s.options.State.View(ctx, func(tx *state.Tx) error {
		groups, err = tx.LogGroups(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list log groups: %w", err)
	}
	return groups, nil
}

// dropExpired drops the segments that are older as a whole than the group keeps
// events. Blocks go that way once they are sealed.
func (g *shift) dropExpired(ctx context.Context, now time.Time) error {
	if g.group.RetentionDays <= 0 {
		return nil
	}
	before := now.AddDate(0, 0, -g.group.RetentionDays).UnixMilli()
	err := g.store.options.State.Update(ctx, func(tx *state.Tx) error {
		segments, err := tx.Segments(ctx, g.group.ID, math.MinInt64, before)
		if err != nil {
			return err
		}
		var ids []int64
		for _, s := range segments {
			if s.Last < before {
				ids = append(ids, s.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		return tx.DeleteSegments(ctx, ids, now)
	})
	if err != nil {
		return fmt.Errorf("drop what log group %s no longer keeps: %w", g.group.Name, err)
	}
	return nil
}

// sweepMany is how many blobs are deleted between two looks at the database.
const sweepMany = 100

// sweep deletes garbage that is old enough.
func (s *Store) sweep(ctx context.Context, now time.Time) error {
	for {
		var keys []string
		err := s.options.State.View(ctx, func(tx *state.Tx) error {
			var err error
			keys, err = tx.Garbage(ctx, now.Add(-s.options.GarbageAge), sweepMany)
			return err
		})
		if err != nil {
			return fmt.Errorf("list garbage: %w", err)
		}
		if len(keys) == 0 {
			return nil
		}
		for _, key := range keys {
			if err := errors.Join(s.open.forget(key), s.options.Blobs.Delete(ctx, key)); err != nil {
				return fmt.Errorf("delete garbage %s: %w", key, err)
			}
		}
		crash.Point("events: garbage deleted")
		err = s.options.State.Update(ctx, func(tx *state.Tx) error { return tx.DropGarbage(ctx, keys) })
		if err != nil {
			return fmt.Errorf("forget garbage: %w", err)
		}
		crash.Point("events: garbage forgotten")
	}
}
