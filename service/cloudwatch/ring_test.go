package cloudwatch_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/flow/ring"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

const topicARN = "arn:aws:sns:eu-central-1:123456789012:security"

// A chain is a bench with a topic and what makes its alarms ring.
type chain struct {
	*bench
	ring *ring.Ringer
}

func newChain(t *testing.T, b *bench) chain {
	t.Helper()
	c := chain{b, ring.New(ring.Options{State: b.world.State, Owner: "test", Now: b.world.Now, Log: slog.New(slog.DiscardHandler)})}
	err := b.world.State.Update(t.Context(), func(tx *state.Tx) error {
		return tx.AddTopic(t.Context(), state.Topic{ARN: topicARN, Owner: servicetest.Account, Created: b.world.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run has all alarms evaluated that are due in the time to come.
func (c chain) run(t *testing.T, d time.Duration) {
	t.Helper()
	for end := c.world.Now().Add(d); ; {
		next, err := c.ring.Tick(t.Context(), c.world.Now())
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			c.world.Advance(end.Sub(c.world.Now()))
			return
		}
		c.world.Advance(max(0, next.Sub(c.world.Now())))
	}
}

// subjects are those of the messages that were published since the last call.
func (c chain) subjects(t *testing.T) (out []string) {
	t.Helper()
	err := c.world.State.Update(t.Context(), func(tx *state.Tx) error {
		out = nil
		found, err := tx.LeasePublications(t.Context(), "test", c.world.Now(), c.world.Now().Add(time.Hour), 100)
		for _, p := range found {
			out = append(out, p.Message.Subject)
			if err == nil {
				err = tx.Spread(t.Context(), "test", p.Message.ID, nil, c.world.Now())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c chain) expect(t *testing.T, want ...string) {
	t.Helper()
	for i := range want {
		want[i] += " in EU (Frankfurt)"
	}
	same(t, want, c.subjects(t))
}

// TestRing: what is published makes an alarm ring, and the composite alarm that
// refers to it, until there is nothing more.
func TestRing(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		in := watch("a", "m")
		in.AlarmActions, in.OKActions, in.TreatMissingData = []string{topicARN}, []string{topicARN}, aws.String("notBreaching")
		c.putAlarm(t, in)
		must[*api.PutCompositeAlarmOutput](t)(c.PutCompositeAlarm(c.ctx, &api.PutCompositeAlarmInput{
			AlarmName: aws.String("c"), AlarmRule: aws.String("ALARM(a)"), AlarmActions: []string{topicARN},
		}))
		c.run(t, 2*time.Minute)
		c.expect(t, `OK: "a"`)
		c.publish(t, "m", 1, c.world.Now())
		c.run(t, time.Minute)
		c.expect(t, `ALARM: "a"`, `ALARM: "c"`)
		a := c.alarm(t, "a")
		if a.StateValue != "ALARM" || !strings.HasPrefix(*a.StateReason, "Threshold Crossed: 1 datapoint [1.0 (01/07/26 12:02:00)] was greater than or equal to the threshold (1.0).") {
			t.Errorf("%+v", *a.StateReason)
		}
		c.run(t, 10*time.Minute)
		c.expect(t, `OK: "a"`)
		got := c.history(t, &api.DescribeAlarmHistoryInput{AlarmName: aws.String("a"), ScanBy: "TimestampAscending"})
		act := "Action: Successfully executed action " + topicARN
		same(t, []string{
			`ConfigurationUpdate: Alarm "a" created`, "StateUpdate: Alarm updated from INSUFFICIENT_DATA to OK", act,
			"StateUpdate: Alarm updated from OK to ALARM", act, "StateUpdate: Alarm updated from ALARM to OK", act,
		}, got)
	})
}

// TestRingMath: so does what an expression makes of it.
func TestRingMath(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		in := mathAlarm("m1*2")
		in.AlarmActions = []string{topicARN}
		c.putAlarm(t, in)
		c.publish(t, "m", 1, c.world.Now())
		c.run(t, 2*time.Minute)
		c.expect(t, `ALARM: "math"`)
	})
}

// TestRingByHand: SetAlarmState has actions run once, and not while they are
// disabled or muted.
func TestRingByHand(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		in := watch("a", "m")
		in.AlarmActions, in.TreatMissingData = []string{topicARN}, aws.String("ignore")
		c.putAlarm(t, in)
		c.run(t, time.Minute)
		c.set(t, "a", "ALARM")
		c.set(t, "a", "ALARM")
		c.run(t, 5*time.Minute)
		c.expect(t, `ALARM: "a"`)
		c.set(t, "a", "OK")
		must[*api.DisableAlarmActionsOutput](t)(c.DisableAlarmActions(c.ctx, &api.DisableAlarmActionsInput{AlarmNames: []string{"a"}}))
		c.set(t, "a", "ALARM")
		c.run(t, time.Minute)
		must[*api.EnableAlarmActionsOutput](t)(c.EnableAlarmActions(c.ctx, &api.EnableAlarmActionsInput{AlarmNames: []string{"a"}}))
		c.run(t, time.Minute)
		same(t, nil, c.subjects(t))
		must[*api.PutAlarmMuteRuleOutput](t)(c.PutAlarmMuteRule(c.ctx, &api.PutAlarmMuteRuleInput{
			Name: aws.String("lunch"), MuteTargets: &types.MuteTargets{AlarmNames: []string{"a"}},
			Rule: &types.Rule{Schedule: &types.Schedule{Expression: aws.String("at(2026-07-01T12:00)"), Duration: aws.String("PT1H")}},
		}))
		c.set(t, "a", "OK")
		c.set(t, "a", "ALARM")
		c.run(t, 10*time.Minute)
		same(t, nil, c.subjects(t))
		c.run(t, time.Hour)
		c.expect(t, `ALARM: "a"`)
	})
}

// TestRingSuppressed: a composite alarm waits for its suppressor.
func TestRingSuppressed(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		for _, name := range []string{"a", "quiet"} {
			in := watch(name, name)
			in.TreatMissingData = aws.String("ignore")
			c.putAlarm(t, in)
		}
		c.set(t, "a", "ALARM")
		must[*api.PutCompositeAlarmOutput](t)(c.PutCompositeAlarm(c.ctx, &api.PutCompositeAlarmInput{
			AlarmName: aws.String("c"), AlarmRule: aws.String("ALARM(a)"), AlarmActions: []string{topicARN},
			ActionsSuppressor: aws.String("quiet"), ActionsSuppressorWaitPeriod: aws.Int32(120), ActionsSuppressorExtensionPeriod: aws.Int32(60),
		}))
		c.run(t, time.Minute)
		shown := must[*api.DescribeAlarmsOutput](t)(c.DescribeAlarms(c.ctx, &api.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"CompositeAlarm"}})).CompositeAlarms[0]
		if shown.StateValue != "ALARM" || shown.ActionsSuppressedBy != "WaitPeriod" || shown.ActionsSuppressedReason == nil {
			t.Errorf("%+v", shown)
		}
		same(t, nil, c.subjects(t))
		c.run(t, 2*time.Minute)
		c.expect(t, `ALARM: "c"`)
	})
}

// TestLateAlarm: an alarm that is made after its data looks at it.
func TestLateAlarm(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		c.publish(t, "m", 5, c.world.Now().Add(-time.Minute))
		in := watch("a", "m")
		in.AlarmActions = []string{topicARN}
		c.putAlarm(t, in)
		c.run(t, time.Minute)
		c.expect(t, `ALARM: "a"`)
	})
}

// TestRingHighResolution: an alarm with periods of ten seconds looks at points of
// single seconds.
func TestRingHighResolution(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		in := watch("a", "m")
		in.Period, in.EvaluationPeriods, in.Threshold, in.AlarmActions = aws.Int32(10), aws.Int32(3), aws.Float64(2), []string{topicARN}
		c.putAlarm(t, in)
		second := func(value float64) {
			must[*api.PutMetricDataOutput](t)(c.PutMetricData(c.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{{
				MetricName: aws.String("m"), Value: &value, StorageResolution: aws.Int32(1), Timestamp: aws.Time(c.world.Now()),
			}}}))
			c.run(t, 5*time.Second)
		}
		for range 4 {
			second(1)
		}
		same(t, nil, c.subjects(t))
		for range 4 {
			second(1)
		}
		c.expect(t, `ALARM: "a"`)
	})
}

// TestRingUnit: an alarm with a unit looks at nothing in another.
func TestRingUnit(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		c := newChain(t, b)
		for _, unit := range []types.StandardUnit{"Bytes", "Count", ""} {
			in := watch("in"+string(unit), "m")
			in.Unit, in.Threshold, in.AlarmActions = unit, aws.Float64(4), []string{topicARN}
			c.putAlarm(t, in)
			in = mathAlarm("m1+0")
			in.AlarmName, in.Metrics[0].MetricStat.Unit, in.Threshold = aws.String("math"+string(unit)), unit, aws.Float64(3)
			in.AlarmActions = []string{topicARN}
			c.putAlarm(t, in)
		}
		must[*api.PutMetricDataOutput](t)(c.PutMetricData(c.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{
			{MetricName: aws.String("m"), Value: aws.Float64(4), Unit: "Bytes"}, {MetricName: aws.String("m"), Value: aws.Float64(1), Unit: "Count"},
		}}))
		c.run(t, 2*time.Minute)
		got := c.subjects(t)
		slices.Sort(got)
		same(t, []string{
			`ALARM: "in" in EU (Frankfurt)`, `ALARM: "inBytes" in EU (Frankfurt)`,
			`ALARM: "math" in EU (Frankfurt)`, `ALARM: "mathBytes" in EU (Frankfurt)`,
		}, got)
	})
}
