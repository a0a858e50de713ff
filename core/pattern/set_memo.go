package pattern

import (
	"encoding/binary"
	"hash/maphash"

	"tocsin/core/event"
)

// A memo remembers which predicates the values seen lately make true.
//
// Log fields repeat: a few hundred event names, some dozens of addresses. With
// the memo, decoding escapes, parsing numbers, wildcards and regular expressions
// are paid once for each value and not once for each event, so their price
// hardly matters. What it holds is bounded; when it is full it is emptied, which
// costs a field whose values never repeat little and keeps no value for long.
//
// Values are compared byte by byte as they stand in the record, and copied,
// because a record's bytes do not outlive it. With thousands of patterns the cost of an
// event is that of the cache lines it touches, so slots are small, and a value
// stands in one piece with its predicates.
type memo struct {
	seed  maphash.Seed
	slots []memoSlot // a power of two, at most half of them taken; linear probing
	taken int
	kept  []byte // of each value its predicates, four bytes each, and its text
}

type memoSlot struct {
	key  memoKey
	hash uint32
	at   uint32 // where it begins in kept
	ids  uint16 // how many predicates
	text uint16 // how many bytes
}

// A memoKey is a field and the kind of a value; 0 is none, since an Absent value
// is not remembered.
type memoKey uint32

func keyOf(field int32, k event.Kind) memoKey { return memoKey(field)<<3 | memoKey(k) }

const (
	memoFirstSlots = 1 << 8
	memoMaxSlots   = 1 << 16
	memoMaxKept    = 4 << 20 // bytes

	// What is larger is worked out each time: a long value is unlikely to come again
	// and would take the room of many that are.
	memoMaxText = 512  // bytes
	memoMaxIDs  = 4096 // predicates
)

func newMemo() memo {
	return memo{seed: maphash.MakeSeed(), slots: make([]memoSlot, memoFirstSlots)}
}

func (m *memo) hash(k memoKey, text []byte) uint32 {
	return uint32(maphash.Bytes(m.seed, text)>>32) ^ uint32(k)*0x9E3779B1
}

// get appends the predicates of a value to dst and tells whether it is remembered.
func (m *memo) get(dst []predicateID, hash uint32, k memoKey, text []byte) ([]predicateID, bool) {
	mask := uint32(len(m.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &m.slots[i]
		if s.key == 0 {
			return dst, false
		}
		if s.hash != hash || s.key != k {
			continue
		}
		ids := m.kept[s.at:][:4*int(s.ids)]
		if string(m.kept[int(s.at)+len(ids):][:s.text]) != string(text) {
			continue
		}
		for ; len(ids) >= 4; ids = ids[4:] {
			dst = append(dst, predicateID(binary.LittleEndian.Uint32(ids)))
		}
		return dst, true
	}
}

// put remembers a value that get did not find.
func (m *memo) put(hash uint32, k memoKey, text []byte, ids []predicateID) {
	if len(text) > memoMaxText || len(ids) > memoMaxIDs {
		return
	}
	if len(m.kept)+4*len(ids)+len(text) > memoMaxKept || 2*m.taken >= memoMaxSlots {
		clear(m.slots)
		m.taken, m.kept = 0, m.kept[:0]
	}
	if 2*m.taken >= len(m.slots) {
		m.widen()
	}
	m.place(memoSlot{key: k, hash: hash, at: uint32(len(m.kept)), ids: uint16(len(ids)), text: uint16(len(text))})
	m.taken++
	for _, id := range ids {
		m.kept = binary.LittleEndian.AppendUint32(m.kept, uint32(id))
	}
	m.kept = append(m.kept, text...)
}

func (m *memo) place(s memoSlot) {
	mask := uint32(len(m.slots) - 1)
	i := s.hash & mask
	for m.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	m.slots[i] = s
}

func (m *memo) widen() {
	old := m.slots
	m.slots = make([]memoSlot, 2*len(old))
	for _, s := range old {
		if s.key != 0 {
			m.place(s)
		}
	}
}
