package alarm

import (
	"time"

	"tocsin/core/metric"
)

// A Datapoint is one period of an alarm's evaluation range.
type Datapoint struct {
	Timestamp time.Time // the period's start
	// Value is the statistic over the period; it means nothing when Missing.
	Value float64
	// SampleCount is how many samples the period has; 0 for metric math.
	SampleCount float64
	// Lower and Upper are the band of an anomaly detection alarm in this period.
	Lower, Upper float64
	Missing      bool
}

// EvaluationRange is how many periods CloudWatch looks at for an alarm, which
// is more than EvaluationPeriods, so that a late or missing datapoint does not
// decide at once.
//
// UNSURE as a general law. Known: 5 for a period of 300 s and N = 3
// (documented), 3 for 900 s and N = 1, 9 for 10 s and N = 3 (recorded). This
// rule fits all three.
func EvaluationRange(a Alarm) int {
	if a.Period > 0 && a.Period < 60 {
		return a.EvaluationPeriods + 60/a.Period
	}
	return a.EvaluationPeriods + 2
}

// Cadence is the time between two evaluations of an alarm: 10 s for periods
// below a minute, an hour for alarms that look at more than a day, otherwise a
// minute (CloudWatch User Guide, "Alarm evaluation").
func Cadence(a Alarm) time.Duration {
	switch {
	case a.Period < 60:
		return 10 * time.Second
	case a.Period*a.EvaluationPeriods > 24*60*60:
		return time.Hour
	}
	return time.Minute
}

// Datapoints is the evaluation range of an alarm on one metric that is
// evaluated at end, oldest first. The windows slide: the newest ends at end.
// Points are in ascending order of time.
func Datapoints(a Alarm, points []metric.Point, end time.Time) []Datapoint {
	return newWindows(a, points).at(end.UnixMilli())
}

// windows reads the periods of one alarm from its metric's points. Each period
// of the evaluation range was the newest once, so results are remembered for as
// long as they can be asked for again.
type windows struct {
	points    []metric.Point
	statistic metric.Statistic
	period    int64 // milliseconds
	cadence   int64
	count     int // periods in the evaluation range
	known     []window
	slots     []Datapoint
	math      *Math // of an alarm on metric math, whose periods it tells
}

type window struct {
	end   int64
	valid bool
	point Datapoint
}

func newWindows(a Alarm, points []metric.Point) *windows {
	w := &windows{
		points:    points,
		statistic: a.Statistic,
		period:    int64(a.Period) * 1000,
		cadence:   Cadence(a).Milliseconds(),
		count:     EvaluationRange(a),
	}
	w.known = make([]window, int64(w.count)*max(w.period/w.cadence, 1)+1)
	w.slots = make([]Datapoint, w.count)
	return w
}

// at is the evaluation range at end; it is valid until the next call.
func (w *windows) at(end int64) []Datapoint {
	if w.math != nil {
		return w.math.Read(end)
	}
	for i := range w.slots {
		w.slots[len(w.slots)-1-i] = w.newest(end - int64(i)*w.period)
	}
	return w.slots
}

// silence is the evaluation range at end, had the metrics no points.
func (w *windows) silence(end int64) []Datapoint {
	if w.math != nil {
		return w.math.Silent(end)
	}
	out := make([]Datapoint, w.count)
	for i := range out {
		out[i].Missing = true
	}
	return out
}

// newest is the period that ends at end.
func (w *windows) newest(end int64) Datapoint {
	k := &w.known[uint64(end/w.cadence)%uint64(len(w.known))]
	if !k.valid || k.end != end {
		*k = window{end: end, valid: true, point: w.read(end-w.period, end)}
	}
	return k.point
}

func (w *windows) read(start, end int64) Datapoint {
	samples := metric.Window(w.points, start, end)
	value, ok := w.statistic.Of(samples)
	return Datapoint{
		Timestamp:   time.UnixMilli(start).UTC(),
		Value:       value,
		SampleCount: samples.SampleCount,
		Missing:     !ok,
	}
}
