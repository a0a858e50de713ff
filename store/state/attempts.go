package state

import (
	"context"
	"time"
)

// An Attempt is one try of a delivery.
type Attempt struct {
	Delivery int64
	Number   int // from 1, over all rounds
	At       time.Time
	Took     time.Duration
	Answer   string // of topic.Answer
	Detail   string // what the other side said, shortened, without secrets
}

// Of the attempts of one delivery the first and the newest are kept: SNS's schedule
// for queues has a hundred thousand of them.
const (
	FirstAttempts  = 10
	NewestAttempts = 90
)

// FinishAttempt writes the attempt and what becomes of the delivery, and ends
// the lease; ErrChanged when the lease went to somebody else.
func (tx *Tx) FinishAttempt(ctx context.Context, owner string, a Attempt, d Delivery) error {
	messages, err := all(ctx, tx, value[int64], `
		UPDATE deliveries SET status = $3, attempts = $4, round = $5, next = $6, available = $6, throttled = $7, last = $8,
			done = $9, in_dead_letters = $10, lease_owner = ''
		WHERE id = $1 AND lease_owner = $2 RETURNING message`,
		a.Delivery, owner, string(d.Status), d.Attempts, d.Round, d.Next, d.Throttled, d.Last, d.Done, d.InDeadLetters)
	if err == nil && len(messages) == 0 {
		err = ErrChanged
	}
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO attempts (delivery, number, at, took, answer, detail) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (delivery, number) DO NOTHING`,
		a.Delivery, a.Number, a.At, a.Took.Milliseconds(), a.Answer, a.Detail)
	if err == nil && a.Number > FirstAttempts+NewestAttempts {
		_, err = tx.exec(ctx, `DELETE FROM attempts WHERE delivery = $1 AND number > $2 AND number <= $3`,
			a.Delivery, FirstAttempts, a.Number-NewestAttempts)
	}
	if err != nil || d.Status != Delivered {
		return err
	}
	// A confirmation is for one subscription; once it is there, its token is kept
	// as a hash alone.
	_, err = tx.exec(ctx, `UPDATE messages SET token = '' WHERE id = $1 AND token <> ''`, messages[0])
	return err
}

// Attempts are those of a delivery that are kept, in order.
func (tx *Tx) Attempts(ctx context.Context, delivery int64) ([]Attempt, error) {
	return all(ctx, tx, func(r row) (a Attempt, err error) {
		var at, took int64
		err = r.Scan(&a.Delivery, &a.Number, &at, &took, &a.Answer, &a.Detail)
		a.At, a.Took = instant(at), time.Duration(took)*time.Millisecond
		return a, err
	}, `SELECT delivery, number, at, took, answer, detail FROM attempts WHERE delivery = $1 ORDER BY number`, delivery)
}
