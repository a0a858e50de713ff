package statetest

import (
	"context"
	"errors"
	"testing"

	"tocsin/store/state"
)

func setting(t *testing.T, db *state.DB, name string) string {
	t.Helper()
	return get(t, db, func(ctx context.Context, tx *state.Tx) (string, error) { return tx.Setting(ctx, name) })
}

func transactions(t *testing.T, s suite) {
	ctx := t.Context()
	reason := errors.New("no")
	refused(t, s.a, reason, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.SetSetting(ctx, "failed", "x"); err != nil {
			t.Error(err)
		}
		return reason
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		err := s.a.Update(ctx, func(tx *state.Tx) error {
			if err := tx.SetSetting(ctx, "panicked", "x"); err != nil {
				t.Error(err)
			}
			panic("no")
		})
		t.Errorf("got %v", err)
	}()
	// The error of a statement cannot be ignored.
	refused(t, s.a, state.ErrNotFound, func(ctx context.Context, tx *state.Tx) error {
		if err := tx.SetSetting(ctx, "swallowed", "x"); err != nil {
			t.Error(err)
		}
		if _, err := tx.AddBlock(ctx, state.Block{LogGroup: 99}); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("a block of no group: %v", err)
		}
		return nil
	})
	var kept *state.Tx
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error {
		kept = tx
		return tx.SetSetting(ctx, "done", "x")
	})
	for _, name := range []string{"failed", "panicked", "swallowed"} {
		if got := setting(t, s.b, name); got != "" {
			t.Errorf("%s: the transaction left %q", name, got)
		}
	}
	if setting(t, s.b, "done") != "x" {
		t.Error("what was committed is not there")
	}
	if err := kept.SetSetting(ctx, "late", "x"); err == nil {
		t.Error("a transaction can be used after its end")
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if err := s.a.Update(stopped, func(tx *state.Tx) error { return tx.SetSetting(stopped, "stopped", "x") }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(s.a.Ping(ctx), s.b.Ping(ctx)); err != nil {
		t.Error(err)
	}
}

func views(t *testing.T, s suite) {
	ctx := t.Context()
	update(t, s.a, func(ctx context.Context, tx *state.Tx) error { return tx.SetSetting(ctx, "x", "before") })
	if err := s.a.View(ctx, func(tx *state.Tx) error {
		for range 2 {
			got, err := tx.Setting(ctx, "x")
			if err != nil {
				return err
			}
			if got != "before" {
				t.Errorf("the view sees what came later: %q", got)
			}
			update(t, s.b, func(ctx context.Context, tx *state.Tx) error { return tx.SetSetting(ctx, "x", "after") })
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if got := setting(t, s.a, "x"); got != "after" {
		t.Errorf("got %q", got)
	}
	if err := s.a.View(ctx, func(tx *state.Tx) error { return tx.SetSetting(ctx, "x", "written") }); err == nil {
		t.Error("a view can write")
	}
	if got := setting(t, s.a, "x"); got != "after" {
		t.Errorf("a view wrote %q", got)
	}
}

func closed(t *testing.T, s suite) {
	if err := s.a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.a.Update(t.Context(), func(*state.Tx) error { return nil }); err == nil {
		t.Error("Update after Close")
	}
	if err := s.a.View(t.Context(), func(*state.Tx) error { return nil }); err == nil {
		t.Error("View after Close")
	}
	if err := s.a.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}
