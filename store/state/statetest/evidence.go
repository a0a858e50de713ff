package statetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
	"tocsin/store/state"
)

func event(filter, at int64, id byte) state.Evidence {
	return state.Evidence{
		Filter: filter, Minute: metric.Minute(at), Time: at, Event: [16]byte{15: id}, Body: []byte{'{', id, 0, '}'},
	}
}

func addEvidence(t *testing.T, db *state.DB, perMinute int, added ...state.Evidence) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.AddEvidence(ctx, added, perMinute) })
}

func evidenceOf(t *testing.T, db *state.DB, filters []int64, from, to int64, limit int) []state.Evidence {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) ([]state.Evidence, error) {
		return tx.EvidenceOf(ctx, filters, from, to, limit)
	})
}

func evidence(t *testing.T, s suite) {
	addEvidence(t, s.a, 2, event(1, 10, 1), event(1, 30, 3), event(1, 20, 2), event(1, 60_000, 4), event(2, 30, 3), event(3, 1, 9))
	// The newest of a minute stay, whoever wrote them and however often.
	addEvidence(t, s.b, 2, event(1, 25, 5), event(1, 5, 6), event(1, 30, 3))
	for _, c := range []struct {
		name     string
		filters  []int64
		from, to int64
		limit    int
		want     []state.Evidence
	}{
		{"one", []int64{1}, 0, 100_000, 9, []state.Evidence{event(1, 60_000, 4), event(1, 30, 3), event(1, 25, 5)}},
		{"two, an event once", []int64{2, 1, 2}, 0, 100_000, 9, []state.Evidence{event(1, 60_000, 4), event(1, 30, 3), event(1, 25, 5)}},
		{"limit", []int64{1, 2}, 0, 100_000, 2, []state.Evidence{event(1, 60_000, 4), event(1, 30, 3)}},
		{"bounds", []int64{1}, 25, 60_000, 9, []state.Evidence{event(1, 30, 3), event(1, 25, 5)}},
		{"none", []int64{7}, 0, 100_000, 9, nil},
		{"no filter", nil, 0, 100_000, 9, nil},
	} {
		if diff := cmp.Diff(c.want, evidenceOf(t, s.a, c.filters, c.from, c.to, c.limit)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	prune := func(limit int) int {
		return put(t, s.a, func(ctx context.Context, tx *state.Tx) (int, error) { return tx.PruneEvidence(ctx, 30, limit) })
	}
	if diff := cmp.Diff([]int{1, 1, 0}, []int{prune(1), prune(5), prune(5)}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]state.Evidence{event(1, 60_000, 4), event(1, 30, 3)}, evidenceOf(t, s.b, []int64{1}, 0, 100_000, 9)); diff != "" {
		t.Error(diff)
	}
}

func evidenceTogether(t *testing.T, s suite) {
	g := group(t, s, "g")
	f := put(t, s.a, func(ctx context.Context, tx *state.Tx) (state.MetricFilter, error) {
		return tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: g.ID, Definition: metric.Definition{FilterName: "f"}})
	})
	const workers, keep = 8, 5
	together(t, workers, func(i int) error {
		for r := range 6 {
			n := r*workers + i
			if err := s.both(i).Update(t.Context(), func(tx *state.Tx) error {
				return tx.AddEvidence(t.Context(), []state.Evidence{event(f.ID, int64(n), byte(n)), event(f.ID, 60_000+int64(n), byte(n))}, keep)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	var want []state.Evidence
	for n := 6*workers - 1; n >= 6*workers-keep; n-- {
		want = append(want, event(f.ID, int64(n), byte(n)))
	}
	if diff := cmp.Diff(want, evidenceOf(t, s.a, []int64{f.ID}, 0, 60_000, 100)); diff != "" {
		t.Error(diff)
	}
}
