// Package cloudtrail is AWS CloudTrail: trails and their settings, the event
// history, and the records of what is called at the endpoint itself.
//
// Record keeps each call before its answer goes out. Tick carries the records
// on: into the operator's own log group, so that tocsin watches itself, and for
// each trail into its log group, into log files in its bucket, and into hourly
// signed digest files. Everything is at least once, under ids, keys and bytes
// that do not change, so that a repeat replaces or is recognised.
package cloudtrail

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin/core/event"
	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Principal is how CloudTrail is called in policies.
const Principal = "cloudtrail.amazonaws.com"

// Options are what a Service is made of. State and Now are needed; a function
// that is nil stands for a service that is not there.
type Options struct {
	State *state.DB
	Now   func() time.Time
	// Pace is the clock that rates are kept by, which never stands still; nil is Now.
	Pace  func() time.Time
	Owner string // of leases
	Log   *slog.Logger

	// Default is where calls belong whose caller is not known.
	Default state.Scope

	// Group is the id of the operator's own log group, which gets all records and
	// in which LookupEvents looks; 0 while there is none.
	Group func() int64
	// Put stores log events. Those whose id the group has already are passed over.
	Put func(ctx context.Context, group int64, stream string, events []LogEvent) error
	// Search finds events; it is events.Store's.
	Search func(ctx context.Context, q events.Query) (events.Page, error)

	// Published is called after a notice was put into the outbox; nil for nothing.
	Published func()

	// Buckets is nil when there are none.
	Buckets Buckets

	// CanAssume tells whether a service may assume the role and the role may do
	// what is needed; without needs whether it may assume it. A refusal is an API
	// error with the code AccessDenied. It is access.Gate's Role; nil allows all.
	CanAssume func(ctx context.Context, roleARN, service string, keys policy.Context, needs []service.Need) error
	// ServiceMay tells whether the policies of the resources let a service do what
	// is needed, in the same way. It is access.Gate's Service; nil allows all.
	ServiceMay func(ctx context.Context, service string, keys policy.Context, needs []service.Need) error

	// FileEvery is how long records wait for others to share a log file; 0 is five
	// minutes.
	FileEvery time.Duration
	// FileBytes is how many bytes of records do not wait; 0 is 8 MB.
	FileBytes int64
	// AWSLimits keeps LookupEvents to the caller's account and Region, the last 90
	// days and two calls a second.
	AWSLimits bool

	// NewKey makes the keys that sign digest files; nil is RSA with 2048 bits.
	NewKey func() (*rsa.PrivateKey, error)
	// NewID makes ids of events; nil is UUIDs that grow.
	NewID func() string
}

// A LogEvent is an event for a log group.
type LogEvent struct {
	Time    time.Time // of the call
	ID      event.ID
	Message []byte
}

// Buckets is where trails put their files: package s3's Service. An error whose
// ErrorCode is NoSuchBucket says that a bucket is not there. The caller is that
// of the context: CloudTrail itself.
type Buckets interface {
	// NeedOf is what the caller must be allowed to do for an action with a bucket, or
	// with its object when key is not "".
	NeedOf(ctx context.Context, action, bucket, key string, header map[string]string) (service.Need, error)
	// PutObject writes an object, without asking who may. Header has its
	// Content-Type and so on, and x-amz-meta-... .
	PutObject(ctx context.Context, bucket, key string, body []byte, header map[string]string) error
}

// A Service is CloudTrail. Its methods may be called by any number of goroutines.
type Service struct {
	o       Options
	wake    chan struct{}
	refused bucketOfTokens // of calls whose caller is not known
	rates   rates          // of LookupEvents

	dispatching, delivering sync.Mutex // one round at a time in this process

	mu      sync.Mutex
	data    bool      // whether a trail wants data events; guarded by mu
	dataAt  time.Time // when that was read; guarded by mu
	keyMade sync.Mutex
}

// New is a Service; see Run for what it does by itself.
func New(o Options) *Service {
	if o.Pace == nil {
		o.Pace = o.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Published == nil {
		o.Published = func() {}
	}
	if o.Group == nil {
		o.Group = func() int64 { return 0 }
	}
	if o.CanAssume == nil {
		o.CanAssume = func(context.Context, string, string, policy.Context, []service.Need) error { return nil }
	}
	if o.ServiceMay == nil {
		o.ServiceMay = func(context.Context, string, policy.Context, []service.Need) error { return nil }
	}
	if o.FileEvery == 0 {
		o.FileEvery = 5 * time.Minute
	}
	if o.FileBytes == 0 {
		o.FileBytes = 8 << 20
	}
	if o.NewKey == nil {
		o.NewKey = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	}
	if o.NewID == nil {
		o.NewID = newUUID
	}
	return &Service{o: o, wake: make(chan struct{}, 1)}
}

// text is a message.
func text(format string, args ...any) *string {
	s := fmt.Sprintf(format, args...)
	return &s
}

// value is what p points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// given is a pointer to v, or nil for nothing.
func given[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
