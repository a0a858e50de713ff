package ingest

import "testing"

// A slab has the room that is asked for, not twice as much, and nothing in it.
func TestSlabs(t *testing.T) {
	var s slabs
	for _, size := range []int64{1, 2, 4096, 4097, 100_000, partBytes} {
		for range 3 {
			got := s.take(size)
			if n := int64(cap(got.raw)); n < size || n >= 2*size || len(got.raw)+len(got.records)+len(got.hits) > 0 {
				t.Errorf("for %d bytes %d, of them %d in use", size, n, len(got.raw))
			}
			got.raw = append(got.raw, 1)
			got.records = append(got.records, record{})
			got.hits = append(got.hits, 1)
			s.give(got)
		}
	}
	// One that had to grow is for no more than it holds.
	s.give(slab{raw: make([]byte, 0, 6000)})
	for range 10 {
		if got := s.take(8192); cap(got.raw) < 8192 {
			t.Errorf("%d bytes", cap(got.raw))
		}
	}
	s.give(slab{}) // a file without records
}
