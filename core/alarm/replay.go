package alarm

import (
	"iter"
	"slices"
	"sort"
	"time"

	"tocsin/core/metric"
)

// A Transition is one change of an alarm's state.
type Transition struct {
	At       time.Time
	From, To State
	// Verdict is the decision and its grounds; it has its own datapoints.
	Verdict Verdict
}

// Replay is what becomes of an alarm over a stretch of the past: its changes of
// state, in order, when it is evaluated at each tick of its Cadence from from to
// to, both included, beginning in INSUFFICIENT_DATA. The alarm is valid (see
// Validate) and on one metric; points are that metric's, in ascending order of
// time, and count from before from on, as they do in AWS.
//
// A zero from is the first point's minute, a zero to is the time from which
// nothing changes any more. Work is done only where there are points within the
// evaluation range, so that quiet years cost nothing.
func Replay(a Alarm, points []metric.Point, from, to time.Time) iter.Seq[Transition] {
	return func(yield func(Transition) bool) { replay(a, points, from, to, yield) }
}

func replay(a Alarm, points []metric.Point, from, to time.Time, yield func(Transition) bool) {
	if from.IsZero() {
		if len(points) == 0 {
			return
		}
		from = time.UnixMilli(points[0].Time)
	}
	w := newWindows(a, points)
	first, last := metric.Align(from.UnixMilli(), Cadence(a)), int64(Never)
	if first < from.UnixMilli() {
		first += w.cadence
	}
	if !to.IsZero() {
		last = to.UnixMilli()
	}
	state := InsufficientData
	w.walk(a, state, first, last, func(tick int64, v Verdict) bool {
		if v.State == state {
			return true
		}
		v.Datapoints = slices.Clone(v.Datapoints)
		was := state
		state = v.State
		return yield(Transition{At: time.UnixMilli(tick).UTC(), From: was, To: state, Verdict: v})
	})
}

// walk evaluates an alarm that is in state at each tick from first to last, both
// included, and shows visit each verdict, whose datapoints are good until it
// returns, until it returns false. Ticks at which nothing can change, because the
// evaluation range is as empty as it was before, are left out.
func (w *windows) walk(a Alarm, state State, first, last int64, visit func(tick int64, v Verdict) bool) {
	// points[oldest:next] are those in the evaluation range.
	oldest := sort.Search(len(w.points), func(i int) bool { return w.points[i].Time >= first-int64(w.count)*w.period })
	next := oldest
	for tick := first; tick <= last; {
		v := Evaluate(a, state, w.at(tick))
		state = v.State
		if !visit(tick, v) {
			return
		}
		for next < len(w.points) && w.points[next].Time < tick {
			next++
		}
		for oldest < next && w.points[oldest].Time < tick-int64(w.count)*w.period {
			oldest++
		}
		switch {
		case oldest < next, w.math != nil && w.math.Clocked:
			tick += w.cadence
		case next < len(w.points):
			tick = metric.Align(w.points[next].Time, time.Duration(w.cadence)*time.Millisecond) + w.cadence
		default:
			return
		}
	}
}
