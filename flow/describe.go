package flow

import (
	"time"

	"tocsin/core/event"
	"tocsin/core/evidence"
)

// A Describer tells of found events who did what. It belongs to one goroutine.
type Describer struct {
	detail *evidence.Reader
	time   event.Path
}

// NewDescriber is a Describer that is ready.
func NewDescriber() *Describer {
	return &Describer{detail: evidence.NewReader(), time: event.Members("eventTime")}
}

// Describe reads what the event says about itself; a field that it lacks stays empty.
func (d *Describer) Describe(f Found) Evidence {
	d.detail.Read(f.Raw)
	text := func(t evidence.Text) string { return string(d.detail.Text(t)) }
	e := Evidence{
		EventID: text(evidence.EventID), Source: text(evidence.Source), Name: text(evidence.Name), Account: text(evidence.Account),
		Region: text(evidence.Region), Principal: text(evidence.Principal), Address: text(evidence.Address),
		UserAgent: text(evidence.UserAgent), ErrorCode: text(evidence.ErrorCode), File: f.File, Offset: f.Offset,
	}
	event.Find(f.Raw, d.time, func(v event.Value) bool {
		if at, ok := event.Time(v); ok {
			e.Time = time.UnixMilli(at).UTC()
		}
		return false
	})
	return e
}
