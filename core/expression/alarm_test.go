package expression

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// mathAlarm is a valid alarm on an expression over m1 and m2.
func mathAlarm(expression string) alarm.Alarm {
	a := alarm.Alarm{
		Name: "math", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: alarm.GreaterThanThreshold,
		Metrics: []alarm.MetricQuery{{ID: "e1", Expression: expression, ReturnData: true}},
	}
	for _, id := range []string{"m1", "m2"} {
		a.Metrics = append(a.Metrics, alarm.MetricQuery{ID: id, Metric: &alarm.MetricStat{Namespace: "Test", MetricName: id, Period: 60, Stat: "Sum"}})
	}
	return a
}

func TestAlarmRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*alarm.Alarm)
		want   string
	}{
		{"an array", func(a *alarm.Alarm) { a.Metrics[0].Expression = "METRICS()" }, "An alarm expression must return one time series."},
		{"a scalar", func(a *alarm.Alarm) { a.Metrics[0].Expression = "SUM(m1)" }, "Error in expression 'e1': the result is a scalar and must be a time series; write TIME_SERIES(...) around it"},
		{"search", func(a *alarm.Alarm) { a.Metrics[0].Expression = "SUM(SEARCH ('x', 'Sum', 60))" }, "SEARCH is not supported on Metric Alarms."},
		{"syntax", func(a *alarm.Alarm) { a.Metrics[0].Expression = "m1 +" }, "Error in expression 'e1': Invalid syntax: expected a value at character 5"},
		{"an id", func(a *alarm.Alarm) { a.Metrics[1].ID = "M1" }, "The value M1 for parameter Metrics.member.2.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."},
		{"a statistic", func(a *alarm.Alarm) { a.Metrics[2].Metric.Stat = "p101" }, "The value p101 for parameter Metrics.member.3.MetricStat.Stat is not supported."},
		{"periods", func(a *alarm.Alarm) { a.Metrics[2].Metric.Period = 300 }, "All metrics of an alarm must have the same Period; there are 60 and 300 seconds."},
		{"period", func(a *alarm.Alarm) { a.Period = 300 }, "The alarm's Period is 300 seconds and must be that of its metrics, which is 60."},
		{"no metric", func(a *alarm.Alarm) { a.Metrics = a.Metrics[:1]; a.Metrics[0].Expression = "TIME_SERIES(1)" }, "The expression for an alarm must include at least one metric"},
		{"a band", func(a *alarm.Alarm) { a.ThresholdMetricID = "m2" }, "Anomaly detection is not supported: tocsin trains no models; compare with a threshold, or with an expression such as AVG(m1) + 2 * STDDEV(m1)"},
	} {
		a := mathAlarm("m1 + m2")
		c.change(&a)
		_, err := NewAlarm(a)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestAlarmDatapoints: the periods of an evaluation range slide with its end.
func TestAlarmDatapoints(t *testing.T) {
	definition := mathAlarm("m1 / m2")
	definition.Period = 300
	for i := range definition.Metrics[1:] {
		definition.Metrics[1+i].Metric.Period = 300
	}
	a, err := NewAlarm(definition)
	if err != nil {
		t.Fatal(err)
	}
	points := map[string][]metric.Point{}
	for i := range 10 {
		at := noon + int64(i)*60_000
		points["m1"] = append(points["m1"], metric.Point{Time: at, Samples: metric.Of(float64(i))})
		points["m2"] = append(points["m2"], metric.Point{Time: at, Samples: metric.Of(1)})
	}
	math := a.Math(func(s Stat) []metric.Point { return points[s.Metric.Name] })
	show := func(all []alarm.Datapoint) string {
		var out []string
		for _, d := range all {
			v := "_"
			if !d.Missing {
				v = labelNumber(d.Value)
			}
			out = append(out, d.Timestamp.Format("15:04=")+v)
		}
		return strings.Join(out, " ")
	}
	got := []string{
		show(math.Read(noon + 10*60_000)), show(math.Read(noon + 9*60_000)), show(math.Silent(noon)),
	}
	if diff := cmp.Diff([]string{"11:55=_ 12:00=2 12:05=7", "11:54=_ 11:59=1.5 12:04=6", "11:45=_ 11:50=_ 11:55=_"}, got); diff != "" {
		t.Error(diff)
	}
	if math.Clocked {
		t.Error("nothing in it looks at the clock")
	}
	if stats := a.Stats(); len(stats) != 2 || stats[0].Period != 5*time.Minute {
		t.Errorf("%+v", stats)
	}
}
