// Package deliver brings messages to their subscribers. It takes publications out
// of the outbox, spreads each to the subscriptions that want it, attempts the
// deliveries through a notify.Receiver, and decides by SNS's schedules when to
// try again and when to give up.
//
// Each delivery is made at least once, under the id of its message, which stays
// the same: an attempt whose outcome could not be recorded is made again. Several
// processes may work on one database; a delivery that a crashed process had
// taken is taken by another when the lease runs out.
package deliver

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"log/slog"
	"sync"
	"time"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/store/roster"
	"tocsin/store/state"
)

const (
	defaultConcurrency     = 32
	defaultPerSubscription = 4

	// attemptTimeout bounds an attempt over other protocols than http and https. A
	// mail whose receipt is confirmed later is sent again, and again, though it has
	// arrived: Exchange holds its confirmation back for up to 30 seconds.
	attemptTimeout = 50 * time.Second
	// lease is for how long a delivery is taken: for the attempt and a database
	// that is gone for a while when the outcome is to be recorded.
	lease = time.Minute
	// atOnce bounds the publications that one transaction spreads.
	atOnce = 64
)

// Receivers are the ways to reach endpoints.
type Receivers interface {
	// For is the receiver of a protocol, and false when there is none.
	For(topic.Protocol) (notify.Receiver, bool)
}

// DeadLetters brings messages that could not be delivered to a queue.
type DeadLetters interface {
	Enqueue(ctx context.Context, queueARN string, m topic.QueueMessage) notify.Result
}

// Options are what a Courier works with.
type Options struct {
	State     *state.DB
	Receivers Receivers
	Signer    *roster.Signer
	Site      topic.Site
	// Owner names the process in leases; another for each start.
	Owner string
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	// Random makes the jitter of delays; nil for crypto/rand's.
	Random io.Reader
	Log    *slog.Logger // nil for slog's default
	// DeadLetters is nil when queues cannot be reached: what cannot be delivered
	// is then kept in the database alone.
	DeadLetters DeadLetters
	// Concurrency is how many attempts are made at once, not counting those that
	// take long; 0 for 32. PerSubscription is how many of them for one
	// subscription, those that take long included; 0 for 4.
	Concurrency     int
	PerSubscription int
	// Timeout bounds an attempt; 0 for SNS's 15 seconds over http and https, and
	// 50 over others. It must be less than a minute.
	Timeout time.Duration
	// Observe is told how long it took from the log file to the receipt, for
	// each delivery of which that is known; nil for nobody. It must not block.
	Observe func(time.Duration)
}

// A Courier delivers. Make it with New; its methods may be called at once.
type Courier struct {
	o     Options
	log   *slog.Logger
	wake  chan struct{}
	slots slots
	down  outage
	lame  troubles
	stats counters
	poll  time.Duration
	grace time.Duration
	// recordGrace is the constant of that name, but in tests.
	recordGrace time.Duration
	seen        time.Time // when Run looked last; zero before. It belongs to Run

	mu sync.Mutex
	// running are the deliveries that are being attempted or recorded here.
	running map[int64]bool
	// paced is when subscriptions that bound their rate were last sent to.
	paced map[string]time.Time
}

// New is a courier that waits for Run or Tick.
func New(o Options) *Courier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Concurrency <= 0 {
		o.Concurrency = defaultConcurrency
	}
	if o.PerSubscription <= 0 {
		o.PerSubscription = defaultPerSubscription
	}
	if o.Observe == nil {
		o.Observe = func(time.Duration) {}
	}
	c := &Courier{
		o: o, log: o.Log, wake: make(chan struct{}, 1),
		poll: poll, grace: grace, recordGrace: recordGrace, running: map[int64]bool{}, paced: map[string]time.Time{},
	}
	c.slots = slots{fast: o.Concurrency, all: o.Concurrency * slowShare, freed: c.Wake}
	c.down.log, c.lame.log = o.Log, o.Log
	return c
}

// Wake tells Run that there may be something to do. It never blocks.
func (c *Courier) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Stats are what the courier has done so far.
func (c *Courier) Stats() Stats { return c.stats.read() }

// Resend makes dead deliveries pending again, at once and on a new schedule.
func (c *Courier) Resend(ctx context.Context, deliveries []int64) error {
	err := c.o.State.Update(ctx, func(tx *state.Tx) error {
		return tx.Resend(ctx, deliveries, c.now())
	})
	if err == nil {
		c.Wake()
	}
	return err
}

// now is the time in the precision in which it is stored.
func (c *Courier) now() time.Time { return time.UnixMilli(c.o.Now().UnixMilli()).UTC() }

// chance is a random number from 0 up to, but not including, 1.
func (c *Courier) chance() float64 {
	var b [8]byte
	if _, err := io.ReadFull(c.o.Random, b[:]); err != nil {
		return 0 // without jitter, but in time
	}
	return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
}
