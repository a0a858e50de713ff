package pattern

import (
	"strconv"

	"tocsin/core/event"
)

// A setField is a distinct selector of a Set's JSON patterns.
//
// An extractor finds the values of Member-only paths in one pass over the
// record. A selector that goes on with an index or a wildcard is therefore cut
// there: its first part is extracted, the rest is walked inside the value
// found, and only when some pattern comes to ask for it.
type setField struct {
	path event.Path
	slot int        // of the first part in Set.paths; -1: there is none, the walk starts at the record
	rest event.Path // the steps after the first part; empty for most fields
	index
}

// memberPrefix is how many steps of p come before the first Element or Each.
func memberPrefix(p event.Path) int {
	for i, s := range p {
		if s.Kind != event.Member {
			return i
		}
	}
	return len(p)
}

// pathKey is a text that two paths share only when they are equal.
func pathKey(p event.Path) string {
	var b []byte
	for _, s := range p {
		switch s.Kind {
		case event.Member:
			b = strconv.AppendInt(append(b, '.'), int64(len(s.Name)), 10)
			b = append(append(b, ':'), s.Name...)
		case event.Element:
			b = strconv.AppendInt(append(b, '#'), int64(s.Index), 10)
		default:
			b = append(b, '*')
		}
	}
	return string(b)
}
