// Package ring lets alarms ring: it takes those that are due, by new data or by
// time, has core/alarm judge them, and writes what that comes to.
//
// One transaction writes all that follows from an alarm: its state, its history,
// its stays in ALARM, and a message in the outbox for each topic that it acts on.
// So no change of state is without its messages, and none is told twice: a
// message's id follows from the alarm and the change. An action that cannot be
// run, because its topic is not there or it is no topic at all, is a failed item
// of the history, with the reason, and a line in the log.
//
// A change of state is followed at once, in its transaction, by the composite alarms
// that refer to the alarm. What others wrote, such as a state that was set by hand, is
// followed by the next round. Actions that a mute rule or a suppressor holds back
// wait in a timer of their alarm.
//
// Several processes may work on one database: an alarm is leased by one at a
// time, and who finds that it was changed in the meantime leaves it to the next
// round. An alarm that cannot be judged does not keep others from it.
//
// What jumps of the clock do is for alarm.Judge to say, but for one thing: since
// a clock that goes back leaves alarms due in what is the future again, all
// alarms that are due at any time are judged when a process sees its clock go
// back, and when it starts.
package ring

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// State is the database; a *state.DB is one.
type State interface {
	Update(ctx context.Context, f func(*state.Tx) error) error
	View(ctx context.Context, f func(*state.Tx) error) error
}

// Options are what a Ringer works with. State and Owner are needed.
type Options struct {
	State State
	// Owner names the process in leases; another for each start.
	Owner string
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	Log *slog.Logger // nil for slog's default
	// Timing is how closely alarms follow their data.
	Timing alarm.Timing
	// Published is called after each transaction that put messages into the
	// outbox; nil for nobody. It must not block.
	Published func()
	// Command is the command that shows the events of an alarm in a time; nil for none.
	Command func(a state.Alarm, from, to time.Time) string
	// MaxEvidence is how many events at most a message's tops are made of; 0 for 200.
	MaxEvidence int
}

const defaultEvidence = 200

// A Ringer judges alarms. Make it with New.
type Ringer struct {
	o     Options
	log   *slog.Logger
	wake  chan struct{}
	stats counters
	down  outage

	mu sync.Mutex // held by Tick
	// held are alarms under lease whose outcome the database did not take.
	held []state.DueAlarm
	// seen is the time of the last round; zero when all alarms are to be taken.
	seen time.Time
	// unfit are the revisions of alarms that the log was told of.
	unfit map[int64]int64
	// stuck are the alarms of which the log was told that what follows from their
	// state could not be done.
	stuck map[string]bool
}

// New is a Ringer that waits for Run or Tick.
func New(o Options) *Ringer {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Published == nil {
		o.Published = func() {}
	}
	if o.Command == nil {
		o.Command = func(state.Alarm, time.Time, time.Time) string { return "" }
	}
	if o.MaxEvidence <= 0 {
		o.MaxEvidence = defaultEvidence
	}
	return &Ringer{o: o, log: o.Log, wake: make(chan struct{}, 1), down: outage{log: o.Log}, unfit: map[int64]int64{}, stuck: map[string]bool{}}
}

// Wake tells Run that there may be something to do. It never blocks.
func (r *Ringer) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Stats are what the Ringer has done so far.
func (r *Ringer) Stats() Stats { return r.stats.read() }

const (
	// poll is how long Run waits at most: other processes cannot wake it.
	poll = 500 * time.Millisecond
	// The waits of work that the database refuses, from the first on.
	leastWait    = 100 * time.Millisecond
	greatestWait = 5 * time.Second
)

// Run judges alarms when they are due until ctx ends.
func (r *Ringer) Run(ctx context.Context) {
	backoff := leastWait
	for {
		now := r.o.Now()
		next, err := r.Tick(ctx, now)
		wait, wake := poll, r.wake
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.down.failed(err, now)
			wait, backoff, wake = backoff, min(2*backoff, greatestWait), nil
		default:
			r.down.worked(now)
			backoff = leastWait
			if !next.IsZero() {
				wait = min(poll, max(0, next.Sub(now)))
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// An outage is told of once when it begins and once when it ends. It belongs to Run.
type outage struct {
	log   *slog.Logger
	since time.Time // zero while there is none
}

func (o *outage) failed(err error, now time.Time) {
	if o.since.IsZero() {
		o.since = now
		o.log.Error("alarms wait for the database", "error", err)
	}
}

func (o *outage) worked(now time.Time) {
	if !o.since.IsZero() {
		o.log.Info("alarms are evaluated again: the database works", "after", now.Sub(o.since).Round(time.Millisecond))
		o.since = time.Time{}
	}
}
