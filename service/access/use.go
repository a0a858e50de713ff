package access

import (
	"context"
	"errors"
	"time"

	"tocsin/service/identity"
	"tocsin/store/state"
)

// useEvery is how exactly it is known when a key was used last.
const useEvery = time.Minute

// recordUse writes down that a key, or a role by its id, was used, once a minute.
func (g *Gate) recordUse(ctx context.Context, of string, use identity.KeyUse) error {
	if of == "" || !g.useDue(of, use.At) {
		return nil
	}
	err := g.State.Update(ctx, func(tx *state.Tx) error {
		r, err := identity.KeyUses.Get(ctx, tx, state.Scope{}, of)
		switch there, err := state.Exists(err); {
		case err != nil:
			return err
		case !there:
			r = state.Resource[identity.KeyUse]{Name: of, Created: use.At}
		case !r.Value.At.Before(use.At):
			return nil
		}
		r.Value = use
		_, err = identity.KeyUses.Put(ctx, tx, r)
		return err
	})
	if errors.Is(err, state.ErrChanged) {
		return nil // another process has just written its own
	}
	return err
}

// useDue tells whether a use is to be written, and takes it that it will be.
func (g *Gate) useDue(of string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if last, ok := g.used[of]; ok && now.Sub(last) < useEvery && !now.Before(last) {
		return false
	}
	if len(g.used) >= 1000 {
		clear(g.used)
	}
	g.used[of] = now
	return true
}
