package events

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"tocsin/core/event"
	"tocsin/synth"
)

// synthetic are n events as tocsin synth makes them, in the order of a segment.
func synthetic(t testing.TB, n int) []Event {
	t.Helper()
	var all []Event
	seen := map[event.ID]bool{}
	fields := event.NewExtractor(event.NewFields(event.Members("eventTime"), event.Members("eventID")))
	err := synth.Generate(synth.Options{Events: n, Story: "busy", Accounts: 12, Span: 4 * time.Hour, Files: max(1, n/325)}, func(f synth.File) error {
		for raw := range f.Records {
			v, _ := fields.Extract(raw)
			at, _ := event.Time(v[0])
			id, _ := event.IDOf(v[1])
			if !seen[id] {
				seen[id] = true
				key, _ := event.ParseKey(f.Key)
				all = append(all, Event{Time: at, ID: id, Ingested: at/300000*300000 + 420_000, Stream: key.Account + "_CloudTrail_" + key.Region, Message: bytes.Clone(raw)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b Event) int { return a.place().compare(b.place()) })
	return all
}

// A segment takes no more than 255 bytes an event, everything in it included.
func TestSegmentSize(t *testing.T) {
	all := synthetic(t, 30_000)
	w := newSegmentWriter(defaultSizes)
	size := 0
	events := len(all)
	for len(all) > 0 {
		n := 1
		for n < len(all) && hourOf(all[n].Time) == hourOf(all[0].Time) {
			n++
		}
		for _, e := range all[:n] {
			if err := w.add(e); err != nil {
				t.Fatal(err)
			}
		}
		file, err := w.end()
		if err != nil {
			t.Fatal(err)
		}
		size += len(file)
		w.begin()
		all = all[n:]
	}
	each := float64(size) / float64(events)
	t.Logf("%.1f bytes an event", each)
	if each > 255 {
		t.Errorf("%.1f bytes an event", each)
	}
}
