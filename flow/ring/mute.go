package ring

import (
	"context"
	"fmt"
	"time"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// muted tells whether a mute rule holds back the actions of an alarm, and until when.
// A rule that cannot be read holds nothing back, and the log is told.
func (r *Ringer) muted(ctx context.Context, tx *state.Tx, in state.Scope, name string, now time.Time) (end time.Time, muted bool, err error) {
	stored, err := state.MuteRules.All(ctx, tx, in)
	if err != nil {
		return time.Time{}, false, err
	}
	var rules []alarm.Mute
	for _, s := range stored {
		rule, err := muteOf(s.Value)
		if err != nil {
			r.log.Error("a mute rule cannot be read and mutes nothing; put it again", "rule", s.Value.Name, "error", err)
			continue
		}
		rules = append(rules, rule)
	}
	end, muted = alarm.Muted(rules, name, now)
	return end, muted, nil
}

// muteOf is a stored rule as package alarm knows it.
func muteOf(s state.MuteRule) (alarm.Mute, error) {
	zone := time.UTC
	if s.Timezone != "" {
		var err error
		if zone, err = time.LoadLocation(s.Timezone); err != nil {
			return alarm.Mute{}, fmt.Errorf("time zone of mute rule %s: %w", s.Name, err)
		}
	}
	schedule, err := alarm.ParseSchedule(s.Expression, s.Duration, zone)
	if err != nil {
		return alarm.Mute{}, fmt.Errorf("schedule of mute rule %s: %w", s.Name, err)
	}
	m := alarm.Mute{Name: s.Name, Alarms: s.Alarms, Schedule: schedule}
	if s.Start != 0 {
		m.Start = time.UnixMilli(s.Start)
	}
	if s.Expire != 0 {
		m.Expire = time.UnixMilli(s.Expire)
	}
	return m, nil
}
