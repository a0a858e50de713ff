package ingest_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/event"
	"tocsin/flow/ingest"
	"tocsin/internal/pgtest"
	"tocsin/source"
	"tocsin/store/state"
)

// eachPair runs a test on the databases that there are, opened twice where two
// may write.
func eachPair(t *testing.T, test func(t *testing.T, a, b *state.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		db := sqlite(t)
		test(t, db, db)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pgtest.Start(t).Database(t)
		test(t, open(t, dsn), open(t, dsn))
	})
}

// asked counts how often all ids of a span are read.
type asked struct {
	ingest.Events
	n atomic.Int64
}

func (a *asked) IDs(ctx context.Context, group, from, to int64, visit func(event.ID)) error {
	a.n.Add(1)
	return a.Events.IDs(ctx, group, from, to, visit)
}

// Two at a time, some files given to both, every event in two files.
func TestTwoWriteToOneDatabase(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *state.DB) {
		w := newWorld(t, a, stops)
		first := start(t, w, w.options())
		o := w.options()
		o.State, o.Events = b, stored(t, b)
		second := start(t, w, o)
		const files = 60
		var giving sync.WaitGroup
		for n, r := range []*runner{first, second} {
			var mine []source.Arrival
			for i := range files {
				if i%3 == n {
					continue // of three files, one is given to both
				}
				mine = append(mine, file(keyAt(fmt.Sprint(i)), plainLog(
					call(fmt.Sprint(i), "StopLogging", 60*i), call(fmt.Sprint((i+1)%files), "StopLogging", 60*((i+1)%files)),
					call("all", "StopLogging", 0),
				)))
			}
			giving.Go(func() { r.take(t, mine...) })
		}
		giving.Wait()
		want := map[int]float64{0: 2}
		for i := 1; i < files; i++ {
			want[i] = 1
		}
		if d := cmp.Diff(want, w.sums(t, "stops")); d != "" {
			t.Error(d)
		}
		if n := w.stored(t); n != files+1 {
			t.Errorf("%d events are stored, want %d", n, files+1)
		}
		s, u := first.Stats(), second.Stats()
		if n := s.RecordsStored + u.RecordsStored; n != files+1 || s.FilesFailed+u.FilesFailed != 0 {
			t.Errorf("%+v\n%+v", s, u)
		}
	})
}

// Who is overtaken reads what the other wrote, not all that there is.
func TestWhoIsOvertakenCatchesUp(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *state.DB) {
		w := newWorld(t, a, stops)
		ids := &asked{Events: stored(t, a)}
		var runners []*runner
		for _, db := range []*state.DB{a, b} {
			o := w.options()
			o.State, o.Events = db, ids
			runners = append(runners, start(t, w, o))
		}
		const rounds = 20
		for i := range rounds {
			for n, r := range runners {
				r.take(t, file(keyAt(fmt.Sprint(n, " ", i)), plainLog(
					call(fmt.Sprint(n, i), "StopLogging", 0), call(fmt.Sprint("both", i), "StopLogging", 1),
					call(fmt.Sprint(n, "later", i), "StopLogging", 400),
				)))
			}
		}
		if d := cmp.Diff(map[int]float64{0: 3 * rounds, 6: 2 * rounds}, w.sums(t, "stops")); d != "" {
			t.Error(d)
		}
		if n := ids.n.Load(); n > 2 {
			t.Errorf("all ids of a span were read %d times", n)
		}
		s := runners[0].Stats()
		if s.CommitRedone == 0 || s.CommitFailures != 0 {
			t.Errorf("nobody was overtaken: %+v", s)
		}
	})
}

// Blocks that are gone, as when they are sealed, are not missed.
func TestWhoIsOvertakenByWhatIsSealed(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	ids := &remembering{}
	var runners []*runner
	for range 2 {
		o := w.options()
		o.Events = ids
		runners = append(runners, start(t, w, o))
	}
	for i := range 6 {
		runners[i%2].take(t, file(keyAt(fmt.Sprint(i)), plainLog(call(fmt.Sprint(i), "StopLogging", 0), call(fmt.Sprint(i-1), "StopLogging", 0), call(fmt.Sprint(i-2), "StopLogging", 0))))
		w.update(t, func(ctx context.Context, tx *state.Tx) error {
			found, err := tx.Blocks(ctx, w.group.ID, 0, 1<<62, 0)
			if err != nil {
				return err
			}
			for _, block := range found {
				if err := (blocks{w.db}).IDs(ctx, w.group.ID, block.First, block.Last, func(id event.ID) { ids.all = append(ids.all, id) }); err != nil {
					return err
				}
				if err := tx.DeleteBlocks(ctx, []int64{block.ID}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if d := cmp.Diff(map[int]float64{0: 8}, w.sums(t, "stops")); d != "" {
		t.Error(d)
	}
}

// remembering is a store whose events are nowhere in the database.
type remembering struct{ all []event.ID }

func (r *remembering) IDs(_ context.Context, _, _, _ int64, visit func(event.ID)) error {
	for _, id := range r.all {
		visit(id)
	}
	return nil
}
