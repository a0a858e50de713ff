package cloudwatch

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// PutCompositeAlarm creates a composite alarm, or replaces the definition of the
// one there is, whose state becomes what its rule comes to. Alarms that form a cycle are not
// evaluated, so that there it stays.
func (s *Service) PutCompositeAlarm(ctx context.Context, in *cloudwatch.PutCompositeAlarmInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutCompositeAlarmOutput, error) {
	at, now := scope(ctx), s.now()
	definition, err := compositeAlarm(in, at)
	if err != nil {
		return nil, err
	}
	definition.ConfigurationUpdated = now
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		if err := tx.LockAlarms(ctx); err != nil {
			return err
		}
		return putComposite(ctx, tx, at, definition, tags, now)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.PutCompositeAlarmOutput{}, nil
}

func compositeAlarm(in *cloudwatch.PutCompositeAlarmInput, at state.Scope) (c alarm.Composite, err error) {
	switch {
	case in.AlarmName == nil:
		return c, unset("alarmName")
	case aws.ToString(in.AlarmRule) == "":
		return c, unset("alarmRule")
	case in.ActionsSuppressor != nil && (in.ActionsSuppressorWaitPeriod == nil || in.ActionsSuppressorExtensionPeriod == nil):
		return c, validation("ActionsSuppressor needs ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod.")
	}
	if err := unsupportedActions(in.ActionConfiguration); err != nil {
		return c, err
	}
	rule, err := alarm.ParseRule(*in.AlarmRule)
	if err != nil {
		return c, refusal(err)
	}
	c = alarm.Composite{
		Name: *in.AlarmName, Description: aws.ToString(in.AlarmDescription), ARN: alarmARN(at, *in.AlarmName), Rule: rule,
		ActionsEnabled: in.ActionsEnabled == nil || *in.ActionsEnabled,
		OKActions:      in.OKActions, AlarmActions: in.AlarmActions, InsufficientDataActions: in.InsufficientDataActions,
		ActionsSuppressor: aws.ToString(in.ActionsSuppressor),
		WaitPeriod:        int(aws.ToInt32(in.ActionsSuppressorWaitPeriod)), ExtensionPeriod: int(aws.ToInt32(in.ActionsSuppressorExtensionPeriod)),
	}
	return c, refusal(c.Validate())
}

func putComposite(ctx context.Context, tx *state.Tx, at state.Scope, c alarm.Composite, tags map[string]string, now time.Time) error {
	if err := free(ctx, tx, at, c.Name, alarm.CompositeAlarm); err != nil {
		return err
	}
	row, err := state.CompositeAlarms.Lock(ctx, tx, at, c.Name) // before its children are read, as their evaluation does
	created := errors.Is(err, state.ErrNotFound)
	if err != nil && !created {
		return err
	}
	f, err := familyOf(ctx, tx, at, c)
	if err != nil {
		return err
	}
	if err := c.CheckRefs(f.exists); err != nil {
		return refusal(err)
	}
	before, after, changed := row.Value.Record, row.Value.Record, false
	switch {
	case created:
		before = alarm.NewRecord(now)
		after = c.Created(f.child, now)
		changed = after.State != before.State
		row = state.Resource[state.CompositeAlarm]{Scope: at, Name: c.Name, Created: now}
		// Whoever evaluates alarms is to find the change, and has it wait for the suppressor.
		row.Value.Suppression = alarm.NewSuppression(before.State)
	case f.cycle(c.ARN) == nil:
		after, changed = c.Updated(before, f.child, now)
	}
	if !created && row.Value.Definition.ActionsSuppressor != c.ActionsSuppressor {
		row.Value.Suppression = row.Value.Suppression.Replaced()
	}
	row.Value.Definition, row.Value.Record = c, after
	if row, err = state.CompositeAlarms.Put(ctx, tx, row); err != nil {
		return err
	}
	item := configured(c, "updated", now)
	if created {
		item = configured(c, "created", now)
		if err := tx.Tag(ctx, c.ARN, tags); err != nil {
			return err
		}
	}
	if err := tx.AddHistory(ctx, c.ARN, item); err != nil {
		return err
	}
	t := state.Transition{Scope: at, ARN: c.ARN, Composite: true, Before: before, After: after}
	if !changed {
		return tx.AddTransition(ctx, t) // a child may have changed since it was read
	}
	return leave(ctx, tx, t, alarm.CompositeAlarm)
}

// leave writes the history of a change of state of an alarm of a type, and leaves
// what follows from it to those who evaluate alarms.
func leave(ctx context.Context, tx *state.Tx, t state.Transition, alarmType string) error {
	if err := tx.AddHistory(ctx, t.ARN, alarm.StateUpdated(alarmName(t.ARN), alarmType, t.Before, t.After)); err != nil {
		return err
	}
	return tx.AddTransition(ctx, t)
}

func sdkComposite(a state.CompositeAlarm) types.CompositeAlarm {
	d, r := a.Definition, a.Record
	out := types.CompositeAlarm{
		AlarmName: aws.String(d.Name), AlarmArn: aws.String(d.ARN), AlarmDescription: set(d.Description), AlarmRule: aws.String(d.Rule.Text),
		AlarmConfigurationUpdatedTimestamp: aws.Time(d.ConfigurationUpdated),
		ActionsEnabled:                     aws.Bool(d.ActionsEnabled),
		OKActions:                          list(d.OKActions), AlarmActions: list(d.AlarmActions), InsufficientDataActions: list(d.InsufficientDataActions),
		StateValue: types.StateValue(r.State), StateReason: aws.String(r.Reason), StateReasonData: set(r.ReasonData),
		StateUpdatedTimestamp: aws.Time(r.Updated), StateTransitionedTimestamp: aws.Time(r.Transitioned),
	}
	if d.ActionsSuppressor != "" {
		out.ActionsSuppressor = aws.String(d.ActionsSuppressor)
		out.ActionsSuppressorWaitPeriod = aws.Int32(int32(d.WaitPeriod))
		out.ActionsSuppressorExtensionPeriod = aws.Int32(int32(d.ExtensionPeriod))
	}
	if by := a.Suppression.By; by != "" {
		out.ActionsSuppressedBy, out.ActionsSuppressedReason = types.ActionsSuppressedBy(by), aws.String(by.Reason())
	}
	return out
}
