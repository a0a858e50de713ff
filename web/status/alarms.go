package status

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// readAlarms puts those that ring first, the most serious and then the latest
// before the others; after them those that counted something.
func (s *snapshot) readAlarms(ctx context.Context, tx *state.Tx) error {
	if err := s.readMetricAlarms(ctx, tx); err != nil {
		return err
	}
	if err := s.readCompositeAlarms(ctx, tx); err != nil {
		return err
	}
	if err := s.readMutes(ctx, tx); err != nil {
		return err
	}
	regions := map[state.Scope]bool{}
	for _, a := range s.Alarms {
		regions[a.Scope] = true
		if a.Record.State == alarm.InAlarm {
			s.InAlarm++
		}
	}
	s.ManyRegions = len(regions) > 1 // log groups may add to it
	rank := func(a alarmRow) int {
		switch {
		case a.Record.State == alarm.InAlarm:
			return gravity(a)
		case a.Spark.Total > 0:
			return len(severities) + 1
		}
		return len(severities) + 2
	}
	slices.SortStableFunc(s.Alarms, func(a, b alarmRow) int {
		recent := 0
		if a.Record.State == alarm.InAlarm {
			recent = b.Record.Transitioned.Compare(a.Record.Transitioned)
		}
		return cmp.Or(rank(a)-rank(b), recent, cmp.Compare(a.Definition.Name, b.Definition.Name))
	})
	return nil
}

func (s *snapshot) readMetricAlarms(ctx context.Context, tx *state.Tx) error {
	alarms, err := tx.Alarms(ctx)
	if err != nil {
		return err
	}
	from := s.Now.Truncate(time.Hour).Add(-(sparkHours - 1) * time.Hour)
	for _, a := range alarms {
		row := alarmRow{Alarm: a, Counted: true}
		switch {
		case a.Extra.Log:
			row.Kind = "log alarm"
		case len(a.Definition.Metrics) > 0:
			row.Kind, row.Counted = "metric math", false
		}
		if row.Counted {
			points, err := tx.Points(ctx, a.Scope, a.Definition.Metric(), from.UnixMilli(), s.Now.Add(time.Minute).UnixMilli())
			if err != nil {
				return err
			}
			row.Spark = newSpark(points, from)
		}
		s.Alarms = append(s.Alarms, row)
	}
	return nil
}

var everywhere = state.Scope{Account: "*", Region: "*"}

func (s *snapshot) readCompositeAlarms(ctx context.Context, tx *state.Tx) error {
	composites, err := state.Kind[json.RawMessage](state.CompositeAlarms).All(ctx, tx, everywhere)
	if err != nil {
		return err
	}
	for _, c := range composites {
		var value state.CompositeAlarm
		if err := json.Unmarshal(c.Value, &value); err != nil {
			continue // the log is told where it would be evaluated
		}
		d := value.Definition
		s.Alarms = append(s.Alarms, alarmRow{
			Alarm: state.Alarm{
				Scope: c.Scope, Record: value.Record,
				Definition: alarm.Alarm{
					Name: d.Name, ARN: d.ARN, Description: d.Description, ActionsEnabled: d.ActionsEnabled, AlarmActions: d.AlarmActions,
				},
			},
			Kind: "composite alarm",
			Held: value.Suppression.By != "",
		})
	}
	return nil
}

// readMutes finds what mute rules hold back now. One that cannot be read holds
// nothing back, and the log is told where alarms are evaluated.
func (s *snapshot) readMutes(ctx context.Context, tx *state.Tx) error {
	stored, err := state.MuteRules.All(ctx, tx, everywhere)
	if err != nil {
		return err
	}
	rules := map[state.Scope][]alarm.Mute{}
	for _, r := range stored {
		if m, err := r.Value.Mute(); err == nil {
			rules[r.Scope] = append(rules[r.Scope], m)
		}
	}
	for i, a := range s.Alarms {
		if end, muted := alarm.Muted(rules[a.Scope], a.Definition.Name, s.Now); muted {
			s.Alarms[i].Muted = end
		}
	}
	return nil
}

// Notes are what is said below an alarm's name: how serious it is, what it is
// for, and what keeps it from being heard.
func (a alarmRow) Notes() []string {
	var notes []string
	for _, note := range []string{a.Extra.Severity, a.Kind, cmp.Or(a.Extra.Title, a.Definition.Description)} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	switch {
	case !a.Definition.ActionsEnabled:
		notes = append(notes, "actions are off")
	case len(a.Definition.AlarmActions) == 0:
		notes = append(notes, "tells nobody")
	}
	if !a.Muted.IsZero() {
		notes = append(notes, "muted until "+stamp(a.Muted))
	}
	if a.Held {
		notes = append(notes, "actions are suppressed")
	}
	return notes
}
