package ingest

import (
	"math/bits"
	"sync"
)

// A slab is the memory of a part's records.
type slab struct {
	raw     []byte // the records, one after another
	records []record
	hits    []int32 // indexes of filters, record by record
}

// slabs are those of parts that are settled, for parts to come: by the power of
// two that their bytes come up to, so that a small part does not hold much more
// than it needs. A worker would make a gigabyte of garbage of a gigabyte of records.
type slabs [bits.UintSize]sync.Pool

// take is a slab with room for so many bytes of records.
func (s *slabs) take(size int64) slab {
	class := bits.Len64(uint64(size - 1))
	if free, ok := s[class].Get().(*slab); ok {
		return *free
	}
	return slab{raw: make([]byte, 0, 1<<class), records: make([]record, 0, 1<<class/1024+1)}
}

// give takes a slab back.
func (s *slabs) give(used slab) {
	if cap(used.raw) == 0 {
		return
	}
	class := bits.Len64(uint64(cap(used.raw))) - 1
	s[class].Put(&slab{raw: used.raw[:0], records: used.records[:0], hits: used.hits[:0]})
}
