// Package fill makes the events of tocsin synth as a store keeps them.
package fill

import (
	"bytes"
	"context"
	"time"

	"tocsin/core/event"
	"tocsin/store/events"
	"tocsin/synth"
)

// Blocks calls add with n events of the story busy, in twelve accounts over some time,
// so many at a time as are committed together. An event that was there before, or that
// no store would keep, is left out. What add gets is written over afterwards.
func Blocks(ctx context.Context, n int, span time.Duration, add func([]events.Event) error) error {
	const together = 2000
	var batch []events.Event
	var seen event.Seen
	fields := event.NewExtractor(event.NewFields(event.Members("eventTime"), event.Members("eventID")))
	err := synth.Generate(synth.Options{Events: n, Files: max(1, n/325), Story: "busy", Accounts: 12, Span: span}, func(file synth.File) error {
		key, _ := event.ParseKey(file.Key)
		for raw := range file.Records {
			v, ok := fields.Extract(raw)
			at, isTime := event.Time(v[0])
			id, isID := event.IDOf(v[1])
			if !ok || !isTime || !isID || !seen.Add(id) {
				continue
			}
			batch = append(batch, events.Event{Time: at, ID: id, Ingested: key.Time.UnixMilli(), Stream: key.Account + "_CloudTrail_" + key.Region, Message: bytes.Clone(raw)})
			if len(batch) < together {
				continue
			}
			if err := add(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		return ctx.Err()
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return add(batch)
}
