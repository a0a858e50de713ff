package ingest_test

import (
	"context"
	"testing"

	"tocsin/core/event"
	"tocsin/flow/ingest"
	"tocsin/store/events"
	"tocsin/store/state"
)

// blocks tell of the events that are stored, as long as none is sealed.
type blocks struct{ db *state.DB }

func stored(_ testing.TB, db *state.DB) ingest.Events { return blocks{db} }

func (b blocks) IDs(ctx context.Context, group, from, to int64, visit func(event.ID)) error {
	return b.db.View(ctx, func(tx *state.Tx) error {
		found, err := tx.Blocks(ctx, group, from, to, 0)
		if err != nil {
			return err
		}
		for _, block := range found {
			body, err := tx.BlockBody(ctx, block.ID)
			if err != nil {
				return err
			}
			if err := events.BlockIDs(body, func(_ int64, id event.ID) { visit(id) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// all is how often each event is stored.
func (w *world) all(t testing.TB) map[event.ID]int {
	t.Helper()
	out := map[event.ID]int{}
	err := blocks{w.db}.IDs(t.Context(), w.group.ID, -1<<62, 1<<62, func(id event.ID) { out[id]++ })
	if err != nil {
		t.Fatal(err)
	}
	return out
}
