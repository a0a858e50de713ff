package event

import "hash/maphash"

// Seen is a set of IDs; its zero value is empty. It is a table with open
// addressing that doubles when it is three quarters full: 21 to 43 bytes an ID,
// and half as much again while it grows. It is for one goroutine.
type Seen struct {
	table []ID // a power of two; the zero ID marks a free place
	// seed makes the places of IDs unforeseeable: a file of made-up IDs cannot
	// crowd them together.
	seed  maphash.Seed
	count int
	zero  bool // the zero ID itself is in the set
}

// seenStart is the size of the first table.
const seenStart = 1 << 10

// Add puts id into the set; true when it was not there.
func (s *Seen) Add(id ID) bool {
	if id == (ID{}) {
		added := !s.zero
		s.zero = true
		return added
	}
	if 4*(s.count+1) > 3*len(s.table) {
		s.grow()
	}
	place := s.place(id)
	if *place == id {
		return false
	}
	*place = id
	s.count++
	return true
}

// Len is the number of IDs in the set.
func (s *Seen) Len() int {
	if s.zero {
		return s.count + 1
	}
	return s.count
}

// place is where id is, or where it belongs.
func (s *Seen) place(id ID) *ID {
	mask := len(s.table) - 1
	for i := int(maphash.Bytes(s.seed, id[:])) & mask; ; i = (i + 1) & mask {
		if s.table[i] == id || s.table[i] == (ID{}) {
			return &s.table[i]
		}
	}
}

func (s *Seen) grow() {
	old := s.table
	if old == nil {
		s.seed = maphash.MakeSeed()
	}
	s.table = make([]ID, max(seenStart, 2*len(old)))
	for _, id := range old {
		if id != (ID{}) {
			*s.place(id) = id
		}
	}
}
