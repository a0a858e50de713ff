package cloudtrail

import (
	"context"
	"errors"
	"time"

	"tocsin/store/state"
)

// A Status is how a trail's deliveries went last.
type Status struct {
	Files   Attempt `json:"files,omitzero"`
	Logs    Attempt `json:"logs,omitzero"`
	Digests Attempt `json:"digests,omitzero"`
	Topic   Attempt `json:"topic,omitzero"`
}

// An Attempt is how the last one went.
type Attempt struct {
	Tried     time.Time `json:"tried,omitzero"`
	Succeeded time.Time `json:"succeeded,omitzero"`
	Error     string    `json:"error,omitempty"` // "" when it succeeded
}

// took notes an attempt; "" for a success.
func (a *Attempt) took(now time.Time, failure string) {
	a.Tried, a.Error = now, failure
	if failure == "" {
		a.Succeeded = now
	}
}

// statuses are those of trails, by ID.
var statuses = state.Kind[Status]("trail-status")

func (s *Service) status(ctx context.Context, t trail) (st Status, err error) {
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		r, err := statuses.Get(ctx, tx, t.Scope, t.Value.ID)
		st = r.Value
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		return err
	})
	return st, err
}

// note changes the status of a trail.
func note(ctx context.Context, tx *state.Tx, t trail, f func(*Status)) error {
	r, err := statuses.Get(ctx, tx, t.Scope, t.Value.ID)
	if errors.Is(err, state.ErrNotFound) {
		r, err = state.Resource[Status]{Scope: t.Scope, Name: t.Value.ID}, nil
	}
	if err != nil {
		return err
	}
	before := r.Value
	f(&r.Value)
	if r.Value == before {
		return nil
	}
	_, err = statuses.Put(ctx, tx, r)
	return err
}
