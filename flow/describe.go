package flow

import (
	"time"

	"tocsin/core/event"
)

// A Describer tells of found events who did what. It belongs to one goroutine.
type Describer struct {
	detail *detail
	time   event.Path
}

// NewDescriber is a Describer that is ready.
func NewDescriber() *Describer {
	return &Describer{detail: newDetail(), time: event.Members("eventTime")}
}

// Describe reads what the event says about itself; a field that it lacks stays empty.
func (d *Describer) Describe(f Found) Evidence {
	d.detail.read(f.Raw)
	text := func(field int) string { return string(d.detail.texts[field]) }
	e := Evidence{
		EventID: text(fieldEventID), Source: text(fieldSource), Name: text(fieldName), Account: text(fieldAccount),
		Region: text(fieldRegion), Principal: string(d.detail.principal), Address: text(fieldAddress),
		UserAgent: text(fieldUserAgent), ErrorCode: text(fieldErrorCode), File: f.File, Offset: f.Offset,
	}
	event.Find(f.Raw, d.time, func(v event.Value) bool {
		if at, ok := event.Time(v); ok {
			e.Time = time.UnixMilli(at).UTC()
		}
		return false
	})
	return e
}
