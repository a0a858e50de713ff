package ring_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// onMath makes an alarm one on an expression over metrics of the namespace CIS, whose
// ids are their names, that are summed up each minute.
func onMath(expression string, metrics ...string) func(*state.Alarm) {
	return func(a *state.Alarm) {
		d := &a.Definition
		d.Namespace, d.MetricName, d.Statistic, d.Period = "", "", metric.Statistic{}, 60
		for _, m := range metrics {
			d.Metrics = append(d.Metrics, alarm.MetricQuery{ID: m, Metric: &alarm.MetricStat{Namespace: "CIS", MetricName: m, Stat: "Sum", Period: 60}})
		}
		d.Metrics = append(d.Metrics, alarm.MetricQuery{ID: "result", Expression: expression, ReturnData: true})
	}
}

// TestMathTimelines: one column for each minute; _ is no data. The state is that at
// the end of the minute: O for OK, A for ALARM, I for INSUFFICIENT_DATA.
func TestMathTimelines(t *testing.T) {
	for _, c := range []struct {
		name, expression string
		change           func(*alarm.Alarm)
		data             []string
		want             string
	}{
		{
			"a rate, of which both parts make the alarm due", "100 * errors / total",
			func(d *alarm.Alarm) { d.Threshold, d.ComparisonOperator = 50, alarm.GreaterThanThreshold },
			[]string{
				"errors 1 6 _ _ 9 9 _ _ _ _",
				"total  9 9 9 _ 9 _ _ _ _ _",
			},
			"       O A O O A A A O O O", // without a total there is no point
		},
		{
			"missing data", "100 * errors / total",
			func(d *alarm.Alarm) {
				d.Threshold, d.ComparisonOperator, d.TreatMissingData = 50, alarm.GreaterThanThreshold, alarm.Missing
			},
			[]string{
				"errors _ 6 _ _ _ _ _",
				"total  _ 9 _ _ _ _ _",
			},
			"       I A A A I I I",
		},
		{
			"two of three", "errors - total",
			func(d *alarm.Alarm) { d.Threshold, d.EvaluationPeriods, d.DatapointsToAlarm = 3, 3, 2 },
			[]string{
				"errors 5 1 5 1 1 1 5",
				"total  1 1 1 1 1 1 1",
			},
			"       O O A O O O O",
		},
		{
			"FILL rings for silence", "FILL(total, 0)",
			func(d *alarm.Alarm) { d.Threshold, d.ComparisonOperator = 1, alarm.LessThanThreshold },
			[]string{
				"errors _ _ _ _ _ _ _",
				"total  3 3 _ _ 3 _ _",
			},
			"       O O A A O A A",
		},
		{
			"the clock alone", "IF(MINUTE(errors) >= 3 AND MINUTE(errors) < 5, 1, 0)", nil,
			[]string{
				"errors _ _ _ _ _ _ _ _",
				"total  _ _ _ _ _ _ _ _",
			},
			"       O O O A A O O O",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), nil)
			a := w.alarm("math", func(a *state.Alarm) {
				onMath(c.expression, "errors", "total")(a)
				if c.change != nil {
					c.change(&a.Definition)
				}
			})
			columns := len(strings.Fields(c.data[0])) - 1
			w.run(start, start)
			var got []string
			for i := range columns {
				at := start.Add(time.Duration(i) * time.Minute)
				w.run(at, at.Add(10*time.Second))
				for _, line := range c.data {
					fields := strings.Fields(line)
					if fields[1+i] == "_" {
						continue
					}
					n, err := strconv.ParseFloat(fields[1+i], 64)
					if err != nil {
						t.Fatal(err)
					}
					w.count(fields[0], at, n)
				}
				w.run(at.Add(20*time.Second), at.Add(time.Minute))
				got = append(got, string(w.stored(a.Definition.ARN).Record.State[0]))
			}
			if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMathTells: the message of an alarm on metric math, with the events of all its
// metrics, each once, and its reason.
func TestMathTells(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		w := newWorld(t, db, nil)
		one, two := w.filter("one", nil), w.filter("two", nil)
		a := w.alarm("math", onMath("one + two", "one", "two"))
		w.tick(start)
		now := start.Add(10 * time.Minute)
		for _, f := range []state.MetricFilter{one, two} { // the same event twice
			w.events(f, metric.NewIdentity("CIS", f.Definition.FilterName), now, evidence.Event{Name: "DeleteTrail"})
		}
		w.run(now, now.Add(2*time.Minute))
		out := w.outbox()
		if len(out) != 1 {
			t.Fatalf("%d messages", len(out))
		}
		var s evidence.Summary
		if err := json.Unmarshal(out[0].Summary, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Newest) != 1 || s.Newest[0].Name != "DeleteTrail" || s.Count != 2 {
			t.Errorf("count %d, newest %+v", s.Count, s.Newest)
		}
		var document struct {
			NewStateReason string
			Trigger        struct {
				Metrics []struct{ Expression, ID string }
			}
		}
		if err := json.Unmarshal([]byte(out[0].Message.Default), &document); err != nil {
			t.Fatal(err)
		}
		if got := document.NewStateReason; got != "Threshold Crossed: 1 datapoint [2.0 (14/09/26 12:10:00)] was greater than or equal to the threshold (1.0)." {
			t.Error(got)
		}
		if m := document.Trigger.Metrics; len(m) != 3 || m[2].Expression != "one + two" {
			t.Errorf("%+v", m)
		}
		record := w.stored(a.Definition.ARN).Record
		if got := record.ReasonData; strings.Contains(got, "sampleCount") || !strings.Contains(got, `"recentDatapoints":[2.0]`) {
			t.Error(got)
		}
	})
}

// TestMathLate: data that comes when its minutes are out of sight rings late.
func TestMathLate(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	w.alarm("math", onMath("errors / total", "errors", "total"))
	w.tick(start)
	now := start.Add(3 * time.Hour)
	w.run(start, now)
	w.count("total", start.Add(time.Hour), 2)
	w.count("errors", start.Add(time.Hour), 4)
	w.run(now.Add(10*time.Second), now.Add(5*time.Minute))
	if got := w.subjects(); !slices.Equal(got, []string{`ALARM: "math" in EU (Frankfurt)`}) {
		t.Errorf("told %q", got)
	}
	if got := w.stored(alarm.ARN(scope.Partition, scope.Region, scope.Account, "math")).Record; got.State != alarm.OK {
		t.Errorf("%+v", got)
	}
}

// TestMathOfOtherAccounts: a metric with an account of its own is read there.
func TestMathOfOtherAccounts(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	a := w.alarm("math", func(a *state.Alarm) {
		onMath("m2 - m1", "m1", "m2")(a)
		a.Definition.Metrics[0].Metric.MetricName = "x"
		a.Definition.Metrics[1].Metric.MetricName = "x"
		a.Definition.Metrics[1].AccountID = "999999999999"
	})
	w.tick(start)
	at := start.Add(time.Minute)
	there := scope
	there.Account = "999999999999"
	x := metric.NewIdentity("CIS", "x")
	w.update(func(ctx context.Context, tx *state.Tx) error {
		for s, v := range map[state.Scope]float64{scope: 2, there: 7} {
			if err := tx.AddPoints(ctx, []state.Points{{Scope: s, Metric: x, Points: []metric.Point{{Time: at.UnixMilli(), Samples: metric.Of(v)}}}}); err != nil {
				return err
			}
		}
		return tx.MarkDue(ctx, []state.Touch{{Scope: there, Metric: x, Minute: at.UnixMilli()}})
	})
	w.run(at, at.Add(time.Minute))
	if got := w.stored(a.Definition.ARN).Record; !strings.Contains(got.Reason, "[5.0 (") {
		t.Errorf("%+v", got)
	}
}
