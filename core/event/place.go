package event

import (
	"bytes"
	"io"
)

// maxLists is how many arrays and objects around the records are followed.
const maxLists = 16

// offset is the place in the file of p in the tape's text.
func (r *Reader) offset(p int) int64 { return r.base + int64(r.start+p) }

// fill gets more text and keeps what begins at r.p, which then is 0.
func (r *Reader) fill() bool {
	if r.stop != nil {
		return false
	}
	more := r.slide(r.start + r.p)
	r.turn(0)
	return more
}

// turn begins the tape anew at buf[start]: outside a string.
func (r *Reader) turn(start int) {
	r.start, r.p = start, 0
	r.walk.reset(r.buf[start:r.end])
}

// extend gets more text for an element that begins at r.p, within the limit.
func (r *Reader) extend() bool {
	return len(r.walk.text)-r.p <= r.options.MaxRecord && r.fill()
}

// peek is the next byte that is not white space.
func (r *Reader) peek() (byte, bool) {
	for {
		r.p = blank(r.walk.text, r.p)
		if r.p < len(r.walk.text) {
			return r.walk.text[r.p], true
		}
		if !r.fill() {
			return 0, false
		}
	}
}

// beginsRecord tells whether the object at r.p has eventVersion first, as
// CloudTrail writes its records wherever they stand.
func (r *Reader) beginsRecord() bool {
	for more := true; ; more = r.extend() {
		rest := r.walk.text[blank(r.walk.text, r.p+1):]
		if len(rest) >= len(firstName) || !more {
			return bytes.HasPrefix(rest, firstName)
		}
	}
}

// enter goes into a list.
func (r *Reader) enter(l list) {
	r.begun = true
	r.lists = append(r.lists, l)
	if len(r.lists) > maxLists {
		r.problem(r.offset(r.p), ErrLimit, "more than %d lists in one another", maxLists)
		r.done = true
	}
}

// leave goes out of the innermost list, at its end.
func (r *Reader) leave(in list) {
	r.lists = r.lists[:len(r.lists)-1]
	if in >= records {
		r.recognize(in)
	}
}

// recognize notes the file's shape when it is not known yet, by a list that
// records were in, or could be.
func (r *Reader) recognize(in list) {
	switch in {
	case records:
		r.shapeIs(LogFile)
	case items:
		r.shapeIs(RecordArray)
	case lookups:
		r.shapeIs(Lookup)
	case messages:
		r.shapeIs(Subscription)
	default:
		r.shapeIs(Lines)
	}
}

func (r *Reader) shapeIs(s Shape) {
	if !r.found && !r.named {
		r.shape = s
	}
	r.found = true
}

// emit makes a record of one that was inside something else.
func (r *Reader) emit(raw []byte, offset int64) bool {
	values, ok := r.inner.Extract(raw)
	if !ok {
		r.problem(offset, ErrRecord, "%s", faultTexts[r.inner.walk.why])
		return false
	}
	r.record = Record{Raw: raw, Offset: offset, Values: values}
	return true
}

// foreign says that the file holds something else, and ends it.
func (r *Reader) foreign(what string) {
	r.problem(r.offset(r.p), ErrForeign, "%s", what)
	r.shapeIs(Foreign)
	r.done = true
}

// finish ends the file at an offset, where it was cut off unless it had ended.
func (r *Reader) finish(offset int64) {
	r.done = true
	whole := len(r.lists) == 1 && offset == r.decompressed()
	switch {
	case r.stop != io.EOF:
		r.problems = append(r.problems, Problem{File: r.name, Offset: offset, Err: r.stop})
	case !whole:
		r.problem(offset, ErrCut, "its last object does not end")
	}
	for _, in := range r.lists {
		if in >= records && in != members {
			r.recognize(in)
		}
	}
	if !r.found && r.begun {
		r.shapeIs(Foreign)
	}
}
