package state

import (
	"context"
	"time"
)

// Busy tells how much is to be done at now and was not done yet: alarms to be
// evaluated, what follows from states that were set, timers of alarms, messages to be
// spread, deliveries to be attempted.
func (tx *Tx) Busy(ctx context.Context, now time.Time) (n int64, err error) {
	if n, err = one(ctx, tx, value[int64], `SELECT COUNT(*) FROM transitions`); err != nil {
		return 0, err
	}
	for _, count := range []string{
		`SELECT COUNT(*) FROM alarms WHERE due <= $1`,
		`SELECT COUNT(*) FROM timers WHERE due <= $1`,
		`SELECT COUNT(*) FROM messages WHERE spread = 0 AND available <= $1`,
		`SELECT COUNT(*) FROM deliveries WHERE status = 'pending' AND next <= $1`,
	} {
		some, err := one(ctx, tx, value[int64], count, now)
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}
