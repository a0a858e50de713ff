package events

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"tocsin/store/state"
)

// A Follower reads the events of a log group as they come in. It belongs to one
// goroutine.
type Follower struct {
	store  *Store
	group  int64
	newest int64   // of the blocks seen
	seen   []int64 // those of them not far below newest
}

// blocksBack is how far below the newest block one may come that was not there
// before: blocks get their ids a little before they are committed.
const blocksBack = 64

// Follow follows a group from now on.
func (s *Store) Follow(ctx context.Context, group int64) (*Follower, error) {
	f := &Follower{store: s, group: group}
	_, err := f.fresh(ctx)
	return f, err
}

// fresh are the blocks that came since.
func (f *Follower) fresh(ctx context.Context) (blocks []state.Block, err error) {
	err = f.store.options.State.View(ctx, func(tx *state.Tx) error {
		blocks, err = tx.Blocks(ctx, f.group, math.MinInt64, math.MaxInt64, f.newest-blocksBack)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for new events: %w", err)
	}
	blocks = slices.DeleteFunc(blocks, func(b state.Block) bool { return slices.Contains(f.seen, b.ID) })
	for _, b := range blocks {
		f.newest = max(f.newest, b.ID)
		f.seen = append(f.seen, b.ID)
	}
	f.seen = slices.DeleteFunc(f.seen, func(id int64) bool { return id <= f.newest-blocksBack })
	return blocks, nil
}

// Next calls visit with each event that came in since Follow, or the Next before,
// whatever its time, in the order in which they came; their messages are good until
// visit returns. Events that were sealed since are passed over: who looks each second
// misses some only when they come faster than anybody could read.
func (f *Follower) Next(ctx context.Context, visit func(Event)) error {
	blocks, err := f.fresh(ctx)
	if err != nil {
		return err
	}
	var raw []byte
	for i := range blocks {
		b, err := f.store.block(ctx, &blocks[i])
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return err
		}
		for _, c := range b.chunks {
			if raw, err = c.messages(raw); err != nil {
				return fmt.Errorf("read block %d: %w", blocks[i].ID, err)
			}
			rest := raw
			for row := c.first; row < c.first+c.rows; row++ {
				n := b.lengths[row]
				visit(Event{Time: b.times[row], ID: b.ids[row], Ingested: b.stored[row], Stream: b.streams[row], Message: rest[:n:n]})
				rest = rest[n:]
			}
		}
	}
	return nil
}
