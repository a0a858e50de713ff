package state

import (
	"time"

	"tocsin/core/alarm"
)

// CompositeAlarms are the composite alarms by name, in their account and Region.
// Package cloudwatch puts them; the alarm step evaluates them.
var CompositeAlarms = Kind[CompositeAlarm]("composite-alarm")

// A CompositeAlarm is a composite alarm with its state.
type CompositeAlarm struct {
	Definition  alarm.Composite
	Record      alarm.Record
	Suppression alarm.Suppression
	// From is the state before the last change, Triggering the children that brought
	// it about, and Summary the JSON of an evidence.Summary of what happened there,
	// for actions that are held back.
	From       alarm.State   `json:",omitempty"`
	Triggering []alarm.Child `json:",omitempty"`
	Summary    []byte        `json:",omitempty"`
}

// MuteRules are the alarm mute rules by name, in their account and Region.
var MuteRules = Kind[MuteRule]("mute-rule")

// A MuteRule is an alarm mute rule: alarm.Mute in the words in which it was put.
type MuteRule struct {
	Name, Description              string
	Alarms                         []string
	Expression, Duration, Timezone string // of the schedule
	Start, Expire                  int64  // milliseconds since 1970; 0 for open
	Updated                        int64
}

// Mute is the rule as package alarm knows it.
func (m MuteRule) Mute() (alarm.Mute, error) {
	zone := time.UTC
	if m.Timezone != "" {
		var err error
		if zone, err = time.LoadLocation(m.Timezone); err != nil {
			return alarm.Mute{}, err
		}
	}
	schedule, err := alarm.ParseSchedule(m.Expression, m.Duration, zone)
	if err != nil {
		return alarm.Mute{}, err
	}
	out := alarm.Mute{Name: m.Name, Alarms: m.Alarms, Schedule: schedule}
	if m.Start != 0 {
		out.Start = time.UnixMilli(m.Start)
	}
	if m.Expire != 0 {
		out.Expire = time.UnixMilli(m.Expire)
	}
	return out, nil
}
