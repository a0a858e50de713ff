package statetest

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
	"tocsin/store/state"
)

var samples = cmp.AllowUnexported(metric.Samples{})

const minuteLength = 60_000

func of(name string, values ...float64) state.Points {
	return at(name, 0, metric.Of(values...))
}

func at(name string, minute int64, s metric.Samples) state.Points {
	return state.Points{
		Scope: scope, Metric: metric.NewIdentity("ns", name), Unit: "Count",
		Points: []metric.Point{{Time: minute * minuteLength, Samples: s}},
	}
}

func addPoints(t *testing.T, db *state.DB, added ...state.Points) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *state.Tx) error { return tx.AddPoints(ctx, added) })
}

func pointsOf(t *testing.T, db *state.DB, m metric.Identity, from, to int64) []metric.Point {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) ([]metric.Point, error) {
		return tx.Points(ctx, scope, m, from*minuteLength, to*minuteLength)
	})
}

func points(t *testing.T, s suite) {
	m := metric.NewIdentity("ns", "m")
	addPoints(t, s.a, of("m", 1), of("other", 5), of("m", 1, 1))
	addPoints(t, s.b, at("m", 2, metric.Of(1)), at("m", 1, metric.Of(1)), of("m", 1))
	want := []metric.Point{
		{Time: 0, Samples: metric.Of(1, 1, 1, 1)},
		{Time: minuteLength, Samples: metric.Of(1)},
		{Time: 2 * minuteLength, Samples: metric.Of(1)},
	}
	if diff := cmp.Diff(want, pointsOf(t, s.b, m, 0, 9), samples); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:2], pointsOf(t, s.a, m, 1, 2), samples); diff != "" {
		t.Error(diff)
	}
	elsewhere := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]metric.Point, error) {
		return tx.Points(ctx, state.Scope{Account: "1"}, m, 0, minuteLength)
	})
	if len(elsewhere) != 0 {
		t.Errorf("another account sees %v", elsewhere)
	}
	prune := func(limit int) int {
		return put(t, s.a, func(ctx context.Context, tx *state.Tx) (int, error) {
			return tx.PrunePoints(ctx, 2*minuteLength, limit)
		})
	}
	if diff := cmp.Diff([]int{2, 1, 0}, []int{prune(2), prune(2), prune(2)}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[2:], pointsOf(t, s.b, m, 0, 9), samples); diff != "" {
		t.Error(diff)
	}
}

func distributions(t *testing.T, s suite) {
	m := metric.NewIdentity("ns", "m")
	add := [][]metric.Samples{
		{metric.Of(0.1), metric.Of(0.1, 0.1)},
		{metric.Of(3, -1, 0.1, 2.5), metric.Of(3)},
		{metric.StatisticSet(3, 9, 1, 5), metric.Of(1)},
		{metric.StatisticSet(3, 9, 3, 3), metric.Of(3)},
	}
	for i, list := range add {
		var want metric.Samples
		for _, x := range list {
			want.Merge(x)
			addPoints(t, s.both(i), at("m", int64(i), x))
		}
		got := pointsOf(t, s.a, m, int64(i), int64(i+1))
		if diff := cmp.Diff([]metric.Point{{Time: int64(i) * minuteLength, Samples: want}}, got, samples); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
	}
	var many metric.Samples
	for i := range 3000 {
		many.Add(float64(i)/7, 1)
	}
	addPoints(t, s.a, at("many", 0, many))
	got := pointsOf(t, s.b, metric.NewIdentity("ns", "many"), 0, 1)
	if p, ok := metric.MustStatistic("p90").Of(got[0].Samples); !ok || math.Abs(p-2700.0/7) > 1 {
		t.Errorf("p90 is %v, %v", p, ok)
	}
}

func overflow(t *testing.T, s suite) {
	m := metric.NewIdentity("ns", "m")
	for _, v := range []float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, -math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64} {
		addPoints(t, s.a, of("m", v, v))
	}
	got := pointsOf(t, s.b, m, 0, 1)
	if len(got) != 1 || got[0].Samples.SampleCount != 12 || got[0].Samples.Maximum != math.MaxFloat64 || math.IsNaN(got[0].Samples.Sum) {
		t.Errorf("got %+v", got)
	}
}

func pointsTogether(t *testing.T, s suite) {
	const workers, rounds, metricsEach = 8, 12, 5
	together(t, workers, func(i int) error {
		for r := range rounds {
			var added []state.Points
			for k := range metricsEach {
				// Each in another order, some new to all.
				n := (k*(i+1) + r) % metricsEach
				added = append(added, of(fmt.Sprint("m", n), float64(i)), of(fmt.Sprint("round", r, n), 1))
			}
			if err := s.both(i).Update(t.Context(), func(tx *state.Tx) error { return tx.AddPoints(t.Context(), added) }); err != nil {
				return err
			}
		}
		return nil
	})
	var sum float64
	for k := range metricsEach {
		p := pointsOf(t, s.a, metric.NewIdentity("ns", fmt.Sprint("m", k)), 0, 1)
		values, known := p[0].Samples.Distribution()
		if !known || len(values) != workers {
			t.Errorf("%d workers published %v, %v", workers, values, known)
		}
		sum += p[0].Samples.SampleCount
	}
	if want := float64(workers * rounds * metricsEach); sum != want {
		t.Errorf("%v samples of %v: additions got lost", sum, want)
	}
}

func metrics(t *testing.T, s suite) {
	ids := []metric.Identity{
		metric.NewIdentity("A", "x"),
		metric.NewIdentity("A", "x", metric.Dimension{Name: "k", Value: "\x00\xff"}),
		metric.NewIdentity("A", "x", metric.Dimension{Name: "k", Value: "v"}, metric.Dimension{Name: "l", Value: "w"}),
		metric.NewIdentity("A", "y"),
		metric.NewIdentity("a", "x"),
	}
	for i, id := range ids {
		p := of("", float64(i))
		p.Metric = id
		addPoints(t, s.both(i), p)
	}
	for i, id := range ids {
		if diff := cmp.Diff([]metric.Point{{Samples: metric.Of(float64(i))}}, pointsOf(t, s.a, id, 0, 1), samples); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	list := func(namespace, name string) (out []string) {
		for _, id := range get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]metric.Identity, error) {
			return tx.Metrics(ctx, scope, namespace, name)
		}) {
			out = append(out, id.String())
		}
		return out
	}
	all := []string{"A/x", "A/x{k=v,l=w}", "A/x{k=\uFFFD00\uFFFDff}", "A/y", "a/x"}
	want := [][]string{all, all[:4], {"A/x", "A/x{k=v,l=w}", "A/x{k=\uFFFD00\uFFFDff}", "a/x"}, all[3:4], nil}
	if diff := cmp.Diff(want, [][]string{list("", ""), list("A", ""), list("", "x"), list("A", "y"), list("B", "")}); diff != "" {
		t.Error(diff)
	}
}
