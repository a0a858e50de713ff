package deliver

import (
	"context"
	"time"

	"tocsin/store/state"
)

const (
	// wayBack is by how much the clock has to go back to be noticed.
	wayBack = 5 * time.Minute
	// absurd is further ahead than any attempt is ever put off: an hour at most.
	absurd = 2 * time.Hour
)

// mindClock hastens what a clock that went back leaves waiting for a time that
// is far ahead now: all that waits when this process sees it go back, and when
// it starts what no process can have put off that long.
func (c *Courier) mindClock(ctx context.Context, now time.Time) error {
	after := now
	switch {
	case c.seen.IsZero():
		after = now.Add(absurd)
	case !now.Before(c.seen.Add(-wayBack)):
		c.seen = now
		return nil
	}
	hastened := 0
	err := c.o.State.Update(ctx, func(tx *state.Tx) (err error) {
		hastened, err = tx.Hasten(ctx, now, after, now.Add(absurd))
		return err
	})
	if err != nil {
		return err
	}
	if hastened > 0 {
		c.log.Warn("the clock went back; what was to be delivered later by it is delivered now", "deliveries", hastened)
	}
	c.seen = now
	return nil
}
