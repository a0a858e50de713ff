package ring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/store/state"
)

type composite = state.Resource[state.CompositeAlarm]

// A cause is what brought a change of state about: what happened, as the JSON of an
// evidence.Summary, and when the newest log file with it began to be read.
type cause struct {
	summary []byte
	began   int64
}

// refersTo tells whether a composite alarm looks at an alarm, as a child or as its
// suppressor.
func refersTo(c alarm.Composite, arn string) bool {
	return slices.Contains(referred(c), arn)
}

// referred are the ARNs of the alarms that a composite alarm looks at.
func referred(c alarm.Composite) []string {
	var out []string
	for _, ref := range c.Rule.Refs() {
		out = append(out, c.ChildARN(ref))
	}
	if c.ActionsSuppressor != "" {
		out = append(out, c.ChildARN(c.ActionsSuppressor))
	}
	return out
}

// spread evaluates the composite alarms that refer to an alarm which took another
// state, and those that refer to these.
//
// A composite alarm is locked before its children are read. So of two children that
// change at once, in two transactions, the second sees the first.
func (r *Ringer) spread(ctx context.Context, tx *state.Tx, in state.Scope, changed alarm.Child, why cause, now time.Time, done *stepsDone) error {
	all, err := r.composites(ctx, tx, in)
	if err != nil {
		return err
	}
	for _, c := range all {
		d := c.Value.Definition
		if !refersTo(d, changed.ARN) {
			continue
		}
		if circle := alarm.Cycle(d.ARN, childrenIn(all)); circle != nil {
			r.log.Warn("a composite alarm is not evaluated because it refers to itself; change the rule of one of them", "alarms", circle)
			continue
		}
		locked, err := state.CompositeAlarms.Lock(ctx, tx, in, c.Name)
		if errors.Is(err, state.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return err
		}
		if err := r.reevaluate(ctx, tx, locked, &changed, why, now, done); err != nil {
			return err
		}
	}
	return nil
}

// composites are the composite alarms of an account and Region. One that cannot be
// read keeps no other alarm from ringing.
func (r *Ringer) composites(ctx context.Context, tx *state.Tx, in state.Scope) ([]composite, error) {
	stored, err := state.Kind[json.RawMessage](state.CompositeAlarms).All(ctx, tx, in)
	var out []composite
	for _, s := range stored {
		c := composite{Scope: s.Scope, Name: s.Name}
		switch err := json.Unmarshal(s.Value, &c.Value); {
		case err != nil:
			r.log.Error("a composite alarm cannot be read and is not evaluated; put it again", "alarm", s.Name, "error", err)
		case c.Value.Definition.Rule != nil:
			out = append(out, c)
		}
	}
	return out, err
}

func childrenIn(all []composite) func(arn string) []string {
	return func(arn string) []string {
		for _, c := range all {
			if c.Value.Definition.ARN == arn {
				return referred(c.Value.Definition)
			}
		}
		return nil
	}
}

// reevaluate looks at a composite alarm, which is locked, because a child or its
// suppressor changed, or, without one, because time passed.
func (r *Ringer) reevaluate(ctx context.Context, tx *state.Tx, c composite, changed *alarm.Child, why cause, now time.Time, done *stepsDone) error {
	d, before := c.Value.Definition, c.Value.Record
	children, err := r.children(ctx, tx, c.Scope, d)
	if err != nil {
		return err
	}
	moved := false
	if changed != nil {
		children[changed.ARN] = *changed // what it was when it changed, whatever it is by now
	}
	if changed != nil && slices.ContainsFunc(d.Rule.Refs(), func(ref string) bool { return d.ChildARN(ref) == changed.ARN }) {
		c.Value.Record, moved = d.ChildChanged(before, func(arn string) alarm.Child { return children[arn] }, *changed, now)
	}
	if moved {
		c.Value.From, c.Value.Triggering, c.Value.Summary = before.State, []alarm.Child{*changed}, why.summary
		item := alarm.StateUpdated(d.Name, alarm.CompositeAlarm, before, c.Value.Record)
		if err := tx.AddHistory(ctx, d.ARN, item); err != nil {
			return err
		}
		done.changed = append(done.changed, change{d.Name, before.State, c.Value.Record})
	}
	return r.follow(ctx, tx, c, children, moved, why.began, now, done)
}

// follow is what follows from the state of a composite alarm, which is in it since
// now when it moved: its actions, unless they are suppressed, and what refers to it.
func (r *Ringer) follow(ctx context.Context, tx *state.Tx, c composite, children map[string]alarm.Child, moved bool, began int64, now time.Time, done *stepsDone) error {
	d := c.Value.Definition
	was := c.Value.Suppression
	runs := moved
	if d.ActionsSuppressor != "" {
		s := honest(was, d, now)
		suppressor := children[d.ChildARN(d.ActionsSuppressor)].State
		c.Value.Suppression, runs = s.Tick(d, c.Value.Record.State, suppressor, now)
	} else {
		c.Value.Suppression = alarm.NewSuppression(c.Value.Record.State)
	}
	base := strings.Join([]string{d.ARN, "composite", strconv.FormatInt(c.Created.UnixMilli(), 10), strconv.FormatInt(c.Revision, 10)}, "\n")
	if moved || c.Value.Suppression != was {
		_, err := state.CompositeAlarms.Put(ctx, tx, c)
		if errors.Is(err, state.ErrChanged) {
			err = fmt.Errorf("composite alarm %s was changed while it was locked", d.Name) // not the child: see lost
		}
		if err != nil {
			return err
		}
	}
	switch until := c.Value.Suppression.Until; {
	case !until.IsZero():
		if err := setTimer(ctx, tx, d.ARN, until, timer{}); err != nil {
			return err
		}
	case moved || c.Value.Suppression != was:
		if err := tx.DropTimer(ctx, d.ARN); err != nil { // also that of an act held back for an earlier state
			return err
		}
	}
	if runs {
		act, err := r.actOf(c, base)
		if err != nil {
			return err
		}
		act.began = began
		if err := r.run(ctx, tx, act, now, done); err != nil {
			return err
		}
	}
	if !moved {
		return nil
	}
	return r.spread(ctx, tx, c.Scope, childOf(d.ARN, c.Value.Record), cause{c.Value.Summary, began}, now, done)
}

// honest is a suppression whose period ends no later than it can: a clock that was
// wrong may have begun it.
func honest(s alarm.Suppression, c alarm.Composite, now time.Time) alarm.Suppression {
	limit := now.Add(time.Duration(max(c.WaitPeriod, c.ExtensionPeriod)) * time.Second)
	if s.Until.After(limit) {
		s.Until = limit
	}
	return s
}

// actOf are the actions of a composite alarm's state. What happened is what happened
// to the child that brought it about.
func (r *Ringer) actOf(c composite, base string) (act, error) {
	v := c.Value
	a := act{
		scope: c.Scope, base: base,
		notice: alarm.Notice{Composite: &v.Definition, From: v.From, To: v.Record, Triggering: v.Triggering},
	}
	var summary evidence.Summary
	if len(v.Summary) > 0 {
		if err := json.Unmarshal(v.Summary, &summary); err != nil {
			r.log.Warn("what happened to a child of a composite alarm cannot be read and is left out", "alarm", v.Definition.ARN, "error", err)
			summary = evidence.Summary{}
		}
	}
	if at := v.Record.Transitioned; summary.From.IsZero() {
		summary.From, summary.To = at, at
	}
	summary.Alarm, summary.AlarmARN, summary.Title, summary.Severity = v.Definition.Name, v.Definition.ARN, "", ""
	summary.State, summary.Previous, summary.Reason, summary.At = string(v.Record.State), string(v.From), v.Record.Reason, v.Record.Updated
	var err error
	if a.summary, err = json.Marshal(summary); err != nil {
		return a, fmt.Errorf("write what happened as JSON: %w", err)
	}
	return a, nil
}

func childOf(arn string, r alarm.Record) alarm.Child {
	return alarm.Child{ARN: arn, State: r.State, Since: r.Transitioned}
}

// children are the alarms that a composite alarm looks at, by ARN. One that does
// not exist is in INSUFFICIENT_DATA.
func (r *Ringer) children(ctx context.Context, tx *state.Tx, in state.Scope, c alarm.Composite) (map[string]alarm.Child, error) {
	out := map[string]alarm.Child{}
	for _, arn := range referred(c) {
		record, err := recordOf(ctx, tx, in, arn)
		if errors.Is(err, state.ErrNotFound) {
			record = alarm.Record{State: alarm.InsufficientData}
		} else if err != nil {
			return nil, err
		}
		out[arn] = childOf(arn, record)
	}
	return out, nil
}

// recordOf is the state of an alarm, metric or composite, or state.ErrNotFound.
func recordOf(ctx context.Context, tx *state.Tx, in state.Scope, arn string) (alarm.Record, error) {
	a, err := tx.Alarm(ctx, arn)
	if !errors.Is(err, state.ErrNotFound) {
		return a.Record, err
	}
	_, name, _ := strings.Cut(arn, ":alarm:")
	c, err := state.CompositeAlarms.Get(ctx, tx, in, name)
	return c.Value.Record, err
}
