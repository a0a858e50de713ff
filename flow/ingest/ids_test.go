package ingest_test

import (
	"context"
	"errors"
	"testing"

	"tocsin/core/event"
	"tocsin/flow/ingest"
	"tocsin/store/state"
)

// noEvents is for tests in which one Ingest has written all that is stored, so
// that it need not ask.
type noEvents struct{}

func (noEvents) IDs(context.Context, int64, int64, int64, func(event.ID)) error {
	return errors.New("nobody has to ask for ids")
}

func stored(testing.TB, *state.DB) ingest.Events { return noEvents{} }
