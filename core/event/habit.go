package event

import "encoding/binary"

// CloudTrail writes the members of its records in the same order again and
// again. A habit is a member that was met, with the one that came after it last
// time: when that comes again, comparing a few bytes replaces the search for
// the end of its name and the look into a table.
type habit struct {
	// `"name":` and which bits of it count, as three loads of 8 bytes.
	text, mask [3]uint64
	size       int

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
	var text, mask [maxHabit]byte
	h := habit{member: member, size: len(name) + 3}
	text[0] = '"'
	copy(text[1:], name)
	copy(text[1+len(name):], `":`)
	for i := range h.size {
		mask[i] = 0xff
	}
	for i := range h.text {
		h.text[i] = binary.LittleEndian.Uint64(text[8*i:])
		h.mask[i] = binary.LittleEndian.Uint64(mask[8*i:])
	}
	return h
}

// begins tells whether text, of at least maxHabit bytes, begins with `"name":`.
func (h *habit) begins(text []byte) bool {
	text = text[:maxHabit]
	differ := binary.LittleEndian.Uint64(text)&h.mask[0] ^ h.text[0]
	differ |= binary.LittleEndian.Uint64(text[8:])&h.mask[1] ^ h.text[1]
	differ |= binary.LittleEndian.Uint64(text[16:])&h.mask[2] ^ h.text[2]
	return differ == 0
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
		h.all[i].text[0] = 1 // which its mask hides: no text is like this
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
