package statetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

func history(t *testing.T, s suite) {
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	item := func(name, kind string, minute int) alarm.HistoryItem {
		return alarm.HistoryItem{AlarmName: name, AlarmType: alarm.MetricAlarm, Timestamp: at(minute), Type: kind, Summary: "s", Data: "{}"}
	}
	filled(t, item("a", "x", 0))
	add := func(db *state.DB, i alarm.HistoryItem) {
		update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.AddHistory(ctx, arn(i.AlarmName), i) })
	}
	add(s.a, item("a", alarm.StateUpdate, 1))
	add(s.b, item("a", alarm.Action, 1))
	add(s.a, item("b", alarm.StateUpdate, 3))
	add(s.a, item("a", alarm.StateUpdate, 2)) // written late
	find := func(q state.HistoryQuery) []state.StoredHistoryItem {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.StoredHistoryItem, error) { return tx.History(ctx, q) })
	}
	short := func(items []state.StoredHistoryItem) (out []string) {
		for _, i := range items {
			out = append(out, i.AlarmName+" "+i.Type+i.Timestamp.Format(" 04"))
		}
		return out
	}
	newest := find(state.HistoryQuery{})
	if diff := cmp.Diff(item("b", alarm.StateUpdate, 3), newest[0].HistoryItem); diff != "" || newest[0].ARN != arn("b") {
		t.Errorf("%s %s", diff, newest[0].ARN)
	}
	for name, c := range map[string]struct {
		query state.HistoryQuery
		want  []string
	}{
		"all":     {state.HistoryQuery{}, []string{"b StateUpdate 03", "a StateUpdate 02", "a Action 01", "a StateUpdate 01"}},
		"oldest":  {state.HistoryQuery{OldestFirst: true, ARN: arn("a")}, []string{"a StateUpdate 01", "a Action 01", "a StateUpdate 02"}},
		"limit":   {state.HistoryQuery{Limit: 2}, []string{"b StateUpdate 03", "a StateUpdate 02"}},
		"next":    {state.HistoryQuery{After: newest[1].ID}, []string{"a Action 01", "a StateUpdate 01"}},
		"next up": {state.HistoryQuery{After: newest[2].ID, OldestFirst: true}, []string{"a StateUpdate 02", "b StateUpdate 03"}},
		"type":    {state.HistoryQuery{ItemType: alarm.Action}, []string{"a Action 01"}},
		"time":    {state.HistoryQuery{From: at(2), To: at(3)}, []string{"b StateUpdate 03", "a StateUpdate 02"}},
		"nothing": {state.HistoryQuery{ARN: arn("c")}, nil},
		"scope":   {state.HistoryQuery{Scope: scope, Limit: 1}, []string{"b StateUpdate 03"}},
		"far":     {state.HistoryQuery{Scope: state.Scope{Partition: "aws", Account: "1", Region: "us-east-1"}}, nil},
		"kind":    {state.HistoryQuery{AlarmTypes: []string{alarm.MetricAlarm, "x"}, ItemType: alarm.Action}, []string{"a Action 01"}},
		"other":   {state.HistoryQuery{AlarmTypes: []string{alarm.CompositeAlarm}}, nil},
	} {
		if diff := cmp.Diff(c.want, short(find(c.query))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func pruneHistory(t *testing.T, s suite) {
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		for minute := range 5 {
			item := alarm.HistoryItem{AlarmName: "a", AlarmType: alarm.MetricAlarm, Timestamp: start.Add(time.Duration(minute) * time.Minute), Type: alarm.StateUpdate, Summary: "s", Data: "{}"}
			if err := tx.AddHistory(ctx, arn("a"), item); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{2, 1, 0} {
		if n := put(t, s.b, func(ctx context.Context, tx *state.Tx) (int, error) {
			return tx.PruneHistory(ctx, start.Add(3*time.Minute), 2)
		}); n != want {
			t.Errorf("%d items pruned, want %d", n, want)
		}
	}
	left := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.StoredHistoryItem, error) {
		return tx.History(ctx, state.HistoryQuery{OldestFirst: true})
	})
	if len(left) != 2 || !left[0].Timestamp.Equal(start.Add(3*time.Minute)) {
		t.Errorf("left: %+v", left)
	}
}

func pruneRings(t *testing.T, s suite) {
	a := putAlarm(t, s.a, on("a"))
	rings := []state.Ring{
		{Alarm: a.ID, From: 100, To: 200, Told: 250},
		{Alarm: a.ID, From: 300, To: 400, Told: 450},
		{Alarm: a.ID, From: 500, To: 600},             // not told yet
		{Alarm: a.ID, From: 700, To: 800, Told: 5000}, // told late
		{Alarm: a.ID, From: 900, To: state.MaxTime, Told: 950},
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) (err error) {
		for i := range rings {
			if rings[i].ID, err = tx.AddRing(ctx, rings[i]); err != nil {
				return err
			}
		}
		return nil
	})
	for _, want := range []int{1, 1, 0} {
		if n := put(t, s.b, func(ctx context.Context, tx *state.Tx) (int, error) { return tx.PruneRings(ctx, 1000, 1) }); n != want {
			t.Errorf("%d rings pruned, want %d", n, want)
		}
	}
	left := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.Ring, error) { return tx.Rings(ctx, a.ID, 0, 1000) })
	if diff := cmp.Diff(rings[2:], left); diff != "" {
		t.Error(diff)
	}
}

func ringsGone(t *testing.T, s suite) {
	a := putAlarm(t, s.a, on("a"))
	ring := state.Ring{Alarm: a.ID, From: 300, To: state.MaxTime, Late: true, Told: 9}
	ring.ID = put(t, s.a, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.AddRing(ctx, ring) })
	filled(t, ring)
	find := func() []state.Ring {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Ring, error) { return tx.Rings(ctx, a.ID, 1000, 2000) })
	}
	if diff := cmp.Diff([]state.Ring{ring}, find()); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteAlarm(ctx, arn("a")) })
	if got := find(); len(got) != 0 {
		t.Errorf("rings of an alarm that is gone: %v", got)
	}
	for name, f := range map[string]func(ctx context.Context, tx *state.Tx) error{
		"update": func(ctx context.Context, tx *state.Tx) error { return tx.UpdateRing(ctx, ring) },
		"drop":   func(ctx context.Context, tx *state.Tx) error { return tx.DropRing(ctx, ring.ID) },
		"add": func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.AddRing(ctx, ring)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, s.a, state.ErrNotFound, f) })
	}
}
