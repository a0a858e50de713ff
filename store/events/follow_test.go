package events

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/event"
)

func TestFollow(t *testing.T) {
	f := newFixture(t, nil)
	n := 0
	add := func(count int) (added []string) {
		t.Helper()
		var list []Event
		for range count {
			n++
			added = append(added, fmt.Sprint(n))
			list = append(list, Event{Time: testStart - int64(n)*1000, ID: event.ID{byte(n), byte(n >> 8)}, Ingested: 7, Stream: "s", Message: []byte(added[len(added)-1])})
		}
		f.add(list...)
		return added
	}
	add(3)
	follower, err := f.Follow(t.Context(), f.group.ID)
	if err != nil {
		t.Fatal(err)
	}
	next := func() (got []string) {
		t.Helper()
		if err := follower.Next(t.Context(), func(e Event) {
			if e.Stream != "s" || e.Ingested != 7 {
				t.Errorf("%+v", e)
			}
			got = append(got, string(e.Message))
		}); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := next(); got != nil {
		t.Errorf("from before: %v", got)
	}
	for round := range 3 * blocksBack {
		want := add(1)
		if round%7 == 0 {
			want = append(want, add(2)...)
		}
		if d := cmp.Diff(want, next()); d != "" {
			t.Fatalf("round %d: %s", round, d)
		}
	}
	f.seal()
	want := add(1)
	if d := cmp.Diff(want, next()); d != "" {
		t.Error(d)
	}
	if got := next(); got != nil {
		t.Errorf("twice: %v", got)
	}
	add(1)
	f.seal()
	if got := next(); got != nil {
		t.Errorf("of what is sealed: %v", got)
	}
}
