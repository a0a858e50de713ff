package ring_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// TestRingsAreReplay: events that come in any order, up to three years late, end as
// the stays in ALARM that a replay of all of them finds, as scan does.
func TestRingsAreReplay(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t, sqlite(t), nil)
		a := w.alarm("replay", nil)
		w.tick(start)
		// Bursts over three years before now, some of them overlapping.
		var minutes []int64
		for range 40 {
			at := start.Add(-time.Duration(random.Int64N(int64(3 * 365 * 24 * time.Hour))))
			for range 1 + random.IntN(6) {
				minutes = append(minutes, metric.Minute(at.UnixMilli()))
				at = at.Add(time.Duration(random.Int64N(int64(30 * time.Minute))))
			}
		}
		random.Shuffle(len(minutes), func(i, k int) { minutes[i], minutes[k] = minutes[k], minutes[i] })
		now := start.Add(time.Second)
		for part := range slices.Chunk(minutes, 25) {
			for _, m := range part {
				w.count("replay", time.UnixMilli(m), 1)
			}
			w.tick(now)
			now = now.Add(time.Duration(random.Int64N(int64(2 * time.Minute))))
		}
		w.run(now, now.Add(time.Hour))

		slices.Sort(minutes)
		var points []metric.Point
		for _, m := range slices.Compact(minutes) {
			points = append(points, metric.Point{Time: m, Samples: metric.Of(1)})
		}
		var want []state.Ring
		for t := range alarm.Replay(a.Definition, points, time.Time{}, time.Time{}) {
			switch {
			case t.To == alarm.InAlarm:
				want = append(want, state.Ring{From: t.At.UnixMilli()})
			case t.From == alarm.InAlarm:
				want[len(want)-1].To = t.At.UnixMilli()
			}
		}
		var got []state.Ring
		for _, r := range w.rings(a) {
			if r.Told == 0 {
				t.Errorf("seed %d: nobody was told of %+v", seed, r)
			}
			got = append(got, state.Ring{From: r.From, To: r.To})
		}
		slices.SortFunc(got, func(a, b state.Ring) int { return cmp.Compare(a.From, b.From) })
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		// One notice a tick at most, however many stays came to light.
		if n := len(w.outbox()); n == 0 || n > 12 {
			t.Errorf("seed %d: %d messages", seed, n)
		}
	}
}

// BenchmarkTick is from the commit of one event to the commit of the message; and
// a minute's evaluation of a thousand alarms whose state does not change.
func BenchmarkTick(b *testing.B) {
	b.Run("ring", func(b *testing.B) {
		w := benchWorld(b)
		now := start
		for b.Loop() {
			b.StopTimer()
			now = now.Add(time.Hour)
			w.run(now.Add(-30*time.Minute), now.Add(-time.Minute))
			w.count("alarm0", now, 1)
			b.StartTimer()
			w.tick(now)
		}
	})
	b.Run("quiet", func(b *testing.B) {
		w := benchWorld(b)
		for _, name := range names(1000)[1:] {
			w.alarm(name, nil)
		}
		w.tick(start)
		now := start
		for b.Loop() {
			b.StopTimer()
			now = now.Add(time.Minute)
			w.update(func(ctx context.Context, tx *state.Tx) error {
				var points []state.Points
				var touched []state.Touch
				for _, name := range names(1000) {
					m := metric.NewIdentity("CIS", name)
					points = append(points, state.Points{Scope: scope, Metric: m, Points: []metric.Point{{Time: now.UnixMilli(), Samples: metric.Of(0)}}})
					touched = append(touched, state.Touch{Scope: scope, Metric: m, Minute: now.UnixMilli()})
				}
				if err := tx.AddPoints(ctx, points); err != nil {
					return err
				}
				return tx.MarkDue(ctx, touched)
			})
			b.StartTimer()
			w.tick(now)
		}
	})
}

func benchWorld(b *testing.B) *world {
	w := newWorld(b, sqlite(b), nil)
	w.alarm("alarm0", nil)
	return w
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint("alarm", i))
	}
	return out
}
