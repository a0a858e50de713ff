package alarm

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
)

func TestApply(t *testing.T) {
	a, alarmed := rootUsage()
	r := NewRecord(epoch)
	if r.State != InsufficientData || r.Reason != "Unchecked: Initial alarm creation" || r.ReasonData != "" || !r.Transitioned.Equal(epoch) {
		t.Errorf("a new alarm is %+v", r)
	}
	later := epoch.Add(time.Hour)
	quiet := Evaluate(a, r.State, []Datapoint{{Timestamp: epoch, Missing: true}})
	ok, changed := r.Apply(a, quiet, later)
	if !changed || ok.State != OK || !ok.Transitioned.Equal(later) || !strings.Contains(ok.ReasonData, `"recentDatapoints":[]`) {
		t.Errorf("the first evaluation: %v %+v", changed, ok)
	}
	again, changed := ok.Apply(a, Evaluate(a, ok.State, []Datapoint{{Timestamp: later, Missing: true}}), later.Add(time.Hour))
	if changed || again != ok {
		t.Errorf("the same state: %v %+v", changed, again)
	}
	if alarmed.State != InAlarm {
		t.Fatal(alarmed)
	}
}

func TestActions(t *testing.T) {
	a := Alarm{ActionsEnabled: true, OKActions: []string{"o"}, AlarmActions: []string{"a"}, InsufficientDataActions: []string{"i"}}
	for state, want := range map[State]string{OK: "o", InAlarm: "a", InsufficientData: "i"} {
		if got := a.ActionsFor(state); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	a.ActionsEnabled = false
	if got := a.ActionsFor(InAlarm); got != nil {
		t.Errorf("disabled: %v", got)
	}
	c := Composite{AlarmActions: []string{"a"}}
	if got := c.Actions(InAlarm); len(got) != 1 {
		t.Errorf("composite: %v", got)
	}
}

// TestSet has the rules of SetAlarmState.
func TestSet(t *testing.T) {
	r := Record{State: OK, Reason: "was", ReasonData: `{"a":1}`, Updated: epoch, Transitioned: epoch}
	later := epoch.Add(time.Minute)

	got, changed, err := r.Set(InAlarm, "testing", "", later)
	if diff := cmp.Diff(Record{State: InAlarm, Reason: "testing", Updated: later, Transitioned: later}, got); diff != "" || !changed || err != nil {
		t.Error(changed, err, diff)
	}
	got, changed, err = r.Set(OK, "", `{"b":2}`, later)
	if diff := cmp.Diff(Record{State: OK, ReasonData: `{"b":2}`, Updated: later, Transitioned: epoch}, got); diff != "" || changed || err != nil {
		t.Error(changed, err, diff)
	}

	for _, c := range []struct {
		state        State
		reason, data string
		code, want   string
	}{
		{"INVALID", "x", "", "ValidationError", "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"},
		{OK, "x", "{", "InvalidFormat", ""},
		{OK, strings.Repeat("x", 1024), "", "ValidationError", "1 validation error detected: Value '" + strings.Repeat("x", 1024) + "' at 'stateReason' failed to satisfy constraint: Member must have length less than or equal to 1023"},
		{OK, "x", `"` + strings.Repeat("x", 4000) + `"`, "ValidationError", "1 validation error detected: Value '\"" + strings.Repeat("x", 4000) + "\"' at 'stateReasonData' failed to satisfy constraint: Member must have length less than or equal to 4000"},
	} {
		got, changed, err := r.Set(c.state, c.reason, c.data, later)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Code != c.code || invalid.Message != c.want || changed || got != r {
			t.Errorf("%s %.20q %.20q: %v %v", c.state, c.reason, c.data, changed, err)
		}
	}
}

// TestHistory has the recorded items.
func TestHistory(t *testing.T) {
	before := NewRecord(epoch)
	after := Record{State: InAlarm, Reason: "crossed -> <x>", ReasonData: `{"version":"1.0","threshold":21.0}`, Updated: epoch}
	for _, c := range []struct {
		item          HistoryItem
		summary, data string
	}{
		{
			StateUpdated("a", MetricAlarm, before, after),
			"Alarm updated from INSUFFICIENT_DATA to ALARM",
			`{"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":"Unchecked: Initial alarm creation"},"newState":{"stateValue":"ALARM","stateReason":"crossed -> <x>","stateReasonData":{"version":"1.0","threshold":21.0}}}`,
		},
		{
			StateUpdated("a", CompositeAlarm, before, Record{State: OK, ReasonData: "no JSON"}),
			"Alarm updated from INSUFFICIENT_DATA to OK",
			`{"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":"Unchecked: Initial alarm creation"},"newState":{"stateValue":"OK","stateReason":"","stateReasonData":"no JSON"}}`,
		},
		{
			ActionDone("a", MetricAlarm, ActionResult{Resource: "arn:t", StateUpdated: time.UnixMilli(1789384724401), Published: `{"default":"x"}`}, epoch),
			"Successfully executed action arn:t",
			`{"actionState":"Succeeded","stateUpdateTimestamp":1789384724401,"notificationResource":"arn:t","publishedMessage":"{\"default\":\"x\"}","error":null,"muteWindowEndTimestamp":null}`,
		},
		{
			ActionDone("a", MetricAlarm, ActionResult{
				Resource: "arn:t", StateUpdated: time.UnixMilli(1789376787666),
				Error: "CloudWatch Alarms is not authorized to perform: SNS:Publish on resource:arn:t", MuteWindowEnd: time.UnixMilli(1789376787000),
			}, epoch),
			"Failed to execute action arn:t",
			`{"actionState":"Failed","stateUpdateTimestamp":1789376787666,"notificationResource":"arn:t","publishedMessage":null,"error":"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource:arn:t","muteWindowEndTimestamp":1789376787000}`,
		},
		{
			Created(Alarm{
				Name: "w", Description: "d", ARN: "arn:w", ConfigurationUpdated: epoch, Namespace: "AWS/DynamoDB", MetricName: "E",
				Statistic: metric.MustStatistic("Sum"), Period: 60, Dimensions: []metric.Dimension{{Name: "Operation", Value: "PutItem"}},
				Threshold: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, EvaluationPeriods: 1, ActionsEnabled: true, AlarmActions: []string{"arn:t"},
			}, before, epoch),
			`Alarm "w" created`,
			`{"version":"1.0","type":"Create","createdAlarm":{"alarmName":"w","alarmDescription":"d","alarmArn":"arn:w","alarmConfigurationUpdatedTimestamp":"2026-09-14T12:00:00.000+0000","namespace":"AWS/DynamoDB","metricName":"E","statistic":"Sum","period":60,"dimensions":[{"value":"PutItem","name":"Operation"}],"threshold":1.0,"comparisonOperator":"GreaterThanOrEqualToThreshold","evaluationPeriods":1,"stateValue":"INSUFFICIENT_DATA","stateUpdatedTimestamp":"2026-09-14T12:00:00.000+0000","actionsEnabled":true,"alarmActions":["arn:t"],"insufficientDataActions":[],"okactions":[]}}`,
		},
	} {
		if diff := cmp.Diff([]string{c.summary, c.data}, []string{c.item.Summary, c.item.Data}); diff != "" {
			t.Error(diff)
		}
	}
	a := Alarm{Name: strings.Repeat("é", 255), Statistic: metric.MustStatistic("p90")}
	if item := Updated(a, before, epoch); len([]rune(item.Summary)) != 255 || !strings.Contains(item.Data, `"type":"Update","updatedAlarm":`) || !strings.Contains(item.Data, `"extendedStatistic":"p90"`) {
		t.Error(item)
	}
	if item := Deleted(a, before, epoch); !strings.Contains(item.Data, `"type":"Delete","deletedAlarm":`) || item.Type != ConfigurationUpdate {
		t.Error(item)
	}
}

// TestValidate has the rows of "PutMetricAlarm errors" and of "Definition and limits".
func TestValidate(t *testing.T) {
	good := func() Alarm {
		a, _ := rootUsage()
		return a
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	query := MetricQuery{ID: "m", Metric: &MetricStat{}}
	math := func(a *Alarm, queries ...MetricQuery) {
		a.MetricName, a.Namespace, a.Statistic = "", "", metric.Statistic{}
		a.Metrics = queries
	}
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		name   string
		change func(*Alarm)
		want   string // empty for valid
	}{
		{"metric and metrics", func(a *Alarm) { a.Metrics = []MetricQuery{query} }, "ValidationError: MetricName should not be set if list of Metrics is set."},
		{"no ARN", func(a *Alarm) { a.OKActions = []string{"not-an-arn"} }, "ValidationError: Invalid arn syntax: not-an-arn"},
		{"SEARCH", func(a *Alarm) {
			math(a, MetricQuery{ID: "e", Expression: "SEARCH('x', 'Sum')", ReturnData: true})
		}, "ValidationError: SEARCH is not supported on Metric Alarms."},
		{"no result", func(a *Alarm) { math(a, query) }, "ValidationError: An alarm expression must return one time series."},
		{"math", func(a *Alarm) { math(a, query, MetricQuery{ID: "e", Expression: "m", ReturnData: true}) }, ""},
		{"the same Id twice", func(a *Alarm) { math(a, query, query) }, `ValidationError: Each of the Metrics needs an Id of its own; "m" is not.`},
		{"name too long", func(a *Alarm) { a.Name = long }, "ValidationError: 1 validation error detected: Value '" + long + "' at 'alarmName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"no name", func(a *Alarm) { a.Name = "" }, "ValidationError: 1 validation error detected: Value '' at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"control character", func(a *Alarm) { a.Name = "a\nb" }, "ValidationError: AlarmName must not contain ASCII control characters"},
		{"foreign name", func(a *Alarm) { a.Name = "Aurora 알람 (60%)" }, ""},
		{"six actions", func(a *Alarm) { a.AlarmActions = strings.Fields("a b c d e f") }, "ValidationError: 1 validation error detected: Value '[a, b, c, d, e, f]' at 'alarmActions' failed to satisfy constraint: Member must have length less than or equal to 5"},
		{"period 45", func(a *Alarm) { a.Period = 45 }, "ValidationError: Period must be 10, 20, 30 or a multiple of 60 seconds, not 45."},
		{"period 0", func(a *Alarm) { a.Period = 0 }, "ValidationError: Period must be 10, 20, 30 or a multiple of 60 seconds, not 0."},
		{"period 20", func(a *Alarm) { a.Period = 20 }, ""},
		{"a day of minutes", func(a *Alarm) { a.Period, a.EvaluationPeriods = 60, 1440 }, ""},
		{"more than a day of minutes", func(a *Alarm) { a.Period, a.EvaluationPeriods = 60, 1441 }, "ValidationError: Period times EvaluationPeriods must not be more than 86400 seconds while Period is below 3600."},
		{"a week of hours", func(a *Alarm) { a.Period, a.EvaluationPeriods = 3600, 168 }, ""},
		{"more than a week", func(a *Alarm) { a.Period, a.EvaluationPeriods = 3600, 169 }, "ValidationError: Period times EvaluationPeriods must not be more than 604800 seconds."},
		{"overflow", func(a *Alarm) { a.Period, a.EvaluationPeriods = 15<<58, 64 }, "ValidationError: Period times EvaluationPeriods must not be more than 604800 seconds."},
		{"no evaluation periods", func(a *Alarm) { a.EvaluationPeriods = 0 }, "ValidationError: 1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"M above N", func(a *Alarm) { a.DatapointsToAlarm = 2 }, "ValidationError: DatapointsToAlarm must be between 1 and EvaluationPeriods (1), not 2."},
		{"unknown operator", func(a *Alarm) { a.ComparisonOperator = ">" }, "ValidationError: 1 validation error detected: Value '>' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [GreaterThanOrEqualToThreshold, GreaterThanThreshold, GreaterThanUpperThreshold, LessThanLowerOrGreaterThanUpperThreshold, LessThanLowerThreshold, LessThanOrEqualToThreshold, LessThanThreshold]"},
		{"band without one", func(a *Alarm) { a.ComparisonOperator = GreaterThanUpperThreshold }, "ValidationError: GreaterThanUpperThreshold compares with a band and needs ThresholdMetricId."},
		{"unknown treatment", func(a *Alarm) { a.TreatMissingData = "x" }, `ValidationError: TreatMissingData must be breaching, notBreaching, ignore or missing, not "x".`},
		{"low samples of a sum", func(a *Alarm) { a.EvaluateLowSampleCountPercentile = IgnoreLowSamples }, "ValidationError: EvaluateLowSampleCountPercentile is only for alarms on a percentile."},
		{"low samples of a percentile", func(a *Alarm) {
			a.Statistic, a.EvaluateLowSampleCountPercentile = metric.MustStatistic("p90"), IgnoreLowSamples
		}, ""},
		{"no statistic", func(a *Alarm) { a.Statistic = metric.Statistic{} }, "ValidationError: An alarm on a metric needs Statistic or ExtendedStatistic."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := good()
			c.change(&a)
			got := ""
			if err := a.Validate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStatisticOf(t *testing.T) {
	for _, c := range []struct{ statistic, extended, want string }{
		{"Sum", "", ""},
		{"", "p99.9", ""},
		{"Sum", "p90", "ValidationError: PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only one of them should be present"},
		{"", "p101", "InvalidParameterValue: The value p101 for parameter ExtendedStatistic is not supported."},
		{"", "Sum", "InvalidParameterValue: The value Sum for parameter ExtendedStatistic is not supported."},
		{"p90", "", "ValidationError: 1 validation error detected: Value 'p90' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: [Maximum, SampleCount, Sum, Minimum, Average]"},
	} {
		st, err := StatisticOf(c.statistic, c.extended)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want || err == nil && st.String() != c.statistic+c.extended {
			t.Errorf("%q %q: %v %v", c.statistic, c.extended, st, err)
		}
	}
}
