package ingest

import (
	"context"
	"fmt"
	"slices"

	"tocsin/core/event"
	"tocsin/internal/crash"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Several processes may write to the same spans. Each works out what is new by
// the ids that it holds, and locks the spans that get events only when it writes.
// Who finds then that another was quicker begins anew, and this time locks first,
// reads what the other wrote, and works it out under the lock: it cannot be
// overtaken once more.

// check locks the spans that get events, and finds out whether their ids were complete.
func (b *batch) check(ctx context.Context, tx *state.Tx, found *findings) error {
	b.grown = growing(b.spans)
	if err := b.touch(ctx, tx, b.grown); err != nil {
		return err
	}
	for _, s := range b.grown {
		if b.versions[s] != s.version+1 && !crash.Without("spans") {
			found.overtaken = true
			return errRedo
		}
	}
	return nil
}

// growing are the spans that get events.
func growing(spans []*span) []*span {
	return slices.DeleteFunc(slices.Clone(spans), func(s *span) bool { return len(s.added) == 0 })
}

// touch locks spans.
func (b *batch) touch(ctx context.Context, tx *state.Tx, all []*span) error {
	b.versions = make(map[*span]int64, len(all))
	for group, spans := range byGroup(all) {
		versions, err := tx.TouchSpans(ctx, group, starts(spans))
		if err != nil {
			return fmt.Errorf("lock spans: %w", err)
		}
		for i, s := range spans {
			b.versions[s] = versions[i]
		}
	}
	return nil
}

// lock locks the spans that got events in the attempt before, reads what others
// wrote to them, and only then finds out what is new. The database may have this
// done more than once.
func (c *committer) lock(ctx context.Context, tx *state.Tx, b *batch) error {
	for _, s := range b.spans {
		s.undo()
	}
	if err := b.touch(ctx, tx, b.grown); err != nil {
		return err
	}
	for _, s := range b.grown {
		behind := b.versions[s] - 1 - s.version
		if behind == 0 {
			continue
		}
		caught, err := c.catchUp(ctx, s, behind)
		if err != nil {
			return err
		}
		s.version = b.versions[s] - 1
		if !caught {
			if err := c.load(ctx, s); err != nil {
				return err
			}
		}
	}
	if err := c.fill(b); err != nil {
		return err
	}
	for _, s := range growing(b.spans) {
		if _, locked := b.versions[s]; !locked {
			return errRedo // a file fell out, so that another's copy of its event is new
		}
	}
	return nil
}

// catchUp adds the ids of the blocks that others wrote since; false when they are
// not to be found any more, because they were sealed. Each version is one block
// with events in the span.
func (c *committer) catchUp(ctx context.Context, s *span, behind int64) (bool, error) {
	var ids []event.ID
	var fresh []int64
	// A snapshot of its own: that of the transaction may be older than the lock.
	err := c.in.o.State.View(ctx, func(tx *state.Tx) error {
		ids, fresh = nil, nil
		blocks, err := tx.Blocks(ctx, s.group, s.start, s.start+spanLength-1, s.newest-blocksBack)
		if err != nil {
			return fmt.Errorf("look for new blocks: %w", err)
		}
		for _, block := range blocks {
			if slices.Contains(s.blocks, block.ID) {
				continue
			}
			body, err := tx.BlockBody(ctx, block.ID)
			if err != nil {
				return fmt.Errorf("read a new block: %w", err)
			}
			before := len(ids)
			err = events.BlockIDs(body, func(at int64, id event.ID) {
				if spanStart(at) == s.start {
					ids = append(ids, id)
				}
			})
			if err != nil {
				return fmt.Errorf("read a new block: %w", err)
			}
			if len(ids) > before {
				fresh = append(fresh, block.ID)
			}
		}
		return nil
	})
	if err != nil || int64(len(fresh)) != behind {
		return false, err
	}
	for _, id := range ids {
		s.ids.add(id)
	}
	for _, block := range fresh {
		s.saw(block)
	}
	return true, nil
}

// load reads a span's ids, of which there are none at version 0.
func (c *committer) load(ctx context.Context, s *span) error {
	s.forget()
	if s.version > 0 {
		err := c.in.o.State.View(ctx, func(tx *state.Tx) error {
			blocks, err := tx.Blocks(ctx, s.group, s.start, s.start+spanLength-1, 0)
			for _, block := range blocks {
				s.saw(block.ID)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("look for blocks: %w", err)
		}
		err = c.in.o.Events.IDs(ctx, s.group, s.start, s.start+spanLength-1, func(id event.ID) { s.ids.add(id) })
		if err != nil {
			return fmt.Errorf("read ids of stored events: %w", err)
		}
	}
	s.known = true
	return nil
}
