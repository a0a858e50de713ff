package event

import (
	"bytes"
	"io"
)

// A Record is one record of a log file. It is valid until the next call of Next.
type Record struct {
	Raw []byte
	// Offset is the record's place in the decompressed file; of a record that
	// came as text inside another value, the place of the object around it.
	Offset int64
	// Values are the wanted fields by slot.
	Values []Value
}

// A Reader reads log files one after another and keeps its buffers between
// them. It is for one goroutine.
type Reader struct {
	window
	walk  walk
	start int // where in window.buf the tape's text begins
	p     int // where in the tape's text reading goes on
	lists []list

	name   string
	shape  Shape
	named  bool // the name told the shape
	begun  bool // an element was met
	found  bool // one was recognized
	done   bool
	record Record
	count  int // records so far

	// See resync.go.
	nextRecord, nextLine int64 // no record, no line begins before this offset
	rework               int64 // bytes that were looked at in vain

	inner   *Extractor // for records inside envelopes
	scratch []byte     // their text

	problems []Problem
	further  int   // problems beyond MaxProblems
	rejected int64 // elements left out
}

// NewReader makes a reader that takes the fields f, which may be nil, out of
// each record.
func NewReader(f *Fields, o Options) *Reader {
	if f == nil {
		f = NewFields()
	}
	r := &Reader{done: true}
	r.options, r.least = o.withDefaults(), windowStart
	r.walk = newWalk(f, r.options.MaxDepth)
	r.inner = NewExtractor(f)
	r.inner.walk.room = r.options.MaxDepth
	return r
}

// Reset begins with another file and reads the first of it. Its name, a key or
// a path, is for messages and tells digest and Insights files: the former are
// not read, the latter are, for their records count in a log group too.
func (r *Reader) Reset(name string, src io.Reader) {
	r.name, r.shape, r.named = name, Empty, true
	r.begun, r.found, r.done = false, false, false
	r.nextRecord, r.nextLine, r.rework = 0, 0, 0
	r.problems, r.further, r.rejected, r.count = nil, 0, 0, 0
	r.lists = append(r.lists[:0], top)
	r.open(src)
	switch kindByName(name) {
	case DigestFiles:
		r.shape, r.done = Digest, true
		return
	case InsightsFiles:
		r.shape = Insights
	default:
		r.named = false
	}
	r.start, r.p = 0, 0
	if r.fill(); bytes.HasPrefix(r.walk.text, byteOrderMark) {
		r.p = len(byteOrderMark)
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// Shape is the form of the file, as far as it was read.
func (r *Reader) Shape() Shape { return r.shape }

// Bytes are how much of the file was used, and what that became decompressed.
func (r *Reader) Bytes() (compressed, decompressed int64) {
	return r.compressed(), r.decompressed()
}

// Next returns the next record, or io.EOF at the end of the file. Any other
// error is a read error of the source; it ends the file and is among the
// problems too. Everything else that is wrong with a file is a problem only.
func (r *Reader) Next() (*Record, error) {
	for !r.done {
		if !r.step() {
			continue
		}
		if r.count++; r.count > FewRecords && r.record.Offset/MinRecord < int64(r.count-FewRecords) {
			r.problem(r.record.Offset, ErrLimit, "%d records within %d bytes, less than %d for each", r.count, r.record.Offset, MinRecord)
			r.done = true
			break
		}
		return &r.record, nil
	}
	if r.source.fail != nil {
		return nil, r.source.fail
	}
	return nil, io.EOF
}

// step reads one element, or one bracket or comma around elements; true when
// that gave a record. Commas are not counted: a missing one costs nobody a record.
func (r *Reader) step() bool {
	c, ok := r.peek()
	if !ok {
		r.finish(r.offset(r.p))
		return false
	}
	in := r.lists[len(r.lists)-1]
	switch {
	case in == members:
		return r.object(in)
	case c == '{' && (in == records || in <= items && r.beginsRecord()):
		return r.take(in)
	case c == '{':
		return r.object(in)
	case c == '[' && in <= items:
		r.p++
		r.enter(items)
	case c == ']' && in != top:
		r.p++
		r.leave(in)
	case c == ',' && r.begun:
		r.p++
	case in == top && r.stamped():
	case !r.begun:
		r.foreign(remedy(r.walk.text[r.p:]))
	default:
		r.bad(noObject, r.p)
	}
	return false
}

// take reads the record that begins here.
func (r *Reader) take(in list) bool {
	r.begun = true
	if in != records {
		r.recognize(in)
	}
	end := r.walk.take(r.p)
	for end < 0 {
		if r.walk.why != short || !r.extend() {
			r.bad(r.walk.why, r.walk.at)
			return false
		}
		end = r.walk.take(r.p)
	}
	raw := r.walk.text[r.p:end]
	if !r.found {
		if isNotice(raw) {
			r.foreign("it is a notice of S3, SNS or SQS")
			return false
		}
		r.recognize(in)
	}
	r.record = Record{Raw: raw, Offset: r.offset(r.p), Values: r.walk.values}
	r.p = end
	if len(raw) > r.options.MaxRecord {
		r.tooLarge(r.record.Offset)
		return false
	}
	return true
}

// object reads an object that is not known to be a record, or goes on with one
// that holds a list.
func (r *Reader) object(in list) bool {
	r.begun = true
	var s survey
	for {
		from := r.p
		if in != members {
			from++
		}
		var ok bool
		if s, ok = r.walk.survey(from); ok {
			break
		}
		if r.walk.why != short || !r.extend() {
			r.bad(r.walk.why, r.walk.at)
			return false
		}
	}
	raw, offset := r.walk.text[r.p:s.end], r.offset(r.p)
	r.p = s.end
	switch {
	case s.into != top:
		if in != members {
			r.enter(members)
		}
		r.enter(s.into)
		return false
	case in == members:
		r.lists = r.lists[:len(r.lists)-1]
		return false
	}
	return r.classify(in, s, raw, offset)
}

// classify makes a record of a whole object, if there is one in it.
func (r *Reader) classify(in list, s survey, raw []byte, offset int64) bool {
	switch {
	case (in == messages || in == logged) && s.line.Kind == String:
		r.scratch = s.line.AppendText(r.scratch[:0])
		if !isRecord(r.scratch) {
			if r.found || len(r.problems) == 0 {
				r.problem(offset, ErrForeign, "the log event is another one")
			}
			return false
		}
		r.recognize(in)
		return r.emit(r.scratch, offset)
	case s.text.Kind == String:
		r.recognize(lookups)
		r.scratch = s.text.AppendText(r.scratch[:0])
		return r.emit(r.scratch, offset)
	case s.record:
		r.recognize(in)
		return r.emit(raw, offset)
	case s.detail.Kind == Object && isRecord(s.detail.Raw):
		r.shapeIs(EventBridge)
		return r.emit(s.detail.Raw, r.offset(s.at))
	case s.digest:
		r.shapeIs(Digest)
	case s.signal:
		r.shapeIs(Subscription)
	case r.found || len(r.problems) == 0:
		r.problem(offset, ErrForeign, "no eventVersion, eventTime or eventID in the object")
	}
	return false
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
