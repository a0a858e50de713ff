package events

import (
	"bytes"
	"cmp"

	"tocsin/core/event"
)

// A place is where an event stands in the order of its group. No two events of a
// group have the same.
type place struct {
	time int64
	id   event.ID
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.time, q.time), bytes.Compare(p.id[:], q.id[:]))
}

func (e *Event) place() place { return place{e.Time, e.ID} }

// compareEvents is the order of places; events are large.
func compareEvents(a, b *Event) int {
	if a.Time != b.Time {
		return cmp.Compare(a.Time, b.Time)
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}
