// Package cloudwatchlogs is Amazon CloudWatch Logs: log groups and streams, events
// put and read, metric filters, subscription filters, Live Tail.
//
// Groups, streams, filters and events are those that the chain runs on: an event
// that is put here goes the way of a log file's, and is durable, counted and its
// alarms are due when PutLogEvents answers. Reading is a thin layer over
// events.Store's Search. What subscription filters select is noted with the events;
// Tick sends it on.
//
// What is checked, and in which words it is refused, is what AWS was seen to do;
// where that is not known, what its API reference says.
package cloudwatchlogs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tocsin/service"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Options are what a Service is made of. State and Events are needed, and Put for
// PutLogEvents.
type Options struct {
	State  *state.DB
	Events *events.Store
	// Put takes events in and returns when they are durable, or with
	// state.ErrNotFound when the group is gone.
	Put func(ctx context.Context, group int64, stream string, events []Event) error
	// Now is the clock of times that are stored, and that events are held against.
	Now func() time.Time
	// Forward delivers one message of a subscription filter and returns when the
	// destination has it. Nil: there are no subscription filters.
	Forward func(ctx context.Context, f Forward) error
	// Owner is of the leases under which messages are delivered.
	Owner string
	Log   *slog.Logger // nil for nobody
	// Sleep waits between two looks of Live Tail, and is false when ctx has ended; nil
	// waits by the machine's clock.
	Sleep func(ctx context.Context, d time.Duration) bool
}

// An Event is a log event that is put.
type Event struct {
	Time    int64 // milliseconds since 1970
	Message []byte
}

// A Service is CloudWatch Logs. Its methods are those of the SDK's client, and may
// be called by many at once.
type Service struct {
	state  *state.DB
	events *events.Store
	put    func(ctx context.Context, group int64, stream string, events []Event) error
	now    func() time.Time

	forward func(ctx context.Context, f Forward) error
	// sending is held by Tick: a lease does not keep its own owner out.
	sending sync.Mutex
	owner   string
	log     *slog.Logger

	sleep func(ctx context.Context, d time.Duration) bool
}

// New is a Service that is ready.
func New(o Options) *Service {
	s := &Service{state: o.State, events: o.Events, put: o.Put, now: o.Now, forward: o.Forward, owner: o.Owner, log: o.Log, sleep: o.Sleep}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.sleep == nil {
		s.sleep = func(ctx context.Context, d time.Duration) bool { return service.Sleep(ctx, d, nil) }
	}
	return s
}

// scopeOf is where the caller is.
func scopeOf(ctx context.Context) state.Scope { return service.CallerOf(ctx).Scope }
