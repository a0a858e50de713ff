package event

import "bytes"

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

// stamped goes over what stands before the record in a line of a log group: its
// time, as an export to S3 writes it, and after it the stream's name, as the
// AWS CLI's "logs tail" does. False: the line at r.p does not begin so.
func (r *Reader) stamped() bool {
	for more := true; ; more = r.extend() {
		line := r.walk.text[r.p:]
		line = line[:min(len(line), maxStamp)]
		brace := bytes.IndexByte(line, '{')
		switch {
		case brace >= 0:
			// A quote before the brace would turn the tape's strings inside out.
			if !isStamp(line) || bytes.ContainsAny(line[:brace], "\"\\\n") {
				return false
			}
			r.p += brace
			return true
		case !more || len(line) == maxStamp:
			return false
		}
	}
}

// maxStamp is the room for a time and the name of a log stream, 512 characters.
const maxStamp = 600

// isStamp tells whether a line begins with a time such as 2023-07-10T11:42:18.
func isStamp(line []byte) bool {
	var stamp [len("2023-07-10T11:42:18Z")]byte
	if copy(stamp[:], line) < len(stamp) || stamp[10] != 'T' {
		return false
	}
	stamp[len(stamp)-1] = 'Z'
	_, ok := Time(Value{Kind: String, Raw: stamp[:]})
	return ok
}
