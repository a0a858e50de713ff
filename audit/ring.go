package audit

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
)

// A ringing is what it takes to ring an alarm.
type ringing struct {
	events int           // in one minute; 0 when no number tried rings it
	spread int           // or so many in each of this many periods, when more than 1
	window time.Duration // in which they have to come
	again  bool          // whether it rings a second time
	quiet  alarm.State   // what it is in without events
}

// bursts are the numbers of events that are tried, until one rings.
var bursts = []int{1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 50, 100, 250, 1000, 10000}

// start is where the trial's clock begins; any time would do.
var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// try finds out by alarm.Replay how many events ring an alarm on the metric that
// a filter feeds. Each adds value; other events add byDefault, when not nil.
func try(a alarm.Alarm, value float64, byDefault *float64) ringing {
	period := time.Duration(a.Period) * time.Second
	span := time.Duration(alarm.EvaluationRange(a)+a.EvaluationPeriods) * period
	r := ringing{window: period, quiet: alarm.OK}
	if byDefault == nil {
		r.quiet = alarm.Evaluate(a, alarm.OK, alarm.Datapoints(a, nil, start)).State
	}
	for _, n := range bursts {
		if rings, again := replay(a, value, byDefault, n, 1, span, period); rings {
			r.events, r.spread, r.again = n, 1, again
			return r
		}
	}
	if a.EvaluationPeriods > 1 && a.EvaluationPeriods <= 50 {
		for _, n := range bursts[:8] {
			if rings, again := replay(a, value, byDefault, n, a.EvaluationPeriods, span, period); rings {
				r.events, r.spread, r.again = n, a.EvaluationPeriods, again
				r.window = period * time.Duration(a.EvaluationPeriods)
				return r
			}
		}
	}
	return r
}

// replay tells whether n events in each of some periods ring the alarm, and
// whether they do so again a good while later.
func replay(a alarm.Alarm, value float64, byDefault *float64, n, periods int, span, period time.Duration) (rings, again bool) {
	first := start.Add(2*span + time.Hour).Truncate(time.Minute)
	second := first.Add(3*span + 24*time.Hour)
	end := second.Add(span + time.Duration(periods)*period + time.Hour)
	points := background(byDefault, start.Add(-span), end, span)
	for _, at := range []time.Time{first, second} {
		for i := range periods {
			points = addSamples(points, at.Add(time.Duration(i)*max(period, time.Minute)).UnixMilli(), value, float64(n))
		}
	}
	for t := range alarm.Replay(a, points, start, end) {
		if t.To == alarm.InAlarm {
			rings = rings || t.At.After(first) && t.At.Before(second)
			again = again || rings && t.At.After(second)
		}
	}
	return rings, again
}

// background are the datapoints of other events of the log group, which publish
// the default value: each minute, or for long spans so often that each period has some.
func background(byDefault *float64, from, to time.Time, span time.Duration) []metric.Point {
	if byDefault == nil {
		return nil
	}
	step := time.Minute
	if span > 6*time.Hour {
		step = 30 * time.Minute
	}
	var points []metric.Point
	for t := from.Truncate(step); t.Before(to); t = t.Add(step) {
		points = append(points, metric.Point{Time: t.UnixMilli(), Samples: metric.Of(*byDefault)})
	}
	return points
}

func addSamples(points []metric.Point, at int64, value, count float64) []metric.Point {
	i, found := slices.BinarySearchFunc(points, at, func(p metric.Point, at int64) int {
		switch {
		case p.Time < at:
			return -1
		case p.Time > at:
			return 1
		}
		return 0
	})
	if !found {
		points = slices.Insert(points, i, metric.Point{Time: at})
	}
	points[i].Samples = points[i].Samples.Clone()
	points[i].Samples.Add(value, count)
	return points
}

// simple is the alarm as one on a single metric that behaves the same: its own,
// or that of metric math that only passes on or adds up; false for what is not judged.
func (m *MetricAlarm) simple(watched metric.Identity) (alarm.Alarm, bool) {
	a := m.Alarm
	if m.MetricName != "" {
		return a, m.ThresholdMetricID == ""
	}
	var fed alarm.MetricQuery
	var shown string
	for _, q := range m.Metrics {
		if q.Metric != nil && q.Metric.Namespace == watched.Namespace && q.Metric.MetricName == watched.Name {
			fed = q
		}
		if q.ReturnData {
			if shown = q.Expression; q.Expression == "" {
				shown = q.ID
			}
		}
	}
	if fed.Metric == nil || m.ThresholdMetricID != "" || !passesOn(shown, fed.ID) {
		return a, false
	}
	st, err := metric.ParseStatistic(fed.Metric.Stat)
	if err != nil {
		return a, false
	}
	a.Metrics = nil
	a.Namespace, a.MetricName, a.Dimensions = fed.Metric.Namespace, fed.Metric.MetricName, fed.Metric.Dimensions
	a.Statistic, a.Period, a.Unit = st, fed.Metric.Period, fed.Metric.Unit
	return a, true
}

var (
	oneID  = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
	filled = regexp.MustCompile(`^FILL\(([a-z][A-Za-z0-9_]*),0\)$`)
)

// passesOn tells whether an expression is the metric id, or a sum with it.
func passesOn(expression, id string) bool {
	e := strings.ReplaceAll(expression, " ", "")
	if e == "SUM(METRICS())" {
		return true
	}
	if inner, ok := strings.CutPrefix(e, "SUM(["); ok {
		e = strings.ReplaceAll(strings.TrimSuffix(inner, "])"), ",", "+")
	}
	has := false
	for term := range strings.SplitSeq(e, "+") {
		if m := filled.FindStringSubmatch(term); m != nil {
			term = m[1]
		}
		if !oneID.MatchString(term) {
			return false
		}
		has = has || term == id
	}
	return has
}

// sound tells whether a definition is one that CloudWatch would have accepted, and
// so that it can be judged.
func (m *MetricAlarm) sound(a alarm.Alarm) error {
	if m.Odd != "" {
		return fmt.Errorf("%s", m.Odd)
	}
	if a.Period < 1 || a.EvaluationPeriods < 1 || math.IsNaN(a.Threshold) || math.IsInf(a.Threshold, 0) {
		return fmt.Errorf("the answer has no Period, EvaluationPeriods or Threshold that can be read")
	}
	a.OKActions, a.InsufficientDataActions, a.Metrics = nil, nil, nil
	return a.Validate()
}

// valueOf is what one matching event adds to the metric: a number, or what the
// field gives in the examples that have it; false when none does.
func (m FilterMetric) valueOf(r *reading, match []control.Example) (float64, bool) {
	if v, err := strconv.ParseFloat(m.Value, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		return v, true
	}
	for _, e := range match {
		if text, ok := r.pattern.Lookup(e.Event, m.Value); ok {
			if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
				return v, true
			}
		}
	}
	return 0, false
}
