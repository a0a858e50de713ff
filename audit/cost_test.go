package audit_test

import (
	"fmt"
	"testing"
	"time"

	"tocsin/audit"
	"tocsin/core/control"
)

// A Region with 1,000 alarms and 1,000 filters, of which a log group can have
// 100: the trail delivers to one such group.
func TestCallsOfALargeRegion(t *testing.T) {
	answers := healthy(t)
	for i := range 1000 - 15 {
		alarm := fmt.Sprintf(`{"AlarmName":"app-%d","AlarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:app-%d","ActionsEnabled":true,"AlarmActions":["arn:aws:sns:us-east-1:111122223333:app-%d"],"Namespace":"App","MetricName":"m%d","Statistic":"Sum","Period":60,"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"GreaterThanThreshold","StateValue":"OK"}`, i, i, i, i)
		if err := apply(answers, "add alarms "+alarm); err != nil {
			t.Fatal(err)
		}
	}
	for g := range 10 {
		for i := range 100 {
			path := "filters"
			if g > 0 {
				path = fmt.Sprintf("logs:DescribeMetricFilters|arn:aws:logs:us-east-1:111122223333:log-group:app-%d|metricFilters", g)
			} else if i >= 85 {
				break
			}
			filter := fmt.Sprintf(`{"filterName":"f%d","filterPattern":"{ $.eventName = \"Own%d\" && $.a.b != \"x*\" }","metricTransformations":[{"metricName":"n%d","metricNamespace":"App2","metricValue":"1"}]}`, i, i, i)
			if err := apply(answers, "add "+path+" "+filter); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 150 {
		item := fmt.Sprintf(`{"AlarmName":"app-%d","HistorySummary":"Successfully executed action arn:aws:sns:us-east-1:111122223333:app-%d","Timestamp":"2026-03-01T10:00:00Z"}`, i, i)
		if err := apply(answers, "add history "+item); err != nil {
			t.Fatal(err)
		}
	}
	var log asked
	began := time.Now()
	a, err := audit.Read(t.Context(), audit.Options{Account: account, Region: region, Now: now, Open: open(answers, &log), Unpaced: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range audit.Judge(&a, controls(), control.Newest) {
		if f.Status != audit.Passed {
			t.Errorf("%s is %s: %s", f.Control, f.Status, f.Summary)
		}
	}
	t.Logf("%d calls, %v", a.Calls, time.Since(began))
	if a.Calls >= 25 || a.Calls != len(log.actions) {
		t.Errorf("%d calls counted, %d made, want fewer than 25: %v", a.Calls, len(log.actions), log.actions)
	}
}

// The pace lets a burst through and then keeps to the rate.
func TestPace(t *testing.T) {
	answers := healthy(t)
	for i := range 260 {
		if err := apply(answers, fmt.Sprintf(`add filters {"filterName":"f%d","filterPattern":"x","metricTransformations":[{"metricName":"n","metricNamespace":"N","metricValue":"1"}]}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	a, err := audit.Read(t.Context(), audit.Options{Account: account, Region: region, Now: now, Open: open(answers, &asked{})})
	if err != nil || len(a.LogGroups) != 1 || len(a.LogGroups[0].Filters) != 275 {
		t.Fatalf("%v, %d log groups", err, len(a.LogGroups))
	}
	// Six pages: a burst of four, then four a second.
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("took %v, want at least 400ms", took)
	}
}
