package expression

import (
	"fmt"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// An Alarm is an alarm on metric math, ready to be judged. It is never changed after
// NewAlarm and may be shared.
type Alarm struct {
	definition alarm.Alarm
	set        *Set
	id         string // of the query that is compared with the threshold
}

// AlarmPeriod is the period, in seconds, of an alarm with these Metrics: that which
// all of its metrics have. An error is an *InvalidError.
//
// UNSURE: whether AWS takes metrics with different periods. Here it is an error.
func AlarmPeriod(queries []alarm.MetricQuery) (int, error) {
	period := 0
	for _, q := range queries {
		switch {
		case q.Metric == nil:
		case period == 0:
			period = q.Metric.Period
		case q.Metric.Period != period:
			return 0, invalid("All metrics of an alarm must have the same Period; there are %d and %d seconds.", period, q.Metric.Period)
		}
	}
	if period == 0 {
		return 0, invalid("The expression for an alarm must include at least one metric")
	}
	return period, nil
}

// NewAlarm checks the Metrics of an alarm as PutMetricAlarm does, on top of what
// alarm.Alarm.Validate does. An error is an *InvalidError.
func NewAlarm(a alarm.Alarm) (*Alarm, error) {
	period, err := AlarmPeriod(a.Metrics)
	switch {
	case err != nil:
		return nil, err
	case a.Period != period:
		return nil, invalid("The alarm's Period is %d seconds and must be that of its metrics, which is %d.", a.Period, period)
	case a.ThresholdMetricID != "":
		return nil, invalid("Anomaly detection is not supported: %s", unsupported["ANOMALY_DETECTION_BAND"])
	}
	out := &Alarm{definition: a}
	var queries []Query
	for _, q := range a.Metrics {
		query := Query{ID: q.ID, Expression: q.Expression, Label: q.Label, Hidden: !q.ReturnData, Period: time.Duration(a.Period) * time.Second}
		if m := q.Metric; m != nil {
			statistic, err := metric.ParseStatistic(m.Stat)
			if err != nil {
				return nil, invalid("The value %s for parameter Metrics.member.%d.MetricStat.Stat is not supported.", m.Stat, len(queries)+1)
			}
			query.Stat = &Stat{
				Metric:    metric.NewIdentity(m.Namespace, m.MetricName, m.Dimensions...),
				Statistic: statistic, Period: time.Duration(m.Period) * time.Second, Unit: m.Unit, AccountID: q.AccountID,
			}
		}
		if q.ReturnData {
			out.id = q.ID
		}
		queries = append(queries, query)
	}
	if out.set, err = newSet(queries, "Metrics"); err != nil {
		return nil, err
	}
	for _, e := range out.set.parsed {
		if e.Calls("SEARCH") {
			return nil, invalid("SEARCH is not supported on Metric Alarms.")
		}
	}
	if out.set.Kind(out.id) != TimeSeries {
		return nil, invalid("An alarm expression must return one time series.")
	}
	return out, nil
}

// Stats are the metrics that the alarm looks at.
func (a *Alarm) Stats() []Stat { return a.set.Stats() }

// Math is how the alarm comes to its datapoints, given the points of its metrics in
// ascending order of time.
func (a *Alarm) Math(points func(Stat) []metric.Point) *alarm.Math {
	read := func(end int64, points func(Stat) []metric.Point) []alarm.Datapoint {
		period := time.Duration(a.definition.Period) * time.Second
		r := Range{End: end, Anchor: end}
		r.Start = end - int64(alarm.EvaluationRange(a.definition))*period.Milliseconds()
		results, err := a.set.evaluate(r, Reader{Series: func(s Stat, r Range) (Series, []Message, error) {
			return Read(points(s), s, r), nil, nil
		}}, map[string][]Message{})
		if err != nil {
			// Nothing that is read can fail, and periods were checked.
			panic(fmt.Sprintf("metric math of %s: %v", a.definition.Name, err))
		}
		var out []alarm.Datapoint
		for _, start := range r.Periods(period) {
			d := alarm.Datapoint{Timestamp: time.UnixMilli(start).UTC()}
			v, ok := results[a.id].series[0].at(start)
			d.Value, d.Missing = v, !ok
			out = append(out, d)
		}
		return out
	}
	return &alarm.Math{
		Read:    func(end int64) []alarm.Datapoint { return read(end, points) },
		Silent:  func(end int64) []alarm.Datapoint { return read(end, func(Stat) []metric.Point { return nil }) },
		Clocked: a.set.Clocked(),
	}
}
