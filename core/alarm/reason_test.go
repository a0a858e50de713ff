package alarm

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
)

// at is a time of the recordings' day.
func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-09-14 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// recordedRange is the evaluation range of the recorded alarms, 9 periods of 10
// seconds, whose newest began at newest; given are the values by clock time.
func recordedRange(newest string, values map[string]float64) []Datapoint {
	var out []Datapoint
	for i := range 9 {
		start := at(newest).Add(time.Duration(i-8) * 10 * time.Second)
		d := Datapoint{Timestamp: start, Missing: true}
		if v, ok := values[start.Format("15:04:05")]; ok {
			d = Datapoint{Timestamp: start, Value: v, SampleCount: 1}
		}
		out = append(out, d)
	}
	return out
}

// TestRecordedReasons has evaluations recorded from AWS, each with the text and
// the data that AWS gave. The alarms have N = 3, a period of 10 s, the average
// and a threshold of more than 50.
func TestRecordedReasons(t *testing.T) {
	for _, c := range []struct {
		name   string
		m      int
		treat  TreatMissingData
		was    State
		newest string
		values map[string]float64

		state                    State
		reason                   string
		start, recent, evaluated string
	}{
		{
			"two of three", 2, Missing, InsufficientData, "05:42:40",
			map[string]float64{"05:42:20": 100, "05:42:30": 0, "05:42:40": 100},
			InAlarm,
			"Threshold Crossed: 2 out of the last 3 datapoints [100.0 (14/09/26 05:42:40), 100.0 (14/09/26 05:42:20)] were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition).",
			"05:42:20", "[100.0,0.0,100.0]", "05:42:40=100.0 05:42:20=100.0",
		},
		{
			"a good one of three", 3, Breaching, InAlarm, "05:42:40",
			map[string]float64{"05:42:20": 100, "05:42:30": 0, "05:42:40": 100},
			OK,
			"Threshold Crossed: 1 out of the last 3 datapoints [0.0 (14/09/26 05:42:30)] was not greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).",
			"05:42:20", "[100.0,0.0,100.0]", "05:42:30=0.0",
		},
		{
			"the oldest breach leaves the range", 2, Missing, InAlarm, "05:43:50",
			map[string]float64{"05:42:30": 0, "05:42:40": 100},
			OK,
			"Threshold Crossed: 1 out of the last 3 datapoints [0.0 (14/09/26 05:42:30)] was not greater than the threshold (50.0) (minimum 2 datapoints for ALARM -> OK transition).",
			"05:42:30", "[0.0,100.0]", "05:43:50 05:42:30=0.0",
		},
		{
			"the last breach is old enough", 2, Missing, OK, "05:44:00",
			map[string]float64{"05:42:40": 100},
			InAlarm,
			"Threshold Crossed: 1 out of the last 3 datapoints [100.0 (14/09/26 05:42:40)] was greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition).",
			"05:42:40", "[100.0]", "05:44:00 05:42:40=100.0",
		},
		{
			"all expired, M = 3", 3, Missing, InAlarm, "05:44:10", nil,
			InsufficientData, "Insufficient Data: 3 datapoints were unknown.",
			"", "[]", "05:44:10 05:44:00 05:43:50",
		},
		{
			"all expired, M = 2", 2, Missing, InAlarm, "05:44:10", nil,
			InsufficientData, "Insufficient Data: 3 datapoints were unknown.",
			"", "[]", "05:44:10 05:44:00",
		},
		{
			"a lone breach, M = 3", 3, Missing, InsufficientData, "05:47:10",
			map[string]float64{"05:46:50": 100},
			InAlarm,
			"Threshold Crossed: 1 out of the last 3 datapoints [100.0 (14/09/26 05:46:50)] was greater than the threshold (50.0) (minimum 3 datapoints for OK -> ALARM transition).",
			"05:46:50", "[100.0]", "05:47:10 05:47:00 05:46:50=100.0",
		},
		{
			"gaps", 2, Missing, InsufficientData, "05:51:30",
			map[string]float64{"05:50:50": 0, "05:51:10": 100, "05:51:30": 100},
			InAlarm,
			"Threshold Crossed: 2 out of the last 3 datapoints [100.0 (14/09/26 05:51:30), 100.0 (14/09/26 05:51:10)] were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition).",
			"05:50:50", "[0.0,null,100.0,null,100.0]", "05:51:30=100.0 05:51:10=100.0",
		},
		{
			"filled as breaching", 3, Breaching, OK, "05:52:20",
			map[string]float64{"05:51:10": 100, "05:51:30": 100},
			InAlarm,
			"Threshold Crossed: 2 out of the last 3 datapoints [100.0 (14/09/26 05:51:30), 100.0 (14/09/26 05:51:10)] were greater than the threshold (50.0) and 1 missing datapoint was treated as [Breaching] (minimum 3 datapoints for OK -> ALARM transition).",
			"05:51:10", "[100.0,null,100.0]", "05:52:20 05:51:30=100.0 05:51:10=100.0",
		},
		{
			"a good one, others filled", 3, Breaching, InAlarm, "05:54:10",
			map[string]float64{"05:54:10": 0},
			OK,
			"Threshold Crossed: 1 out of the last 3 datapoints [0.0 (14/09/26 05:54:10)] was not greater than the threshold (50.0) and 2 missing datapoints were treated as [Breaching] (minimum 1 datapoint for ALARM -> OK transition).",
			"05:54:10", "[0.0]", "05:54:10=0.0",
		},
		{
			"a good one, others missing", 2, Missing, InsufficientData, "05:54:10",
			map[string]float64{"05:54:10": 0},
			OK,
			"Threshold Crossed: 1 out of the last 3 datapoints [0.0 (14/09/26 05:54:10)] was not greater than the threshold (50.0) (minimum 2 datapoints for ALARM -> OK transition).",
			"05:54:10", "[0.0]", "05:54:10=0.0 05:54:00",
		},
		{
			"nothing, filled as breaching", 3, Breaching, OK, "05:55:40", nil,
			InAlarm,
			"Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
			"", "[]", "05:55:40 05:55:30 05:55:20",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := Alarm{
				Period: 10, EvaluationPeriods: 3, DatapointsToAlarm: c.m, Threshold: 50, ComparisonOperator: GreaterThanThreshold,
				TreatMissingData: c.treat, Statistic: metric.MustStatistic("Average"), Unit: "Count",
			}
			v := Evaluate(a, c.was, recordedRange(c.newest, c.values))
			if v.State != c.state {
				t.Fatalf("state %s, want %s", v.State, c.state)
			}
			if diff := cmp.Diff(c.reason, v.Reason(a)); diff != "" {
				t.Error(diff)
			}
			day := func(clock string) string { return `"2026-09-14T` + clock + `.000+0000"` }
			want := `{"version":"1.0","queryDate":"2026-09-14T06:00:00.000+0000",`
			if c.start != "" {
				want += `"startDate":` + day(c.start) + `,`
			}
			want += `"unit":"Count","statistic":"Average","period":10,"recentDatapoints":` + c.recent + `,"threshold":50.0,"evaluatedDatapoints":[`
			for i, point := range strings.Fields(c.evaluated) {
				if i > 0 {
					want += ","
				}
				clock, value, ok := strings.Cut(point, "=")
				want += `{"timestamp":` + day(clock)
				if ok {
					want += `,"sampleCount":1.0,"value":` + value
				}
				want += "}"
			}
			want += "]}"
			if diff := cmp.Diff(want, v.ReasonData(a, at("06:00:00"))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReasonForms has one row for each form of the text; "recorded" and
// "documented" ones are AWS's, others follow from them.
func TestReasonForms(t *testing.T) {
	for _, c := range []struct {
		name   string
		alarm  Alarm
		values string // oldest first, "_" without data
		want   string
	}{
		{
			"recorded: M not set",
			Alarm{Period: 10, EvaluationPeriods: 1, Threshold: 21, ComparisonOperator: GreaterThanThreshold, TreatMissingData: Ignore},
			"_ 21.5",
			"Threshold Crossed: 1 datapoint [21.5 (14/09/26 11:59:50)] was greater than the threshold (21.0).",
		},
		{
			"recorded: OK, M not set",
			Alarm{Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: LessThanThreshold, TreatMissingData: NotBreaching},
			"1",
			"Threshold Crossed: 1 datapoint [1.0 (14/09/26 11:59:00)] was not less than the threshold (1.0).",
		},
		{
			"recorded: OK with at least",
			Alarm{Period: 300, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: GreaterThanOrEqualToThreshold},
			"0",
			"Threshold Crossed: 1 datapoint [0.0 (14/09/26 11:55:00)] was not greater than or equal to the threshold (1.0).",
		},
		{
			"three, M not set",
			Alarm{Period: 60, EvaluationPeriods: 3, Threshold: 50, ComparisonOperator: LessThanOrEqualToThreshold},
			"1 2 3",
			"Threshold Crossed: 3 datapoints [3.0 (14/09/26 11:59:00), 2.0 (14/09/26 11:58:00), 1.0 (14/09/26 11:57:00)] were less than or equal to the threshold (50.0).",
		},
		{
			"recorded: five, M not set",
			Alarm{Period: 60, EvaluationPeriods: 5, Threshold: 10, ComparisonOperator: GreaterThanThreshold},
			"27.5 27.5 27.5 27.5 27.5",
			"Threshold Crossed: 5 datapoints were greater than the threshold (10.0). The most recent datapoints which crossed the threshold: [27.5 (14/09/26 11:59:00), 27.5 (14/09/26 11:58:00), 27.5 (14/09/26 11:57:00), 27.5 (14/09/26 11:56:00), 27.5 (14/09/26 11:55:00)].",
		},
		{
			"recorded: more than five, M set",
			Alarm{Period: 60, EvaluationPeriods: 6, DatapointsToAlarm: 6, Threshold: 20, ComparisonOperator: GreaterThanThreshold},
			"59 59 59 59 60 60",
			"Threshold Crossed: 6 out of the last 6 datapoints were greater than the threshold (20.0). The most recent datapoints which crossed the threshold: [60.0 (14/09/26 11:59:00), 60.0 (14/09/26 11:58:00), 59.0 (14/09/26 11:57:00), 59.0 (14/09/26 11:56:00), 59.0 (14/09/26 11:55:00)] (minimum 6 datapoints for OK -> ALARM transition).",
		},
		{
			"documented: more than enough are all listed",
			Alarm{Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 1, ComparisonOperator: GreaterThanThreshold},
			"20000 20000 20000",
			"Threshold Crossed: 3 out of the last 3 datapoints [20000.0 (14/09/26 11:59:00), 20000.0 (14/09/26 11:58:00), 20000.0 (14/09/26 11:57:00)] were greater than the threshold (0.0) (minimum 1 datapoint for OK -> ALARM transition).",
		},
		{
			"recorded: filled as not breaching, ALARM",
			Alarm{Period: 60, EvaluationPeriods: 20, DatapointsToAlarm: 1, Threshold: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, TreatMissingData: NotBreaching},
			"613",
			"Threshold Crossed: 1 out of the last 20 datapoints [613.0 (14/09/26 11:59:00)] was greater than or equal to the threshold (1.0) and 19 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).",
		},
		{
			"recorded: nothing for one period",
			Alarm{Period: 60, EvaluationPeriods: 1, ComparisonOperator: GreaterThanThreshold, TreatMissingData: NotBreaching},
			"_ _ _",
			"Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
		},
		{
			"one unknown",
			Alarm{Period: 60, EvaluationPeriods: 1, ComparisonOperator: GreaterThanThreshold},
			"_ _ _",
			"Insufficient Data: 1 datapoint was unknown.",
		},
		{
			"some filled, M not set",
			Alarm{Period: 60, EvaluationPeriods: 3, ComparisonOperator: GreaterThanThreshold, TreatMissingData: Breaching},
			"_ 5 _",
			"Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
		},
		{
			"only filled ones breach",
			Alarm{Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 1, ComparisonOperator: GreaterThanThreshold, TreatMissingData: Breaching},
			"_ 0 _",
			"Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Evaluate(c.alarm, InsufficientData, slots(c.alarm, parseValues(t, c.values)))
			if diff := cmp.Diff(c.want, v.Reason(c.alarm)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func parseValues(t *testing.T, text string) []*float64 {
	t.Helper()
	var out []*float64
	for _, field := range strings.Fields(text) {
		if field == "_" {
			out = append(out, nil)
			continue
		}
		var v float64
		if err := json.Unmarshal([]byte(field), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, &v)
	}
	return out
}

// TestBandReason has the documented text of an anomaly detection alarm.
func TestBandReason(t *testing.T) {
	a := Alarm{
		Period: 60, EvaluationPeriods: 1, DatapointsToAlarm: 1, ComparisonOperator: LessThanLowerOrGreaterThanUpperThreshold,
		ThresholdMetricID: "ad1", Metrics: []MetricQuery{{ID: "m1"}, {ID: "ad1"}},
	}
	start := time.Date(2019, 10, 3, 15, 58, 0, 0, time.UTC)
	v := Evaluate(a, OK, []Datapoint{{Timestamp: start, Value: 0, Lower: 0.0205, Upper: 0.3006}})
	want := "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (03/10/19 15:58:00)] was less than the lower thresholds [0.0205] or greater than the upper thresholds [0.3006] (minimum 1 datapoint for OK -> ALARM transition)."
	if diff := cmp.Diff(want, v.Reason(a)); diff != "" || v.State != InAlarm {
		t.Error(v.State, diff)
	}
	wantData := `{"version":"1.0","queryDate":"2019-10-03T15:59:00.000+0000","startDate":"2019-10-03T15:58:00.000+0000","period":60,"recentDatapoints":[0.0],"recentLowerThresholds":[0.0205],"recentUpperThresholds":[0.3006],"evaluatedDatapoints":[{"timestamp":"2019-10-03T15:58:00.000+0000","value":0.0}]}`
	if diff := cmp.Diff(wantData, v.ReasonData(a, start.Add(time.Minute))); diff != "" {
		t.Error(diff)
	}
	if v := Evaluate(a, OK, []Datapoint{{Timestamp: start, Value: 0.1, Lower: 0.0205, Upper: 0.3006}}); v.State != OK {
		t.Errorf("within the band: %s", v.State)
	}
}

func TestSeriesReason(t *testing.T) {
	if got := SeriesReason(6, 6); got != "6 out of 6 time series evaluated to ALARM" {
		t.Error(got)
	}
	if got := SeriesReason(101, 400); got != "100+ time series evaluated to ALARM" {
		t.Error(got)
	}
}

// TestDouble has numbers as Java prints them.
func TestDouble(t *testing.T) {
	for want, f := range map[string]float64{
		"0.0": 0, "50.0": 50, "21.5": 21.5, "99.50160229693434": 99.50160229693434, "-3.0": -3, "0.001": 0.001, "9.99E-4": 0.000999,
		"9999999.0": 9999999, "1.0E7": 1e7, "1.2345678E7": 12345678, "1.0E10": 1e10, "-1.5E20": -1.5e20, "1.0E-5": 1e-5, "0.1": 0.1,
		"2.348542582773833E108": 2.348542582773833e108,
	} {
		if got := double(f).String(); got != want {
			t.Errorf("%v prints as %s, not %s", f, got, want)
		}
	}
}
