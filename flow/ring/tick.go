package ring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/internal/crash"
	"tocsin/store/state"
)

const (
	// lease is for how long an alarm is taken: more than a round takes, and little
	// enough to wait for after another process was killed.
	lease = 30 * time.Second
	// atOnce bounds the alarms that are taken at once, all those of a round that
	// takes every alarm.
	atOnce, all = 64, 1_000_000
	// rounds bounds a Tick, so that an alarm with much to catch up on does not
	// keep it for ever.
	rounds = 100
	// wayBack is by how much the clock has to go back to be noticed. alarm.Judge
	// lets clocks differ by as much.
	wayBack = 5 * time.Minute
)

// Tick judges the alarms that are due at now, and tells when the next will be;
// zero when none will be by time alone. An error is the database's: what is left
// undone then is done by the next Tick, or by another process.
func (r *Ringer) Tick(ctx context.Context, now time.Time) (next time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now = time.UnixMilli(now.UnixMilli()).UTC()
	everything := r.seen.IsZero() || now.Before(r.seen.Add(-wayBack))
	for range rounds {
		followed, err := r.catchUp(ctx, now, everything)
		if err != nil {
			return time.Time{}, err
		}
		due, err := r.take(ctx, now, everything)
		if err != nil {
			return time.Time{}, err
		}
		r.seen, everything = now, false
		if len(due)+followed == 0 {
			break
		}
		if r.held, err = r.settle(ctx, due, now); err != nil {
			return time.Time{}, err
		}
	}
	return r.next(ctx)
}

// take leases alarms: those that are due, or everything that is due at any time.
// What an earlier round could not finish comes first.
func (r *Ringer) take(ctx context.Context, now time.Time, everything bool) ([]state.DueAlarm, error) {
	by, limit := now, atOnce
	if everything {
		by, limit = time.UnixMilli(state.MaxTime-1), all
	} else {
		next, err := r.nextAlarm(ctx)
		if err != nil || next.IsZero() || next.After(now) {
			return r.held, err
		}
	}
	var due []state.DueAlarm
	err := r.o.State.Update(ctx, func(tx *state.Tx) (err error) {
		due, err = tx.LeaseAlarms(ctx, r.o.Owner, by, now.Add(crash.Sooner(lease)), limit)
		return err
	})
	if err != nil {
		if errors.Is(err, state.ErrUnknown) {
			r.seen = time.Time{} // leases may be ours that we do not know of: take them again
		}
		return nil, fmt.Errorf("lease alarms: %w", err)
	}
	crash.Point("ring: leased")
	held := slices.DeleteFunc(slices.Clone(r.held), func(h state.DueAlarm) bool {
		return slices.ContainsFunc(due, func(d state.DueAlarm) bool { return d.ID == h.ID })
	})
	return append(held, due...), nil
}

// next is when there is something to do; zero for never.
func (r *Ringer) next(ctx context.Context) (time.Time, error) {
	return r.earliest(ctx, (*state.Tx).NextDue, (*state.Tx).NextTimer)
}

// nextAlarm is when an alarm can be leased next; zero for never.
func (r *Ringer) nextAlarm(ctx context.Context) (time.Time, error) {
	return r.earliest(ctx, (*state.Tx).NextDue)
}

func (r *Ringer) earliest(ctx context.Context, of ...func(*state.Tx, context.Context) (int64, error)) (time.Time, error) {
	at := int64(state.MaxTime)
	err := r.o.State.View(ctx, func(tx *state.Tx) error {
		for _, next := range of {
			t, err := next(tx, ctx)
			if err != nil {
				return err
			}
			at = min(at, t)
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look for alarms that are due: %w", err)
	}
	if at == state.MaxTime {
		return time.Time{}, nil
	}
	return time.UnixMilli(at).UTC(), nil
}

// settle judges alarms under lease and writes what that comes to; those that
// nothing is to be told of, which are nearly all, in one transaction. It gives back
// those that the database did not take, with the reason.
//
// What fails for some alarms while others pass is a fault of theirs: the log is
// told, and they are tried again when their leases run out.
func (r *Ringer) settle(ctx context.Context, due []state.DueAlarm, now time.Time) (left []state.DueAlarm, err error) {
	var f failures
	var quiet, loud []outcome
	for _, o := range r.judgeAll(ctx, due, now, &f) {
		if len(o.Steps) == 0 {
			quiet = append(quiet, o)
		} else {
			loud = append(loud, o)
		}
	}
	f.row = 0
	for _, o := range loud {
		f.try(o.alarm, func() error {
			err := r.tell(ctx, o, now)
			if err == nil {
				f.passed++
			}
			return err
		})
	}
	if err := r.note(ctx, quiet); err == nil {
		f.passed += len(quiet)
	} else {
		for _, o := range quiet {
			f.try(o.alarm, func() error {
				err := r.note(ctx, []outcome{o})
				if err == nil {
					f.passed++
				}
				return err
			})
		}
	}
	if len(f.errs) == 0 {
		return nil, nil
	}
	if f.passed == 0 || ctx.Err() != nil {
		return append(f.spared, f.tried...), f.errs[0]
	}
	for i, d := range f.tried {
		r.log.Error("an alarm could not be evaluated and will be tried again", "alarm", d.Definition.ARN, "error", f.errs[i])
	}
	return f.spared, nil
}

// failures are the alarms of a round that failed, and how many did not.
type failures struct {
	tried, spared []state.DueAlarm
	errs          []error // of those tried
	passed        int     // written
	row           int     // failures since the last success
}

// patience is how many failures in a row make a round take it that the database
// is gone, and spare the rest.
const patience = 3

// try does something for an alarm, unless the database seems to be gone.
func (f *failures) try(d state.DueAlarm, do func() error) {
	if f.row >= patience {
		f.spared = append(f.spared, d)
		return
	}
	if err := do(); err != nil {
		f.tried, f.errs, f.row = append(f.tried, d), append(f.errs, fmt.Errorf("alarm %s: %w", d.Definition.Name, err)), f.row+1
		return
	}
	f.row = 0
}

// judgeAll judges alarms on one snapshot, or, when that fails, each on its own.
func (r *Ringer) judgeAll(ctx context.Context, due []state.DueAlarm, now time.Time, f *failures) []outcome {
	judge := func(some []state.DueAlarm) (out []outcome, err error) {
		err = r.o.State.View(ctx, func(tx *state.Tx) error {
			out = out[:0]
			for _, d := range some {
				o, err := r.judge(ctx, tx, d, now)
				if err != nil {
					return err
				}
				out = append(out, o)
			}
			return nil
		})
		return out, err
	}
	if out, err := judge(due); err == nil {
		return out
	}
	var out []outcome
	for _, d := range due {
		f.try(d, func() error {
			one, err := judge([]state.DueAlarm{d})
			out = append(out, one...)
			return err
		})
	}
	return out
}

// note writes outcomes that nothing is to be told of, in the order in which all
// lock alarms.
func (r *Ringer) note(ctx context.Context, quiet []outcome) error {
	if len(quiet) == 0 {
		return nil
	}
	slices.SortFunc(quiet, func(a, b outcome) int { return cmp.Compare(a.alarm.ID, b.alarm.ID) })
	overtaken := 0
	crash.Point("ring: about to note")
	err := r.o.State.Update(ctx, func(tx *state.Tx) error {
		overtaken = 0
		for _, o := range quiet {
			switch err := r.save(ctx, tx, o); {
			case lost(err):
				overtaken++
			case err != nil:
				return err
			}
		}
		return nil
	})
	if err == nil {
		crash.Point("ring: noted")
		r.stats.judged.Add(int64(len(quiet) - overtaken))
		r.stats.overtaken.Add(int64(overtaken))
	}
	return err
}

// lost tells whether an alarm is somebody else's, or no more.
func lost(err error) bool {
	return errors.Is(err, state.ErrChanged) || errors.Is(err, state.ErrNotFound)
}
