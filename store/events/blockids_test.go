package events

import (
	"errors"
	"slices"
	"testing"

	"tocsin/core/event"
)

func TestBlockIDsAreThoseOfItsEvents(t *testing.T) {
	want := []Event{{Time: 5, ID: event.ID{1}}, {Time: 3, ID: event.ID{2}}, {Time: 5, ID: event.ID{1}}}
	b, err := Encode(1, slices.Values(want))
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	err = BlockIDs(b.Body, func(at int64, id event.ID) {
		if at != want[i].Time || id != want[i].ID {
			t.Errorf("event %d: %d %v", i, at, id)
		}
		i++
	})
	if err != nil || i != len(want) {
		t.Errorf("%d events, %v", i, err)
	}
	if err := BlockIDs(b.Body[1:], func(int64, event.ID) { t.Error("an event of a damaged block") }); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a damaged block: %v", err)
	}
}
