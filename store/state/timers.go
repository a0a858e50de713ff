package state

import (
	"context"
	"errors"
)

// A Timer is what an alarm still has to do at a time. An alarm has one at most.
type Timer struct {
	ARN  string // the alarm's
	Due  int64
	Body string // of whoever evaluates alarms
}

// SetTimer sets an alarm's timer, in place of the one that it has.
func (tx *Tx) SetTimer(ctx context.Context, t Timer) error {
	_, err := tx.exec(ctx, `
		INSERT INTO timers (arn, due, body) VALUES ($1, $2, $3)
		ON CONFLICT (arn) DO UPDATE SET due = excluded.due, body = excluded.body`, t.ARN, t.Due, t.Body)
	return err
}

// Timers are those that are due at a time, the oldest first.
func (tx *Tx) Timers(ctx context.Context, due int64, limit int) ([]Timer, error) {
	return all(ctx, tx, func(r row) (t Timer, err error) {
		return t, r.Scan(&t.ARN, &t.Due, &t.Body)
	}, `SELECT arn, due, body FROM timers WHERE due <= $1 ORDER BY due, arn LIMIT $2`, due, limit)
}

// TakeTimer takes a timer away, or tells ErrNotFound: another has taken it, or it
// was set to another time. What is due is done in the same transaction, after this.
func (tx *Tx) TakeTimer(ctx context.Context, t Timer) error {
	return tx.changed(ctx, ErrNotFound, `DELETE FROM timers WHERE arn = $1 AND due = $2 AND body = $3`, t.ARN, t.Due, t.Body)
}

// DropTimer takes an alarm's timer away if it has one.
func (tx *Tx) DropTimer(ctx context.Context, arn string) error {
	if err := tx.changed(ctx, ErrNotFound, `DELETE FROM timers WHERE arn = $1`, arn); !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// NextTimer is when the earliest timer is due, MaxTime when there is none.
func (tx *Tx) NextTimer(ctx context.Context) (int64, error) {
	return one(ctx, tx, value[int64], `SELECT COALESCE(MIN(due), 9223372036854775807) FROM timers`)
}
