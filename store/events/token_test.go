package events

import (
	"testing"

	"tocsin/core/event"
)

// A place that no event has is one to go on from all the same.
func TestTokenOfAPlace(t *testing.T) {
	f := newFixture(t, nil)
	var all []Event
	for i := range 6 {
		all = append(all, Event{Time: testStart + int64(i)*1000, ID: event.ID{byte(i + 1)}, Stream: "s", Message: []byte("0123456789")})
	}
	f.add(all...)
	for _, test := range []struct {
		name   string
		q      Query
		places []int64 // of what is found, in seconds
	}{
		{"between, forward", Query{OldestFirst: true, After: Token(testStart+2500, event.ID{}, true)}, []int64{3, 4, 5}},
		{"before all of a time", Query{OldestFirst: true, After: Token(testStart+3000, event.ID{}, true)}, []int64{3, 4, 5}},
		{"behind it", Query{OldestFirst: true, After: Token(testStart+3000, event.ID{4}, true)}, []int64{4, 5}},
		{"backward", Query{After: Token(testStart+3000, event.ID{4}, false)}, []int64{2, 1, 0}},
		{"few bytes", Query{OldestFirst: true, Bytes: 25}, []int64{0, 1}},
		{"fewer bytes than one event has", Query{OldestFirst: true, Bytes: 1}, []int64{0}},
	} {
		test.q.Group, test.q.To = f.group.ID, testStart+1_000_000
		page, err := f.Search(t.Context(), test.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, e := range page.Events {
			got = append(got, (e.Time-testStart)/1000)
		}
		if len(got) != len(test.places) {
			t.Fatalf("%s: %v", test.name, got)
		}
		for i := range got {
			if got[i] != test.places[i] {
				t.Errorf("%s: %v", test.name, got)
			}
		}
		if (test.q.Bytes > 0) != (page.Next != "") {
			t.Errorf("%s: next is %q", test.name, page.Next)
		}
	}
}
