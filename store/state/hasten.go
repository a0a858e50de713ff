package state

import (
	"context"
	"time"
)

// Hasten makes due at now what is pending and due only after a time, which a
// clock that was set back leaves behind. Leases hold, but for those that end
// after absurd: no lease is as long. It tells how many deliveries it hastened.
func (tx *Tx) Hasten(ctx context.Context, now, after, absurd time.Time) (int, error) {
	n, err := tx.exec(ctx, `UPDATE deliveries SET next = $1, available = $2
		WHERE status = 'pending' AND available > $3 AND (lease_owner = '' OR available > $4)`, now, now, after, absurd)
	if err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, `UPDATE messages SET available = $1 WHERE spread = 0 AND available > $2`, now, absurd)
	return int(n), err
}
