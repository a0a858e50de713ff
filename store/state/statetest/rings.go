package statetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// rings has the rings of an alarm, and what becomes of minutes that an
// evaluation leaves unsettled.
func rings(t *testing.T, s suite) {
	const arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:rings"
	m := metric.NewIdentity("ns", "rings")
	touch := func(minute int64) []state.Touch {
		return []state.Touch{{Scope: scope, Metric: m, Minute: minute}}
	}
	var a state.Alarm
	update(t, s.a, func(ctx context.Context, tx *state.Tx) (err error) {
		a, _, err = tx.PutAlarm(ctx, state.Alarm{
			Scope: scope, Record: alarm.NewRecord(start),
			Definition: alarm.Alarm{ARN: arn, Name: "rings", Namespace: "ns", MetricName: "rings", Statistic: metric.MustStatistic("Sum"), Period: 60, EvaluationPeriods: 1},
		})
		if err != nil {
			return err
		}
		return tx.MarkDue(ctx, append(touch(60_000), touch(120_000)...))
	})

	lease := func(db *state.DB, at time.Time) (due []state.DueAlarm) {
		t.Helper()
		update(t, db, func(ctx context.Context, tx *state.Tx) (err error) {
			due, err = tx.LeaseAlarms(ctx, "me", at, at.Add(time.Minute), 10)
			return err
		})
		return due
	}
	due := lease(s.a, start)
	if len(due) != 1 || !cmp.Equal(due[0].Touched, []int64{60_000, 120_000}) {
		t.Fatalf("leased %+v", due)
	}
	save := func(at int64, settled ...int64) {
		t.Helper()
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
			return tx.SaveEvaluation(ctx, "me", state.Evaluation{Alarm: a.ID, Revision: a.Revision, Due: at, Touched: settled})
		})
	}
	later := start.Add(time.Hour)
	save(later.UnixMilli(), 60_000)
	if due := lease(s.b, later.Add(-time.Second)); len(due) != 0 {
		t.Errorf("before it was due again: %+v", due)
	}
	if due = lease(s.b, later); len(due) != 1 || !cmp.Equal(due[0].Touched, []int64{120_000}) {
		t.Errorf("when it was due again: %+v", due)
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.MarkDue(ctx, touch(120_000)) })
	save(state.MaxTime, 120_000)
	if due = lease(s.b, start); len(due) != 1 || !cmp.Equal(due[0].Touched, []int64{120_000}) {
		t.Errorf("a minute touched once more while it was evaluated: %+v", due)
	}

	told := start.UnixMilli()
	first := state.Ring{Alarm: a.ID, From: 100, To: 200, Told: told}
	open := state.Ring{Alarm: a.ID, From: 300, To: state.MaxTime, Told: 1}
	late := state.Ring{Alarm: a.ID, From: 250, To: 260, Late: true}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) (err error) {
		for _, r := range []*state.Ring{&first, &open, &late} {
			if r.ID, err = tx.AddRing(ctx, *r); err != nil {
				return err
			}
		}
		return nil
	})
	check := func(what string, get func(context.Context, *state.Tx) ([]state.Ring, error), want ...state.Ring) {
		t.Helper()
		update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
			got, err := get(ctx, tx)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(what, diff)
			}
			return err
		})
	}
	between := func(from, to int64) func(context.Context, *state.Tx) ([]state.Ring, error) {
		return func(ctx context.Context, tx *state.Tx) ([]state.Ring, error) { return tx.Rings(ctx, a.ID, from, to) }
	}
	live := func(since int64) func(context.Context, *state.Tx) ([]state.Ring, error) {
		return func(ctx context.Context, tx *state.Tx) ([]state.Ring, error) { return tx.LiveRings(ctx, a.ID, since) }
	}
	check("all", between(0, 1000), first, late, open)
	check("some", between(200, 250), first, late)
	check("none", between(0, 99))
	check("live", live(told), first, late, open)
	check("live and told later", live(told+1), late, open)
	first.From, first.To, first.Late, first.Told = 90, 260, true, 7
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.UpdateRing(ctx, first); err != nil {
			return err
		}
		return tx.DropRing(ctx, late.ID)
	})
	check("joined", between(0, 1000), first, open)
}
