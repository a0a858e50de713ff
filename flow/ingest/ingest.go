// Package ingest takes log files in: their records are decoded, matched against
// the metric filters of their log group, told apart from repeats, and made
// durable together with what they count for.
//
// One transaction writes all that follows from a file: its mark, its events, the
// datapoints, the evidence, and which alarms are to be evaluated. Only then the
// file's source is told. So a file that is given again is known by its mark, an
// event that comes again in another file by its id, and after a crash at any
// instant nothing is lost and nothing is there twice. Several files that wait
// are written by one transaction.
//
// A file larger than a part (see partBytes) is written in several transactions,
// so that memory stays bounded; the mark comes with the last one. If the process
// ends between them, the file is read again from its start, and the ids tell that
// its first events are there already.
//
// An event counts in the minute of its own time. One that has none, or one that
// cannot be true (before 2000, or more than a day ahead of both the clock and the
// file's key), is stored under a time that stands in for it and counts in no
// metric: there is no minute that it belongs to, and a made-up time would ring, or
// keep from ringing, at will.
package ingest

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/core/event"
	"tocsin/source"
	"tocsin/store/state"
)

// State is the database; a *state.DB is one.
type State interface {
	Update(ctx context.Context, f func(*state.Tx) error) error
	View(ctx context.Context, f func(*state.Tx) error) error
}

// Events knows which events are stored; an *events.Store does.
type Events interface {
	// IDs calls visit with the id of every event of a group from from to to, both
	// inclusive; it may visit an id twice and ids of a little outside.
	IDs(ctx context.Context, group, from, to int64, visit func(event.ID)) error
}

// The bounds that hold when Options say nothing else.
const (
	DefaultMaxInFlight = 64 << 20
	DefaultMaxBatch    = 16 << 20
	DefaultMaxFiles    = 256
	DefaultMaxIDs      = 256 << 20
)

// Options are what an Ingest is made of. State and Events are needed.
type Options struct {
	State  State
	Events Events
	// Workers is how many files are decoded at a time, 0 for one per processor.
	Workers int
	// MaxInFlight is how many bytes of decoded records may wait to be written
	// before no more files are taken. Each worker may be over it by one part.
	MaxInFlight int64
	// MaxBatch and MaxFiles are when a transaction takes no more: bytes of
	// records, and files.
	MaxBatch int64
	MaxFiles int
	// MaxDelay is how long a transaction waits for more files; 0 does not wait:
	// what comes in while one is being written goes into the next.
	MaxDelay time.Duration
	// MaxIDs bounds the memory of the ids by which repeats are known, in bytes. The
	// ids for the times of what is being written are held in any case.
	MaxIDs int64
	Now    func() time.Time
	Log    *slog.Logger
	// Committed is called after each transaction that made alarms due.
	Committed func()
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.State == nil:
		return o, errors.New("ingest needs a database")
	case o.Events == nil:
		return o, errors.New("ingest needs the stored events, to know repeats by")
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MaxInFlight <= 0 {
		o.MaxInFlight = DefaultMaxInFlight
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = DefaultMaxBatch
	}
	if o.MaxFiles <= 0 {
		o.MaxFiles = DefaultMaxFiles
	}
	if o.MaxIDs <= 0 {
		o.MaxIDs = DefaultMaxIDs
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Committed == nil {
		o.Committed = func() {}
	}
	return o, nil
}

// An Ingest takes log files in while it runs.
type Ingest struct {
	o        Options
	arrivals chan arrival
	parts    chan *part
	room     room
	slabs    slabs
	filters  atomic.Pointer[filters]
	stopped  chan struct{} // closed when nothing is taken any more
	putting  sync.RWMutex  // held for reading by a Put that hands a part over
	counts   counts

	pause  func(context.Context, time.Duration) error
	within time.Duration // stopWithin
}

// waitingParts is how many parts may wait to be written, however small.
const waitingParts = 1024

// New is an Ingest that is ready to run.
func New(o Options) (*Ingest, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Ingest{
		o: o, arrivals: make(chan arrival), parts: make(chan *part, waitingParts),
		room: room{limit: o.MaxInFlight, freed: make(chan struct{})}, stopped: make(chan struct{}), pause: pause, within: stopWithin,
	}, nil
}

// ErrStopped says that a file was not taken because Run has ended, or is about to.
var ErrStopped = errors.New("no more files are taken in")

// An arrival is a file with the log group that its events go to.
type arrival struct {
	source.Arrival
	group int64
}

// Take takes over a file whose events go to the log group with that id; it
// returns when there is room for it. Done is called for each file that was taken.
// An error says that the file was not taken: it is ctx's, or ErrStopped.
func (in *Ingest) Take(ctx context.Context, group int64, a source.Arrival) error {
	select {
	case <-in.stopped: // looked at first, since select chooses by chance
		return ErrStopped
	default:
	}
	select {
	case in.arrivals <- arrival{a, group}:
		return nil
	case <-in.stopped:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopWithin is how long, after the end of its context, Run goes on writing what
// is decoded.
const stopWithin = 5 * time.Second

// Run takes files in until ctx ends. It then stops taking, writes what is decoded
// as far as that takes no longer than five seconds, and gives back the rest. It
// runs once.
func (in *Ingest) Run(ctx context.Context) {
	acking := context.WithoutCancel(ctx)
	writing, cancel := context.WithCancel(acking)
	defer cancel()
	c := newCommitter(in, acking)
	var workers, committing sync.WaitGroup
	if c.begin(ctx) {
		for range in.o.Workers {
			workers.Go(func() { newWorker(in, acking).run(ctx) })
		}
		committing.Go(func() { c.run(writing) })
	}
	<-ctx.Done()
	close(in.stopped)
	late := time.AfterFunc(in.within, cancel) // by no clock that may stand still
	defer late.Stop()
	workers.Wait()
	in.putting.Lock() // no Put hands anything over after stopped
	close(in.parts)
	in.putting.Unlock()
	committing.Wait()
	for p := range in.parts { // of a Put, when nothing could be committed at all
		in.room.give(p.size)
		in.fail(acking, p.file, ErrStopped)
	}
}

// pause waits, and returns early with an error when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// backoff is how long to wait after the n-th failure in a row, from 1.
func backoff(n int) time.Duration {
	const first, most = 100 * time.Millisecond, 5 * time.Second
	return min(first<<min(n-1, 10), most)
}

// done ends a file, well or not.
func (f *file) done(ctx context.Context, err error) {
	if f.arrival.Done != nil {
		f.arrival.Done(ctx, err)
	}
}
