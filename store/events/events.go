// Package events keeps events so that they can be found: the newest in blocks of
// the database, older ones in Parquet files of the blob store, which any reader
// of Parquet can open, as log_group=NAME/date=YYYY-MM-DD/hour=HH/NAME.parquet.
package events

import (
	"context"
	"time"

	"tocsin/core/event"
	"tocsin/core/pattern"
	"tocsin/store/blob"
	"tocsin/store/state"
)

// An Event is one log event.
type Event struct {
	Time     int64    // milliseconds since 1970: the event's own time
	ID       event.ID // of CloudTrail's eventID, or made of where the event came from
	Ingested int64    // when it was stored
	Stream   string   // log stream
	Message  []byte   // the record as it came
}

// A Store is the events of all log groups.
type Store struct{}

// Options are what a store is made of.
type Options struct {
	State *state.DB
	Blobs blob.Store
	Owner string // of leases
	Now   func() time.Time
}

// New is a store. It starts nothing by itself; see Tick.
func New(o Options) *Store { panic("") }

// IDs calls visit with the id of every event of a group from from to to, both
// inclusive; it may visit an id twice and ids of a little outside.
func (s *Store) IDs(ctx context.Context, group, from, to int64, visit func(event.ID)) error {
	panic("")
}

// A Query selects events of a log group.
type Query struct {
	Group int64
	// From and To bound the time, both inclusive, in milliseconds since 1970.
	From, To int64
	// Attributes have to equal, all of them; see Attribute.
	Attributes []Match
	// Pattern has to match; nil for all.
	Pattern     *pattern.Pattern
	Streams     []string // any of them; nil for all
	OldestFirst bool
	Limit       int    // of the page, at most MaxPage; 0 for DefaultPage
	After       string // Page.Next of the page before, "" for the first
}

// A Match is an attribute and a value, as in LookupEvents.
type Match struct {
	Attribute Attribute
	Value     string
}

// An Attribute is one that events can be looked up by.
type Attribute string

// The attributes of LookupEvents, and tocsin's own.
const (
	EventID      Attribute = "EventId"
	EventName    Attribute = "EventName"
	ReadOnly     Attribute = "ReadOnly"
	Username     Attribute = "Username"
	ResourceType Attribute = "ResourceType"
	ResourceName Attribute = "ResourceName"
	EventSource  Attribute = "EventSource"
	AccessKeyID  Attribute = "AccessKeyId"
	ErrorCode    Attribute = "ErrorCode"
	Account      Attribute = "AccountId"
	Region       Attribute = "AwsRegion"
	Address      Attribute = "SourceIPAddress"
	PrincipalARN Attribute = "PrincipalArn"
)

// A Page is a part of the answer.
type Page struct {
	Events []Event
	// Next goes on behind this page, "" at the end. It stays good while events
	// are added, sealed, merged and dropped: a page never repeats or leaves out
	// an event that was there all the time.
	Next string
	// Read tells what it cost.
	Read Cost
}

// Cost is what a query read.
type Cost struct {
	Segments, SegmentsSkipped int
	Blocks                    int
	RawRead                   int64 // raw records decoded
	BytesRead                 int64 // of blobs
}

// Search answers a query.
func (s *Store) Search(ctx context.Context, q Query) (Page, error) { panic("") }

// Count is the number of events that a query selects; Limit and After do not count.
func (s *Store) Count(ctx context.Context, q Query) (int64, error) { panic("") }

// CountBy counts by an attribute's value, and by stretches of time when step is
// not 0 (milliseconds).
func (s *Store) CountBy(ctx context.Context, q Query, by Attribute, step int64) ([]Bucket, error) {
	panic("")
}

// A Bucket is a part of a count.
type Bucket struct {
	Start int64
	Value string
	Count int64
}

// Tick does what is due at now: seal blocks into segments, merge small segments,
// drop what a log group no longer keeps, delete garbage. Work is leased, so that
// any number of processes may call it.
func (s *Store) Tick(ctx context.Context, now time.Time) error { panic("") }

// Seal seals everything that is in blocks, whatever its age.
func (s *Store) Seal(ctx context.Context) error { panic("") }
