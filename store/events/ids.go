package events

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"

	"tocsin/core/event"
	"tocsin/store/state"
)

// IDs calls visit with the id of every event of a group from from to to, both
// inclusive; it may visit an id twice and ids of a little outside.
func (s *Store) IDs(ctx context.Context, group, from, to int64, visit func(event.ID)) error {
	return s.consistently(ctx, group, from, to, func(sources []source) error {
		for _, one := range sources {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if one.block != nil {
				var b *block
				if b, err = s.block(ctx, one.block); err == nil {
					for _, id := range b.ids {
						visit(id)
					}
				}
			} else {
				err = s.segmentIDs(ctx, one.segment, from, to, visit)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// segmentIDs reads no more than the pages of ids that hold the time.
func (s *Store) segmentIDs(ctx context.Context, segment *state.Segment, from, to int64, visit func(event.ID)) (err error) {
	opened, err := s.open.get(ctx, segment.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.open.put(opened)) }()
	defer damaged(&err)
	var bytes atomic.Int64
	for _, group := range opened.file.RowGroups() {
		g, err := newRowGroup(group, countingReader{opened.reader, &bytes})
		if err != nil {
			return err
		}
		low, high, err := g.between(from, to)
		if err != nil {
			return err
		}
		if low >= high {
			continue
		}
		row := low
		err = g.pages(leafID, low, func(p parquet.Page) (bool, error) {
			data := p.Data()
			for _, id := range data.Uint128() {
				visit(id)
				row++
			}
			return row < high, ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}
