package alarm

import "slices"

// told is when the ALARM that the alarm is in was told last.
func (j *judge) told() int64 {
	told := j.out.Record.Transitioned.UnixMilli()
	for _, s := range j.stays {
		if s.To == Never {
			told = max(told, s.Told)
		}
	}
	// A time ahead of now was told by a clock that was wrong.
	return min(told, j.now)
}

// reminder is when the alarm is to be told again if nothing else happens.
func (j *judge) reminder() (int64, bool) {
	if !j.Repeat.Interval || j.Repeat.Every <= 0 || !j.lasts() {
		return 0, false
	}
	return j.told() + j.Repeat.Every.Milliseconds(), true
}

// repeat tells again of an alarm that stays in ALARM. New data for which it is too
// early waits.
func (j *judge) repeat(p *plan) {
	if j.rung || !j.lasts() {
		return // also of an ALARM that was set by hand
	}
	soon := j.told() + j.Repeat.Every.Milliseconds()
	at, interval := j.reminder()
	fresh := j.freshMinutes()
	switch {
	case j.Repeat.OnNewEvents && len(fresh) > 0 && j.now >= soon:
		j.remind(fresh[0], fresh[len(fresh)-1]+minute)
	case interval && j.now >= at:
		j.remind(max(j.told()-j.reach, 0), j.running())
	case j.Repeat.OnNewEvents && len(fresh) > 0:
		// The first and the last are enough to know what to tell of then.
		p.patient, p.soon = []int64{fresh[0], fresh[len(fresh)-1]}, soon
	}
}

const minute = 60_000 // milliseconds

// freshMinutes are the touched minutes up to now with any sample but zero, which
// is what filters publish for events that do not match.
func (j *judge) freshMinutes() []int64 {
	var out []int64
	for _, p := range j.Points {
		_, touched := slices.BinarySearch(j.Touched, p.Time)
		if touched && p.Time < j.running() && (p.Samples.Minimum != 0 || p.Samples.Maximum != 0) {
			out = append(out, p.Time)
		}
	}
	return out
}

// remind adds the step of a repeat.
func (j *judge) remind(from, to int64) {
	end := j.tick
	if j.Timing != Faithful {
		end = j.running()
	}
	v := Evaluate(j.Alarm, InAlarm, j.windows.at(end))
	after := j.out.Record
	if v.State == InAlarm && !v.Cause.Kept() {
		after.Reason, after.ReasonData = v.Reason(j.Alarm), ""
	}
	j.step(Step{After: after, Verdict: v, From: from, To: to, Repeated: true})
	for i, s := range j.stays {
		if s.To == Never {
			j.stays[i].Told = j.now
		}
	}
}
