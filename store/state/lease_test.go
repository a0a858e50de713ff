package state_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/store/state"
)

// A lease is given back however busy the database is, for a moment also after the end of
// what it was taken for.
func TestEndLease(t *testing.T) {
	for _, c := range []struct {
		name    string
		stopped bool
		busy    time.Duration // for how long another has the database
		ended   bool
	}{
		{"at once", false, 0, true},
		{"of a busy database", false, time.Hour, true},
		{"after a stop", true, 0, true},
		{"after a stop, of a busy database", true, 900 * time.Millisecond, true},
		{"after a stop, of one that does not answer", true, time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
			synctest.Test(t, func(t *testing.T) {
				db, err := state.Open(t.Context(), dsn)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				}()
				lease := func(owner string) (ok bool) {
					now := time.Now()
					if err := db.Update(t.Context(), func(tx *state.Tx) (err error) {
						ok, err = tx.Lease(t.Context(), "work", owner, now, now.Add(5*time.Minute))
						return err
					}); err != nil {
						t.Error(err)
					}
					return ok
				}
				lease("first")
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				if c.stopped {
					stop()
				}
				begun, done := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(done)
					if err := db.Update(t.Context(), func(*state.Tx) error {
						close(begun)
						time.Sleep(c.busy)
						return nil
					}); err != nil {
						t.Error(err)
					}
				}()
				<-begun
				began := time.Now()
				err = db.EndLease(ctx, "work", "first")
				took := time.Since(began)
				<-done
				if c.ended != (err == nil) || !c.ended && (!errors.Is(err, context.Canceled) || took > 2*time.Second) {
					t.Errorf("after %v: %v", took, err)
				}
				if c.busy < time.Minute && lease("second") != c.ended {
					t.Error("whether the lease has ended is not so")
				}
			})
		})
	}
}
