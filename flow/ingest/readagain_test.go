package ingest

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tocsin/core/event"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
)

// BenchmarkReadAgain reads the ids of a span that was forgotten, from segments:
// what it costs that spans are kept for no longer than idleSpan.
func BenchmarkReadAgain(b *testing.B) {
	const each, blocks = 5_000, 40
	ctx := b.Context()
	db, err := state.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	var group int64
	err = db.Update(ctx, func(tx *state.Tx) error {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Name: "g", Created: time.UnixMilli(start)})
		group = g.ID
		for block := range blocks {
			var some []events.Event
			for i := range each {
				var id event.ID
				binary.BigEndian.PutUint64(id[4:], uint64(i*blocks+block)*0x9e3779b97f4a7c15)
				some = append(some, events.Event{Time: start + int64(i)*spanLength/each, ID: id, Stream: "s", Message: fmt.Appendf(nil, `{"eventID":"%x"}`, id)})
			}
			encoded, failed := events.Encode(group, slices.Values(some))
			if err == nil {
				err = failed
			}
			if err == nil {
				_, err = tx.AddBlock(ctx, encoded)
			}
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	store := events.New(events.Options{State: db, Blobs: blob.NewMemory(), Owner: "bench"})
	if err := store.Seal(ctx); err != nil {
		b.Fatal(err)
	}
	c := &committer{in: &Ingest{o: Options{State: db, Events: store}}}
	for b.Loop() {
		s := &span{group: group, start: start, version: 1}
		if err := c.load(ctx, s); err != nil {
			b.Fatal(err)
		}
		if s.ids.len != each*blocks {
			b.Fatalf("%d ids", s.ids.len)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/each/blocks, "ns/id")
	b.StopTimer()
	if err := store.Close(); err != nil {
		b.Error(err)
	}
	if err := db.Close(); err != nil {
		b.Error(err)
	}
}
