package statetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

func subscriptionFilters(t *testing.T, s suite) {
	g, other := group(t, s, "g"), group(t, s, "other")
	list := func(group int64) []state.SubscriptionFilter {
		t.Helper()
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.SubscriptionFilter, error) {
			return tx.SubscriptionFilters(ctx, group)
		})
	}
	full := state.SubscriptionFilter{LogGroup: g.ID, Name: "b", Created: start, SubscriptionTarget: state.SubscriptionTarget{
		Pattern: "ERROR", Destination: "arn", Role: "role", Distribution: "Random", SystemFields: []string{"@aws.account"},
	}}
	before := revision(t, s)
	store := func(f state.SubscriptionFilter) state.SubscriptionFilter {
		t.Helper()
		return put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.SubscriptionFilter, error) {
			return tx.PutSubscriptionFilter(ctx, f)
		})
	}
	b := store(full)
	filled(t, b)
	if revision(t, s) == before {
		t.Error("a new filter leaves the revision as it is")
	}
	a := store(state.SubscriptionFilter{LogGroup: g.ID, Name: "a", Created: start})
	o := store(state.SubscriptionFilter{LogGroup: other.ID, Name: "a", Created: start})
	if d := cmp.Diff([]state.SubscriptionFilter{a, b}, list(g.ID)); d != "" {
		t.Error(d)
	}
	changed := full
	changed.Pattern, changed.Created = "other", start.Add(time.Hour)
	if again := store(changed); again.ID != b.ID || !again.Created.Equal(start) || again.Pattern != "other" {
		t.Errorf("replaced: %+v", again)
	}
	if all := list(0); len(all) != 3 {
		t.Errorf("all: %+v", all)
	}
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.PutSubscriptionFilter(ctx, state.SubscriptionFilter{LogGroup: 99, Name: "a"})
		return err
	})
	before = revision(t, s)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteSubscriptionFilter(ctx, g.ID, "a") })
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteSubscriptionFilter(ctx, g.ID, "a") })
	if revision(t, s) == before {
		t.Error("a deleted filter leaves the revision as it is")
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogGroup(ctx, g.ID) })
	if d := cmp.Diff([]state.SubscriptionFilter{o}, list(0)); d != "" {
		t.Error(d)
	}
}

func forwards(t *testing.T, s suite) {
	g := group(t, s, "g")
	var filters []state.SubscriptionFilter
	for _, name := range []string{"a", "b"} {
		filters = append(filters, put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.SubscriptionFilter, error) {
			return tx.PutSubscriptionFilter(ctx, state.SubscriptionFilter{LogGroup: g.ID, Name: name})
		}))
	}
	a, b := filters[0].ID, filters[1].ID
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return tx.AddForwards(ctx, []state.Forward{
			{Filter: a, At: 1, Attempts: 2, Due: start.UnixMilli(), Body: []byte("1")}, {Filter: b, Body: []byte("2")}, {Filter: a, At: 3, Body: []byte("3")},
		})
	})
	due := func(at time.Time) []int64 {
		t.Helper()
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]int64, error) { return tx.DueForwards(ctx, at) })
	}
	of := func(filter int64, limit int) (bodies string, list []state.Forward) {
		t.Helper()
		list = get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Forward, error) {
			return tx.Forwards(ctx, filter, limit)
		})
		for _, f := range list {
			bodies += string(f.Body)
		}
		return bodies, list
	}
	if d := cmp.Diff([]int64{b}, due(start.Add(-time.Second))); d != "" {
		t.Errorf("only the oldest counts: %s", d)
	}
	if d := cmp.Diff([]int64{a, b}, due(start)); d != "" {
		t.Error(d)
	}
	bodies, list := of(a, 10)
	if bodies != "13" {
		t.Errorf("of a: %s", bodies)
	}
	filled(t, list[0])
	if one, _ := of(a, 1); one != "1" {
		t.Errorf("the first: %s", one)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return tx.PostponeForward(ctx, list[0].ID, start.Add(time.Hour))
	})
	if d := cmp.Diff([]int64{b}, due(start)); d != "" {
		t.Error(d)
	}
	_, list = of(a, 1)
	if list[0].Attempts != 3 || list[0].Due != start.Add(time.Hour).UnixMilli() {
		t.Errorf("postponed: %+v", list[0])
	}
	for range 2 {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DropForward(ctx, list[0].ID) })
	}
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return tx.PostponeForward(ctx, list[0].ID, start) })
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		return tx.AddForwards(ctx, []state.Forward{{Filter: 99}})
	})
	if bodies, _ := of(a, 10); bodies != "3" {
		t.Errorf("left: %s", bodies)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteSubscriptionFilter(ctx, g.ID, "b") })
	if bodies, _ := of(b, 10); bodies != "" {
		t.Errorf("left of a filter that is gone: %s", bodies)
	}
}
