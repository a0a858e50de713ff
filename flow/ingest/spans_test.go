package ingest

import (
	"encoding/binary"
	"testing"
	"time"

	"tocsin/core/event"
)

// What was not used for longest goes first, what is in use stays however much it is.
func TestSpansAreBounded(t *testing.T) {
	const ids = 100
	s := spans{limit: 10 * (spanSize + ids*idSize), all: map[spanKey]*span{}}
	fill := func(number int) {
		sp := s.use(1, int64(number)*spanLength)
		if sp.known {
			return
		}
		sp.known = true
		for i := range ids {
			sp.take(event.ID(binary.BigEndian.AppendUint64(make([]byte, 8), uint64(i))))
		}
		sp.added = nil
	}
	for turn := range 50 {
		fill(0) // used in every turn
		fill(turn)
		if left := s.evict(time.Time{}); left > 10*ids {
			t.Fatalf("%d ids are left after turn %d", left, turn)
		}
	}
	if !s.use(1, 0).known {
		t.Error("what is used all the time was forgotten")
	}
	if !s.use(1, 49*spanLength).known || s.use(1, 30*spanLength).known {
		t.Error("not the oldest were forgotten")
	}
	for number := 100; number < 200; number++ {
		fill(number)
	}
	if left := s.evict(time.Time{}); left < 100*ids {
		t.Errorf("%d ids of the spans in use are left", left)
	}
}

// Memory follows what comes in: a span that nothing comes for is forgotten even
// where there is room for it.
func TestIdleSpansAreForgotten(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := spans{limit: 1 << 30, all: map[spanKey]*span{}, now: at}
	s.use(1, 0).known = true
	s.use(1, spanLength).known = true
	for range 20 {
		s.evict(at)
		if !s.use(1, 0).known {
			t.Fatal("what is used was forgotten")
		}
		at = at.Add(time.Minute)
	}
	if len(s.all) != 1 {
		t.Errorf("%d spans are left", len(s.all))
	}
}

func TestUndoTakesBackWhatIsNotCommitted(t *testing.T) {
	s := span{known: true}
	s.ids.add(event.ID{1})
	if s.take(event.ID{1}) || !s.take(event.ID{2}) || s.take(event.ID{2}) {
		t.Error("new is what is not there")
	}
	s.undo()
	if !s.take(event.ID{2}) || s.take(event.ID{1}) {
		t.Error("undo takes back what was added, and nothing else")
	}
}

func TestBlocksSeenAreBounded(t *testing.T) {
	var s span
	for block := int64(1); block < 10_000; block++ {
		s.saw(block)
	}
	if n := len(s.blocks); n > 4*blocksBack+1 || n < blocksBack {
		t.Errorf("%d blocks are remembered", n)
	}
}
