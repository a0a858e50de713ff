//go:build linux

package crashtest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/app"
)

// TestClockJumps lets the clock go a day forward, back again, and an hour back,
// while files come in and the receiver often fails.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 28, sqlite)
	var ahead atomic.Int64
	c, err := app.Load(app.Setup{Path: w.config(0), Getenv: os.Getenv})
	must(t, err)
	c.Sources = []app.Source{{From: "dir:" + w.trail}}
	log := &logbook{}
	a, err := app.New(t.Context(), c, app.Options{
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()

	drop := func(n int) {
		for range min(n, len(w.files)) {
			f := w.files[0]
			w.files = w.files[1:]
			must(t, put(filepath.Join(w.trail, filepath.FromSlash(f.key)), f.body))
			time.Sleep(50 * time.Millisecond)
		}
	}
	drop(30)
	for _, jump := range []time.Duration{24 * time.Hour, -time.Hour, 0} {
		ahead.Store(int64(jump))
		// What is to be told again is so by the clock of the time.
		w.told.refuse(jump > 0)
		drop(30)
	}
	drop(len(w.files))
	w.told.relent()
	quiet, last := 0, ""
	for end := time.Now().Add(5 * time.Minute); quiet < 5 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if last = w.left(); last == "" {
			quiet++
		} else {
			quiet = 0
		}
	}
	if last != "" {
		t.Errorf("it does not come to rest: %s", last)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := w.check(); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Logf("log:\n%s", log)
	}
}
