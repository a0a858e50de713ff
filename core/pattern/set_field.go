package pattern

import (
	"strconv"

	"tocsin/core/event"
)

// A setField is a distinct selector of a Set's JSON patterns. All that is
// mostly asked of it fits into a few bytes: most fields of most events are
// absent or of no consequence.
//
// An extractor finds the values of Member-only paths in one pass over the
// record. A selector that goes on with an index or a wildcard is therefore cut
// there: its first part is extracted, the rest is walked inside the value
// found, and only when some pattern comes to ask for it.
type setField struct {
	slot  int32 // of the first part in Set.paths; -1: there is none, the walk starts at the record
	heeds kinds // of values that may make a predicate true
	walk  bool  // there is a rest, in Set.rests
}

// kinds is a set of event.Kinds.
type kinds uint8

func (s *kinds) add(k event.Kind)     { *s |= 1 << k }
func (s kinds) has(k event.Kind) bool { return s>>k&1 != 0 }

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
