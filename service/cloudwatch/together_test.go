package cloudwatch_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"tocsin/internal/pgtest"
	"tocsin/service/cloudwatch"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

// TestTogether: many change the same alarms while these are evaluated; each call
// succeeds or is refused for a reason, and nothing is left half done.
func TestTogether(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { together(t, servicetest.New(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		w := servicetest.New(t)
		db, err := state.Open(t.Context(), pgtest.Start(t).Database(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		w.State = db
		together(t, w)
	})
}

func together(t *testing.T, w *servicetest.World) {
	b := &bench{world: w, ctx: w.Context(t), operations: cloudwatch.New(cloudwatch.Options{State: w.State, Now: w.Now})}
	c := newChain(t, b)
	allowed := func(err error) error {
		var refused smithy.APIError
		if errors.As(err, &refused) {
			return nil
		}
		return err
	}
	calls := []func(i int) error{
		func(i int) error {
			in := watch(fmt.Sprint("a", i%3), "m")
			in.AlarmActions = []string{topicARN}
			_, err := c.PutMetricAlarm(c.ctx, in)
			return err
		},
		func(i int) error {
			_, err := c.PutCompositeAlarm(c.ctx, &api.PutCompositeAlarmInput{
				AlarmName: aws.String(fmt.Sprint("c", i%2)), AlarmRule: aws.String(fmt.Sprintf("ALARM(a%d) OR OK(a%d)", i%3, (i+1)%3)),
			})
			return allowed(err)
		},
		func(i int) error {
			_, err := c.SetAlarmState(c.ctx, &api.SetAlarmStateInput{
				AlarmName: aws.String([]string{"a0", "a1", "c0", "c1"}[i%4]), StateReason: aws.String(""),
				StateValue: []types.StateValue{"OK", "ALARM", "INSUFFICIENT_DATA"}[i%3],
			})
			return allowed(err)
		},
		func(i int) error {
			_, err := c.PutMetricData(c.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{
				{MetricName: aws.String("m"), Value: aws.Float64(float64(i % 2))},
			}})
			return err
		},
		func(i int) error {
			_, err := c.DeleteAlarms(c.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{fmt.Sprint("c", i%2), fmt.Sprint("a", i%3)}})
			return allowed(err)
		},
		func(i int) error {
			_, err := c.DisableAlarmActions(c.ctx, &api.DisableAlarmActionsInput{AlarmNames: []string{fmt.Sprint("c", i%2), fmt.Sprint("a", i%3)}})
			return err
		},
		func(int) error {
			_, err := c.ring.Tick(t.Context(), c.world.Now())
			return err
		},
	}
	var group sync.WaitGroup
	for n, call := range calls {
		group.Go(func() {
			for i := range 40 {
				if err := call(i*7 + n); err != nil {
					t.Errorf("call %d: %v", n, err)
					return
				}
			}
		})
	}
	group.Wait()
	both := []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}
	out := must[*api.DescribeAlarmsOutput](t)(c.DescribeAlarms(c.ctx, &api.DescribeAlarmsInput{AlarmTypes: both}))
	there := map[string]bool{}
	for _, a := range out.MetricAlarms {
		there[*a.AlarmName] = true
	}
	for _, a := range out.CompositeAlarms {
		children := must[*api.DescribeAlarmsOutput](t)(c.DescribeAlarms(c.ctx, &api.DescribeAlarmsInput{ChildrenOfAlarmName: a.AlarmName}))
		if len(children.MetricAlarms) != 2 {
			t.Errorf("the rule %s of %s refers to alarms that are gone; left are %v", *a.AlarmRule, *a.AlarmName, there)
		}
	}
}
