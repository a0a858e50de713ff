package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// A family is the composite alarms of an account and Region, and the alarms that
// one of them refers to.
type family struct {
	composites map[string]state.CompositeAlarm // by ARN
	metrics    map[string]state.Alarm          // by ARN
}

// familyOf reads the family of a composite alarm, which itself is as given.
func familyOf(ctx context.Context, tx *state.Tx, at state.Scope, c alarm.Composite) (*family, error) {
	f, err := composites(ctx, tx, at)
	if err != nil {
		return nil, err
	}
	f.composites[c.ARN] = state.CompositeAlarm{Definition: c, Record: f.composites[c.ARN].Record}
	metrics, err := tx.AlarmsNamed(ctx, f.children(c.ARN)...)
	for _, a := range metrics {
		f.metrics[a.Definition.ARN] = a
	}
	return f, err
}

// composites are those of an account and Region.
func composites(ctx context.Context, tx *state.Tx, at state.Scope) (*family, error) {
	f := &family{composites: map[string]state.CompositeAlarm{}, metrics: map[string]state.Alarm{}}
	rows, err := state.CompositeAlarms.All(ctx, tx, at)
	for _, r := range rows {
		f.composites[r.Value.Definition.ARN] = r.Value
	}
	return f, err
}

// children are the ARNs that a composite alarm's rule and suppressor refer to.
func (f *family) children(arn string) []string {
	c, ok := f.composites[arn]
	if !ok {
		return nil
	}
	refs := c.Definition.Rule.Refs()
	if c.Definition.ActionsSuppressor != "" {
		refs = append(refs, c.Definition.ActionsSuppressor)
	}
	var arns []string
	for _, ref := range refs {
		if child := c.Definition.ChildARN(ref); !slices.Contains(arns, child) {
			arns = append(arns, child)
		}
	}
	return arns
}

// parents are the ARNs of the composite alarms that refer to an alarm, in order.
func (f *family) parents(arn string) []string {
	var out []string
	for parent := range f.composites {
		if slices.Contains(f.children(parent), arn) {
			out = append(out, parent)
		}
	}
	slices.Sort(out)
	return out
}

// cycle is a way from a composite alarm back to itself; nil when there is none.
func (f *family) cycle(arn string) []string { return alarm.Cycle(arn, f.children) }

func (f *family) exists(arn string) bool {
	_, metric := f.metrics[arn]
	_, composite := f.composites[arn]
	return metric || composite
}

// child is an alarm with its state.
func (f *family) child(arn string) alarm.Child {
	record := f.composites[arn].Record
	if a, ok := f.metrics[arn]; ok {
		record = a.Record
	}
	if record.State == "" {
		record.State = alarm.InsufficientData
	}
	return alarm.Child{ARN: arn, State: record.State, Since: record.Transitioned}
}

// alarmName is the name in an alarm's ARN.
func alarmName(arn string) string {
	_, name, _ := strings.Cut(arn, ":alarm:")
	return name
}
