package alarm

import (
	"cmp"
	"slices"
	"time"

	"tocsin/core/metric"
)

// A Stretch is a stretch of time from From on and before To, in milliseconds
// since 1970.
type Stretch struct{ From, To int64 }

// Bounds of one judgement. Touched minutes beyond maxReach stay unsettled, for
// the next one; a case is never without its newest.
const (
	maxReach = 31 * 24 * time.Hour
	// maxGap is how far back ticks that nobody evaluated are made up for. It is as
	// old as CloudWatch lets data be (PutLogEvents and PutMetricData: two weeks).
	maxGap = 14 * 24 * time.Hour
)

// Reach is the time of whose points and stays Judge has to know when it is
// called with the same now; ascending, without overlap. It is told before these
// are read, but for the stays that were not told yet.
func (c Case) Reach(now time.Time) []Stretch {
	f := c.at(now)
	out := []Stretch{{f.tick - f.reach, f.running()}}
	for _, s := range f.plan().ticks {
		out = append(out, Stretch{s.From - f.reach, s.To})
	}
	return merge(out, 0)
}

// A plan is which ticks of the past are to be judged, and for which touched
// minutes that has to wait.
type plan struct {
	ticks []Stretch // of ticks, both ends included; ascending
	// touched are the minutes that are judged as of their own ticks.
	touched []int64
	waiting []int64 // ascending
	// crowded says that some wait only because there are too many.
	crowded bool
	// patient are minutes that wait until soon, when they may be told of.
	patient []int64
	soon    int64
}

// plan looks at touched minutes, at ticks that nobody evaluated, and at stays
// that nobody was told of.
//
// Where more data can take a breach back, minutes are judged as of the past only
// when they are out of sight of regular evaluations, and only at a tick that
// follows another: until then the rest of what came late has a chance to come, too.
func (f *frame) plan() plan {
	var p plan
	growing := f.growing()
	var wanted []Stretch
	room := maxReach.Milliseconds()
	for _, m := range slices.Backward(f.Touched) {
		s := f.ticksOf(m)
		switch {
		case m >= f.running():
			p.waiting = append(p.waiting, m)
		case f.Timing == Faithful || s.From > f.tick:
		case !growing && m >= f.tick-f.reach:
		case !growing && f.tick != f.judged+f.cadence:
			p.waiting = append(p.waiting, m)
		default:
			length := s.To - s.From + f.reach
			if n := len(wanted); n > 0 && s.To >= wanted[n-1].From {
				length = wanted[n-1].From - s.From
			}
			if length > room && len(wanted) > 0 {
				room, p.crowded = 0, true
				p.waiting = append(p.waiting, m)
				continue
			}
			room -= length
			wanted = append(wanted, s)
			p.touched = append(p.touched, m)
		}
	}
	slices.Reverse(p.touched)
	slices.Reverse(p.waiting)
	if gap := f.gap(); gap.From <= gap.To {
		wanted = append(wanted, gap)
	}
	if s, ok := f.newestUntold(); ok {
		wanted = append(wanted, Stretch{s.From, s.From})
	}
	p.ticks = merge(wanted, f.cadence)
	return p
}

// ticksOf are the ticks whose evaluation ranges hold a minute, and the one after
// them, as far as there were any.
func (f *frame) ticksOf(minute int64) Stretch {
	align := func(t int64) int64 { return metric.Align(t, time.Duration(f.cadence)*time.Millisecond) }
	s := Stretch{align(minute) + f.cadence, align(minute+f.reach) + f.cadence}
	if f.Alarm.treat() == Ignore {
		s.To = f.tick // the state that a minute brings about may last for ever
	}
	s.To = min(s.To, f.tick)
	return s
}

// gap are the ticks before the newest that nobody evaluated.
func (f *frame) gap() Stretch {
	if !f.fresh() || f.tick <= f.judged+f.cadence {
		return Stretch{1, 0}
	}
	limit := metric.Align(f.tick-maxGap.Milliseconds(), time.Duration(f.cadence)*time.Millisecond)
	return Stretch{max(f.judged+f.cadence, limit), f.tick}
}

// newestUntold is the newest of the stays that nobody was told of.
func (f *frame) newestUntold() (Stay, bool) {
	for _, s := range slices.Backward(f.Stays) {
		if s.Told == 0 {
			return s, true
		}
	}
	return Stay{}, false
}

// merge sorts stretches and joins those with at most apart between them.
func merge(stretches []Stretch, apart int64) []Stretch {
	slices.SortFunc(stretches, func(a, b Stretch) int { return cmp.Compare(a.From, b.From) })
	var out []Stretch
	for _, s := range stretches {
		if n := len(out); n > 0 && s.From <= out[n-1].To+apart {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}
