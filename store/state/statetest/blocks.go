package statetest

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

func blocks(t *testing.T, s suite) {
	g, other := group(t, s, "g"), group(t, s, "other")
	add := func(b state.Block) int64 {
		return put(t, s.a, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.AddBlock(ctx, b) })
	}
	body := bytes.Repeat([]byte{0, 1, 255}, 400_000)
	first := state.Block{LogGroup: g.ID, First: 100, Last: 200, Events: 3, RawBytes: 4, Size: int64(len(body)), Ingested: 6, Body: body}
	filled(t, state.Block{ID: 1, LogGroup: 1, First: 1, Last: 1, Events: 1, RawBytes: 1, Size: 1, Ingested: 1, Body: []byte{1}})
	first.ID = add(first)
	second := state.Block{LogGroup: g.ID, First: 50, Last: 100}
	second.ID = add(second)
	add(state.Block{LogGroup: other.ID, First: 100, Last: 100})
	if second.ID <= first.ID {
		t.Errorf("ids %d, %d do not grow", first.ID, second.ID)
	}
	first.Body = nil
	for _, c := range []struct {
		name            string
		from, to, after int64
		want            []state.Block
	}{
		{"all", 0, 1000, 0, []state.Block{first, second}},
		{"edges", 200, 200, 0, []state.Block{first}},
		{"both edges", 100, 100, 0, []state.Block{first, second}},
		{"before", 0, 49, 0, nil},
		{"behind the first", 0, 1000, first.ID, []state.Block{second}},
		{"between", 120, 130, 0, []state.Block{first}},
	} {
		got := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Block, error) {
			return tx.Blocks(ctx, g.ID, c.from, c.to, c.after)
		})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	got := get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]byte, error) { return tx.BlockBody(ctx, first.ID) })
	if !bytes.Equal(got, body) {
		t.Error("the body changed")
	}
	// Deleting is all or nothing, and done once.
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.DeleteBlocks(ctx, []int64{first.ID, 9999})
	})
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		return tx.DeleteBlocks(ctx, []int64{second.ID, first.ID})
	})
	refused(t, s.a, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.DeleteBlocks(ctx, []int64{first.ID})
	})
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.BlockBody(ctx, first.ID)
		return err
	})
	// A number is never used again: who goes on behind it would miss the block.
	if third := add(state.Block{LogGroup: g.ID}); third <= second.ID {
		t.Errorf("id %d after %d", third, second.ID)
	}
}

func segments(t *testing.T, s suite) {
	g := group(t, s, "g")
	one := state.Segment{LogGroup: g.ID, Key: "one", Hour: 1, First: 200, Last: 300, Events: 4, Size: 5, RawBytes: 6, Created: 7}
	two := state.Segment{LogGroup: g.ID, Key: "two", First: 100, Last: 400}
	add := func(x state.Segment) int64 {
		return put(t, s.a, func(ctx context.Context, tx *state.Tx) (int64, error) { return tx.AddSegment(ctx, x) })
	}
	mark := func() state.SegmentsMark {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.SegmentsMark, error) { return tx.SegmentsMark(ctx, g.ID) })
	}
	marks := []state.SegmentsMark{mark()}
	one.ID = add(one)
	marks = append(marks, mark())
	two.ID = add(two)
	marks = append(marks, mark())
	if diff := cmp.Diff([]state.SegmentsMark{{}, {Count: 1, Newest: one.ID, Sum: one.ID}, {Count: 2, Newest: two.ID, Sum: one.ID + two.ID}}, marks); diff != "" {
		t.Error(diff)
	}
	filled(t, one)
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.AddSegment(ctx, one)
		return err
	})
	find := func(from, to int64) []state.Segment {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]state.Segment, error) {
			return tx.Segments(ctx, g.ID, from, to)
		})
	}
	if diff := cmp.Diff([][]state.Segment{{two, one}, {two}, {two, one}, nil}, [][]state.Segment{
		find(0, 1000), find(301, 1000), find(300, 300), find(401, 999),
	}); diff != "" {
		t.Error(diff)
	}
	garbage := func(before time.Time, limit int) []string {
		return get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]string, error) { return tx.Garbage(ctx, before, limit) })
	}
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		return errors.Join(
			tx.AddGarbage(ctx, "one", start), // noted, then made part: no garbage while it is
			tx.AddGarbage(ctx, "three", start),
			tx.AddGarbage(ctx, "three", start.Add(time.Second)),
			tx.DeleteSegments(ctx, []int64{two.ID}, start.Add(-time.Second)),
		)
	})
	if diff := cmp.Diff([][]string{{"two"}, {"two", "three"}, {"two"}}, [][]string{
		garbage(start, 9), garbage(start.AddDate(1, 0, 0), 9), garbage(start.AddDate(1, 0, 0), 1),
	}); diff != "" {
		t.Error(diff)
	}
	refused(t, s.b, state.ErrChanged, func(ctx context.Context, tx *state.Tx) error {
		return tx.DeleteSegments(ctx, []int64{one.ID, two.ID}, start)
	})
	if got := find(0, 1000); len(got) != 1 {
		t.Errorf("a refused transaction deleted: %v", got)
	}
	update(t, s.b, func(ctx context.Context, tx *state.Tx) error {
		return tx.DropGarbage(ctx, []string{"two", "no", "two"})
	})
	if diff := cmp.Diff([]string{"three"}, garbage(start.AddDate(1, 0, 0), 9)); diff != "" {
		t.Error(diff)
	}
}

func usage(t *testing.T, s suite) {
	g := group(t, s, "g")
	of := func() state.Usage {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (state.Usage, error) { return tx.Usage(ctx, g.ID) })
	}
	if diff := cmp.Diff(state.Usage{}, of()); diff != "" {
		t.Error(diff)
	}
	add := func(f func(ctx context.Context, tx *state.Tx) (int64, error)) { t.Helper(); put(t, s.a, f) }
	add(func(ctx context.Context, tx *state.Tx) (int64, error) {
		return tx.AddSegment(ctx, state.Segment{LogGroup: g.ID, Key: "k", First: 50, Last: 90, Events: 1, Size: 10, RawBytes: 100})
	})
	want := state.Usage{Events: 1, Segments: 1, SegmentBytes: 10, RawBytes: 100, First: 50, Last: 90}
	if diff := cmp.Diff(want, of()); diff != "" {
		t.Error(diff)
	}
	add(func(ctx context.Context, tx *state.Tx) (int64, error) {
		return tx.AddBlock(ctx, state.Block{LogGroup: g.ID, First: 70, Last: 95, Events: 2, Size: 20, RawBytes: 200})
	})
	want = state.Usage{Events: 3, Blocks: 1, BlockBytes: 20, Segments: 1, SegmentBytes: 10, RawBytes: 300, First: 50, Last: 95}
	if diff := cmp.Diff(want, of()); diff != "" {
		t.Error(diff)
	}
}

func spans(t *testing.T, s suite) {
	g, other := group(t, s, "g"), group(t, s, "other")
	touch := func(db *state.DB, id int64, starts ...int64) []int64 {
		return put(t, db, func(ctx context.Context, tx *state.Tx) ([]int64, error) { return tx.TouchSpans(ctx, id, starts) })
	}
	got := [][]int64{
		touch(s.a, g.ID, 20, 10), touch(s.b, g.ID, 20), touch(s.a, g.ID, 30, 20, 10, 20), touch(s.a, other.ID, 20), touch(s.a, g.ID),
		get(t, s.b, func(ctx context.Context, tx *state.Tx) ([]int64, error) {
			return tx.SpanVersions(ctx, g.ID, []int64{5, 10, 20, 30})
		}),
	}
	if diff := cmp.Diff([][]int64{{1, 1}, {2}, {1, 3, 2, 3}, {1}, {}, {0, 2, 3, 1}}, got); diff != "" {
		t.Error(diff)
	}
}

func spansTogether(t *testing.T, s suite) {
	g := group(t, s, "g")
	const workers, rounds = 8, 10
	seen := make([][]int64, workers)
	together(t, workers, func(i int) error {
		for r := range rounds {
			starts := []int64{1, 2, int64(10 + r)}
			if i%2 == 1 {
				starts = []int64{int64(10 + r), 2, 1}
			}
			var version int64
			if err := s.both(i).Update(t.Context(), func(tx *state.Tx) error {
				versions, err := tx.TouchSpans(t.Context(), g.ID, starts)
				if err == nil {
					version = versions[1]
				}
				return err
			}); err != nil {
				return err
			}
			seen[i] = append(seen[i], version)
		}
		return nil
	})
	once := map[int64]bool{}
	for _, versions := range seen {
		for _, v := range versions {
			if once[v] {
				t.Errorf("two transactions got version %d", v)
			}
			once[v] = true
		}
	}
	if !once[workers*rounds] {
		t.Errorf("nobody got version %d", workers*rounds)
	}
}
