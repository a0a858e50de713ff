package app

import (
	"context"
	"errors"
	"time"

	"tocsin/store/state"
)

// Work that is done by time: sealing, pruning, and telling of silence. It is
// leased, so that any number of processes may try.

const (
	tickEvery  = 2 * time.Second
	pruneEvery = 10 * time.Minute
	// leftOver is how long before the start of this process a file must have been
	// written to be what a process that is no more left behind: longer than any
	// other can be at work on one.
	leftOver = 24 * time.Hour
	// pruneAtOnce bounds one transaction that prunes.
	pruneAtOnce = 1000
	// pruneRounds bounds what one round of pruning removes of a kind.
	pruneRounds = 200
	// pruneLease and silenceLease are how long another process waits before it
	// takes the work over from one that is gone.
	pruneLease   = 5 * time.Minute
	silenceLease = 90 * time.Second
)

// chores does what is due until ctx ends.
func (a *App) chores(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	var pruned, minute time.Time
	var told map[string]bool
	for {
		now := a.o.Now()
		failing := map[string]bool{}
		do := func(what string, work func(context.Context, time.Time) error) {
			err := work(ctx, now)
			if err == nil || ctx.Err() != nil {
				return
			}
			if failing[what] = true; !told[what] {
				a.o.Log.Error("a chore failed and is tried again", "chore", what, "error", err)
			}
		}
		do("patterns", func(ctx context.Context, _ time.Time) error { return a.commands.refresh(ctx, a.db) })
		do("seal", a.events.Tick)
		if now.Sub(pruned) >= pruneEvery {
			do("prune", a.prune)
			pruned = now
		}
		if m := now.Truncate(time.Minute); m != minute {
			do("silence", a.silence)
			minute = m
		}
		told = failing
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// prune removes what is kept no longer. Log groups' events are package events' own.
func (a *App) prune(ctx context.Context, now time.Time) error {
	mine, err := a.lease(ctx, "prune", now, pruneLease)
	if err != nil || !mine {
		return err
	}
	keep := a.Config().Keep
	before := func(d Duration) time.Time { return now.Add(-time.Duration(d)) }
	var errs []error
	for _, prune := range []func(*state.Tx) (int, error){
		func(tx *state.Tx) (int, error) { return tx.PruneMarks(ctx, before(keep.Marks), pruneAtOnce) },
		func(tx *state.Tx) (int, error) {
			return tx.PrunePoints(ctx, before(keep.Points).UnixMilli(), pruneAtOnce)
		},
		func(tx *state.Tx) (int, error) {
			return tx.PruneEvidence(ctx, before(keep.Evidence).UnixMilli(), pruneAtOnce)
		},
		func(tx *state.Tx) (int, error) { return tx.PruneMessages(ctx, before(keep.Messages), pruneAtOnce) },
		func(tx *state.Tx) (int, error) { return tx.PruneHistory(ctx, before(keep.Messages), pruneAtOnce) },
		// A ring says for which datapoints an alarm rang; when these are gone it
		// says nothing. The same holds for who has sent no file since.
		func(tx *state.Tx) (int, error) {
			return tx.PruneRings(ctx, before(keep.Points).UnixMilli(), pruneAtOnce)
		},
		func(tx *state.Tx) (int, error) { return tx.PruneLastFiles(ctx, before(keep.Points), pruneAtOnce) },
	} {
		errs = append(errs, a.pruneAll(ctx, prune))
	}
	_, err = a.roster.Prune(ctx)
	errs = append(errs, err)
	if a.folder != nil {
		_, err = a.folder.Sweep(ctx, a.began.Add(-leftOver))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pruneAll prunes until there is nothing more, or it is enough for this time.
func (a *App) pruneAll(ctx context.Context, prune func(*state.Tx) (int, error)) error {
	for range pruneRounds {
		n := 0
		err := a.db.Update(ctx, func(tx *state.Tx) (err error) {
			n, err = prune(tx)
			return err
		})
		if err != nil || n < pruneAtOnce {
			return err
		}
	}
	return nil
}

func (a *App) lease(ctx context.Context, name string, now time.Time, d time.Duration) (mine bool, err error) {
	err = a.db.Update(ctx, func(tx *state.Tx) (err error) {
		mine, err = tx.Lease(ctx, name, a.owner, now, now.Add(d))
		return err
	})
	return mine, err
}
