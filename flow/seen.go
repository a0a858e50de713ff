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

// addAll puts ids, all of one shard, into the set and counts those that are not
// new there.
func (s *seenSet) addAll(shard int, ids []event.ID) (repeated int64) {
	p := &s.shard[shard]
	p.mu.Lock()
	defer p.mu.Unlock()
	return int64(len(ids) - p.seen.AddAll(ids))
}

// A seenBatch is one worker's way into a set when only the number of repeated
// ids matters: it hands ids on by the shardful, since a lock for each, and a
// cache miss that nothing else overlaps with, cost more than the rest of the look-up.
type seenBatch struct {
	set   *seenSet
	shard [shards][]event.ID
}

// batchIDs is how many ids of a shard are handed on together.
const batchIDs = 32

func newSeenBatch(set *seenSet) *seenBatch {
	b := &seenBatch{set: set}
	room := make([]event.ID, shards*batchIDs)
	for i := range b.shard {
		b.shard[i] = room[i*batchIDs : i*batchIDs : (i+1)*batchIDs]
	}
	return b
}

// add hands on the id, sooner or later, and returns how many of those handed on
// just now were not new.
func (b *seenBatch) add(id event.ID) (repeated int64) {
	i := int(id[0] % shards)
	ids := append(b.shard[i], id)
	if len(ids) == batchIDs {
		repeated = b.set.addAll(i, ids)
		ids = ids[:0]
	}
	b.shard[i] = ids
	return repeated
}

// flush hands on the rest.
func (b *seenBatch) flush() (repeated int64) {
	for i := range b.shard {
		repeated += b.set.addAll(i, b.shard[i])
		b.shard[i] = b.shard[i][:0]
	}
	return repeated
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
