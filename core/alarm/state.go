package alarm

import "time"

// A State is what an alarm is in, spelled as AWS spells it.
type State string

const (
	OK               State = "OK"
	InAlarm          State = "ALARM"
	InsufficientData State = "INSUFFICIENT_DATA"
)

// Valid tells whether s is one of the three states.
func (s State) Valid() bool { return s == OK || s == InAlarm || s == InsufficientData }

// A Record is the state of an alarm as it is kept between evaluations.
type Record struct {
	State  State
	Reason string
	// ReasonData is a JSON object, or empty when there is none.
	ReasonData string
	// Updated is when the state was last written, Transitioned when it last
	// took another value.
	Updated, Transitioned time.Time
}

// NewRecord is the state of an alarm that was created at now.
func NewRecord(now time.Time) Record {
	return Record{
		State:        InsufficientData,
		Reason:       "Unchecked: Initial alarm creation",
		Updated:      now,
		Transitioned: now,
	}
}
