package event

import "encoding/binary"

// CloudTrail writes the members of its records in the same order again and
// again. A habit is a member that was met, with the one that came after it last
// time: when that comes again, comparing a few bytes replaces the search for
// the end of its name and the look into a table.
type habit struct {
	// `"name":` as three loads of 8 bytes: at its beginning, after 8 bytes and
	// up to its end, overlapping; of a shorter one the mask hides the rest.
	head, mid, tail, mask uint64
	midAt, tailAt, size   uint8

	member int // the node that it is, -1: none
	next   int // the habit that followed, 0: none yet
}

const (
	// maxHabit is the size of the longest `"name":` that becomes a habit.
	maxHabit = 24
	// maxHabits is how many members of one node become habits.
	maxHabits = 64
)

// newHabit is the habit of a name of at most maxHabit-3 bytes, none of them a
// quote or backslash.
func newHabit(name []byte, member int) habit {
	h := habit{member: member, size: uint8(len(name) + 3), mask: ^uint64(0)}
	var text [maxHabit]byte
	text[0] = '"'
	copy(text[1:], name)
	copy(text[1+len(name):], `":`)
	if h.size < 8 {
		h.mask >>= 64 - 8*h.size
	} else {
		h.midAt, h.tailAt = min(8, h.size-8), h.size-8
	}
	h.head = binary.LittleEndian.Uint64(text[:])
	h.mid = binary.LittleEndian.Uint64(text[h.midAt:])
	h.tail = binary.LittleEndian.Uint64(text[h.tailAt:])
	return h
}

// begins tells whether text, of at least maxHabit bytes, begins with `"name":`.
func (h *habit) begins(text []byte) bool {
	text = text[:maxHabit]
	head := binary.LittleEndian.Uint64(text)
	mid := binary.LittleEndian.Uint64(text[h.midAt:])
	tail := binary.LittleEndian.Uint64(text[h.tailAt:])
	return (head^h.head|mid^h.mid|tail^h.tail)&h.mask == 0
}

// habits are those of one walk. The first ones stand for the beginnings of the
// nodes' objects, by number, and are followed by the first members.
type habits struct {
	all   []habit
	known []names // by node: the habits by name
}

func newHabits(nodes int) habits {
	h := habits{all: make([]habit, nodes), known: make([]names, nodes)}
	for i := range h.all {
		// No text is like this: its first byte would have to be both.
		h.all[i].head, h.all[i].mid, h.all[i].mask = 0, 1, 1
	}
	return h
}

// follow notes that the member name came after the habit prev in the object of
// a node, and returns its habit, or prev when it has none.
func (h *habits) follow(prev, node int, name []byte, member int) int {
	if len(name) > maxHabit-3 {
		return prev
	}
	known := &h.known[node]
	this := known.find(name)
	if this < 0 {
		if known.count == maxHabits {
			return prev
		}
		this = len(h.all)
		h.all = append(h.all, newHabit(name, member))
		known.add(string(name), this)
	}
	h.all[prev].next = this
	return this
}
