package pattern

import (
	"bytes"
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
// because a record's bytes do not outlive it.
type memo struct {
	seed  maphash.Seed
	slots []memoSlot // a power of two, at most half of them taken; linear probing
	taken int
	texts []byte        // the values, one after another
	ids   []predicateID // their predicates, one after another
}

type memoSlot struct {
	hash    uint64 // 0: free
	text    uint32 // where the value begins in texts
	ids     uint32 // where its predicates begin in ids
	textLen uint32
	idsLen  uint32
	field   int32
	kind    event.Kind
}

const (
	memoFirstSlots = 1 << 8
	memoMaxSlots   = 1 << 15
	memoMaxTexts   = 1 << 20 // bytes
	memoMaxIDs     = 1 << 18

	// A longer value is worked out each time: it is unlikely to come again and
	// would take the room of many that are.
	memoMaxValue = 512
)

func newMemo() memo {
	return memo{seed: maphash.MakeSeed(), slots: make([]memoSlot, memoFirstSlots)}
}

func (m *memo) hash(field int32, v event.Value) uint64 {
	h := maphash.Bytes(m.seed, v.Raw) ^ (uint64(field)<<3|uint64(v.Kind))*0x9E3779B97F4A7C15
	return h | 1
}

// get gives the predicates of a value, and whether it is remembered.
func (m *memo) get(hash uint64, field int32, v event.Value) ([]predicateID, bool) {
	mask := uint64(len(m.slots) - 1)
	for i := hash >> 1 & mask; m.slots[i].hash != 0; i = (i + 1) & mask {
		s := &m.slots[i]
		if s.hash == hash && s.field == field && s.kind == v.Kind &&
			bytes.Equal(m.texts[s.text:s.text+s.textLen], v.Raw) {
			return m.ids[s.ids : s.ids+s.idsLen : s.ids+s.idsLen], true
		}
	}
	return nil, false
}

// put remembers a value that get did not find. It does nothing when there is
// no room until the next tidy.
func (m *memo) put(hash uint64, field int32, v event.Value, ids []predicateID) {
	if m.taken*2 >= len(m.slots) {
		if len(m.slots) == memoMaxSlots {
			return
		}
		m.widen()
	}
	if len(m.texts)+len(v.Raw) > memoMaxTexts || len(m.ids)+len(ids) > memoMaxIDs {
		return
	}
	s := memoSlot{
		hash: hash, field: field, kind: v.Kind,
		text: uint32(len(m.texts)), textLen: uint32(len(v.Raw)),
		ids: uint32(len(m.ids)), idsLen: uint32(len(ids)),
	}
	m.texts = append(m.texts, v.Raw...)
	m.ids = append(m.ids, ids...)
	m.place(s)
	m.taken++
}

func (m *memo) place(s memoSlot) {
	mask := uint64(len(m.slots) - 1)
	i := s.hash >> 1 & mask
	for m.slots[i].hash != 0 {
		i = (i + 1) & mask
	}
	m.slots[i] = s
}

func (m *memo) widen() {
	old := m.slots
	m.slots = make([]memoSlot, 2*len(old))
	for i := range old {
		if old[i].hash != 0 {
			m.place(old[i])
		}
	}
}

// tidy empties a memo that has become full. It stands between two events,
// because what get returned is used until the end of one.
func (m *memo) tidy() {
	if m.taken*2 < memoMaxSlots && len(m.texts) < memoMaxTexts-memoMaxValue && len(m.ids) < memoMaxIDs*3/4 {
		return
	}
	clear(m.slots)
	m.taken, m.texts, m.ids = 0, m.texts[:0], m.ids[:0]
}
