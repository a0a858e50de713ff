// Package events keeps events so that they can be found: the newest in blocks of
// the database, older ones in Parquet files of the blob store, which any reader
// of Parquet can open, as log_group=NAME/date=YYYY-MM-DD/hour=HH/NAME.parquet.
//
// A block is written in the transaction that counts its events. Tick seals
// blocks into segments, merges small segments of an hour, and drops what a log
// group no longer keeps. Search, Count and CountBy answer from blocks and
// segments as if they were one list in the order of time and id: their answers
// are those of a plain filter over the events of the moment.
package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core/event"
	"tocsin/internal/crash"
	"tocsin/store/blob"
	"tocsin/store/state"
)

// An Event is one log event.
type Event struct {
	Time int64 // milliseconds since 1970: the event's own time
	// ID is of CloudTrail's eventID, or made of where the event came from. In a
	// log group no two events have the same.
	ID       event.ID
	Ingested int64  // when it was stored
	Stream   string // log stream
	Message  []byte // the record as it came
}

// A Store is the events of all log groups. Its methods may be called by any
// number of goroutines.
type Store struct {
	options  Options
	open     *openSegments
	listings listings
	sizes    sizes
	bench    bench
	next     schedule
}

// Options are what a store is made of. The zero value of a number stands for
// its default.
type Options struct {
	State *state.DB
	Blobs blob.Store
	Owner string // of leases
	Now   func() time.Time

	// SealEvents, SealBytes (of messages) and SealAge are when blocks of a group
	// become a segment: whichever is reached first. SealBytes also bounds what
	// is sealed at once, and so the memory that it takes.
	SealEvents int64
	SealBytes  int64
	SealAge    time.Duration
	// MergeBytes bounds the messages of a segment that is made of others.
	MergeBytes int64
	// GarbageAge is how long a blob that nothing speaks of any more is kept for
	// those who are still reading it.
	GarbageAge time.Duration
	// Workers is how many goroutines read messages for one query.
	Workers int
}

// The defaults of Options.
const (
	DefaultSealEvents = 64 << 10
	DefaultSealBytes  = 64 << 20
	DefaultSealAge    = 5 * time.Minute
	DefaultMergeBytes = 128 << 20
	DefaultGarbageAge = time.Hour
)

// New is a store. It starts nothing by itself; see Tick.
func New(o Options) *Store {
	o.SealEvents = orDefault(o.SealEvents, DefaultSealEvents)
	o.SealBytes = orDefault(o.SealBytes, DefaultSealBytes)
	o.SealAge = orDefault(o.SealAge, DefaultSealAge)
	o.MergeBytes = orDefault(o.MergeBytes, DefaultMergeBytes)
	o.GarbageAge = crash.Sooner(orDefault(o.GarbageAge, DefaultGarbageAge))
	o.Workers = orDefault(o.Workers, defaultWorkers())
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{options: o, open: newOpenSegments(o.Blobs), sizes: defaultSizes}
}

func orDefault[T int | int64 | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// Close gives back what the store holds open. No method is called afterwards.
func (s *Store) Close() error { return s.open.close() }

// A source is a block or a segment: a part of a group's events.
type source struct {
	first, last int64
	block       *state.Block
	segment     *state.Segment
}

// errMoved says that a block or segment was gone when it was read: it has been
// sealed or merged since it was listed.
var errMoved = errors.New("the events have moved")

// moves is how often a reader begins again because events have moved.
const moves = 10

// consistently calls read with the sources of one moment, and again when some of
// them were sealed or merged before they could be read. What was read before is
// void then. No transaction lasts while segments are read, so that a long search
// holds up nothing.
func (s *Store) consistently(ctx context.Context, group, from, to int64, read func([]source) error) error {
	for range moves {
		var sources []source
		err := s.options.State.View(ctx, func(tx *state.Tx) error {
			blocks, err := tx.Blocks(ctx, group, from, to, 0)
			if err != nil {
				return err
			}
			if sources, err = s.listings.sources(ctx, tx, group, from, to); err != nil {
				return err
			}
			for i := range blocks {
				sources = append(sources, source{first: blocks[i].First, last: blocks[i].Last, block: &blocks[i]})
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("list the events of a log group: %w", err)
		}
		if err := read(sources); !errors.Is(err, errMoved) {
			return err
		}
	}
	return fmt.Errorf("read the events of a log group: %w again and again", errMoved)
}

// block reads a block; errMoved when it is not there any more.
func (s *Store) block(ctx context.Context, b *state.Block) (*block, error) {
	var body []byte
	err := s.options.State.View(ctx, func(tx *state.Tx) error {
		var err error
		body, err = tx.BlockBody(ctx, b.ID)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return nil, errMoved
	}
	if err != nil {
		return nil, fmt.Errorf("read block %d: %w", b.ID, err)
	}
	opened, err := openBlock(body)
	if err != nil {
		return nil, fmt.Errorf("read block %d: %w", b.ID, err)
	}
	return opened, nil
}
