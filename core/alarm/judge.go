package alarm

import (
	"fmt"
	"slices"
	"time"
)

// Judge decides everything about an alarm that is due at now.
//
// Regular: at the newest tick of the alarm's Cadence, unless that was done, its
// state becomes what Evaluate says, as in AWS. Ticks that nobody evaluated,
// because the clock jumped or no process ran, are made up for as late data is,
// as far back as two weeks.
//
// Immediate: new data is looked at now, as of the coming tick, and rings if the
// threshold is crossed often enough among the newest EvaluationPeriods and no
// further data can take that back. It can not where the operator is GreaterThan or
// GreaterThanOrEqualTo and the statistic SampleCount, Maximum, or the Sum of
// samples none of which is below zero. All others wait for their tick.
//
// Late: data of the past is judged as of all ticks whose evaluation ranges hold
// it. A Stay in ALARM that comes to light so, and touches none that is known,
// rings once, now, and the next regular evaluation takes the alarm back. Of
// several that come to light together the newest is told, and how many there are;
// while such an alarm waits to be taken back, so does the next. An alarm that is
// in ALARM anyway is not rung by late data.
//
// Under the timing Faithful only what is regular is done.
func (c Case) Judge(now time.Time) Judgement {
	j := &judge{frame: c.at(now)}
	j.windows = newWindows(c.Alarm, c.Points)
	j.windows.math = c.Math
	j.out.Record = c.Record
	j.stays = slices.Clone(c.Stays)
	j.borrowed = j.isBorrowed()
	j.cut()
	p := j.plan()

	j.out.EvaluatedTo = c.EvaluatedTo
	if j.fresh() {
		j.regular()
		j.out.EvaluatedTo = j.tick
	}
	j.immediate()
	j.hindsight(p)
	j.late()
	j.repeat(&p)
	j.next(p)

	for _, m := range c.Touched {
		if _, waits := slices.BinarySearch(p.waiting, m); !waits && !slices.Contains(p.patient, m) {
			j.out.Settled = append(j.out.Settled, m)
		}
	}
	for i, s := range j.stays {
		if s.ID == 0 || !slices.Contains(c.Stays, s) {
			j.out.Stays = append(j.out.Stays, j.stays[i])
		}
	}
	return j.out
}

// A judge is a case being judged.
type judge struct {
	frame
	windows *windows
	out     Judgement
	stays   []Stay // ascending by From
	// borrowed says that the alarm is in ALARM for late data alone, until the
	// next regular evaluation.
	borrowed bool
	rung     bool // whether a step went over to ALARM
	lasted   bool // whether cut ended a stay that may still last
}

// state is what the alarm would be in without what it borrows.
func (j *judge) state() State {
	if j.borrowed {
		return OK
	}
	return j.out.Record.State
}

// isBorrowed tells a state that was set for late data from one that an
// evaluation found and one that was set by hand.
func (j *judge) isBorrowed() bool {
	told := false
	for _, s := range j.Stays {
		if s.To == Never {
			return false
		}
		told = told || s.Told == j.Record.Transitioned.UnixMilli()
	}
	return told && j.Record.State == InAlarm
}

// cut ends stays that last where it is no longer known that they do: their alarm
// was set to another state by hand, or nobody evaluated it for a while. What
// hindsight then finds, it makes good.
func (j *judge) cut() {
	gap := j.gap()
	byHand, unseen := j.Record.State != InAlarm, gap.From <= gap.To
	for i, s := range j.stays {
		if s.To == Never && (byHand || unseen) {
			j.stays[i].To = max(s.From, j.judged) + j.cadence
			j.lasted = !byHand
		}
	}
}

// become goes over to another state because of a verdict as of a tick.
func (j *judge) become(v Verdict, tick int64) {
	if j.borrowed {
		j.giveBack(v)
	}
	if v.State == j.out.Record.State {
		return
	}
	j.stays = slices.DeleteFunc(j.stays, func(s Stay) bool {
		empty := s.To == Never && s.From == tick // the rest of what hindsight took apart
		if empty {
			j.drop(s)
		}
		return empty
	})
	for i, s := range j.stays {
		if s.To == Never {
			j.stays[i].To = max(s.From+j.cadence, tick) // the clock may have gone back
		}
	}
	after, _ := j.out.Record.Apply(j.Alarm, v, time.UnixMilli(j.now).UTC())
	if v.State == InAlarm {
		j.begin(tick, j.now)
	}
	j.step(Step{After: after, Verdict: v})
}

// begin begins a stay, or goes on with one that had ended too early.
func (j *judge) begin(tick, told int64) {
	for i, s := range j.stays {
		if s.From <= tick && tick <= s.To {
			j.stays[i].To, j.stays[i].Told, j.stays[i].Late = Never, max(s.Told, told), false
			return
		}
	}
	j.stays = append(j.stays, Stay{From: tick, To: Never, Told: told})
}

// lasts tells whether a stay lasts.
func (j *judge) lasts() bool {
	return slices.ContainsFunc(j.stays, func(s Stay) bool { return s.To == Never })
}

// giveBack ends an ALARM that was set for late data.
func (j *judge) giveBack(v Verdict) {
	j.borrowed = false
	if v.State == InAlarm || v.Cause.Kept() {
		at := time.UnixMilli(j.now).UTC()
		j.step(Step{After: Record{State: OK, Reason: givenBack, Updated: at, Transitioned: at}})
	}
}

// givenBack is the reason for leaving an ALARM that late data had set when
// Evaluate has none.
const givenBack = "The alarm was in ALARM for data that came late; by now it is not."

// step adds a step; Before, the extent of the data and the key are its to find.
func (j *judge) step(s Step) {
	s.Before = j.out.Record
	if s.From == 0 && s.To == 0 {
		s.From, s.To = s.Verdict.extent(j.Alarm, j.tick)
	}
	s.Verdict.Datapoints = slices.Clone(s.Verdict.Datapoints)
	s.Key = fmt.Sprintf("%s %d %d", s.After.State, s.Before.Transitioned.UnixMilli(), len(j.out.Steps))
	if s.Repeated {
		s.Key += fmt.Sprintf(" repeat %d", j.told())
	} else {
		j.out.Record = s.After
		j.rung = j.rung || s.After.State == InAlarm
	}
	j.out.Steps = append(j.out.Steps, s)
}

// extent bounds the data that a verdict rests on: of an ALARM what breaches, else
// all that counts.
func (v Verdict) extent(a Alarm, none int64) (from, to int64) {
	from, to = none, none
	counted := v.Counted()
	if v.State == InAlarm {
		if breaching := v.supporting(a); len(breaching) > 0 {
			counted = breaching
		}
	}
	if n := len(counted); n > 0 {
		from = counted[n-1].Timestamp.UnixMilli()
		to = counted[0].Timestamp.UnixMilli() + int64(a.Period)*1000
	}
	return from, to
}

// regular evaluates the newest tick. The state that it may keep, for lack of data,
// is the one that the ticks before led to, also where nobody evaluated them.
func (j *judge) regular() {
	was := j.state()
	var last Verdict // that changed it
	if gap := j.gap(); gap.From <= gap.To {
		j.windows.walk(j.Alarm, was, gap.From, gap.To-j.cadence, func(_ int64, v Verdict) bool {
			if v.State != was {
				was, last = v.State, v
				last.Datapoints = slices.Clone(v.Datapoints)
			}
			return true
		})
	}
	v := Evaluate(j.Alarm, was, j.windows.at(j.tick))
	if v.Cause.Kept() && v.State == last.State {
		v = last
	}
	switch {
	case j.borrowed || v.State != j.out.Record.State:
		j.become(v, j.tick)
	case v.State == InAlarm && !v.Cause.Kept() && !j.lasts() && !j.lasted:
		j.begin(j.tick, j.Record.Transitioned.UnixMilli()) // what was set by hand is true now
	}
}

// immediate looks at new data as of the coming tick.
func (j *judge) immediate() {
	span := int64(j.Alarm.EvaluationPeriods) * int64(j.Alarm.Period) * 1000
	touched := func(m int64) bool { return m < j.running() && m >= j.running()-span }
	if j.Timing == Faithful || j.state() == InAlarm || !slices.ContainsFunc(j.Touched, touched) || !j.final() {
		return
	}
	slots := j.windows.at(j.running())
	breaching := 0
	for _, d := range slots[len(slots)-j.Alarm.EvaluationPeriods:] {
		if !d.Missing && j.Alarm.Breaches(d) {
			breaching++
		}
	}
	if breaching >= j.Alarm.needed() {
		j.become(Evaluate(j.Alarm, j.state(), slots), j.running())
	}
}

// next is when the alarm is due.
func (j *judge) next(p plan) {
	tick := max(j.tick, j.out.EvaluatedTo) + j.cadence
	due := func(at int64) {
		if j.out.Due == 0 || at < j.out.Due {
			j.out.Due = at
		}
	}
	due(Never)
	_, untold := j.untold()
	clocked := j.Math != nil && j.Math.Clocked
	switch {
	case j.anyPoint(tick-j.reach, tick), j.borrowed, untold, clocked, Evaluate(j.Alarm, j.state(), j.windows.silence(tick)).State != j.state():
		due(tick)
	}
	if at, ok := j.reminder(); ok {
		due(at)
	}
	if len(p.patient) > 0 {
		due(p.soon)
	}
	for _, m := range p.waiting {
		switch {
		case m >= j.running():
			due(m)
		case p.crowded:
			due(j.now)
		default:
			due(tick)
		}
	}
}

func (j *judge) anyPoint(from, to int64) bool {
	for _, p := range j.Points {
		if p.Time >= from && p.Time < to {
			return true
		}
	}
	return false
}
