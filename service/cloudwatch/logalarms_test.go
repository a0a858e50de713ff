package cloudwatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/service/servicetest"
	"tocsin/store/state"
)

const queryRole = "arn:aws:iam::123456789012:role/query"

// logAlarm counts, every five minutes, the failed logins of these minutes.
func logAlarm(name string) *api.PutLogAlarmInput {
	return &api.PutLogAlarmInput{
		AlarmName: &name, ComparisonOperator: "GreaterThanThreshold", Threshold: aws.Float64(1),
		QueryResultsToAlarm: aws.Int32(1), QueryResultsToEvaluate: aws.Int32(1), AlarmActions: []string{topicARN},
		ScheduledQueryConfiguration: &types.ScheduledQueryConfiguration{
			QueryString:           aws.String(`fields @timestamp, eventName | filter eventName = "ConsoleLogin" and errorCode like /Failed/`),
			AggregationExpression: aws.String("count(*)"), ScheduledQueryRoleARN: aws.String(queryRole), LogGroupIdentifiers: []string{"trail"},
			ScheduleConfiguration: &types.ScheduleConfiguration{
				ScheduleExpression: aws.String("rate(5 minutes)"), StartTimeOffset: aws.Int64(300), EndTimeOffset: aws.Int64(0),
			},
		},
	}
}

// group makes the log group trail and gives its id.
func (b *bench) group(t *testing.T) int64 {
	t.Helper()
	var g state.LogGroup
	err := b.world.State.Update(t.Context(), func(tx *state.Tx) (err error) {
		g, err = tx.EnsureLogGroup(t.Context(), state.LogGroup{Scope: servicetest.Scope, Name: "trail", Created: b.world.Now()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

// minutes has queries run and alarms evaluated, minute by minute.
func (c chain) minutes(t *testing.T, n int) {
	t.Helper()
	for range n {
		c.run(t, time.Minute)
		if err := c.service.Tick(t.Context(), c.world.Now()); err != nil {
			t.Fatal(err)
		}
		c.run(t, 0)
	}
}

func TestLogAlarm(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		group := b.group(t)
		in := logAlarm("logins")
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		must[*api.PutLogAlarmOutput](t)(c.PutLogAlarm(c.ctx, in))
		created := c.world.Now()
		get := func() types.LogAlarm {
			out := must[*api.DescribeAlarmsOutput](t)(c.DescribeAlarms(c.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"LogAlarm"}}))
			if len(out.LogAlarms) != 1 || len(out.MetricAlarms)+len(out.CompositeAlarms) != 0 {
				t.Fatalf("%+v", out)
			}
			return out.LogAlarms[0]
		}
		same(t, types.LogAlarm{
			AlarmName: aws.String("logins"), AlarmArn: aws.String(arnPrefix + "logins"), AlarmConfigurationUpdatedTimestamp: &created,
			ActionsEnabled: aws.Bool(true), AlarmActions: []string{topicARN}, OKActions: []string{}, InsufficientDataActions: []string{},
			StateValue: "INSUFFICIENT_DATA", StateReason: aws.String("Unchecked: Initial alarm creation"),
			StateUpdatedTimestamp: &created, StateTransitionedTimestamp: &created,
			Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanThreshold", QueryResultsToAlarm: aws.Int32(1), QueryResultsToEvaluate: aws.Int32(1),
			ScheduledQueryConfiguration: in.ScheduledQueryConfiguration,
		}, get())
		metrics := must[*api.DescribeAlarmsOutput](t)(c.DescribeAlarms(c.ctx, &api.DescribeAlarmsInput{}))
		if got := shown(metrics); got != ";" {
			t.Errorf("a log alarm is told among metric alarms: %s", got)
		}

		c.minutes(t, 6)
		if a := get(); a.StateValue != "OK" {
			t.Errorf("without events it is in %s: %s", a.StateValue, *a.StateReason)
		}
		for range 2 {
			b.logged = append(b.logged, logged{group, c.world.Now(), `{"eventName":"ConsoleLogin","errorCode":"Failed authentication"}`})
		}
		b.logged = append(b.logged, logged{group, c.world.Now(), `{"eventName":"ConsoleLogin"}`}, logged{group + 1, c.world.Now(), b.logged[0].message})
		c.minutes(t, 5)
		c.expect(t, `ALARM: "logins"`)
		if a := get(); a.StateValue != "ALARM" || !strings.HasPrefix(*a.StateReason, "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (01/07/26 12:06:00)] was greater than the threshold (1.0)") {
			t.Errorf("%s: %s", a.StateValue, *a.StateReason)
		}
		c.minutes(t, 6)
		if a := get(); a.StateValue != "OK" {
			t.Errorf("after five quiet minutes it is in %s: %s", a.StateValue, *a.StateReason)
		}
		must[*api.SetAlarmStateOutput](t)(c.SetAlarmState(c.ctx, &api.SetAlarmStateInput{AlarmName: aws.String("logins"), StateValue: "INSUFFICIENT_DATA", StateReason: aws.String("")}))
		c.run(t, 0)
		act := "Action: Successfully executed action " + topicARN
		same(t, []string{
			`ConfigurationUpdate: Alarm "logins" created`, "StateUpdate: Alarm updated from INSUFFICIENT_DATA to OK",
			"StateUpdate: Alarm updated from OK to ALARM", act, "StateUpdate: Alarm updated from ALARM to OK",
			"StateUpdate: Alarm updated from OK to INSUFFICIENT_DATA",
		}, c.history(t, &api.DescribeAlarmHistoryInput{AlarmTypes: []types.AlarmType{"LogAlarm"}, ScanBy: "TimestampAscending"}))
		if listed := must[*api.ListMetricsOutput](t)(c.ListMetrics(c.ctx, &api.ListMetricsInput{})); len(listed.Metrics) != 0 {
			t.Errorf("its results are listed as a metric: %+v", listed.Metrics)
		}
		must[*api.DeleteAlarmsOutput](t)(c.DeleteAlarms(c.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"logins"}}))
		c.minutes(t, 6)
		left := must[*api.DescribeAlarmsOutput](t)(c.DescribeAlarms(c.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"LogAlarm"}}))
		if len(left.LogAlarms) != 0 {
			t.Errorf("%+v", left)
		}
	})
}

// TestLogAlarmCatchesUp: what nobody ran is run later, as of its time.
func TestLogAlarmCatchesUp(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		group := b.group(t)
		must[*api.PutLogAlarmOutput](t)(c.PutLogAlarm(c.ctx, logAlarm("logins")))
		for range 2 {
			b.logged = append(b.logged, logged{group, c.world.Now().Add(7 * time.Minute), `{"eventName":"ConsoleLogin","errorCode":"Failed"}`})
		}
		c.world.Advance(30 * time.Minute)
		c.minutes(t, 1)
		c.expect(t, `ALARM: "logins"`)
	})
}

func TestLogAlarmErrors(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("taken", "m"))
		put := func(change func(*api.PutLogAlarmInput, *types.ScheduledQueryConfiguration)) error {
			in := logAlarm("l")
			change(in, in.ScheduledQueryConfiguration)
			_, err := b.PutLogAlarm(b.ctx, in)
			return err
		}
		type input = api.PutLogAlarmInput
		type query = types.ScheduledQueryConfiguration
		for want, change := range map[string]func(*input, *query){
			"ValidationError: There is a metric alarm with the name taken already":                                                     func(in *input, _ *query) { in.AlarmName = aws.String("taken") },
			"ValidationError: The AggregationExpression avg(x) is not supported by tocsin; use count(*).":                              func(_ *input, q *query) { q.AggregationExpression = aws.String("avg(x)") },
			"ValidationError: QueryString is not supported by tocsin: tocsin knows the commands filter, fields, display and sort, and": func(_ *input, q *query) { q.QueryString = aws.String("stats count(*) by x") },
			"ValidationError: The ScheduleExpression cron(0 2 * * *) must be like rate(5 minutes)":                                     func(_ *input, q *query) { q.ScheduleConfiguration.ScheduleExpression = aws.String("cron(0 2 * * *)") },
			"ValidationError: StartTimeOffset must be greater than EndTimeOffset":                                                      func(_ *input, q *query) { q.ScheduleConfiguration.EndTimeOffset = aws.Int64(300) },
			"ValidationError: QueryResultsToAlarm must be between 1 and QueryResultsToEvaluate (1).":                                   func(in *input, _ *query) { in.QueryResultsToAlarm = aws.Int32(2) },
			"ValidationError: LogGroupIdentifiers must name 1 to 50 log groups.":                                                       func(_ *input, q *query) { q.LogGroupIdentifiers = nil },
			"ValidationError: The log group arn:aws:logs:eu-central-1:999999999999:log-group:x is not one of this account": func(_ *input, q *query) {
				q.LogGroupIdentifiers = []string{"arn:aws:logs:eu-central-1:999999999999:log-group:x"}
			},
			"AccessDenied: arn:aws:iam::123456789012:role/other may not logs:StartQuery arn:aws:logs:eu-central-1:123456789012:log-group:trail:*": func(_ *input, q *query) {
				q.ScheduledQueryRoleARN = aws.String("arn:aws:iam::123456789012:role/other")
			},
			"ValidationError: ActionLogLineCount is not supported by tocsin": func(in *input, _ *query) { in.ActionLogLineCount = aws.Int32(3) },
			"ValidationError: Invalid arn syntax: x":                         func(in *input, _ *query) { in.OKActions = []string{"x"} },
		} {
			if got := fault(put(change)); !strings.HasPrefix(got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		must[*api.PutLogAlarmOutput](t)(b.PutLogAlarm(b.ctx, logAlarm("log")))
		if _, err := b.PutMetricAlarm(b.ctx, watch("log", "m")); !strings.HasPrefix(fault(err), "ValidationError: There is a log alarm with the name log already") {
			t.Error(err)
		}
	})
}
