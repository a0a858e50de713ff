package events

import (
	"slices"
	"sync"
)

// A sealing is what sealing works with: what grows large, and costs less to use
// again than to make anew. It is for one goroutine.
type sealing struct {
	events   []Event
	messages []byte // of events, one behind the other
	order    []int32
	writer   *segmentWriter
}

// begin makes room for so many events with so many bytes of messages, and for some
// more, so that the next time, which is of about as many, need not make it again.
func (s *sealing) begin(count, size int64) {
	if int64(cap(s.events)) < count {
		s.events, s.order = make([]Event, 0, count+count/8), make([]int32, 0, count+count/8)
	}
	if int64(cap(s.messages)) < size {
		s.messages = make([]byte, 0, size+size/8)
	}
	s.events, s.order, s.messages = s.events[:0], s.order[:0], s.messages[:0]
	s.writer.begin()
}

// read adds the events of a block.
func (s *sealing) read(b *block) error {
	for _, c := range b.chunks {
		end := len(s.messages)
		raw, err := c.messages(s.messages[end:])
		if err != nil {
			return err
		}
		if end+len(raw) <= cap(s.messages) { // else they have got an array of their own
			s.messages = s.messages[:end+len(raw)]
		}
		for row := c.first; row < c.first+c.rows; row++ {
			n := b.lengths[row]
			s.order = append(s.order, int32(len(s.events)))
			s.events = append(s.events, Event{Time: b.times[row], ID: b.ids[row], Ingested: b.stored[row], Stream: b.streams[row], Message: raw[:n:n]})
			raw = raw[n:]
		}
	}
	return nil
}

// sort brings order into the order of the group.
func (s *sealing) sort() {
	slices.SortFunc(s.order, func(i, j int32) int { return compareEvents(&s.events[i], &s.events[j]) })
}

// A bench keeps a sealing from one use to the next, while there is a next.
type bench struct {
	mu   sync.Mutex
	kept *sealing // guarded by mu, as is used
	used bool     // since tidy
}

// take is a sealing for as many events.
func (b *bench) take(z sizes, count, size int64) *sealing {
	b.mu.Lock()
	s := b.kept
	b.kept = nil
	b.mu.Unlock()
	if s == nil {
		s = &sealing{writer: newSegmentWriter(z)}
	}
	s.begin(count, size)
	return s
}

// put gives back a sealing that did its work. One that failed is not given back.
func (b *bench) put(s *sealing) {
	clear(s.events) // their messages may have arrays of their own
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept, b.used = s, true
}

// tidy lets go what was not used since it was called before.
func (b *bench) tidy() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.used {
		b.kept = nil
	}
	b.used = false
}
