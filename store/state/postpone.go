package state

import (
	"context"
	"time"
)

// Postpone ends the lease of a delivery without an attempt and makes it due at
// next; ErrChanged when the lease went to somebody else.
func (tx *Tx) Postpone(ctx context.Context, owner string, delivery int64, next time.Time) error {
	n, err := tx.exec(ctx, `UPDATE deliveries SET next = $1, available = $1, lease_owner = ''
		WHERE id = $2 AND lease_owner = $3 AND status = 'pending'`, next, delivery, owner)
	if err == nil && n == 0 {
		return ErrChanged
	}
	return err
}
