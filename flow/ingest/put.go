package ingest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"tocsin/core/event"
	"tocsin/source"
)

// A Put is log events that are ready: of one log group and stream, of any text.
type Put struct {
	Group  int64
	Stream string
	Events []PutEvent
	// Quiet has them count, but ring nothing.
	Quiet bool
}

// A PutEvent is one log event.
type PutEvent struct {
	Time    int64 // milliseconds since 1970
	Message []byte
	// ID is that of an event that may come again; the zero ID has one made, so
	// that the event is new in any case.
	ID event.ID
}

// ErrTime says that a log event claims a time that cannot be true.
var ErrTime = errors.New("no log event can be of that time")

// Put takes log events in as Take does a file, and returns when they are durable,
// counted, and the alarms due. It keeps nothing of p.
//
// All of a Put is one part of a transaction, so that it is there as a whole or not
// at all. Who puts bounds its size; a few megabytes are well. An error says that the
// events may be stored or not: ctx's when it ends meanwhile, or ErrStopped. Of
// ErrTime and state.ErrNotFound, of a log group that is not there, nothing is stored.
func (in *Ingest) Put(ctx context.Context, p Put) error {
	for _, e := range p.Events {
		if e.Time < earliestTime.UnixMilli() || e.Time > latestTime.UnixMilli() {
			return fmt.Errorf("%w: %d milliseconds since 1970", ErrTime, e.Time)
		}
	}
	if len(p.Events) == 0 {
		return nil
	}
	if err := in.room.wait(ctx); err != nil {
		return err
	}
	group, err := in.groupOf(ctx, p.Group)
	if err != nil {
		return err
	}
	now := in.o.Now()
	told := make(chan error, 1)
	f := &file{group: p.Group, put: true, began: now.UnixMilli(), arrival: source.Arrival{
		Quiet: p.Quiet, Done: func(_ context.Context, err error) { told <- err },
	}}
	part := &part{file: f, last: true, streams: []string{p.Stream}, slab: in.slabs.take(max(p.size(), 1))}
	part.fill(p.Events, now)
	group.rematch(part)
	part.weigh()
	if err := in.hand(ctx, part); err != nil {
		return err
	}
	select {
	case err := <-told:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// groupOf is a log group with its filters.
func (in *Ingest) groupOf(ctx context.Context, id int64) (*group, error) {
	if f := in.filters.Load(); f != nil && f.groups[id] != nil {
		return f.groups[id], nil
	}
	if err := in.readFilters(ctx); err != nil {
		return nil, err
	}
	if g := in.filters.Load().groups[id]; g != nil {
		return g, nil
	}
	return nil, missingGroup(id)
}

// size is how many bytes the messages have.
func (p Put) size() (n int64) {
	for _, e := range p.Events {
		n += int64(len(e.Message))
	}
	return n
}

// fill puts events into a part.
func (p *part) fill(list []PutEvent, now time.Time) {
	made := madeID(now)
	for i, e := range list {
		id := e.ID
		if id == (event.ID{}) {
			id = made
			binary.BigEndian.PutUint32(id[12:], uint32(i))
		}
		p.raw = append(p.raw, e.Message...)
		p.records = append(p.records, record{end: len(p.raw), time: e.Time, id: id, dated: true})
	}
}

// madeID is the id of a Put, whose last four bytes number its events. It begins
// with the time, so that of events of one time those that came in first stand first.
func madeID(now time.Time) (id event.ID) {
	_, _ = rand.Read(id[6:12]) // never fails
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id[:6], ms[2:])
	return id
}

// hand gives a Put's part to the committer.
func (in *Ingest) hand(ctx context.Context, p *part) error {
	in.putting.RLock() // until it is handed over, parts is not closed
	defer in.putting.RUnlock()
	select {
	case <-in.stopped:
		return ErrStopped
	default:
	}
	in.counts.add(func(s *Stats) { s.FilesTaken++ })
	in.room.take(p.size)
	var err error
	select {
	case in.parts <- p:
		return nil
	case <-in.stopped:
		err = ErrStopped
	case <-ctx.Done():
		err = ctx.Err()
	}
	in.room.give(p.size)
	in.counts.add(func(s *Stats) { s.FilesFailed++ })
	return err
}
