package flow

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"tocsin/core/event"
)

// The fields that tell who did what, in the order of their slots.
const (
	fieldName = iota
	fieldSource
	fieldAccount
	fieldRegion
	fieldAddress
	fieldUserAgent
	fieldErrorCode
	fieldEventID
	fieldARN
	fieldType
	fieldUserName
	fieldInvokedBy
	fieldIdentityAccount
	fieldPrincipalID
	detailFields
)

// detailPaths are the paths of these fields.
func detailPaths() []event.Path {
	return []event.Path{
		fieldName:            event.Members("eventName"),
		fieldSource:          event.Members("eventSource"),
		fieldAccount:         event.Members("recipientAccountId"),
		fieldRegion:          event.Members("awsRegion"),
		fieldAddress:         event.Members("sourceIPAddress"),
		fieldUserAgent:       event.Members("userAgent"),
		fieldErrorCode:       event.Members("errorCode"),
		fieldEventID:         event.Members("eventID"),
		fieldARN:             event.Members("userIdentity", "arn"),
		fieldType:            event.Members("userIdentity", "type"),
		fieldUserName:        event.Members("userIdentity", "userName"),
		fieldInvokedBy:       event.Members("userIdentity", "invokedBy"),
		fieldIdentityAccount: event.Members("userIdentity", "accountId"),
		fieldPrincipalID:     event.Members("userIdentity", "principalId"),
	}
}

// maxText bounds every text that is kept of an event, in bytes.
const maxText = 1024

// A detail is what a matching event tells about itself, in texts that are valid
// until the next event is read. It belongs to one goroutine.
type detail struct {
	extractor *event.Extractor
	texts     [detailFields][]byte
	principal []byte
	action    []byte
}

func newDetail() *detail {
	return &detail{extractor: event.NewExtractor(event.NewFields(detailPaths()...))}
}

// read takes the detail out of a record.
func (d *detail) read(record []byte) {
	values, ok := d.extractor.Extract(record)
	for i := range d.texts {
		d.texts[i] = d.texts[i][:0]
		if ok && (values[i].Kind == event.String || values[i].Kind == event.Number) {
			d.texts[i] = clip(values[i].AppendText(d.texts[i]))
		}
	}
	if len(d.texts[fieldAccount]) == 0 {
		d.texts[fieldAccount] = append(d.texts[fieldAccount], d.texts[fieldIdentityAccount]...)
	}
	d.principal = d.appendPrincipal(d.principal[:0])
	d.action = appendAction(d.action[:0], d.texts[fieldSource], d.texts[fieldName])
}

// appendPrincipal names who acted: the ARN, or the best that the kinds of
// identity without one have (section "userIdentity" of the CloudTrail guide).
func (d *detail) appendPrincipal(to []byte) []byte {
	kind := d.texts[fieldType]
	for _, field := range []int{fieldARN, fieldUserName, fieldInvokedBy, fieldPrincipalID, fieldIdentityAccount} {
		if text := d.texts[field]; len(text) > 0 {
			if field != fieldARN && field != fieldInvokedBy && len(kind) > 0 {
				to = append(append(to, kind...), ' ')
			}
			return append(to, text...)
		}
	}
	return append(to, kind...)
}

// serviceDomain ends the names of event sources and says nothing.
const serviceDomain = ".amazonaws.com"

// appendAction writes an action as IAM policies do: ec2:RunInstances.
func appendAction(to, source, name []byte) []byte {
	if len(name) == 0 {
		return to
	}
	if source = bytes.TrimSuffix(source, []byte(serviceDomain)); len(source) > 0 {
		to = append(append(to, source...), ':')
	}
	return append(to, name...)
}

// clip cuts a text to what is kept of it.
func clip(text []byte) []byte { return text[:min(len(text), maxText)] }

// An exhibit is a kept event. Its texts stand one after another in buf, which
// is used again when another one takes the place.
type exhibit struct {
	time   int64
	id     event.ID
	known  bool // whether it has an id
	file   string
	offset int64
	buf    []byte
	ends   [exhibitTexts]int
}

// The texts of an exhibit: the fields from fieldName to fieldEventID and the principal.
const (
	exhibitPrincipal = fieldEventID + 1
	exhibitTexts     = exhibitPrincipal + 1
)

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
func (e *exhibit) write(d *detail) {
	for i := range exhibitTexts {
		if i == exhibitPrincipal {
			e.buf = append(e.buf, d.principal...)
		} else {
			e.buf = append(e.buf, d.texts[i]...)
		}
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
		text := func(i int) string {
			from := 0
			if i > 0 {
				from = e.ends[i-1]
			}
			return string(e.buf[from:e.ends[i]])
		}
		out = append(out, Evidence{
			Time: time.UnixMilli(e.time).UTC(), EventID: text(fieldEventID), Source: text(fieldSource), Name: text(fieldName),
			Account: text(fieldAccount), Region: text(fieldRegion), Principal: text(exhibitPrincipal), Address: text(fieldAddress),
			UserAgent: text(fieldUserAgent), ErrorCode: text(fieldErrorCode), File: e.file, Offset: e.offset,
		})
	}
	return out
}
