package flow

import (
	"encoding/binary"
	"sync"

	"tocsin/core/event"
)

// shards spreads the ids, which are random, so that workers seldom meet at a lock.
const shards = 64

// A seenSet is a set of event ids that several workers share.
type seenSet struct {
	shard [shards]struct {
		mu   sync.Mutex
		seen event.Seen // guarded by mu
		_    [64]byte   // keeps neighbours out of one cache line
	}
}

// add puts the id into the set and tells whether it is new there.
func (s *seenSet) add(id event.ID) bool {
	p := &s.shard[id[0]%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Add(id)
}

// of is the id of the pair of an event and a watch, so that one set holds which
// watch has counted which event. Each watch turns over its own half of the bits,
// as good as chosen by chance: ids that people number by hand do not collide.
func of(id event.ID, watch int) event.ID {
	low, high := scramble(2*uint64(watch)+1), scramble(2*uint64(watch)+2)
	binary.LittleEndian.PutUint64(id[:8], binary.LittleEndian.Uint64(id[:8])^low)
	binary.LittleEndian.PutUint64(id[8:], binary.LittleEndian.Uint64(id[8:])^high)
	return id
}

// scramble is the output function of SplitMix64 (Steele, Lea, Flood 2014).
func scramble(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
