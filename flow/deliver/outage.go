package deliver

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tocsin/store/state"
)

// The waits of work that the database refuses, from the first on.
const (
	leastWait    = 100 * time.Millisecond
	greatestWait = 5 * time.Second
)

// An outage is told of once when it begins and once when it ends.
type outage struct {
	log *slog.Logger

	mu    sync.Mutex
	since time.Time // zero while there is none
}

func (o *outage) failed(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since = time.Now()
		o.log.Error("deliveries wait for the database", "error", err)
	}
}

func (o *outage) worked() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.since.IsZero() {
		o.log.Info("deliveries go on: the database works again", "after", time.Since(o.since).Round(time.Millisecond))
		o.since = time.Time{}
	}
}

// write writes the outcome of an attempt, again and again until the database
// takes it, the delivery turns out to be somebody else's, or ctx ends. In the
// last case the lease runs out and the attempt is made again.
func (c *Courier) write(ctx context.Context, f func(context.Context, *state.Tx) error) {
	for wait := leastWait; ; wait = min(2*wait, greatestWait) {
		err := c.o.State.Update(ctx, func(tx *state.Tx) error { return f(ctx, tx) })
		if err == nil || lost(err) {
			c.down.worked()
			return
		}
		if ctx.Err() != nil {
			c.log.Warn("the outcome of an attempt could not be recorded before the stop; the attempt will be made again", "error", err)
			return
		}
		c.down.failed(err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}
