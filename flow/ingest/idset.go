package ingest

import (
	"hash/maphash"
	"math/bits"
	"slices"

	"tocsin/core/event"
)

// An idSet is a set of ids that takes little more than they do, 16 bytes each,
// and holds nothing that the collector would have to look through. The zero value
// is empty.
//
// It is a table by linear hashing: there are as many buckets as a bucket's share
// asks for, and with nearly every share one more, to which the ids of one other
// bucket are parted. So it grows a little at a time, and never has to exist twice.
type idSet struct {
	buckets [][]event.ID
	len     int
}

const (
	// bucketShare is how many ids a bucket has on average.
	bucketShare = 64
	// bucketStep is by how many ids a bucket's memory grows.
	bucketStep = 12
)

// idSeed keeps those who choose ids from choosing ones of the same bucket.
var idSeed = maphash.MakeSeed()

func hashOf(id event.ID) uint64 { return maphash.Bytes(idSeed, id[:]) }

// bucket is the number of the bucket for a hash: as many of its low bits as number
// all buckets, or one less when the bucket with that number is still to come.
func (s *idSet) bucket(hash uint64) int {
	last := uint64(len(s.buckets) - 1)
	mask := uint64(1)<<bits.Len64(last) - 1
	n := hash & mask
	if n > last {
		n &= mask >> 1
	}
	return int(n)
}

func (s *idSet) has(id event.ID) bool {
	return s.len > 0 && slices.Contains(s.buckets[s.bucket(hashOf(id))], id)
}

// add adds an id; false when it is there already.
func (s *idSet) add(id event.ID) bool {
	if s.len >= len(s.buckets)*bucketShare {
		s.split()
	}
	b := &s.buckets[s.bucket(hashOf(id))]
	if slices.Contains(*b, id) {
		return false
	}
	*b = appendID(*b, id)
	s.len++
	return true
}

// remove takes an id out that is there.
func (s *idSet) remove(id event.ID) {
	b := &s.buckets[s.bucket(hashOf(id))]
	i, last := slices.Index(*b, id), len(*b)-1
	(*b)[i] = (*b)[last]
	*b = (*b)[:last]
	s.len--
}

// split adds a bucket, and parts with it the ids of the one that it comes from.
func (s *idSet) split() {
	added := len(s.buckets)
	if s.buckets = append(s.buckets, nil); added == 0 {
		return
	}
	from := added &^ (1 << (bits.Len(uint(added)) - 1))
	all := s.buckets[from]
	s.buckets[from] = nil
	for _, id := range all {
		b := &s.buckets[s.bucket(hashOf(id))]
		*b = appendID(*b, id)
	}
}

// appendID is append without the room that it leaves.
func appendID(ids []event.ID, id event.ID) []event.ID {
	if len(ids) == cap(ids) {
		grown := make([]event.ID, len(ids), len(ids)+bucketStep)
		copy(grown, ids)
		ids = grown
	}
	return append(ids, id)
}
