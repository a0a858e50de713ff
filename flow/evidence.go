package flow

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"tocsin/core/event"
	"tocsin/core/evidence"
)

// An exhibit is a kept event. Its texts stand one after another in buf, which
// is used again when another one takes the place.
type exhibit struct {
	time   int64
	id     event.ID
	known  bool // whether it has an id
	file   string
	offset int64
	buf    []byte
	ends   [len(exhibited)]int
}

// exhibited are the texts of an exhibit, in the order in which they stand in it.
var exhibited = [...]evidence.Text{
	evidence.Name, evidence.Source, evidence.Account, evidence.Region, evidence.Address,
	evidence.UserAgent, evidence.ErrorCode, evidence.EventID, evidence.Principal,
}

// compare orders exhibits newest first; ties, which whole seconds make common,
// by id, so that the choice does not depend on who came first. It is 0 for
// copies of the same event, which without an id none is.
func (e *exhibit) compare(other *exhibit) int {
	order := cmp.Or(cmp.Compare(other.time, e.time), bytes.Compare(e.id[:], other.id[:]))
	if order != 0 || e.known && other.known {
		return order
	}
	return e.comparePlace(other)
}

// comparePlace orders by where the event stands.
func (e *exhibit) comparePlace(other *exhibit) int {
	return cmp.Or(cmp.Compare(e.file, other.file), cmp.Compare(e.offset, other.offset))
}

// write sets the texts.
func (e *exhibit) write(d *evidence.Reader) {
	for i, text := range exhibited {
		e.buf = append(e.buf, d.Text(text)...)
		e.ends[i] = len(e.buf)
	}
}

// exhibits are the newest matching events, newest first, at most MaxEvidence. Of
// an event that was delivered more than once they hold the copy in the first of
// the files, by name, whichever was read first.
type exhibits struct {
	kept []exhibit
}

// add keeps the event if it is among the newest.
func (x *exhibits) add(m match) {
	e := exhibit{time: m.time, id: m.id, known: m.known, file: m.file, offset: m.offset}
	at, copied := x.find(&e)
	n := len(x.kept)
	switch {
	case copied:
		if have := &x.kept[at]; e.comparePlace(have) < 0 {
			e.buf = have.buf[:0]
			e.write(m.detail)
			*have = e
		}
		return
	case at == MaxEvidence:
		return
	case n == MaxEvidence:
		e.buf = x.kept[n-1].buf[:0]
		x.kept = x.kept[:n-1]
	}
	e.write(m.detail)
	x.kept = slices.Insert(x.kept, at, e)
}

// find is the place of e among the exhibits, and whether a copy of it is there.
func (x *exhibits) find(e *exhibit) (at int, copied bool) {
	return slices.BinarySearchFunc(x.kept, e, func(a exhibit, b *exhibit) int { return a.compare(b) })
}

// merge keeps the newest of both.
func (x *exhibits) merge(other *exhibits) {
	for _, e := range other.kept {
		at, copied := x.find(&e)
		switch {
		case !copied:
			x.kept = slices.Insert(x.kept, at, e)
			x.kept = x.kept[:min(len(x.kept), MaxEvidence)]
		case e.comparePlace(&x.kept[at]) < 0:
			x.kept[at] = e
		}
	}
}

// report writes the exhibits out.
func (x *exhibits) report() []Evidence {
	out := make([]Evidence, 0, len(x.kept))
	for i := range x.kept {
		e := &x.kept[i]
		var texts [len(exhibited)]string
		from := 0
		for i, end := range e.ends {
			texts[i], from = string(e.buf[from:end]), end
		}
		out = append(out, Evidence{
			Time: time.UnixMilli(e.time).UTC(), Name: texts[0], Source: texts[1], Account: texts[2], Region: texts[3], Address: texts[4],
			UserAgent: texts[5], ErrorCode: texts[6], EventID: texts[7], Principal: texts[8], File: e.file, Offset: e.offset,
		})
	}
	return out
}
