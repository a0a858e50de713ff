package deliver

import (
	"context"
	"sync"
	"time"

	"tocsin/store/state"
)

const (
	// poll is how long Run waits at most: other processes cannot wake it.
	poll = 500 * time.Millisecond
	// grace is for how long attempts go on after the stop, recordGrace for how
	// long the outcome of those that were then cut off may take to be recorded.
	grace       = 5 * time.Second
	recordGrace = 3 * time.Second
)

// Tick does one round: it spreads what waits, attempts the deliveries that are
// due at now, at most Concurrency, and waits for their outcome. It tells how many
// deliveries it attempted.
func (c *Courier) Tick(ctx context.Context, now time.Time) (attempted int, err error) {
	var running sync.WaitGroup
	defer running.Wait()
	t, err := c.begin(ctx, now, contexts{send: ctx, record: ctx}, &running)
	return len(t.jobs), err
}

// begin takes deliveries on and starts to attempt them.
func (c *Courier) begin(ctx context.Context, now time.Time, during contexts, running *sync.WaitGroup) (taken, error) {
	t, err := c.take(ctx, now, c.slots.free())
	if err != nil {
		return taken{}, err
	}
	for _, j := range t.jobs {
		if !c.enter(j.ID) {
			continue // its outcome is still being recorded, after the lease ran out
		}
		leave := c.slots.take()
		running.Go(func() {
			defer leave()
			defer c.leave(j.ID)
			c.attempt(during, j)
		})
	}
	return t, nil
}

// enter says that a delivery is being attempted; false when it is already.
func (c *Courier) enter(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[id] {
		return false
	}
	c.running[id] = true
	return true
}

func (c *Courier) leave(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, id)
}

// Run delivers until ctx ends. Attempts under way then get five seconds; what is
// cut off after that is made due again, and does not count as an attempt.
func (c *Courier) Run(ctx context.Context) {
	send, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	record, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(c.grace, cutOff)
		time.AfterFunc(c.grace+c.recordGrace, giveUp)
	})
	defer stop()

	var running sync.WaitGroup
	defer running.Wait()
	backoff := leastWait
	for {
		wait, err := c.round(ctx, contexts{send: send, record: record}, &running)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.down.failed(err)
			wait, backoff = backoff, min(2*backoff, greatestWait)
		default:
			c.down.worked()
			backoff = leastWait
		}
		if !c.sleep(ctx, wait, err == nil) {
			return
		}
	}
}

// round does what is due and tells for how long nothing will be.
func (c *Courier) round(ctx context.Context, during contexts, running *sync.WaitGroup) (wait time.Duration, err error) {
	now := c.now()
	if err := c.mindClock(ctx, now); err != nil {
		return 0, err
	}
	var next int64
	err = c.o.State.View(ctx, func(tx *state.Tx) (err error) {
		next, err = tx.NextDelivery(ctx, now)
		return err
	})
	if err != nil {
		return 0, err
	}
	if next > now.UnixMilli() {
		return time.Duration(min(next-now.UnixMilli(), c.poll.Milliseconds())) * time.Millisecond, nil
	}
	t, err := c.begin(ctx, now, during, running)
	if err != nil {
		return 0, err
	}
	if t.nothing() {
		// All that is due waits for a slot, or for the others of its subscription.
		return c.poll, nil
	}
	return 0, nil
}

// sleep waits, for less when the courier is woken and wakeable; false when ctx
// ended.
func (c *Courier) sleep(ctx context.Context, wait time.Duration, wakeable bool) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	wake := c.wake
	if !wakeable {
		wake = nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
	}
	return true
}
