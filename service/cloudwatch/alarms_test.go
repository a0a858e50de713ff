package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const arnPrefix = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:"

func TestMetricAlarm(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		created := b.world.Now()
		in := watch("a", "m")
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
		b.putAlarm(t, in)
		want := types.MetricAlarm{
			AlarmName: aws.String("a"), AlarmArn: aws.String(arnPrefix + "a"), AlarmConfigurationUpdatedTimestamp: &created,
			ActionsEnabled: aws.Bool(true), OKActions: []string{}, AlarmActions: []string{}, InsufficientDataActions: []string{},
			StateValue: types.StateValueInsufficientData, StateReason: aws.String("Unchecked: Initial alarm creation"),
			StateUpdatedTimestamp: &created, StateTransitionedTimestamp: &created,
			Namespace: aws.String("App"), MetricName: aws.String("m"), Dimensions: []types.Dimension{}, Statistic: "Sum",
			Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanOrEqualToThreshold",
		}
		same(t, want, b.alarm(t, "a"))

		// An update replaces the definition, and keeps state and tags.
		b.world.Advance(time.Minute)
		updated := b.world.Now()
		topic := "arn:aws:sns:eu-central-1:123456789012:t"
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
		in.AlarmDescription, in.ActionsEnabled = aws.String("d"), aws.Bool(false)
		in.OKActions, in.AlarmActions, in.InsufficientDataActions = []string{topic + "1"}, []string{topic + "2", topic}, []string{topic}
		in.Statistic, in.ExtendedStatistic, in.EvaluateLowSampleCountPercentile = "", aws.String("p99.5"), aws.String("ignore")
		in.EvaluationPeriods, in.DatapointsToAlarm = aws.Int32(3), aws.Int32(2)
		in.Dimensions, in.Unit = []types.Dimension{dim("b", "2"), dim("a", "1")}, types.StandardUnitBytes
		in.Threshold, in.TreatMissingData = aws.Float64(0), aws.String("notBreaching")
		b.putAlarm(t, in)
		want.AlarmConfigurationUpdatedTimestamp, want.AlarmDescription, want.ActionsEnabled = &updated, in.AlarmDescription, in.ActionsEnabled
		want.OKActions, want.AlarmActions, want.InsufficientDataActions = in.OKActions, in.AlarmActions, in.InsufficientDataActions
		want.Statistic, want.ExtendedStatistic, want.EvaluateLowSampleCountPercentile = "", in.ExtendedStatistic, in.EvaluateLowSampleCountPercentile
		want.EvaluationPeriods, want.DatapointsToAlarm, want.Dimensions, want.Unit = in.EvaluationPeriods, in.DatapointsToAlarm, in.Dimensions, in.Unit
		want.Threshold, want.TreatMissingData = in.Threshold, in.TreatMissingData
		same(t, want, b.alarm(t, "a"))

		tags := must[*api.ListTagsForResourceOutput](t)(b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceARN: aws.String(arnPrefix + "a")}))
		same(t, []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}, tags.Tags)

		// What is refused changes nothing.
		in.Period = aws.Int32(7)
		if _, err := b.PutMetricAlarm(b.ctx, in); err == nil {
			t.Error("an alarm with a period of 7 s was taken")
		}
		same(t, want, b.alarm(t, "a"))

		same(t, []string{"ConfigurationUpdate: Alarm \"a\" updated", "ConfigurationUpdate: Alarm \"a\" created"}, b.history(t, &api.DescribeAlarmHistoryInput{AlarmName: aws.String("a")}))
		must[*api.DeleteAlarmsOutput](t)(b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"a", "none"}}))
		left := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{}))
		if len(left.MetricAlarms) != 0 {
			t.Errorf("left: %+v", left.MetricAlarms)
		}
		if got := b.history(t, &api.DescribeAlarmHistoryInput{AlarmName: aws.String("a"), MaxRecords: aws.Int32(1)}); got[0] != `ConfigurationUpdate: Alarm "a" deleted` {
			t.Errorf("the history ends with %v", got)
		}
	})
}

// history is one page of histories.
func (b *bench) history(t *testing.T, in *api.DescribeAlarmHistoryInput) (out []string) {
	t.Helper()
	for _, item := range must[*api.DescribeAlarmHistoryOutput](t)(b.DescribeAlarmHistory(b.ctx, in)).AlarmHistoryItems {
		out = append(out, string(item.HistoryItemType)+": "+*item.HistorySummary)
	}
	return out
}

func mathAlarm(expression string) *api.PutMetricAlarmInput {
	stat := &types.MetricStat{
		Metric: &types.Metric{Namespace: aws.String("App"), MetricName: aws.String("m"), Dimensions: []types.Dimension{}}, Period: aws.Int32(60), Stat: aws.String("Sum"),
	}
	return &api.PutMetricAlarmInput{
		AlarmName: aws.String("math"), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanThreshold",
		Metrics: []types.MetricDataQuery{
			{Id: aws.String("m1"), MetricStat: stat, ReturnData: aws.Bool(false)},
			{Id: aws.String("e1"), Expression: &expression, Label: aws.String("twice"), ReturnData: aws.Bool(true)},
		},
	}
}

func TestMathAlarm(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		in := mathAlarm("m1*2")
		b.putAlarm(t, in)
		got := b.alarm(t, "math")
		same(t, in.Metrics, got.Metrics)
		if got.Period != nil || got.MetricName != nil || got.Statistic != "" {
			t.Errorf("%+v", got)
		}
		on := must[*api.DescribeAlarmsForMetricOutput](t)(b.DescribeAlarmsForMetric(b.ctx, &api.DescribeAlarmsForMetricInput{Namespace: aws.String("App"), MetricName: aws.String("m")}))
		if len(on.MetricAlarms) != 0 {
			t.Errorf("an alarm on metric math is told of one metric: %+v", on.MetricAlarms)
		}
	})
}

func TestDescribeAlarms(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		for _, name := range []string{"c", "a", "ab", "B"} {
			in := watch(name, "m")
			in.OKActions = []string{"arn:aws:sns:eu-central-1:123456789012:" + name}
			b.putAlarm(t, in)
		}
		must[*api.SetAlarmStateOutput](t)(b.SetAlarmState(b.ctx, &api.SetAlarmStateInput{AlarmName: aws.String("ab"), StateValue: "OK", StateReason: aws.String("")}))
		b.composite(t, "x", `ALARM("a")`)
		b.composite(t, "ax", `OK("c") AND ALARM(x)`)
		both := []types.AlarmType{types.AlarmTypeCompositeAlarm, types.AlarmTypeMetricAlarm}
		for name, c := range map[string]struct {
			in   api.DescribeAlarmsInput
			want string
		}{
			"all":         {api.DescribeAlarmsInput{}, "B a ab c;"},
			"both":        {api.DescribeAlarmsInput{AlarmTypes: both}, "B a ab c;ax x"},
			"composite":   {api.DescribeAlarmsInput{AlarmTypes: both[:1], AlarmNames: []string{"x", "a"}}, ";x"},
			"hidden":      {api.DescribeAlarmsInput{AlarmNames: []string{"x", "a"}}, "a;"},
			"log":         {api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeLogAlarm}}, ";"},
			"prefix":      {api.DescribeAlarmsInput{AlarmTypes: both, AlarmNamePrefix: aws.String("a")}, "a ab;ax"},
			"state":       {api.DescribeAlarmsInput{AlarmTypes: both, StateValue: "OK"}, "ab;ax x"},
			"action":      {api.DescribeAlarmsInput{ActionPrefix: aws.String("arn:aws:sns:eu-central-1:123456789012:a")}, "a ab;"},
			"named state": {api.DescribeAlarmsInput{AlarmNames: []string{"a", "ab"}, StateValue: "OK"}, "ab;"},
			"children":    {api.DescribeAlarmsInput{ChildrenOfAlarmName: aws.String("ax")}, "c;x"},
			"parents":     {api.DescribeAlarmsInput{ParentsOfAlarmName: aws.String("x")}, ";ax"},
			"no parents":  {api.DescribeAlarmsInput{ParentsOfAlarmName: aws.String("ab")}, ";"},
		} {
			out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &c.in))
			if got := shown(out); got != c.want || out.NextToken != nil {
				t.Errorf("%s: got %q, want %q", name, got, c.want)
			}
		}
		for size, want := range map[int32][]string{
			1: {"B;", "a;", "ab;", "c;", ";ax", ";x"}, 4: {"B a ab c;", ";ax x"}, 5: {"B a ab c;ax", ";x"}, 3: {"B a ab;", "c;ax x"}, 6: {"B a ab c;ax x"},
		} {
			var got []string
			in := &api.DescribeAlarmsInput{AlarmTypes: both, MaxRecords: &size}
			for {
				out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, in))
				got = append(got, shown(out))
				if in.NextToken = out.NextToken; in.NextToken == nil {
					break
				}
			}
			same(t, want, got)
		}
	})
}

// shown are the names of metric alarms and of composite alarms.
func shown(out *api.DescribeAlarmsOutput) string {
	var metrics, composites []string
	for _, a := range out.MetricAlarms {
		metrics = append(metrics, *a.AlarmName)
	}
	for _, a := range out.CompositeAlarms {
		composites = append(composites, *a.AlarmName)
	}
	return strings.Join(metrics, " ") + ";" + strings.Join(composites, " ")
}

func TestAlarmsForMetric(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("plain", "m"))
		in := watch("p90", "m")
		in.Statistic, in.ExtendedStatistic, in.Period = "", aws.String("p90"), aws.Int32(120)
		b.putAlarm(t, in)
		in = watch("with", "m")
		in.Dimensions, in.Unit = []types.Dimension{dim("a", "1"), dim("b", "2")}, "Bytes"
		b.putAlarm(t, in)
		for name, c := range map[string]struct {
			change func(*api.DescribeAlarmsForMetricInput)
			want   string
		}{
			"all":       {func(*api.DescribeAlarmsForMetricInput) {}, "p90 plain"},
			"statistic": {func(in *api.DescribeAlarmsForMetricInput) { in.Statistic = "Sum" }, "plain"},
			"extended":  {func(in *api.DescribeAlarmsForMetricInput) { in.ExtendedStatistic = aws.String("p90") }, "p90"},
			"period":    {func(in *api.DescribeAlarmsForMetricInput) { in.Period = aws.Int32(120) }, "p90"},
			"dimensions": {func(in *api.DescribeAlarmsForMetricInput) {
				in.Dimensions = []types.Dimension{dim("b", "2"), dim("a", "1")}
			}, "with"},
			"unit": {func(in *api.DescribeAlarmsForMetricInput) {
				in.Dimensions, in.Unit = []types.Dimension{dim("b", "2"), dim("a", "1")}, "Count"
			}, ""},
			"some dimensions": {func(in *api.DescribeAlarmsForMetricInput) { in.Dimensions = []types.Dimension{dim("a", "1")} }, ""},
		} {
			in := &api.DescribeAlarmsForMetricInput{Namespace: aws.String("App"), MetricName: aws.String("m")}
			c.change(in)
			out := must[*api.DescribeAlarmsForMetricOutput](t)(b.DescribeAlarmsForMetric(b.ctx, in))
			if got := shown(&api.DescribeAlarmsOutput{MetricAlarms: out.MetricAlarms}); got != c.want+";" {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	})
}

func (b *bench) composite(t *testing.T, name, rule string) {
	t.Helper()
	must[*api.PutCompositeAlarmOutput](t)(b.PutCompositeAlarm(b.ctx, &api.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: &rule}))
}

func (b *bench) set(t *testing.T, name string, to types.StateValue) {
	t.Helper()
	must[*api.SetAlarmStateOutput](t)(b.SetAlarmState(b.ctx, &api.SetAlarmStateInput{AlarmName: &name, StateValue: to, StateReason: aws.String("by hand")}))
}

func TestCompositeAlarm(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("a", "m"))
		b.putAlarm(t, watch("quiet", "q"))
		created := b.world.Now()
		in := &api.PutCompositeAlarmInput{
			AlarmName: aws.String("c"), AlarmRule: aws.String(`ALARM("a")`), AlarmDescription: aws.String("d"),
			ActionsSuppressor: aws.String("quiet"), ActionsSuppressorWaitPeriod: aws.Int32(60), ActionsSuppressorExtensionPeriod: aws.Int32(0),
		}
		must[*api.PutCompositeAlarmOutput](t)(b.PutCompositeAlarm(b.ctx, in))
		get := func() types.CompositeAlarm {
			out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"CompositeAlarm"}}))
			return out.CompositeAlarms[0]
		}
		got := get()
		if got.StateReasonData == nil || !strings.Contains(*got.StateReasonData, `"triggeringAlarms":[{"arn":"`+arnPrefix+`a"`) {
			t.Errorf("reason data: %v", aws.ToString(got.StateReasonData))
		}
		want := types.CompositeAlarm{
			AlarmName: aws.String("c"), AlarmArn: aws.String(arnPrefix + "c"), AlarmRule: in.AlarmRule, AlarmDescription: in.AlarmDescription,
			ActionsEnabled: aws.Bool(true), OKActions: []string{}, AlarmActions: []string{}, InsufficientDataActions: []string{},
			AlarmConfigurationUpdatedTimestamp: &created, StateUpdatedTimestamp: &created, StateTransitionedTimestamp: &created,
			StateValue: "OK", StateReason: aws.String(arnPrefix + "c was created and its alarm rule evaluates to OK"), StateReasonData: got.StateReasonData,
			ActionsSuppressor: in.ActionsSuppressor, ActionsSuppressorWaitPeriod: aws.Int32(60), ActionsSuppressorExtensionPeriod: aws.Int32(0),
		}
		same(t, want, got)
		b.world.Advance(time.Minute)
		in.AlarmRule, in.ActionsSuppressor, in.ActionsSuppressorWaitPeriod, in.ActionsSuppressorExtensionPeriod = aws.String(`NOT ALARM("a")`), nil, nil, nil
		must[*api.PutCompositeAlarmOutput](t)(b.PutCompositeAlarm(b.ctx, in))
		if got := get(); got.StateValue != "ALARM" || got.ActionsSuppressor != nil || !got.StateTransitionedTimestamp.Equal(b.world.Now()) {
			t.Errorf("after the update: %+v", got)
		}
		composite := []types.AlarmType{"CompositeAlarm"}
		same(t, []string{
			"StateUpdate: Alarm updated from OK to ALARM", `ConfigurationUpdate: Alarm "c" updated`,
			"StateUpdate: Alarm updated from INSUFFICIENT_DATA to OK", `ConfigurationUpdate: Alarm "c" created`,
		}, b.history(t, &api.DescribeAlarmHistoryInput{AlarmName: aws.String("c"), AlarmTypes: composite}))

		// One alarm can be set by hand, and be deleted only before what it refers to.
		b.set(t, "c", "INSUFFICIENT_DATA")
		if got := get(); got.StateValue != "INSUFFICIENT_DATA" || *got.StateReason != "by hand" || got.StateReasonData != nil {
			t.Errorf("set by hand: %+v", got)
		}
		_, err := b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"a"}})
		if got, want := fault(err), "ValidationError: The alarm a cannot be deleted while composite alarms refer to it: "+arnPrefix+"c."; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		must[*api.DeleteAlarmsOutput](t)(b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"a", "c"}}))
		out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{AlarmTypes: append(composite, "MetricAlarm")}))
		if got := shown(out); got != "quiet;" {
			t.Errorf("left: %s", got)
		}
	})
}

// TestCycle: a cycle can be made, is not evaluated, and cannot be deleted.
func TestCycle(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.composite(t, "a", "FALSE")
		b.composite(t, "b", "ALARM(a)")
		b.composite(t, "a", "NOT ALARM(b)")
		out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"CompositeAlarm"}}))
		if a := out.CompositeAlarms[0]; a.StateValue != "OK" || *a.AlarmRule != "NOT ALARM(b)" {
			t.Errorf("%+v", a)
		}
		_, err := b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"a"}})
		if got := fault(err); !strings.Contains(got, "part of a cycle: "+arnPrefix+"a -> "+arnPrefix+"b -> "+arnPrefix+"a") {
			t.Error(got)
		}
		b.composite(t, "a", "FALSE")
		must[*api.DeleteAlarmsOutput](t)(b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"b"}}))
		must[*api.DeleteAlarmsOutput](t)(b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"a"}}))
	})
}

func TestSetAlarmState(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("a", "m"))
		created := b.world.Now()
		b.world.Advance(time.Minute)
		must[*api.SetAlarmStateOutput](t)(b.SetAlarmState(b.ctx, &api.SetAlarmStateInput{
			AlarmName: aws.String("a"), StateValue: "ALARM", StateReason: aws.String("test"), StateReasonData: aws.String(`{"a":1}`),
		}))
		a := b.alarm(t, "a")
		if a.StateValue != "ALARM" || *a.StateReason != "test" || *a.StateReasonData != `{"a":1}` ||
			!a.StateUpdatedTimestamp.Equal(b.world.Now()) || !a.StateTransitionedTimestamp.Equal(b.world.Now()) || !a.AlarmConfigurationUpdatedTimestamp.Equal(created) {
			t.Errorf("%+v", a)
		}
		// The same state once more is no change, but clears what is not given.
		b.set(t, "a", "ALARM")
		if a := b.alarm(t, "a"); a.StateReasonData != nil || *a.StateReason != "by hand" {
			t.Errorf("%+v", a)
		}
		in := &api.DescribeAlarmHistoryInput{AlarmName: aws.String("a"), HistoryItemType: "StateUpdate"}
		items := must[*api.DescribeAlarmHistoryOutput](t)(b.DescribeAlarmHistory(b.ctx, in)).AlarmHistoryItems
		if len(items) != 1 {
			t.Fatalf("%d items", len(items))
		}
		want := `{"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":"Unchecked: Initial alarm creation"},` +
			`"newState":{"stateValue":"ALARM","stateReason":"test","stateReasonData":{"a":1}}}`
		if got := *items[0].HistoryData; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAlarmActions(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("a", "m"))
		b.composite(t, "c", "FALSE")
		b.world.Advance(time.Minute)
		must[*api.DisableAlarmActionsOutput](t)(b.DisableAlarmActions(b.ctx, &api.DisableAlarmActionsInput{AlarmNames: []string{"a", "none", "c"}}))
		enabled := func() string {
			out := must[*api.DescribeAlarmsOutput](t)(b.DescribeAlarms(b.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"MetricAlarm", "CompositeAlarm"}}))
			a, c := out.MetricAlarms[0], out.CompositeAlarms[0]
			return fmt.Sprint(*a.ActionsEnabled, a.AlarmConfigurationUpdatedTimestamp.Sub(b.world.Now()), *c.ActionsEnabled, c.AlarmConfigurationUpdatedTimestamp.Sub(b.world.Now()))
		}
		same(t, "false0sfalse0s", strings.ReplaceAll(enabled(), " ", ""))
		b.world.Advance(time.Minute)
		must[*api.EnableAlarmActionsOutput](t)(b.EnableAlarmActions(b.ctx, &api.EnableAlarmActionsInput{AlarmNames: []string{"a", "c"}}))
		same(t, "true0strue0s", strings.ReplaceAll(enabled(), " ", ""))
	})
}

func TestAlarmHistory(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("a", "m"))
		b.putAlarm(t, watch("b", "m"))
		b.world.Advance(time.Minute)
		middle := b.world.Now()
		b.set(t, "a", "OK")
		b.world.Advance(time.Minute)
		b.set(t, "b", "ALARM")
		b.composite(t, "c", "TRUE")
		all := []string{
			"StateUpdate: Alarm updated from INSUFFICIENT_DATA to ALARM", "StateUpdate: Alarm updated from INSUFFICIENT_DATA to OK",
			`ConfigurationUpdate: Alarm "b" created`, `ConfigurationUpdate: Alarm "a" created`,
		}
		oldest := []string{all[3], all[2], all[1], all[0]}
		for name, c := range map[string]struct {
			in   api.DescribeAlarmHistoryInput
			want []string
		}{
			"all":    {api.DescribeAlarmHistoryInput{}, all},
			"oldest": {api.DescribeAlarmHistoryInput{ScanBy: "TimestampAscending"}, oldest},
			"since":  {api.DescribeAlarmHistoryInput{StartDate: &middle}, all[:2]},
			"until":  {api.DescribeAlarmHistoryInput{EndDate: &middle, HistoryItemType: "StateUpdate"}, all[1:2]},
			"log":    {api.DescribeAlarmHistoryInput{AlarmTypes: []types.AlarmType{"LogAlarm"}}, nil},
			"composite": {api.DescribeAlarmHistoryInput{AlarmTypes: []types.AlarmType{"CompositeAlarm"}}, []string{
				"StateUpdate: Alarm updated from INSUFFICIENT_DATA to ALARM", `ConfigurationUpdate: Alarm "c" created`,
			}},
		} {
			if got := b.history(t, &c.in); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		var paged []string
		in := &api.DescribeAlarmHistoryInput{MaxRecords: aws.Int32(1), ScanBy: "TimestampAscending"}
		for {
			out := must[*api.DescribeAlarmHistoryOutput](t)(b.DescribeAlarmHistory(b.ctx, in))
			for _, item := range out.AlarmHistoryItems {
				paged = append(paged, string(item.HistoryItemType)+": "+*item.HistorySummary)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		same(t, oldest, paged)
	})
}

func TestAlarmContributors(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("a", "m"))
		out := must[*api.DescribeAlarmContributorsOutput](t)(b.DescribeAlarmContributors(b.ctx, &api.DescribeAlarmContributorsInput{AlarmName: aws.String("a")}))
		if len(out.AlarmContributors) != 0 {
			t.Errorf("%+v", out)
		}
		_, err := b.DescribeAlarmContributors(b.ctx, &api.DescribeAlarmContributorsInput{AlarmName: aws.String("none")})
		if got := fault(err); got != "ResourceNotFoundException: There is no metric alarm with the name none" {
			t.Error(got)
		}
	})
}
