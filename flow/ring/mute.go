package ring

import (
	"context"
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
		rule, err := s.Value.Mute()
		if err != nil {
			r.log.Error("a mute rule cannot be read and mutes nothing; put it again", "rule", s.Value.Name, "error", err)
			continue
		}
		rules = append(rules, rule)
	}
	end, muted = alarm.Muted(rules, name, now)
	return end, muted, nil
}
