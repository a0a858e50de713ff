package ring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// An act is the actions of an alarm that went over to another state, metric or
// composite.
type act struct {
	scope  state.Scope
	notice alarm.Notice
	extra  state.AlarmExtra
	// base tells the act from all others; ids of messages follow from it.
	base    string
	summary []byte
	began   int64
	// muteEnd is when the window of a mute rule ended that held the actions back;
	// zero for none.
	muteEnd time.Time
}

func (a act) name() string {
	if c := a.notice.Composite; c != nil {
		return c.Name
	}
	return a.notice.Metric.Name
}

func (a act) arn() string {
	if c := a.notice.Composite; c != nil {
		return c.ARN
	}
	return a.notice.Metric.ARN
}

func (a act) kind() string {
	if a.notice.Composite != nil {
		return alarm.CompositeAlarm
	}
	return a.extra.Type()
}

// actions are the ARNs to act on; none while actions are disabled.
func (a act) actions() []string {
	if c := a.notice.Composite; c != nil {
		if !c.ActionsEnabled {
			return nil
		}
		return c.Actions(a.notice.To.State)
	}
	return a.notice.Metric.ActionsFor(a.notice.To.State)
}

// run runs the actions, or has them wait where a mute rule holds them back: each is
// a message in the outbox and an item of the history. What a mute rule holds back
// and is not of a change of state is not told at all.
func (r *Ringer) run(ctx context.Context, tx *state.Tx, a act, now time.Time, done *stepsDone) error {
	actions := a.actions()
	if len(actions) == 0 {
		return nil
	}
	end, muted, err := r.muted(ctx, tx, a.scope, a.name(), now)
	if err != nil {
		return err
	}
	if muted {
		if a.notice.From == a.notice.To.State {
			return nil
		}
		return hold(ctx, tx, a, end, now)
	}
	a.notice.AfterMuteWindow = !a.muteEnd.IsZero()
	for _, action := range actions {
		message, err := r.publish(ctx, tx, a, action, now)
		result := alarm.ActionResult{Resource: action, StateUpdated: a.notice.To.Updated, MuteWindowEnd: a.muteEnd}
		var refused *refusal
		switch {
		case errors.As(err, &refused):
			result.Error = refused.Error()
			done.failed = append(done.failed, failure{a.arn(), action, refused})
		case err != nil:
			return err
		default:
			result.Published = message
			done.published++
		}
		if err := tx.AddHistory(ctx, a.arn(), alarm.ActionDone(a.name(), a.kind(), result, now)); err != nil {
			return err
		}
	}
	return nil
}

// A held act waits in its alarm's timer.
type held struct {
	From       alarm.State
	To         alarm.Record
	Triggering []alarm.Child `json:",omitempty"`
	Base       string
	Summary    []byte `json:",omitempty"`
	Began      int64  `json:",omitempty"`
	// Window is when the mute rule's window ends.
	Window time.Time
}

// look is how often it is looked whether the window still lasts, as somebody may
// take the rule away.
const look = time.Minute

func hold(ctx context.Context, tx *state.Tx, a act, end, now time.Time) error {
	due := now.Add(look)
	if end.Before(due) {
		due = end
	}
	return setTimer(ctx, tx, a.arn(), due, timer{Held: &held{
		From: a.notice.From, To: a.notice.To, Triggering: a.notice.Triggering,
		Base: a.base, Summary: a.summary, Began: a.began, Window: end,
	}})
}

// A timer is the body of a state.Timer: an act that is held back, or nothing, which
// is the end of a composite alarm's wait or extension period.
type timer struct {
	Held *held `json:",omitempty"`
}

func setTimer(ctx context.Context, tx *state.Tx, arn string, due time.Time, t timer) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write what waits as JSON: %w", err)
	}
	return tx.SetTimer(ctx, state.Timer{ARN: arn, Due: due.UnixMilli(), Body: string(body)})
}
