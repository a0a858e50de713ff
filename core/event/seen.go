package event

import "hash/maphash"

// Seen is a set of IDs; its zero value is empty. It is a table with open
// addressing that grows when it is three quarters full, fourfold while it is
// small and twofold from 1 MB on: 21 to 43 bytes an ID then, and half as much
// again while it grows. It is for one goroutine.
type Seen struct {
	table []ID // a power of two; the zero ID marks a free place
	// seed makes the places of IDs unforeseeable: a file of made-up IDs cannot
	// crowd them together.
	seed  maphash.Seed
	count int
	zero  bool // the zero ID itself is in the set
	// touched keeps the loads of addSome from being left out as useless.
	touched byte
}

const (
	// seenStart is the size of the first table, seenSmall that up to which it
	// grows fourfold.
	seenStart = 1 << 10
	seenSmall = 1 << 16
	// lookAhead is how many IDs are looked up at a time. A large table is not in
	// the processor's cache: the places of all of them are fetched together, since
	// one after the other each look-up would wait for memory.
	lookAhead = 32
)

// Add puts id into the set; true when it was not there.
func (s *Seen) Add(id ID) bool { return s.AddAll([]ID{id}) == 1 }

// AddAll puts ids into the set and returns how many were not there.
func (s *Seen) AddAll(ids []ID) (added int) {
	for len(ids) > 0 {
		some := ids[:min(len(ids), lookAhead)]
		if 4*(s.count+len(some)) > 3*len(s.table) {
			s.grow()
		}
		before := s.count
		s.addSome(some)
		if added += s.count - before; !s.zero {
			for _, id := range some {
				if id == (ID{}) {
					s.zero = true
					added++
					break
				}
			}
		}
		ids = ids[len(some):]
	}
	return added
}

// Len is the number of IDs in the set.
func (s *Seen) Len() int {
	if s.zero {
		return s.count + 1
	}
	return s.count
}

// addSome puts at most lookAhead IDs into the table, which has room for them.
// The zero ID it leaves out.
func (s *Seen) addSome(ids []ID) {
	var places [lookAhead]int
	mask, touched := len(s.table)-1, byte(0)
	for i, id := range ids {
		places[i%lookAhead] = int(maphash.Bytes(s.seed, id[:])) & mask
		touched ^= s.table[places[i%lookAhead]][0]
	}
	s.touched = touched
	for i, id := range ids {
		at := places[i%lookAhead]
		for s.table[at] != id && s.table[at] != (ID{}) {
			at = (at + 1) & mask
		}
		if s.table[at] != id {
			s.table[at] = id
			s.count++
		}
	}
}

func (s *Seen) grow() {
	old := s.table
	if old == nil {
		s.seed = maphash.MakeSeed()
	}
	size := 2 * len(old)
	if len(old) < seenSmall {
		size = max(seenStart, 4*len(old))
	}
	s.table, s.count = make([]ID, size), 0
	for ; len(old) > 0; old = old[lookAhead:] {
		s.addSome(old[:lookAhead]) // free places are zero IDs, which are left out
	}
}
