package events

import (
	"context"
	"sync"

	"tocsin/store/state"
)

// maxListed bounds how many segments are kept in lists, some 150 bytes each.
const maxListed = 200_000

// listings are the segments of log groups as they were last listed: to read the rows
// of months takes longer than to find an event. What is listed is not written to.
type listings struct {
	mu      sync.Mutex
	byGroup map[int64]listing // guarded by mu
	listed  int               // guarded by mu: how many segments are in byGroup
}

// A listing is all segments of a log group, as they were at a mark.
type listing struct {
	at       state.SegmentsMark
	segments []state.Segment
}

// sources are the segments that hold events from from to to, both inclusive.
func (l *listings) sources(ctx context.Context, tx *state.Tx, group, from, to int64) ([]source, error) {
	at, err := tx.SegmentsMark(ctx, group)
	if err != nil {
		return nil, err
	}
	segments, ok := l.get(group, at)
	if !ok {
		if segments, err = tx.Segments(ctx, group, from, to); err != nil {
			return nil, err
		}
		if int64(len(segments)) == at.Count {
			l.keep(group, listing{at, segments})
		}
	}
	var sources []source
	for i := range segments {
		if s := &segments[i]; s.Last >= from && s.First <= to {
			sources = append(sources, source{first: s.First, last: s.Last, segment: s})
		}
	}
	return sources, nil
}

func (l *listings) get(group int64, at state.SegmentsMark) ([]state.Segment, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept, ok := l.byGroup[group]
	return kept.segments, ok && kept.at == at
}

func (l *listings) keep(group int64, one listing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listed += len(one.segments) - len(l.byGroup[group].segments)
	if l.byGroup == nil || l.listed > maxListed {
		l.byGroup, l.listed = map[int64]listing{}, len(one.segments)
	}
	l.byGroup[group] = one
}
