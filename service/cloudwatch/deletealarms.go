package cloudwatch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// DeleteAlarms removes alarms, of which one may be composite; all or, when one may
// not go, none. Names that are no alarm's do not matter, nor does it when
// all are: so it was recorded, although ResourceNotFound is documented. UNSURE
//
// An alarm that a composite alarm refers to may not go, unless that goes with it,
// nor may a composite alarm on a cycle.
func (s *Service) DeleteAlarms(ctx context.Context, in *cloudwatch.DeleteAlarmsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DeleteAlarmsOutput, error) {
	if err := checkNames(in.AlarmNames); err != nil {
		return nil, err
	}
	at, now := scope(ctx), s.now()
	err := s.update(ctx, func(tx *state.Tx) error {
		if err := tx.LockAlarms(ctx); err != nil {
			return err
		}
		return deleteAlarms(ctx, tx, at, in.AlarmNames, now)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.DeleteAlarmsOutput{}, nil
}

func deleteAlarms(ctx context.Context, tx *state.Tx, at state.Scope, names []string, now time.Time) error {
	var arns []string
	for _, name := range names {
		arns = append(arns, alarmARN(at, name))
	}
	f, err := composites(ctx, tx, at)
	if err != nil {
		return err
	}
	if err := f.mayGo(arns); err != nil {
		return err
	}
	for _, arn := range arns {
		c, ok := f.composites[arn]
		if !ok {
			continue
		}
		delete(f.composites, arn)
		if err := state.CompositeAlarms.Delete(ctx, tx, at, c.Definition.Name); err != nil {
			return err
		}
		if err := gone(ctx, tx, arn, configured(c.Definition, "deleted", now)); err != nil {
			return err
		}
	}
	metrics, err := tx.AlarmsNamed(ctx, arns...)
	if err != nil {
		return err
	}
	for _, a := range metrics {
		if err := tx.DeleteAlarm(ctx, a.Definition.ARN); err != nil {
			return err
		}
		if a.Extra.Log {
			if _, err := state.Exists(logAlarms.Delete(ctx, tx, at, a.Definition.Name)); err != nil {
				return err
			}
		}
		item := alarm.Deleted(a.Definition, a.Record, now)
		item.AlarmType = a.Extra.Type()
		if err := gone(ctx, tx, a.Definition.ARN, item); err != nil {
			return err
		}
	}
	return nil
}

// gone writes the last of an alarm's history, and drops what it had still to do.
func gone(ctx context.Context, tx *state.Tx, arn string, item alarm.HistoryItem) error {
	if err := tx.DropTags(ctx, arn); err != nil {
		return err
	}
	if err := tx.DropTimer(ctx, arn); err != nil {
		return err
	}
	return tx.AddHistory(ctx, arn, item)
}

// mayGo refuses to delete what others need. UNSURE about the texts.
func (f *family) mayGo(arns []string) error {
	var going []string
	for _, arn := range arns {
		if _, composite := f.composites[arn]; composite && !slices.Contains(going, arn) {
			going = append(going, arn)
		}
	}
	if len(going) > 1 {
		return validation("Only one composite alarm can be deleted at a time.")
	}
	for _, arn := range going {
		if way := f.cycle(arn); way != nil {
			return validation("The composite alarm %s cannot be deleted while it is part of a cycle: %s. Change the rule of one of these alarms first.", alarmName(arn), strings.Join(way, " -> "))
		}
	}
	for _, arn := range arns {
		parents := slices.DeleteFunc(f.parents(arn), func(p string) bool { return slices.Contains(going, p) })
		if len(parents) > 0 {
			return validation("The alarm %s cannot be deleted while composite alarms refer to it: %s.", alarmName(arn), strings.Join(parents, ", "))
		}
	}
	return nil
}
