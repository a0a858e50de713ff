package state

import (
	"context"
	"time"

	"tocsin/core/topic"
)

// A Publication is a message in the outbox: written with what it tells of,
// later spread to the topic's subscriptions.
type Publication struct {
	Message topic.Message
	// Kind is Notification, or one of the confirmations, which have a Target.
	Kind topic.Kind
	// Target is the one subscription that a confirmation is for, with its Token.
	Target, Token string
	// Summary is the JSON of an evidence.Summary: what happened, for receivers
	// that show it. Empty for messages of others.
	Summary []byte
	// Alarm is the ARN of the alarm that publishes, "" for others.
	Alarm string
	// ChainStart is when the newest log file that this tells of began to be
	// read, 0 when unknown: for the time from file to receipt.
	ChainStart int64
}

// Publish puts a message into the outbox; one with an id that is there already is left as it is.
func (tx *Tx) Publish(ctx context.Context, p Publication) error { panic("") }

// LeasePublications takes up to limit messages that were not spread yet.
func (tx *Tx) LeasePublications(ctx context.Context, owner string, now, until time.Time, limit int) ([]Publication, error) {
	panic("")
}

// Spread makes the deliveries of a message and takes it out of the outbox.
// Subscriptions that do not want it are counted in filtered.
func (tx *Tx) Spread(ctx context.Context, owner, messageID string, subscriptions []string, at time.Time) error {
	panic("")
}

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
	// Round begins anew when a dead delivery is sent again; the schedule counts in it.
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

// LeaseDeliveries takes up to limit deliveries whose time has come, oldest
// first, at most perSubscription of one subscription, those under lease counted in.
func (tx *Tx) LeaseDeliveries(ctx context.Context, owner string, now, until time.Time, limit, perSubscription int) ([]Job, error) {
	panic("")
}

// An Attempt is one try of a delivery.
type Attempt struct {
	Delivery int64
	Number   int // from 1, over all rounds
	At       time.Time
	Took     time.Duration
	Answer   string // of topic.Answer
	Detail   string // what the other side said, shortened, without secrets
}

// FinishAttempt writes the attempt and what becomes of the delivery, and ends
// the lease; ErrChanged when the lease went to somebody else.
func (tx *Tx) FinishAttempt(ctx context.Context, owner string, a Attempt, d Delivery) error {
	panic("")
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
func (tx *Tx) Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error) { panic("") }

// Delivery is one delivery with what belongs to it, or ErrNotFound.
func (tx *Tx) Delivery(ctx context.Context, id int64) (Job, error) { panic("") }

// Attempts are those of a delivery, in order.
func (tx *Tx) Attempts(ctx context.Context, delivery int64) ([]Attempt, error) { panic("") }

// Resend makes dead deliveries pending again, in a new round.
func (tx *Tx) Resend(ctx context.Context, ids []int64, at time.Time) error { panic("") }

// NextDelivery is when the next pending delivery is due, MaxTime when none is;
// now when a message waits to be spread.
func (tx *Tx) NextDelivery(ctx context.Context, now time.Time) (int64, error) { panic("") }

// DeliveryCounts are the numbers of deliveries by status, and the age of the
// oldest that is pending, in milliseconds since 1970 (0 when none is).
func (tx *Tx) DeliveryCounts(ctx context.Context) (counts map[DeliveryStatus]int64, oldestPending int64, err error) {
	panic("")
}

// PruneMessages removes messages with all deliveries done before a time.
func (tx *Tx) PruneMessages(ctx context.Context, before time.Time, limit int) (int, error) {
	panic("")
}
