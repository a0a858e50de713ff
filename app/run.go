package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The stop takes at most stopWithin in all. Each part is told to end when the
// parts before it have, or when its time has come.
const (
	stopWithin    = 10 * time.Second
	ingestAfter   = 2500 * time.Millisecond
	ringAfter     = 8 * time.Second
	deliverAfter  = 1500 * time.Millisecond
	serversWithin = 2 * time.Second
)

// ErrLeft says that the stop took too long and left work behind, which the next
// start does: it is in the database or in its source still.
var ErrLeft = errors.New("the stop took more than ten seconds; what was left is done at the next start")

// Run works until ctx ends, and then stops in an orderly way: sources give no
// more, what was read is stored, what is due is judged, attempts under way end,
// servers answer what they were asked, stores close.
func (a *App) Run(ctx context.Context) error {
	bare := context.WithoutCancel(ctx)
	parts := map[string]*part{}
	for _, name := range []string{"feeds", "ingest", "ring", "courier", "services", "chores"} {
		own, cancel := context.WithCancel(bare)
		parts[name] = &part{ctx: own, stop: cancel, done: make(chan struct{})}
	}
	servers, failed := a.serve()

	if err := a.feeds.start(parts["feeds"].ctx); err != nil {
		for _, p := range parts {
			p.stop()
		}
		return errors.Join(err, a.closeServers(bare, servers), a.Close())
	}
	go parts["feeds"].run(func(ctx context.Context) { <-ctx.Done(); a.feeds.wait() })
	go parts["ingest"].run(a.ingest.Run)
	go parts["ring"].run(a.ring.Run)
	go parts["courier"].run(a.courier.Run)
	go parts["services"].run(a.services.run)
	go parts["chores"].run(a.chores)
	a.ready.Store(true)
	a.o.Log.Info("ready")
	if a.o.Ready != nil {
		a.o.Ready()
	}

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.o.Log.Info("stopping")
	a.ready.Store(false)
	return errors.Join(err, a.stop(bare, parts, servers))
}

// A part runs in a goroutine of its own until stop.
type part struct {
	ctx  context.Context
	stop context.CancelFunc
	done chan struct{}
}

func (p *part) run(f func(context.Context)) {
	defer close(p.done)
	f(p.ctx)
}

// stop ends the parts in the order of the sentence.
func (a *App) stop(ctx context.Context, parts map[string]*part, servers []*server) error {
	began := time.Now()
	// until waits for a part, at most so long since the stop began.
	until := func(p *part, limit time.Duration) bool {
		select {
		case <-p.done:
			return true
		case <-time.After(limit - time.Since(began)):
			return false
		}
	}
	parts["chores"].stop()
	parts["services"].stop()
	parts["feeds"].stop()
	var all sync.WaitGroup
	all.Go(func() {
		until(parts["feeds"], ingestAfter)
		parts["ingest"].stop()
		until(parts["ingest"], ringAfter)
		parts["ring"].stop()
	})
	all.Go(func() {
		until(parts["ring"], deliverAfter)
		parts["courier"].stop()
	})
	late := false
	for _, p := range parts {
		late = !until(p, stopWithin-serversWithin/4) || late
	}
	err := a.closeServers(ctx, servers)
	a.receivers.close()
	if late {
		// The stores stay open for what goes on; the process ends with it.
		return errors.Join(err, ErrLeft)
	}
	all.Wait()
	if closing := a.Close(); closing != nil {
		err = errors.Join(err, fmt.Errorf("close: %w", closing))
	}
	return err
}
