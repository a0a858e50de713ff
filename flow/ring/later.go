package ring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// some is how many transitions and timers are dealt with in one round.
const some = 100

// catchUp does what follows from states that are written already: from changes that
// were made by hand or with a definition, and what alarms have still to do. It tells
// how much that was. All timers are looked at when everything is: a clock that was
// wrong may have set them.
func (r *Ringer) catchUp(ctx context.Context, now time.Time, everything bool) (int, error) {
	by := now.UnixMilli()
	if everything {
		by = state.MaxTime - 1
	}
	var changes []state.Transition
	var timers []state.Timer
	err := r.o.State.View(ctx, func(tx *state.Tx) (err error) {
		if changes, err = tx.Transitions(ctx, some); err != nil {
			return err
		}
		timers, err = tx.Timers(ctx, by, some)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look for what follows from changes of alarms: %w", err)
	}
	passed := eachOf(ctx, r, changes, func(t state.Transition) string { return t.ARN }, func(t state.Transition, tx *state.Tx, done *stepsDone) error {
		if err := tx.DropTransition(ctx, t.ID); err != nil {
			return err
		}
		return r.transition(ctx, tx, t, now, done)
	}, func(state.Transition) {})
	more, err := r.timers(ctx, timers, now)
	return passed + more, err
}

// timers does what alarms have still to do. What fails is put off, so that it is not
// due all the time.
func (r *Ringer) timers(ctx context.Context, due []state.Timer, now time.Time) (int, error) {
	var failed error
	passed := eachOf(ctx, r, due, func(t state.Timer) string { return t.ARN }, func(t state.Timer, tx *state.Tx, done *stepsDone) error {
		if err := tx.TakeTimer(ctx, t); err != nil {
			return err
		}
		return r.timer(ctx, tx, t, now, done)
	}, func(t state.Timer) {
		err := r.o.State.Update(ctx, func(tx *state.Tx) error {
			if err := tx.TakeTimer(ctx, t); err != nil {
				return err
			}
			t.Due = now.Add(look).UnixMilli()
			return tx.SetTimer(ctx, t)
		})
		if err != nil && !lost(err) && failed == nil {
			failed = fmt.Errorf("put off what alarm %s has still to do: %w", t.ARN, err)
		}
	})
	return passed, failed
}

// eachOf does what follows from each of some things of alarms, in a transaction of
// its own, and tells how many it did. One that another has done meanwhile counts.
// What fails, after which failed is called, is tried again; of each alarm the log is
// told once.
func eachOf[T any](ctx context.Context, r *Ringer, things []T, arn func(T) string, do func(thing T, tx *state.Tx, done *stepsDone) error, failed func(T)) int {
	passed, row := 0, 0
	for _, thing := range things {
		var done stepsDone
		crash.Point("ring: about to follow")
		err := r.o.State.Update(ctx, func(tx *state.Tx) error {
			done = stepsDone{}
			return do(thing, tx, &done)
		})
		if err != nil && !lost(err) {
			if !r.stuck[arn(thing)] {
				r.stuck[arn(thing)] = true
				r.log.Error("what follows from the state of an alarm could not be done and will be tried again", "alarm", arn(thing), "error", err)
			}
			failed(thing)
			if row++; row >= some/4 { // the database may be gone
				return passed
			}
			continue
		}
		crash.Point("ring: followed")
		row = 0
		passed++
		delete(r.stuck, arn(thing))
		r.account(done)
	}
	return passed
}

// transition runs the actions of a state that is written already, and evaluates the
// composite alarms that refer to it.
func (r *Ringer) transition(ctx context.Context, tx *state.Tx, t state.Transition, now time.Time, done *stepsDone) error {
	base := strings.Join([]string{t.ARN, "transition", strconv.FormatInt(t.ID, 10), strconv.FormatInt(t.After.Updated.UnixMilli(), 10)}, "\n")
	if t.Composite {
		return r.transitionOfComposite(ctx, tx, t, now, done)
	}
	a, err := tx.Alarm(ctx, t.ARN)
	if errors.Is(err, state.ErrNotFound) {
		return nil // deleted since, with its actions
	}
	if err != nil {
		return err
	}
	var why cause
	if t.Before.State != t.After.State {
		act := act{scope: a.Scope, extra: a.Extra, base: base, notice: alarm.Notice{Metric: &a.Definition, From: t.Before.State, To: t.After}}
		at := t.After.Updated
		act.summary, err = json.Marshal(evidence.Summary{
			Alarm: a.Definition.Name, AlarmARN: t.ARN, Title: a.Extra.Title, Severity: a.Extra.Severity,
			State: string(t.After.State), Previous: string(t.Before.State), Reason: t.After.Reason, At: at, From: at, To: at,
		})
		if err != nil {
			return fmt.Errorf("write what happened as JSON: %w", err)
		}
		if err := r.run(ctx, tx, act, now, done); err != nil {
			return err
		}
		done.changed = append(done.changed, change{a.Definition.Name, t.Before.State, t.After})
		why.summary = act.summary
	}
	return r.spread(ctx, tx, t.Scope, childOf(t.ARN, t.After), why, now, done)
}

// transitionOfComposite is transition for a composite alarm that was made, changed
// or set by hand. A child that changed while that was written is looked at now.
func (r *Ringer) transitionOfComposite(ctx context.Context, tx *state.Tx, t state.Transition, now time.Time, done *stepsDone) error {
	_, name, _ := strings.Cut(t.ARN, ":alarm:")
	c, err := state.CompositeAlarms.Lock(ctx, tx, t.Scope, name)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	d := c.Value.Definition
	if d.Rule == nil {
		return nil
	}
	children, err := r.children(ctx, tx, c.Scope, d)
	if err != nil {
		return err
	}
	if moved := t.Before.State != t.After.State; moved && c.Value.Record.Transitioned.Equal(t.After.Transitioned) {
		c.Value.From, c.Value.Triggering, c.Value.Summary = t.Before.State, triggering(d, children, t.After), nil
		done.changed = append(done.changed, change{d.Name, t.Before.State, t.After})
		if c.Value.Suppression.State == t.After.State {
			c.Value.Suppression.State = t.Before.State // it is for Tick to see the change
		}
		if err := r.follow(ctx, tx, c, children, true, 0, now, done); err != nil {
			return err
		}
		if c, err = state.CompositeAlarms.Get(ctx, tx, t.Scope, name); err != nil {
			return err
		}
	}
	var newest alarm.Child
	for _, child := range children {
		if child.Since.After(newest.Since) {
			newest = child
		}
	}
	if !newest.Since.After(c.Value.Record.Updated) {
		return nil
	}
	return r.reevaluate(ctx, tx, c, &newest, cause{}, now, done)
}

// triggering are the children that the reason data of a composite alarm's state names.
func triggering(c alarm.Composite, children map[string]alarm.Child, r alarm.Record) []alarm.Child {
	var out []alarm.Child
	for _, ref := range c.Rule.Refs() {
		if child := children[c.ChildARN(ref)]; strings.Contains(r.ReasonData, strconv.Quote(child.ARN)) {
			out = append(out, child)
		}
	}
	return out
}

// timer does what an alarm had still to do.
func (r *Ringer) timer(ctx context.Context, tx *state.Tx, due state.Timer, now time.Time, done *stepsDone) error {
	var t timer
	if err := json.Unmarshal([]byte(due.Body), &t); err != nil {
		r.log.Error("what an alarm had still to do cannot be read and is left out", "alarm", due.ARN, "error", err)
		return nil
	}
	in, ok := scopeOf(due.ARN)
	if !ok {
		return nil
	}
	_, name, _ := strings.Cut(due.ARN, ":alarm:")
	a, err := tx.Alarm(ctx, due.ARN)
	switch {
	case err == nil && t.Held == nil, err != nil && !errors.Is(err, state.ErrNotFound):
		return err
	case err == nil:
		return r.release(ctx, tx, act{scope: a.Scope, extra: a.Extra, notice: alarm.Notice{Metric: &a.Definition}}, a.Record, *t.Held, now, done)
	}
	c, err := state.CompositeAlarms.Lock(ctx, tx, in, name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil
	case err != nil:
		return err
	case t.Held == nil:
		return r.reevaluate(ctx, tx, c, nil, cause{}, now, done)
	}
	return r.release(ctx, tx, act{scope: c.Scope, notice: alarm.Notice{Composite: &c.Value.Definition}}, c.Value.Record, *t.Held, now, done)
}

// release runs what a mute rule held back, if the alarm is still in the state that
// it was for; or holds it on where a window still lasts.
func (r *Ringer) release(ctx context.Context, tx *state.Tx, a act, current alarm.Record, h held, now time.Time, done *stepsDone) error {
	if current.State != h.To.State || !current.Transitioned.Equal(h.To.Transitioned) {
		return nil
	}
	a.notice.From, a.notice.To, a.notice.Triggering = h.From, h.To, h.Triggering
	a.base, a.summary, a.began = h.Base, h.Summary, h.Began
	a.muteEnd = h.Window
	if now.Before(a.muteEnd) {
		a.muteEnd = now // the rule was taken away
	}
	return r.run(ctx, tx, a, now, done)
}

// scopeOf is where the alarm of an ARN is.
func scopeOf(arn string) (state.Scope, bool) {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 {
		return state.Scope{}, false
	}
	return state.Scope{Partition: parts[1], Region: parts[3], Account: parts[4]}, true
}
