package event

import "bytes"

// When a record is bad, it is left out, and reading goes on where the next one
// begins. If its brackets close before anything looks like the beginning of
// another record, that is after them. Otherwise, as after a missing quote, it
// is at the next text that looks like the beginning of a record: in a
// list {"eventVersion" after a comma or bracket, in lines also a brace or a time
// after a newline. None of them can be found inside a string of sound JSON.

const (
	// maxRework is how many bytes of a file may be looked at a second time
	// because records in it are bad; beyond that, reading goes on after what
	// was looked at. It keeps the time spent in hostile files linear.
	maxRework = 64 << 20
	// backward is how far before "eventVersion" its record may begin.
	backward = 64
)

// bad leaves out the element at r.p, in which why was found at the place at.
func (r *Reader) bad(why fault, at int) {
	r.begun = true
	endless := why == short
	switch {
	case !endless:
		r.problem(r.offset(r.p), ErrRecord, "%s at byte %d", faultTexts[why], r.offset(at))
	case len(r.walk.text)-r.p > r.options.MaxRecord:
		r.tooLarge(r.offset(r.p))
		at = len(r.walk.text)
	default:
		r.finish(r.offset(r.p))
		return
	}
	from := r.p + 1
	if r.rework += int64(at - r.p); r.rework > maxRework {
		from = max(from, at)
	}
	r.resync(r.offset(from), endless)
}

// resync goes on behind the bad element at r.p; the next one begins at the
// offset from at the earliest. An endless element is not asked where it ends.
func (r *Reader) resync(from int64, endless bool) {
	in := r.lists[len(r.lists)-1]
	lines := in == top || in > records
	for {
		next := r.nextStart(from, lines)
		if !endless && in != members {
			if end := r.closing(in, next); end >= 0 {
				r.p = end
				return
			}
		}
		if next >= 0 {
			if lines {
				r.lists = r.lists[:1]
			}
			r.turn(r.start + next)
			return
		}
		if !endless && r.extend() {
			continue
		}
		// Drop the text but for what a beginning may be cut off in.
		endless = true
		r.p = max(int(from-r.offset(0)), len(r.walk.text)-backward)
		if from = r.offset(r.p); !r.fill() {
			r.finish(from)
			return
		}
	}
}

// nextStart is where in the text, at the offset from or later, another record
// seems to begin, or -1.
func (r *Reader) nextStart(from int64, lines bool) int {
	next := r.seek(&r.nextRecord, from, findRecord)
	if !lines {
		return next
	}
	line := r.seek(&r.nextLine, from, findLine)
	if next < 0 || 0 <= line && line < next {
		return line
	}
	return next
}

// seek finds the first of something at the offset from or later, or -1. What
// was searched without success is not searched again: known is the offset up
// to which there is none.
func (r *Reader) seek(known *int64, from int64, find func(text []byte, p int) int) int {
	text := r.walk.text
	p := int(max(from, *known) - r.offset(0))
	if p >= len(text) {
		return -1
	}
	found := find(text, p)
	if *known = r.offset(found); found < 0 {
		*known = r.offset(max(p, len(text)-backward))
	}
	return found
}

// findLine is the first place at or after p of a brace or a time at the
// beginning of a line, or -1.
func findLine(text []byte, p int) int {
	for {
		n := bytes.IndexByte(text[p:], '\n')
		if n < 0 {
			return -1
		}
		if p += n + 1; bytes.HasPrefix(text[p:], []byte("{")) || isStamp(text[p:]) {
			return p
		}
	}
}

// findRecord is the first place at or after p of a brace that has a comma or
// bracket before it and "eventVersion" after it, or -1.
func findRecord(text []byte, p int) int {
	for {
		n := bytes.Index(text[p:], firstName)
		if n < 0 {
			return -1
		}
		brace := unblank(text, p+n-1)
		if brace >= p && text[brace] == '{' {
			if before := unblank(text, brace-1); before >= 0 {
				switch text[before] {
				case ',', '[', '}':
					return brace
				}
			}
		}
		p += n + 1
	}
}

// unblank is the place of the last byte at or before p that is not white space, or -1.
func unblank(text []byte, p int) int {
	for p >= 0 && (text[p] == ' ' || text[p] == '\t' || text[p] == '\n' || text[p] == '\r') {
		p--
	}
	return p
}

// closing is the place after the element at r.p if that ends before next, by
// its brackets and by what follows it, or -1.
func (r *Reader) closing(in list, next int) int {
	text := r.walk.text
	if next >= 0 {
		text = text[:next]
	}
	_, end, ok := readValue(text, r.p)
	if !ok {
		return -1
	}
	after := blank(text, end)
	if after == len(text) {
		if next < 0 && r.stop == nil {
			return -1 // it may go on in the text to come
		}
		return end
	}
	switch c := text[after]; {
	case in == top && c != '{' && c != '[' && !isStamp(text[after:]), in != top && c != ',' && c != ']':
		return -1
	}
	return end
}
