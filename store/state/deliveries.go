package state

import (
	"context"
	"time"
)

// A DeliveryStatus is how far a delivery is.
type DeliveryStatus string

const (
	Pending   DeliveryStatus = "pending"
	Delivered DeliveryStatus = "delivered"
	Dead      DeliveryStatus = "dead" // given up; can be sent again
)

// A Delivery is a message on its way to one subscription.
type Delivery struct {
	ID           int64
	MessageID    string
	Subscription string // ARN
	Status       DeliveryStatus
	Attempts     int
	// Round is the number of attempts since the delivery was made, or sent again
	// after it was dead; the schedule counts in it.
	Round     int
	Next      time.Time
	Throttled bool // by the last attempt
	Last      string
	Created   time.Time
	Done      time.Time
	// InDeadLetters says that the subscription's dead-letter queue has it.
	InDeadLetters bool
}

// A Job is a delivery with what it takes to attempt it.
type Job struct {
	Delivery
	Publication  Publication
	Subscription Subscription
	Topic        Topic
}

// A DeliveryQuery selects deliveries.
type DeliveryQuery struct {
	Status       DeliveryStatus // "" for all
	Subscription string
	MessageID    string
	Limit        int
	Before       int64 // id to go on below, 0 to begin
}

// Deliveries are those that a query selects, newest first.
func (tx *Tx) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) {
	var w where
	// The indexes are those of what waits, and of what does not.
	switch q.Status {
	case "":
	case Pending:
		w.and("d.status = 'pending' AND d.status = ?", string(q.Status))
	default:
		w.and("d.status <> 'pending' AND d.status = ?", string(q.Status))
	}
	if q.Subscription != "" {
		w.and("d.subscription = ?", q.Subscription)
	}
	if q.MessageID != "" {
		w.and("m.message_id = ?", q.MessageID)
	}
	if q.Before != 0 {
		w.and("d.id < ?", q.Before)
	}
	limit := w.limit(q.Limit)
	found, err := all(ctx, tx, scanDelivery, `
		SELECT `+deliveryColumns+` FROM deliveries d JOIN messages m ON m.id = d.message`+w.text+`
		ORDER BY d.id DESC`+limit, w.args...)
	var out []Delivery
	for _, d := range found {
		out = append(out, d.Delivery)
	}
	return out, err
}

// Delivery is one delivery with what belongs to it, or ErrNotFound.
func (tx *Tx) Delivery(ctx context.Context, id int64) (Job, error) {
	jobs, err := tx.jobs(ctx, []int64{id})
	if err == nil && len(jobs) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Job{}, err
	}
	return jobs[0], nil
}

// Resend makes dead deliveries pending again, in a new round.
func (tx *Tx) Resend(ctx context.Context, ids []int64, at time.Time) error {
	ids = distinct(ids)
	return batches(len(ids), func(from, to int) error {
		_, err := tx.exec(ctx, `
			UPDATE deliveries SET status = 'pending', round = 0, next = $1, available = $1, done = 0, lease_owner = ''
			WHERE status = 'dead' AND id IN `+params(2, to-from), append([]any{at}, anys(ids[from:to])...)...)
		return err
	})
}

// NextDelivery is when the next pending delivery can be leased, MaxTime when there
// is none, and now when a message waits to be spread. What LeaseDeliveries holds
// back because of perSubscription counts too, so who gets a time that has passed
// and leases nothing waits for attempts under way.
func (tx *Tx) NextDelivery(ctx context.Context, now time.Time) (int64, error) {
	next, err := one(ctx, tx, value[int64], `
		SELECT COALESCE(MIN(available), 9223372036854775807) FROM deliveries WHERE status = 'pending'`)
	if err != nil {
		return 0, err
	}
	waiting, err := one(ctx, tx, value[int64], `
		SELECT COALESCE(MIN(available), 9223372036854775807) FROM messages WHERE spread = 0`)
	if waiting <= millis(now) {
		waiting = millis(now)
	}
	return min(next, waiting), err
}

// DeliveryCounts are the numbers of deliveries by status, and when the oldest that
// is pending was made, in milliseconds since 1970 (0 when none is).
func (tx *Tx) DeliveryCounts(ctx context.Context) (counts map[DeliveryStatus]int64, oldestPending int64, err error) {
	counts = map[DeliveryStatus]int64{}
	_, err = all(ctx, tx, func(r row) (struct{}, error) {
		var status DeliveryStatus
		var n, oldest int64
		err := r.Scan(&status, &n, &oldest)
		if counts[status] = n; status == Pending {
			oldestPending = oldest
		}
		return struct{}{}, err
	}, `
		SELECT status, COUNT(*), 0 FROM deliveries WHERE status <> 'pending' GROUP BY status
		UNION ALL
		SELECT 'pending', COUNT(*), MIN(created) FROM deliveries WHERE status = 'pending' HAVING COUNT(*) > 0`)
	return counts, oldestPending, err
}

// PruneMessages removes messages with all deliveries done before a time.
func (tx *Tx) PruneMessages(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM messages WHERE id IN (
			SELECT id FROM messages m
			WHERE spread > 0 AND spread < $1 AND NOT EXISTS (
				SELECT 1 FROM deliveries d WHERE d.message = m.id AND (d.status = 'pending' OR d.done >= $1))
			ORDER BY spread, id LIMIT $2)`, before, limit)
	return int(n), err
}

const deliveryColumns = `d.id, d.message, m.message_id, d.subscription, d.status, d.attempts, d.round, d.next, d.throttled,
	d.last, d.created, d.done, d.in_dead_letters`

// A stored delivery has the row of its message.
type storedDelivery struct {
	message int64
	Delivery
}

func scanDelivery(r row) (d storedDelivery, err error) {
	var next, created, done int64
	err = r.Scan(&d.ID, &d.message, &d.MessageID, &d.Subscription, &d.Status, &d.Attempts, &d.Round, &next, &d.Throttled,
		&d.Last, &created, &done, &d.InDeadLetters)
	d.Next, d.Created, d.Done = instant(next), instant(created), instant(done)
	return d, err
}
