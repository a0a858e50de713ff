package alarm

import (
	"iter"
	"slices"
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
	cadence := Cadence(a)
	end := metric.Align(from.UnixMilli(), cadence)
	if end < from.UnixMilli() {
		end += w.cadence
	}
	state := InsufficientData
	oldest, next := 0, 0 // points[oldest:next] are those in the evaluation range
	for to.IsZero() || end <= to.UnixMilli() {
		v := Evaluate(a, state, w.at(end))
		if v.State != state {
			v.Datapoints = slices.Clone(v.Datapoints)
			if !yield(Transition{At: time.UnixMilli(end).UTC(), From: state, To: v.State, Verdict: v}) {
				return
			}
			state = v.State
		}
		for next < len(points) && points[next].Time < end {
			next++
		}
		for oldest < next && points[oldest].Time < end-int64(w.count)*w.period {
			oldest++
		}
		switch {
		case oldest < next:
			end += w.cadence
		case next < len(points):
			// The range is empty, and to evaluate it again changes nothing,
			// until the next point comes in.
			end = metric.Align(points[next].Time, cadence) + w.cadence
		default:
			return
		}
	}
}
