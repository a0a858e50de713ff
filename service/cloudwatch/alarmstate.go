package cloudwatch

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// SetAlarmState sets an alarm's state until its next evaluation. The state and
// its history are written at once; the actions that follow from a change are run
// by who evaluates alarms, who finds it as a state.Transition.
func (s *Service) SetAlarmState(ctx context.Context, in *cloudwatch.SetAlarmStateInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.SetAlarmStateOutput, error) {
	switch {
	case in.AlarmName == nil:
		return nil, unset("alarmName")
	case in.StateValue == "":
		return nil, unset("stateValue")
	case in.StateReason == nil:
		return nil, unset("stateReason")
	}
	at, now := scope(ctx), s.now()
	set := func(r alarm.Record) (alarm.Record, bool, error) {
		after, changed, err := r.Set(alarm.State(in.StateValue), *in.StateReason, aws.ToString(in.StateReasonData), now)
		return after, changed, refusal(err)
	}
	if _, _, err := set(alarm.NewRecord(now)); err != nil {
		return nil, err // before it is known whether there is such an alarm
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		a, err := tx.LockAlarm(ctx, alarmARN(at, *in.AlarmName))
		if errors.Is(err, state.ErrNotFound) {
			return setComposite(ctx, tx, at, *in.AlarmName, set)
		}
		if err != nil {
			return err
		}
		after, changed, err := set(a.Record)
		if err != nil {
			return err
		}
		if err := tx.SetAlarmRecord(ctx, a.Definition.ARN, after); err != nil || !changed {
			return err
		}
		return leave(ctx, tx, state.Transition{Scope: at, ARN: a.Definition.ARN, Before: a.Record, After: after}, a.Extra.Type())
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.SetAlarmStateOutput{}, nil
}

func setComposite(ctx context.Context, tx *state.Tx, at state.Scope, name string, set func(alarm.Record) (alarm.Record, bool, error)) error {
	row, err := state.CompositeAlarms.Lock(ctx, tx, at, name)
	if errors.Is(err, state.ErrNotFound) {
		return notFound()
	}
	if err != nil {
		return err
	}
	before := row.Value.Record
	after, changed, err := set(before)
	if err != nil {
		return err
	}
	row.Value.Record = after
	if _, err := state.CompositeAlarms.Put(ctx, tx, row); err != nil || !changed {
		return err
	}
	return leave(ctx, tx, state.Transition{Scope: at, ARN: row.Value.Definition.ARN, Composite: true, Before: before, After: after}, alarm.CompositeAlarm)
}

// EnableAlarmActions lets alarms act again, from their next change on. Names that
// are no alarm's do not matter.
func (s *Service) EnableAlarmActions(ctx context.Context, in *cloudwatch.EnableAlarmActionsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.EnableAlarmActionsOutput, error) {
	if err := s.setActions(ctx, in.AlarmNames, true); err != nil {
		return nil, err
	}
	return &cloudwatch.EnableAlarmActionsOutput{}, nil
}

// DisableAlarmActions keeps alarms from acting.
func (s *Service) DisableAlarmActions(ctx context.Context, in *cloudwatch.DisableAlarmActionsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DisableAlarmActionsOutput, error) {
	if err := s.setActions(ctx, in.AlarmNames, false); err != nil {
		return nil, err
	}
	return &cloudwatch.DisableAlarmActionsOutput{}, nil
}

func (s *Service) setActions(ctx context.Context, names []string, enabled bool) error {
	if err := checkNames(names); err != nil {
		return err
	}
	at, now := scope(ctx), s.now()
	return s.update(ctx, func(tx *state.Tx) error {
		if err := tx.LockAlarms(ctx); err != nil {
			return err
		}
		for _, name := range names {
			if err := setActions(ctx, tx, at, name, enabled, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func setActions(ctx context.Context, tx *state.Tx, at state.Scope, name string, enabled bool, now time.Time) error {
	a, err := tx.Alarm(ctx, alarmARN(at, name))
	if err == nil {
		if a.Definition.ActionsEnabled == enabled {
			return nil
		}
		a.Definition.ActionsEnabled, a.Definition.ConfigurationUpdated = enabled, now
		return putAlarm(ctx, tx, a, nil, now)
	}
	if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	row, err := state.CompositeAlarms.Lock(ctx, tx, at, name)
	if errors.Is(err, state.ErrNotFound) || err == nil && row.Value.Definition.ActionsEnabled == enabled {
		return nil
	}
	if err != nil {
		return err
	}
	d := &row.Value.Definition
	d.ActionsEnabled, d.ConfigurationUpdated = enabled, now
	if _, err := state.CompositeAlarms.Put(ctx, tx, row); err != nil {
		return err
	}
	return tx.AddHistory(ctx, d.ARN, configured(*d, "updated", now))
}

// checkNames checks a list of names of alarms.
func checkNames(names []string) error {
	switch {
	case names == nil:
		return unset("alarmNames")
	case len(names) > maxAlarmNames:
		return constraint(itoa(len(names))+" names", "alarmNames", "Member must have length less than or equal to 100")
	}
	return nil
}
