package events

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/state"
)

// What is kept is bounded, and good at its mark only.
func TestListings(t *testing.T) {
	var l listings
	at := state.SegmentsMark{Count: 1, Newest: 7, Sum: 7}
	l.keep(1, listing{at, make([]state.Segment, 1)})
	if _, ok := l.get(1, at); !ok {
		t.Error("not kept")
	}
	if _, ok := l.get(1, state.SegmentsMark{Count: 1, Newest: 8, Sum: 8}); ok {
		t.Error("kept for another mark")
	}
	if _, ok := l.get(2, at); ok {
		t.Error("kept for another group")
	}
	l.keep(2, listing{at, make([]state.Segment, maxListed-1)})
	l.keep(2, listing{at, make([]state.Segment, maxListed-1)}) // in its own place
	if _, ok := l.get(1, at); !ok || l.listed != maxListed {
		t.Errorf("%d are listed", l.listed)
	}
	l.keep(3, listing{at, make([]state.Segment, 2)})
	if _, ok := l.get(3, at); !ok || len(l.byGroup) != 1 || l.listed != 2 {
		t.Errorf("%d of %d groups are listed", l.listed, len(l.byGroup))
	}
}

// What another process seals and merges is found by who had listed what was before.
func TestListedBeforeAnotherSealed(t *testing.T) {
	f := newFixture(t, nil)
	other := New(f.options)
	defer func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}()
	q := Query{Group: f.group.ID, From: math.MinInt64, To: math.MaxInt64, Limit: 1000}
	for round := range 4 {
		f.add(someEvents(f, uint64(round), 50)...)
		f.seal()
		for asked := range 2 { // the second is answered from what the first kept
			got, err := other.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(outline(f.plain(q)), outline(got.Events)); diff != "" {
				t.Fatalf("round %d, question %d: %s", round, asked, diff)
			}
		}
	}
	f.now = f.now.Add(3 * time.Hour)
	if err := f.Tick(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
	if _, merged := f.holds(); len(merged) >= 4 {
		t.Fatalf("%d segments: nothing was merged", len(merged))
	}
	got, err := other.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline(f.plain(q)), outline(got.Events)); diff != "" {
		t.Error(diff)
	}
}
