package audit

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
)

// A ringing is what it takes to ring an alarm.
type ringing struct {
	events int              // in one minute; 0 when no number tried rings it
	spread int              // or so many in each of this many periods, when more than 1
	period time.Duration    // of the alarm
	again  bool             // whether it rings a second time
	first  alarm.Transition // that rings
	quiet  alarm.State      // what it is in without events
}

// bursts are the numbers of events that are tried, until one rings.
var bursts = []int{1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 50, 100, 250, 1000, 10000}

// start is where the trial's clock begins; any time would do.
var start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// try finds out by alarm.Replay how many events ring an alarm on the metric that
// a filter feeds. Each adds value; other events add the default values.
func try(a alarm.Alarm, value float64, defaults []float64) ringing {
	period := time.Duration(a.Period) * time.Second
	span := time.Duration(alarm.EvaluationRange(a)+a.EvaluationPeriods) * period
	r := ringing{period: period, quiet: alarm.OK}
	if len(defaults) == 0 {
		r.quiet = alarm.Evaluate(a, alarm.OK, alarm.Datapoints(a, nil, start)).State
	}
	for _, n := range bursts {
		if first, again := replay(a, value, defaults, n, 1, span, period); first.To == alarm.InAlarm {
			r.events, r.spread, r.first, r.again = n, 1, first, again
			return r
		}
	}
	if a.EvaluationPeriods > 1 && a.EvaluationPeriods <= 50 {
		for _, n := range bursts[:8] {
			if first, again := replay(a, value, defaults, n, a.EvaluationPeriods, span, period); first.To == alarm.InAlarm {
				r.events, r.spread, r.first, r.again = n, a.EvaluationPeriods, first, again
				return r
			}
		}
	}
	return r
}

// replay is how n events in each of some periods ring the alarm, if they do, and
// whether they do so again a good while later.
func replay(a alarm.Alarm, value float64, defaults []float64, n, periods int, span, period time.Duration) (rings alarm.Transition, again bool) {
	first := start.Add(2*span + time.Hour).Truncate(time.Minute)
	second := first.Add(3*span + 24*time.Hour)
	end := second.Add(span + time.Duration(periods)*period + time.Hour)
	points := background(defaults, start.Add(-span), end, span)
	for _, at := range []time.Time{first, second} {
		for i := range periods {
			points = addSamples(points, at.Add(time.Duration(i)*max(period, time.Minute)).UnixMilli(), value, float64(n))
		}
	}
	for t := range alarm.Replay(a, points, start, end) {
		if t.To == alarm.InAlarm {
			if rings.To == "" && t.At.After(first) && t.At.Before(second) {
				rings = t
			}
			again = again || rings.To != "" && t.At.After(second)
		}
	}
	return rings, again
}

// background are the datapoints of other events of the log group, which publish
// default values: each minute, or for long spans so often that each period has some.
func background(defaults []float64, from, to time.Time, span time.Duration) []metric.Point {
	if len(defaults) == 0 {
		return nil
	}
	step := time.Minute
	if span > 6*time.Hour {
		step = 30 * time.Minute
	}
	var points []metric.Point
	for t := from.Truncate(step); t.Before(to); t = t.Add(step) {
		points = append(points, metric.Point{Time: t.UnixMilli(), Samples: metric.Of(defaults...)})
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

// tryBoth tries an alarm while other events of the log group publish default
// values, where there are any, and in a log group that is quiet but for the event;
// what is worse counts.
func tryBoth(defaults bool, try func(busy bool) ringing) ringing {
	ring := try(defaults)
	if !defaults || ring.events == 0 {
		return ring
	}
	if quiet := try(false); quiet.events == 0 || quiet.events > ring.events || !quiet.again {
		return quiet
	}
	return ring
}

// simple is the alarm as one on a single metric that behaves the same: its own,
// or the one of its Metrics that it shows as it is; false for metric math.
func (m *MetricAlarm) simple(of FilterMetric) (alarm.Alarm, bool) {
	a := m.Alarm
	if m.MetricName != "" {
		return a, m.ThresholdMetricID == ""
	}
	if len(m.Metrics) != 1 || m.Metrics[0].Metric == nil || m.ThresholdMetricID != "" {
		return a, false
	}
	fed := m.Metrics[0].Metric
	st, err := metric.ParseStatistic(fed.Stat)
	if err != nil || fed.Namespace != of.Namespace || fed.MetricName != of.Name {
		return a, false
	}
	a.Metrics = nil
	a.Namespace, a.MetricName, a.Dimensions = fed.Namespace, fed.MetricName, fed.Dimensions
	a.Statistic, a.Period, a.Unit = st, fed.Period, fed.Unit
	return a, true
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

// valueOf is what one matching event adds to the metric: a number, or the least
// that the field gives in the control's examples; lacks is one that the filter
// matches and that has no such field. False when none has.
func (m FilterMetric) valueOf(r *reading, match []control.Example) (least float64, lacks string, ok bool) {
	if v, is := finite(m.Value); is {
		return v, "", true
	}
	for _, e := range match {
		if !r.match(e.Event) {
			continue
		}
		text, has := r.pattern.Lookup(e.Event, m.Value)
		v, is := finite(text)
		switch {
		case !has || !is:
			lacks = e.Name
		case !ok || v < least:
			least, ok = v, true
		}
	}
	return least, lacks, ok
}

func finite(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}
