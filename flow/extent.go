package flow

import "time"

// An extent is the time from the first to the last of some events. The zero
// value is that of none.
type extent struct {
	first, last int64 // milliseconds; valid when dated
	dated       bool
}

// widen takes in one more event.
func (e *extent) widen(at int64) {
	if !e.dated || at < e.first {
		e.first = at
	}
	if !e.dated || at > e.last {
		e.last = at
	}
	e.dated = true
}

// merge takes in all that other spans.
func (e *extent) merge(other extent) {
	if other.dated {
		e.widen(other.first)
		e.widen(other.last)
	}
}

func (e extent) span() Span {
	if !e.dated {
		return Span{}
	}
	return Span{First: time.UnixMilli(e.first).UTC(), Last: time.UnixMilli(e.last).UTC()}
}
