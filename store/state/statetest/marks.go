package statetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

func mark(key string) state.Mark {
	return state.Mark{Source: "s3://bucket", Key: key, Version: "v", Account: "1", Region: "r", Events: 2, At: start}
}

func addMarks(t *testing.T, db *state.DB, list ...state.Mark) []bool {
	t.Helper()
	return put(t, db, func(ctx context.Context, tx *state.Tx) ([]bool, error) { return tx.AddMarks(ctx, list) })
}

func marked(t *testing.T, db *state.DB, list ...state.Mark) []bool {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) ([]bool, error) { return tx.Marked(ctx, list) })
}

func marks(t *testing.T, s suite) {
	if diff := cmp.Diff([]bool{true, true, false}, addMarks(t, s.a, mark("b"), mark("a"), mark("b"))); diff != "" {
		t.Error(diff)
	}
	changed, elsewhere := mark("a"), mark("a")
	changed.Version, elsewhere.Source = "w", "dir:/x"
	if diff := cmp.Diff([]bool{false, true, true, false}, addMarks(t, s.b, mark("a"), changed, elsewhere, mark("b"))); diff != "" {
		t.Error(diff)
	}
	// What the parts are, and not how they read one after another.
	shifted := state.Mark{Source: "s3://bucketa", Key: "", Version: "v"}
	if diff := cmp.Diff([]bool{true, false, false, true}, marked(t, s.a, mark("a"), mark("c"), shifted, changed)); diff != "" {
		t.Error(diff)
	}
	if got := addMarks(t, s.a); len(got) != 0 {
		t.Errorf("no marks gave %v", got)
	}
	var many []state.Mark
	for i := range 150 {
		m := mark(fmt.Sprint("many/", i))
		m.At = start.Add(time.Duration(i) * time.Second)
		many = append(many, m)
	}
	if fresh := addMarks(t, s.a, many...); slices.Contains(fresh, false) {
		t.Error("a new mark is not fresh")
	}
	for _, limit := range []int{1, 7, 154, 1000} {
		listed := map[string]int{}
		for place, more := "", true; more; more = place != "" {
			var page []state.Mark
			get(t, s.b, func(ctx context.Context, tx *state.Tx) (got int, err error) {
				page, place, err = tx.MarksAfter(ctx, place, limit)
				return len(page), err
			})
			for _, m := range page {
				listed[m.Source+" "+m.Key+" "+m.Version]++
				if m.Key == "many/149" {
					if diff := cmp.Diff(many[149], m); diff != "" {
						t.Error(diff)
					}
				}
			}
		}
		if len(listed) != 154 || listed["dir:/x a v"] != 1 || listed["s3://bucket a w"] != 1 {
			t.Errorf("%d of 154 marks are listed, %d at a time", len(listed), limit)
		}
	}
	prune := func(limit int) int {
		return put(t, s.b, func(ctx context.Context, tx *state.Tx) (int, error) {
			return tx.PruneMarks(ctx, start.Add(100*time.Second), limit)
		})
	}
	// The four from before are as old as the first of the many.
	if diff := cmp.Diff([]int{60, 44, 0}, []int{prune(60), prune(60), prune(60)}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]bool{false, false, true}, marked(t, s.a, many[0], many[99], many[100])); diff != "" {
		t.Error(diff)
	}
}

func marksTogether(t *testing.T, s suite) {
	const workers, files = 8, 40
	fresh := make([]int, workers)
	together(t, workers, func(i int) error {
		var list []state.Mark
		for f := range files {
			list = append(list, mark(fmt.Sprint((f*(i+1))%files, " ", f)))
			list = append(list, mark(fmt.Sprint(f)))
		}
		return s.both(i).Update(t.Context(), func(tx *state.Tx) error {
			fresh[i] = 0
			got, err := tx.AddMarks(t.Context(), list)
			for k, is := range got {
				if is && k%2 == 1 {
					fresh[i]++
				}
			}
			return err
		})
	})
	sum := 0
	for _, n := range fresh {
		sum += n
	}
	if sum != files {
		t.Errorf("%d files were fresh to somebody, of %d", sum, files)
	}
}

func hostileNames(t *testing.T, s suite) {
	long := strings.Repeat("long/", 2000)
	var names []state.Mark
	for _, key := range []string{"a\x00", "a\x00\x00", "a\xff", "a\xfe", "\xf0\x9f\x94\x94", "\xed\xa0\x80", "'", `"`, "$1", "?", "%", long, long + "x", ""} {
		m := mark(key)
		m.Problem = key
		names = append(names, m)
	}
	for _, fresh := range addMarks(t, s.a, names...) {
		if !fresh {
			t.Error("two names are one")
		}
	}
	for i, known := range marked(t, s.b, names...) {
		if !known {
			t.Errorf("%.20q is not found again", names[i].Key)
		}
	}
}

func lastFiles(t *testing.T, s suite) {
	one := state.Mark{Source: "s", Key: "1", Account: "a", Region: "r", Events: 3, Last: 2000, At: start}
	two := state.Mark{Source: "s", Key: "2", Account: "a", Region: "r", Events: 4, Last: 1000, At: start.Add(time.Second)}
	late := state.Mark{Source: "s", Key: "3", Account: "a", Region: "r", Events: 5, Last: 3000, At: start.Add(-time.Second)}
	other := state.Mark{Source: "s", Key: "4", Account: "A", Events: 6, At: start}
	addMarks(t, s.a, one, two)
	addMarks(t, s.b, two, late, other)
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.PruneMarks(ctx, start.AddDate(1, 0, 0), 100)
		return err
	})
	got := get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.LastFile, error) { return tx.LastFiles(ctx) })
	want := []state.LastFile{
		{Source: "s", Account: "A", Key: "4", At: start, Files: 1, Events: 6},
		{
			Source: "s", Account: "a", Region: "r", Key: "2", At: start.Add(time.Second),
			NewestEvent: time.UnixMilli(3000).UTC(), Files: 3, Events: 12,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	prune := func(ctx context.Context, tx *state.Tx) (int, error) {
		return tx.PruneLastFiles(ctx, start.Add(time.Second), 100)
	}
	if n := put(t, s.b, prune); n != 1 {
		t.Errorf("%d accounts pruned", n)
	}
	got = get(t, s.a, func(ctx context.Context, tx *state.Tx) ([]state.LastFile, error) { return tx.LastFiles(ctx) })
	if diff := cmp.Diff(want[1:], got); diff != "" {
		t.Error(diff)
	}
}

func positions(t *testing.T, s suite) {
	set := func(part, position string) {
		update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.SetPosition(ctx, "s", part, position) })
	}
	at := func(part string) string {
		return get(t, s.b, func(ctx context.Context, tx *state.Tx) (string, error) { return tx.Position(ctx, "s", part) })
	}
	set("a", "1")
	set("b", "2")
	set("a", "3")
	if diff := cmp.Diff([]string{"3", "2", ""}, []string{at("a"), at("b"), at("c")}); diff != "" {
		t.Error(diff)
	}
}
