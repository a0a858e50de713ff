package ingest

import (
	"cmp"
	"slices"
	"time"

	"tocsin/core/event"
)

// A span is a stretch of event time in a log group, with the ids of all events
// stored in it. An event that comes again has the time that it had before, so
// that a repeat is an id that is in the event's span.
//
// The database keeps a version of each span, which grows by one with every
// transaction that adds events to it, in one block. As long as it grows by our own
// alone, ids is complete; when it is another, another process has written there,
// and the ids of its blocks, or if need be all, are read.
type span struct {
	group, start int64
	known        bool // version and ids are those of the database
	version      int64
	ids          idSet
	added        []event.ID // those of ids that are not committed yet
	blocks       []int64    // that ids holds the events of: those not far below newest
	newest       int64      // of the blocks
	turn         uint64     // when it was used last
	used         time.Time  // likewise
}

// spanLength is how much time a span is, in milliseconds. Log files hold events
// of some five to fifteen minutes, so that one needs few spans, and the ids of a
// span, 40 bytes each, fit into memory even at ten thousand events a second.
const spanLength = 5 * 60_000

// spanStart is the start of the span that a time lies in. No time is before 1970.
func spanStart(at int64) int64 { return at - at%spanLength }

// take adds an id; false when it is there already.
func (s *span) take(id event.ID) bool {
	if !s.ids.add(id) {
		return false
	}
	s.added = append(s.added, id)
	return true
}

// undo takes out what is not committed.
func (s *span) undo() {
	for _, id := range s.added {
		s.ids.remove(id)
	}
	s.added = nil
}

// forget makes the span one that has to be read again.
func (s *span) forget() { s.known, s.ids, s.added, s.blocks = false, idSet{}, nil, nil }

// blocksBack is how far below the newest block one may come that was not there
// before: blocks get their ids a little before they are committed. What comes
// from farther below is missed, and noticed by the version.
const blocksBack = 64

// saw notes that ids holds the events of a block.
func (s *span) saw(block int64) {
	s.newest = max(s.newest, block)
	s.blocks = append(s.blocks, block)
	if len(s.blocks) > 4*blocksBack {
		s.blocks = slices.DeleteFunc(s.blocks, func(b int64) bool { return b <= s.newest-blocksBack })
	}
}

type spanKey struct{ group, start int64 }

// spans are the spans in memory. They belong to the committer.
type spans struct {
	limit int64 // bytes
	all   map[spanKey]*span
	turn  uint64
	now   time.Time // of the turn
}

// idleSpan is how long a span that nothing comes for is kept, so that memory
// follows what comes in, and not what is stored. While files of its time come, one
// that has many ids is used every few seconds; one that has few costs little to
// read again, and the three million of ten thousand events a second cost about
// a second (BenchmarkReadAgain).
const idleSpan = 2 * time.Minute

// use is the span of a group that a time lies in, for this turn.
func (s *spans) use(group, at int64) *span {
	key := spanKey{group, spanStart(at)}
	found := s.all[key]
	if found == nil {
		found = &span{group: group, start: key.start}
		s.all[key] = found
	}
	found.turn, found.used = s.turn, s.now
	return found
}

// What a span and an id take in memory, about.
const (
	spanSize = 400
	idSize   = 20
)

// count is how many ids there are.
func (s *spans) count() (ids int64) {
	for _, sp := range s.all {
		ids += int64(sp.ids.len)
	}
	return ids
}

// evict forgets the spans that were not used for long, and of the others those
// that were not used for longest until the rest fits, and begins another turn at
// now. Those of this turn stay. It returns the number of ids left.
func (s *spans) evict(now time.Time) int64 {
	defer func() { s.turn, s.now = s.turn+1, now }()
	old := make([]*span, 0, len(s.all))
	for key, sp := range s.all {
		switch {
		case sp.turn == s.turn:
		case now.Sub(sp.used) > idleSpan:
			delete(s.all, key)
		default:
			old = append(old, sp)
		}
	}
	ids := s.count()
	if idSize*ids+spanSize*int64(len(s.all)) <= s.limit {
		return ids
	}
	slices.SortFunc(old, func(a, b *span) int { return cmp.Compare(a.turn, b.turn) })
	for _, sp := range old {
		if idSize*ids+spanSize*int64(len(s.all)) <= s.limit/4*3 { // room for some turns
			break
		}
		ids -= int64(sp.ids.len)
		delete(s.all, spanKey{sp.group, sp.start})
	}
	return ids
}
