package statetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

func logGroupAttributes(t *testing.T, s suite) {
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return tx.CreateLogGroup(ctx, state.LogGroup{Scope: scope, Name: "g", Class: "INFREQUENT_ACCESS", KMSKey: "key", Protected: true, Created: start})
	})
	read := func() state.LogGroup {
		t.Helper()
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.LogGroup, error) { return tx.LogGroup(ctx, scope, "g") })
	}
	g := read()
	filled(t, state.LogGroup{ID: 1, Scope: scope, Name: "g", RetentionDays: 1, Created: start, Class: "c", KMSKey: "k", Protected: true})
	if g.Class != "INFREQUENT_ACCESS" || g.KMSKey != "key" || !g.Protected {
		t.Errorf("got %+v", g)
	}
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.CreateLogGroup(ctx, state.LogGroup{Scope: scope, Name: "g"})
	})
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.SetLogGroupKey(ctx, g.ID, "other") })
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.ProtectLogGroup(ctx, g.ID, false) })
	if g = read(); g.KMSKey != "other" || g.Protected {
		t.Errorf("got %+v", g)
	}
	if plain := group(t, s, "plain"); plain.Class != "STANDARD" || plain.Protected {
		t.Errorf("got %+v", plain)
	}
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return tx.SetLogGroupKey(ctx, 99, "") })
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return tx.ProtectLogGroup(ctx, 99, true) })
}

func logStreams(t *testing.T, s suite) {
	g, other := group(t, s, "g"), group(t, s, "other")
	streams := func() []state.LogStream {
		t.Helper()
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.LogStream, error) { return tx.LogStreams(ctx, g.ID) })
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.CreateLogStream(ctx, g.ID, "made", start) })
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.CreateLogStream(ctx, other.ID, "made", start) })
	later := start.Add(time.Hour)
	saw := func(seen ...state.LogStream) {
		t.Helper()
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.SawStreams(ctx, seen) })
	}
	saw(state.LogStream{LogGroup: g.ID, Name: "seen", Created: later, First: 20, Last: 30, Ingested: 40, Bytes: 5},
		state.LogStream{LogGroup: g.ID, Name: "made", Created: later, First: 20, Last: 30, Ingested: 40, Bytes: 5})
	saw(state.LogStream{LogGroup: g.ID, Name: "seen", Created: later, First: 10, Last: 25, Ingested: 50, Bytes: 1})
	want := []state.LogStream{
		{LogGroup: g.ID, Name: "made", Created: start, First: 20, Last: 30, Ingested: 40, Bytes: 5},
		{LogGroup: g.ID, Name: "seen", Created: later, First: 10, Last: 30, Ingested: 50, Bytes: 6},
	}
	if diff := cmp.Diff(want, streams()); diff != "" {
		t.Error(diff)
	}
	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error { return tx.CreateLogStream(ctx, g.ID, "seen", start) })
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return tx.CreateLogStream(ctx, 99, "seen", start) })

	before := revision(t, s)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogStream(ctx, g.ID, "seen") })
	if revision(t, s) == before {
		t.Error("a deleted stream leaves the revision as it is")
	}
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogStream(ctx, g.ID, "seen") })
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.LogStream(ctx, g.ID, "seen")
		return err
	})
	if diff := cmp.Diff(want[:1], streams()); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.CreateLogStream(ctx, g.ID, "seen", later) })
	again := get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.LogStream, error) {
		return tx.LogStream(ctx, g.ID, "seen")
	})
	if diff := cmp.Diff(state.LogStream{LogGroup: g.ID, Name: "seen", Generation: 1, Created: later}, again); diff != "" {
		t.Error(diff)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogStream(ctx, g.ID, "seen") })
	saw(state.LogStream{LogGroup: g.ID, Name: "seen", Created: start, First: 1, Last: 2, Ingested: 3, Bytes: 4})
	again = get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.LogStream, error) {
		return tx.LogStream(ctx, g.ID, "seen")
	})
	if diff := cmp.Diff(state.LogStream{LogGroup: g.ID, Name: "seen", Generation: 2, Created: start, First: 1, Last: 2, Ingested: 3, Bytes: 4}, again); diff != "" {
		t.Error(diff)
	}
	filled(t, again)
	hidden := get(t, s.b, func(ctx context.Context, tx *state.Tx) (map[string]bool, error) { return tx.HiddenStreams(ctx, g.ID) })
	if diff := cmp.Diff(map[string]bool{"seen": true, "seen:1": true}, hidden); diff != "" {
		t.Error(diff)
	}
	generations := get(t, s.b, func(ctx context.Context, tx *state.Tx) (map[int64]map[string]int64, error) {
		return tx.StreamGenerations(ctx)
	})
	if diff := cmp.Diff(map[int64]map[string]int64{g.ID: {"seen": 2}}, generations); diff != "" {
		t.Error(diff)
	}
	if stored := state.StreamStoredAs("seen", 2); stored != "seen:2" || state.StreamOf(stored) != "seen" || state.StreamOf("plain") != "plain" {
		t.Errorf("stored as %s", stored)
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogGroup(ctx, g.ID) })
	if left := streams(); len(left) > 0 {
		t.Errorf("left of a deleted group: %+v", left)
	}
}
