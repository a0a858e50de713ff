package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tocsin/store/state"
	"tocsin/web/api"
)

// A manualClock stands still until it is told to go on. What it says is in the
// database, so that a new start does not go back in time.
type manualClock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
	// moving is held while the clock is moved, by one at a time.
	moving sync.Mutex
}

const clockSetting = "clock"

// Now is what the clock says.
func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// openClock makes the clock that the configuration asks for. A manual one begins
// where it stood, or at the present.
func (a *App) openClock(ctx context.Context) error {
	if a.config.Clock != ManualClock {
		return nil
	}
	now := a.o.Now().UTC().Truncate(time.Second)
	return a.db.Update(ctx, func(tx *state.Tx) error {
		text, err := tx.InitSetting(ctx, clockSetting, now.Format(time.RFC3339Nano))
		if err != nil {
			return err
		}
		if now, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return fmt.Errorf("the time of the manual clock cannot be read: %w", err)
		}
		a.clock = &manualClock{now: now}
		a.o.Now = a.clock.Now
		return nil
	})
}

// The clock is moved in steps, so that alarms are evaluated on the way as they
// would be while time passes.
const (
	clockStep    = 10 * time.Second // as short as the shortest period of an alarm
	longAdvance  = time.Hour        // from where on steps are longer:
	longStep     = time.Minute
	maxAdvance   = 7 * 24 * time.Hour
	settleWithin = 5 * time.Second // of each step, when somebody does not answer
	settlePoll   = 2 * time.Millisecond
)

// MoveClock moves the manual clock, and returns when what was due on the way is
// done, or has waited for somebody for too long. The system's clock is refused with
// an *api.RequestError.
func (a *App) MoveClock(ctx context.Context, r api.ClockRequest) (api.ClockAnswer, error) {
	c := a.clock
	if c == nil {
		return api.ClockAnswer{}, &api.RequestError{Message: "this server's clock is the system's: start it with --clock manual to move it"}
	}
	c.moving.Lock()
	defer c.moving.Unlock()
	from := c.Now()
	to, err := r.Target(from)
	if err != nil {
		return api.ClockAnswer{}, err
	}
	if to.Sub(from) > maxAdvance {
		return api.ClockAnswer{}, &api.RequestError{Message: "the clock goes forward seven days at a time"}
	}
	step := clockStep
	if to.Sub(from) > longAdvance {
		step = longStep
	}
	settled, err := a.settle(ctx)
	for err == nil && from.Before(to) {
		from = from.Truncate(step).Add(step)
		if from.After(to) {
			from = to
		}
		if err = a.db.Update(ctx, func(tx *state.Tx) error {
			return tx.SetSetting(ctx, clockSetting, from.Format(time.RFC3339Nano))
		}); err != nil {
			break
		}
		c.set(from)
		var now bool
		now, err = a.settle(ctx)
		settled = settled && now
	}
	return api.ClockAnswer{Now: c.Now(), Settled: settled}, err
}

// Busy tells whether something is due and not done: an alarm to be evaluated, a
// message to be delivered.
func (a *App) Busy(ctx context.Context) (bool, error) {
	var n int64
	err := a.db.View(ctx, func(tx *state.Tx) (err error) {
		n, err = tx.Busy(ctx, a.o.Now())
		return err
	})
	return n > 0, err
}

// settle waits until nothing is due; false when that takes too long.
func (a *App) settle(ctx context.Context) (bool, error) {
	began := time.Now()
	for {
		if err := a.services.settle(ctx); err != nil {
			return false, err
		}
		a.ring.Wake()
		a.courier.Wake()
		busy, err := a.Busy(ctx)
		if err != nil || !busy {
			return err == nil, err
		}
		if time.Since(began) > settleWithin {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(settlePoll):
		}
	}
}
