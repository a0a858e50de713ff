package alarm

import (
	"testing"
	"time"

	"tocsin/core/metric"
)

// TestMathCase: an alarm on metric math is due while its points matter, while the
// clock alone may change it, or while silence would; and never rings before its tick.
func TestMathCase(t *testing.T) {
	tick := time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)
	constant := func(v float64) func(int64) []Datapoint {
		return func(end int64) []Datapoint {
			var out []Datapoint
			for i := int64(3); i > 0; i-- {
				out = append(out, Datapoint{Timestamp: time.UnixMilli(end - i*60_000).UTC(), Value: v})
			}
			return out
		}
	}
	missing := func(end int64) []Datapoint {
		out := constant(0)(end)
		for i := range out {
			out[i].Missing = true
		}
		return out
	}
	minute := metric.Point{Time: tick.UnixMilli(), Samples: metric.Of(5)}
	for _, c := range []struct {
		name   string
		math   Math
		points []metric.Point
		was    State
		want   State
		due    time.Time // zero for never
	}{
		{"nothing happens", Math{Read: constant(0), Silent: constant(0)}, nil, OK, OK, time.Time{}},
		{"the clock may change it", Math{Read: constant(0), Silent: constant(0), Clocked: true}, nil, OK, OK, tick.Add(time.Minute)},
		{"silence will ring it", Math{Read: constant(0), Silent: constant(9)}, nil, OK, OK, tick.Add(time.Minute)},
		{"silence will end it", Math{Read: constant(9), Silent: missing}, nil, InAlarm, InAlarm, tick.Add(time.Minute)},
		{"points will move on", Math{Read: constant(0), Silent: constant(0)}, []metric.Point{minute}, OK, OK, tick.Add(time.Minute)},
		{"it rings at a tick", Math{Read: constant(9), Silent: constant(9)}, nil, OK, InAlarm, time.Time{}},
	} {
		a := Alarm{
			Name: "math", ARN: ARN("aws", "us-east-1", "000000000000", "math"), Period: 60, EvaluationPeriods: 1, Threshold: 5,
			ComparisonOperator: GreaterThanThreshold, Metrics: []MetricQuery{{ID: "e", Expression: "1", ReturnData: true}},
		}
		r := Record{State: c.was, Updated: tick.Add(-time.Hour), Transitioned: tick.Add(-time.Hour)}
		j := Case{Alarm: a, Record: r, Points: c.points, Math: &c.math, EvaluatedTo: tick.Add(-time.Minute).UnixMilli()}.Judge(tick)
		due := int64(Never)
		if !c.due.IsZero() {
			due = c.due.UnixMilli()
		}
		if j.Record.State != c.want || j.Due != due {
			t.Errorf("%s: %s, due %d; want %s, %d", c.name, j.Record.State, j.Due, c.want, due)
		}
	}
	// Between two ticks nothing is judged, whatever is touched.
	a := Alarm{Name: "math", Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: GreaterThanThreshold}
	math := Math{Read: constant(9), Silent: missing}
	j := Case{
		Alarm: a, Record: Record{State: OK, Updated: tick, Transitioned: tick}, Touched: []int64{tick.UnixMilli()},
		Points: []metric.Point{minute}, Math: &math, EvaluatedTo: tick.UnixMilli(),
	}.Judge(tick.Add(20 * time.Second))
	if len(j.Steps) > 0 || j.Due != tick.Add(time.Minute).UnixMilli() {
		t.Errorf("%+v", j)
	}
}
