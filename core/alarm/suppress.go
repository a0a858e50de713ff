package alarm

import "time"

// A SuppressedBy says what keeps a composite alarm's actions back
// (ActionsSuppressedBy); empty when nothing does.
type SuppressedBy string

const (
	SuppressedByAlarm           SuppressedBy = "Alarm"
	SuppressedByWaitPeriod      SuppressedBy = "WaitPeriod"
	SuppressedByExtensionPeriod SuppressedBy = "ExtensionPeriod"
)

// Reason is ActionsSuppressedReason. The one of the wait period was recorded,
// the others are like it.
func (by SuppressedBy) Reason() string {
	if by == "" {
		return ""
	}
	return "Actions suppressed by " + string(by)
}

// A Suppression is what is known between two ticks about a composite alarm that
// has an ActionsSuppressor. Begin with NewSuppression.
type Suppression struct {
	// By is what keeps actions back now. While it is set, the actions of State
	// have yet to run.
	By SuppressedBy
	// Until is when a wait or extension period ends; zero for none. Nothing
	// happens of itself before then.
	Until time.Time
	// State is the composite alarm's state when it was last looked at.
	State State
}

// NewSuppression begins to watch a composite alarm in this state.
func NewSuppression(state State) Suppression { return Suppression{State: state} }

// Tick is the suppression at now, given the states of the composite alarm and of
// its suppressor, and whether the actions of the composite alarm's state are to
// run. The rules are those of the user guide, "Composite alarm action suppression":
//
//   - a change of state while the suppressor is in ALARM is held back;
//   - any other change waits for c.WaitPeriod, anew with each change, lest the
//     suppressor is just about to go into ALARM;
//   - when the suppressor leaves ALARM, what was held back waits for c.ExtensionPeriod.
//
// UNSURE: whether actions also run after an extension period when none were held
// back. Here they do not.
func (s Suppression) Tick(c Composite, state, suppressor State, now time.Time) (Suppression, bool) {
	changed := state != s.State
	s.State = state
	switch {
	case suppressor == InAlarm:
		if changed || s.By != "" {
			s.By, s.Until = SuppressedByAlarm, time.Time{}
		}
		return s, false
	case changed:
		s.By, s.Until = SuppressedByWaitPeriod, now.Add(time.Duration(c.WaitPeriod)*time.Second)
	case s.By == SuppressedByAlarm:
		s.By, s.Until = SuppressedByExtensionPeriod, now.Add(time.Duration(c.ExtensionPeriod)*time.Second)
	}
	if s.By == "" || now.Before(s.Until) {
		return s, false
	}
	return NewSuppression(state), true
}

// Replaced is the suppression after the suppressor was exchanged for another
// alarm, which drops a running wait or extension period.
//
// UNSURE: what becomes of actions that were held back. Here they are dropped too.
func (s Suppression) Replaced() Suppression { return NewSuppression(s.State) }
