package events

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"tocsin/internal/crash"
	"tocsin/store/state"
)

// leaseTime is how long a process may take to seal or to merge once. It is much
// shorter than garbage is kept, so that nobody deletes what is being written.
const leaseTime = 5 * time.Minute

// noteTime is how far ahead the garbage of a write that is under way is noted: it
// is deleted that long after the write failed.
const noteTime = 24 * time.Hour

// errLost says that the work took so long that somebody else may have it now.
var errLost = errors.New("the lease has ended before the work was done")

// A shift is work on a log group that nobody else does meanwhile.
type shift struct {
	store *Store
	group state.LogGroup
	until time.Time
}

func (g *shift) name() string { return fmt.Sprintf("events: group %d", g.group.ID) }

// inShift does work for a group under its lease; nothing when another process has it.
func (s *Store) inShift(ctx context.Context, group state.LogGroup, work func(*shift) error) error {
	g := &shift{store: s, group: group}
	ok := false
	err := s.options.State.Update(ctx, func(tx *state.Tx) error {
		var err error
		ok, err = g.extend(ctx, tx)
		return err
	})
	if err != nil || !ok {
		return err
	}
	err = work(g)
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrChanged) {
		err = nil // the group or what was worked on is gone: nothing is left to do
	}
	return errors.Join(err, s.options.State.EndLease(ctx, g.name(), s.options.Owner))
}

func (g *shift) extend(ctx context.Context, tx *state.Tx) (bool, error) {
	now := g.store.options.Now()
	g.until = now.Add(crash.Sooner(leaseTime))
	return tx.Lease(ctx, g.name(), g.store.options.Owner, now, g.until)
}

// sealBlocks seals the blocks of the group that are due, or all of them.
func (g *shift) sealBlocks(ctx context.Context, now time.Time, all bool) error {
	for {
		blocks, err := g.store.due(ctx, g.group, now, all)
		if err != nil || len(blocks) == 0 {
			return err
		}
		if err := g.seal(ctx, blocks); err != nil {
			return fmt.Errorf("seal %d blocks of log group %s: %w", len(blocks), g.group.Name, err)
		}
	}
}

// due are the blocks of a group to seal at once: as many as SealBytes allows, in
// the order in which they came, if these are enough or the oldest is old enough.
func (s *Store) due(ctx context.Context, group state.LogGroup, now time.Time, all bool) ([]state.Block, error) {
	o := &s.options
	var blocks []state.Block
	err := o.State.View(ctx, func(tx *state.Tx) error {
		var err error
		blocks, err = tx.Blocks(ctx, group.ID, math.MinInt64, math.MaxInt64, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the blocks of log group %s: %w", group.Name, err)
	}
	var events, raw int64
	n := 0
	for ; n < len(blocks) && (n == 0 || raw+blocks[n].RawBytes <= o.SealBytes); n++ {
		events += blocks[n].Events
		raw += blocks[n].RawBytes
	}
	switch {
	case n == 0:
		return nil, nil
	case all, n < len(blocks), events >= o.SealEvents, raw >= o.SealBytes,
		blocks[0].Ingested <= now.Add(-o.SealAge).UnixMilli():
		return blocks[:n], nil
	}
	return nil, nil
}

// seal makes segments of blocks, one for each hour of their events.
func (g *shift) seal(ctx context.Context, blocks []state.Block) error {
	var count, size int64
	for _, b := range blocks {
		count, size = count+b.Events, size+b.RawBytes
	}
	work := g.store.bench.take(g.store.sizes, count, size)
	for i := range blocks {
		b, err := g.store.block(ctx, &blocks[i])
		if errors.Is(err, errMoved) {
			return state.ErrChanged
		}
		if err == nil {
			err = work.read(b)
		}
		if err != nil {
			return fmt.Errorf("read block %d: %w", blocks[i].ID, err)
		}
	}
	work.sort()
	var made []madeSegment
	w := work.writer
	for order := work.order; len(order) > 0; {
		start := hourOf(work.events[order[0]].Time)
		n := 0
		for n < len(order) && hourOf(work.events[order[n]].Time) == start {
			if err := w.add(work.events[order[n]]); err != nil {
				return err
			}
			n++
		}
		one, err := g.end(w, start)
		if err != nil {
			return err
		}
		w.next()
		made = append(made, one)
		order = order[n:]
	}
	ids := make([]int64, len(blocks))
	for i, b := range blocks {
		ids[i] = b.ID
	}
	err := g.replace(ctx, made, func(tx *state.Tx) error { return tx.DeleteBlocks(ctx, ids) })
	if err == nil {
		g.store.bench.put(work) // not before: it has the files
	}
	return err
}

// A madeSegment is a segment that is not written yet.
type madeSegment struct {
	state.Segment
	file []byte
}

// end finishes a writer's segment. The file is good until the writer's begin.
func (g *shift) end(w *segmentWriter, start int64) (madeSegment, error) {
	file, err := w.end()
	if err != nil {
		return madeSegment{}, err
	}
	return madeSegment{file: file, Segment: state.Segment{
		LogGroup: g.group.ID, Key: keyOf(g.group, start, file), Hour: start, First: w.first, Last: w.last,
		Events: w.events, Size: int64(len(file)), RawBytes: w.rawBytes, Created: g.store.options.Now().UnixMilli(),
	}}, nil
}

// replace writes segments and makes them part of the group in the transaction
// that takes away what they were made of. First the bytes, then the rows: until
// then the blobs are noted as garbage, so that whatever is left over when this is
// cut off at any point goes away by itself.
func (g *shift) replace(ctx context.Context, made []madeSegment, remove func(*state.Tx) error) error {
	o := &g.store.options
	keys := make([]string, len(made))
	for i, m := range made {
		keys[i] = m.Key
	}
	err := o.State.Update(ctx, func(tx *state.Tx) error {
		ok, err := g.extend(ctx, tx)
		if err != nil {
			return err
		}
		if !ok {
			return errLost
		}
		for _, key := range keys {
			if err := tx.AddGarbage(ctx, key, o.Now().Add(crash.Sooner(noteTime))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	crash.Point("events: segments noted")
	for _, m := range made {
		if err := o.Blobs.Put(ctx, m.Key, bytes.NewReader(m.file)); err != nil {
			return fmt.Errorf("write segment %s: %w", m.Key, err)
		}
	}
	crash.Point("events: segments written")
	err = o.State.Update(ctx, func(tx *state.Tx) error {
		if now := o.Now(); !now.Before(g.until) {
			return errLost
		}
		if ok, err := g.extend(ctx, tx); err != nil || !ok {
			return cmp.Or(err, errLost)
		}
		if err := remove(tx); err != nil {
			return err
		}
		for _, m := range made {
			if _, err := tx.AddSegment(ctx, m.Segment); err != nil {
				return err
			}
		}
		return tx.DropGarbage(ctx, keys)
	})
	crash.Point("events: segments replaced")
	return err
}
