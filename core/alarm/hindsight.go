package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A finding is a stay in ALARM as all data that is known by now shows it.
type finding struct {
	From, To int64
	// grounds is the verdict of the first tick that makes it news: one that rests
	// on touched data, or that nobody evaluated. It has no State where none does.
	grounds Verdict
	left    Verdict // that ended it
}

func (f finding) news() bool { return f.grounds.State == InAlarm }

// hindsight judges past ticks by what is known now, and makes the stays agree.
func (j *judge) hindsight(p plan) {
	var left Verdict
	for _, ticks := range p.ticks {
		findings := j.find(ticks, p.touched)
		if n := len(findings); n > 0 && findings[n-1].To == Never {
			j.present(&findings[n-1])
		}
		fresh := j.place(findings)
		j.forget(ticks, findings)
		for i, f := range findings {
			if j.lasted && f.To == Never && fresh[i] && !j.rung {
				j.again(f, left)
			}
			left = f.left
		}
	}
	if j.lasted && j.state() == InAlarm && !j.lasts() {
		// Only a state that was kept, for lack of data, is not seen in hindsight.
		j.stays[len(j.stays)-1].To = Never
	}
}

// present brings the state in line with a stay that hindsight shows to last up to
// the newest tick, and ends the stay there when the alarm is not in ALARM.
func (j *judge) present(f *finding) {
	now := Evaluate(j.Alarm, InAlarm, j.windows.at(j.tick))
	switch {
	case j.borrowed && slices.ContainsFunc(j.stays, func(s Stay) bool { return s.Late && s.Told != 0 && f.touches(s) }):
		j.borrowed = false // it was told, and turns out to last
	case j.state() != InAlarm && f.news():
		if now.Cause.Kept() {
			now = f.grounds
		}
		j.become(now, j.tick)
	case j.lasted && !f.news() && !now.Cause.Kept():
		f.grounds = now
		f.grounds.Datapoints = slices.Clone(now.Datapoints)
	}
	if j.state() != InAlarm {
		f.To = j.tick
	}
}

// touches tells whether both are the same stay, or would be had they been known at once.
func (f finding) touches(s Stay) bool { return f.From <= s.To && s.From <= f.To }

// find is the stays in ALARM within a stretch of ticks, which begins in the state
// that the known stays tell.
func (j *judge) find(ticks Stretch, touched []int64) []finding {
	gap := j.gap()
	var out []finding
	var open *finding
	state := OK
	if s, ok := j.covering(ticks.From - j.cadence); ok {
		open, state = &finding{From: s.From}, InAlarm
	}
	j.windows.walk(j.Alarm, state, ticks.From, ticks.To, func(tick int64, v Verdict) bool {
		switch {
		case v.State == InAlarm && open == nil:
			open = &finding{From: tick}
			fallthrough
		case v.State == InAlarm:
			inGap := tick >= gap.From && tick <= gap.To && v.Breaching > 0
			if !open.news() && !v.Cause.Kept() && (j.rests(v, touched) || inGap && !j.rests(v, j.Touched)) {
				open.grounds = v
				open.grounds.Datapoints = slices.Clone(v.Datapoints)
			}
		case open != nil:
			open.To, open.left = tick, v
			open.left.Datapoints = slices.Clone(v.Datapoints)
			out = append(out, *open)
			open = nil
		}
		return true
	})
	after, lasting := j.covering(ticks.To + j.cadence)
	switch {
	case open != nil && ticks.To == j.tick:
		open.To = Never
	case open != nil && lasting:
		open.To = after.To
	case open != nil:
		open.To = ticks.To + j.cadence
	case lasting && after.From <= ticks.To:
		open = &finding{From: ticks.To + j.cadence, To: after.To}
	default:
		return out
	}
	return append(out, *open)
}

// covering is the known stay that a tick lies in.
func (j *judge) covering(tick int64) (Stay, bool) {
	for _, s := range j.stays {
		if s.From <= tick && tick < s.To {
			return s, true
		}
	}
	return Stay{}, false
}

// rests tells whether a breaching datapoint that counted holds one of the minutes.
func (j *judge) rests(v Verdict, minutes []int64) bool {
	if len(minutes) == 0 {
		return false
	}
	for _, d := range v.Counted() {
		start := d.Timestamp.UnixMilli()
		i, _ := slices.BinarySearch(minutes, start)
		if i < len(minutes) && minutes[i] < start+int64(j.Alarm.Period)*1000 && j.Alarm.Breaches(d) {
			return true
		}
	}
	return false
}

// place puts the findings of a stretch of ticks among the stays, and tells of each
// whether it is a stay that nobody was told of. Stays that touch a finding become
// one with it; a stay that falls apart into several was told for all of them.
func (j *judge) place(findings []finding) []bool {
	fresh := make([]bool, len(findings))
	before := j.stays
	taken := make([]bool, len(before))
	var placed []Stay
	for i, f := range findings {
		if f.From >= f.To {
			continue
		}
		now := Stay{From: f.From, To: f.To}
		known := false
		for k, s := range before {
			if !f.touches(s) {
				continue
			}
			now.Told = max(now.Told, s.Told)
			now.Late = s.Late && (now.Late || !known)
			known = true
			switch {
			case taken[k]:
			case now.ID == 0:
				now.ID = s.ID
			default:
				j.drop(s)
			}
			taken[k] = true
		}
		if !known && !f.news() {
			continue
		}
		if !known {
			now.Late, fresh[i] = true, true
		}
		placed = append(placed, now)
	}
	for k, s := range before {
		if !taken[k] {
			placed = append(placed, s)
		}
	}
	slices.SortFunc(placed, func(a, b Stay) int { return cmp.Compare(a.From, b.From) })
	j.stays = placed
	return fresh
}

// forget drops stays that were found late, in data that was not complete, and
// that all of it shows not to have been. Those that rang in time are kept.
func (j *judge) forget(ticks Stretch, findings []finding) {
	j.stays = slices.DeleteFunc(j.stays, func(s Stay) bool {
		borrows := j.borrowed && s.Told == j.out.Record.Transitioned.UnixMilli()
		if !s.Late || borrows || s.From < ticks.From || s.To > ticks.To+j.cadence ||
			slices.ContainsFunc(findings, func(f finding) bool { return f.touches(s) }) {
			return false
		}
		j.drop(s)
		return true
	})
}

// drop notes that a stay is no more.
func (j *judge) drop(s Stay) {
	if s.ID != 0 {
		j.out.Dropped = append(j.out.Dropped, s.ID)
	}
}

// again rings an alarm that is in ALARM, and was before, but left it in between
// while nobody looked.
func (j *judge) again(f finding, left Verdict) {
	if left.State == "" {
		left = Verdict{State: OK, Cause: NotCrossed}
	}
	for i, s := range j.stays {
		if s.From == f.From {
			j.stays[i].Late, j.stays[i].Told = false, j.now
		}
	}
	at := time.UnixMilli(j.now).UTC()
	after, _ := j.out.Record.Apply(j.Alarm, left, at)
	j.step(Step{After: after, Verdict: left})
	after, _ = j.out.Record.Apply(j.Alarm, f.grounds, at)
	j.step(Step{After: after, Verdict: f.grounds})
}

// untold is the newest stay that nobody was told of.
func (j *judge) untold() (*Stay, bool) {
	for i := len(j.stays) - 1; i >= 0; i-- {
		if j.stays[i].Told == 0 {
			return &j.stays[i], true
		}
	}
	return nil, false
}

// late rings for stays that came to light after they had ended.
func (j *judge) late() {
	newest, ok := j.untold()
	if !ok || j.borrowed {
		return
	}
	// In ALARM the notice of that, or its repeat, has to do.
	told := j.now
	if j.state() == InAlarm {
		told = j.told()
	}
	stay, count, oldest := *newest, 0, newest.From
	for i := range j.stays {
		if j.stays[i].Told == 0 {
			j.stays[i].Told = told
			oldest = min(oldest, j.stays[i].From)
			count++
		}
	}
	if j.state() == InAlarm {
		return
	}
	v := Evaluate(j.Alarm, OK, j.windows.at(stay.From))
	after := Record{State: InAlarm, Reason: lateReason(j.Alarm, v, stay, count-1, oldest)}
	after.Updated = time.UnixMilli(j.now).UTC()
	after.Transitioned = after.Updated
	from, _ := v.extent(j.Alarm, stay.From)
	if v.State == InAlarm {
		after.ReasonData = v.ReasonData(j.Alarm, after.Updated)
	}
	j.step(Step{After: after, Verdict: v, Late: true, From: from, To: stay.To})
	j.borrowed = true
}

// lateReason begins with AWS's reason and tells then that it comes late.
func lateReason(a Alarm, v Verdict, s Stay, more int, oldest int64) string {
	reason := ""
	if v.State == InAlarm {
		reason = v.Reason(a) + " "
	}
	date := func(t int64) string { return shortDate(time.UnixMilli(t)) }
	reason += fmt.Sprintf("This is told late: the alarm would have been in ALARM from %s to %s UTC, but the data came, or was looked at, only now.", date(s.From), date(s.To))
	if more > 0 {
		reason += fmt.Sprintf(" So it would have been %s since %s.", plural(more, "other time", "other times"), date(oldest))
	}
	return reason
}
