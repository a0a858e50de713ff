package alarm

import (
	"encoding/json"
	"time"
)

// Apply is the record after an evaluation at now, and whether the state took
// another value. Only then anything is written, and only then actions run: an
// evaluation that comes to the same state leaves no trace.
func (r Record) Apply(a Alarm, v Verdict, now time.Time) (Record, bool) {
	if v.State == r.State {
		return r, false
	}
	return Record{
		State:        v.State,
		Reason:       v.Reason(a),
		ReasonData:   v.ReasonData(a, now),
		Updated:      now,
		Transitioned: now,
	}, true
}

// Limits of SetAlarmState, in characters.
const (
	maxReason     = 1023
	maxReasonData = 4000
)

// Set is the record after SetAlarmState, and whether the state took another
// value, so that actions run and the history grows. Reason data that is not
// given is cleared. An error is an *InvalidError with AWS's code and text.
//
// UNSURE: whether AWS writes the reason when the state stays the same; here it does.
func (r Record) Set(state State, reason, reasonData string, now time.Time) (Record, bool, error) {
	if !state.Valid() {
		return r, false, constraint(string(state), "stateValue", "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]")
	}
	if err := maxLength(reason, "stateReason", maxReason); err != nil {
		return r, false, err
	}
	if err := maxLength(reasonData, "stateReasonData", maxReasonData); err != nil {
		return r, false, err
	}
	if reasonData != "" && !json.Valid([]byte(reasonData)) {
		return r, false, &InvalidError{Code: "InvalidFormat"}
	}
	changed := state != r.State
	r.State, r.Reason, r.ReasonData, r.Updated = state, reason, reasonData, now
	if changed {
		r.Transitioned = now
	}
	return r, changed, nil
}

// ActionsFor are the ARNs to act on now that the alarm went over to state: none
// while actions are disabled, and enabling them later does not make up for it.
func (a Alarm) ActionsFor(state State) []string {
	if !a.ActionsEnabled {
		return nil
	}
	return a.Actions(state)
}
