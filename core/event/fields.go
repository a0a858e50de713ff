package event

import (
	"encoding/binary"
	"math/bits"
)

// Fields are the values wanted of every record, compiled once and shared.
type Fields struct {
	// nodes is the tree of the paths; nodes[0] is the record itself.
	nodes []node
	slots int
	// twins are slots whose path another slot has already: {slot, the other}.
	twins [][2]int
}

// A node is a place in the record that a wanted path ends at or leads through.
type node struct {
	slot    int // where its value goes, -1 when only something below it is wanted
	members names
	below   []int // slots of everything below it
	id      int   // its index in Fields.nodes
}

// NewFields compiles the paths; the value at paths[i] goes to slot i. It
// panics on a path with a step that is not a Member: such a path does not lead
// to one value, and the caller has to look for its part before that step.
func NewFields(paths ...Path) *Fields {
	f := &Fields{nodes: []node{{slot: -1}}, slots: len(paths)}
	for slot, path := range paths {
		at := 0
		for _, step := range path {
			if step.Kind != Member {
				panic("event: " + path.String() + " is not a path of member names alone")
			}
			next := f.nodes[at].members.find([]byte(step.Name))
			if next < 0 {
				next = len(f.nodes)
				f.nodes = append(f.nodes, node{slot: -1, id: next})
				f.nodes[at].members.add(step.Name, next)
			}
			at = next
		}
		if other := f.nodes[at].slot; other >= 0 {
			f.twins = append(f.twins, [2]int{slot, other})
			continue
		}
		f.nodes[at].slot = slot
		at = 0
		for _, step := range path {
			f.nodes[at].below = append(f.nodes[at].below, slot)
			at = f.nodes[at].members.find([]byte(step.Name))
		}
	}
	return f
}

// names is a hash table from member names to numbers. A name is looked up with
// two loads of 8 bytes, which tell names of up to 16 bytes apart completely.
type names struct {
	table []name // a power of two, at most half full; nil when empty
	shift uint
	count int
}

type name struct {
	head, tail uint64 // the first and last 8 bytes, zero-extended
	text       string
	value      int // -1: the place is free
}

// find is the number of key, or -1.
func (n *names) find(key []byte) int {
	if n.count == 0 {
		return -1
	}
	head, tail := ends(key)
	mask := len(n.table) - 1
	for i := int(hashEnds(head, tail, len(key)) >> n.shift); ; i++ {
		e := &n.table[i&mask]
		if e.value < 0 {
			return -1
		}
		if e.head == head && e.tail == tail && len(e.text) == len(key) && (len(key) <= 16 || e.text == string(key)) {
			return e.value
		}
	}
}

// add puts a name that is not in the table yet.
func (n *names) add(text string, value int) {
	if 2*(n.count+1) > len(n.table) {
		old := n.table
		n.table = make([]name, max(4, 2*len(old)))
		n.shift = uint(64 - bits.TrailingZeros(uint(len(n.table))))
		for i := range n.table {
			n.table[i].value = -1
		}
		for _, e := range old {
			if e.value >= 0 {
				n.put(e)
			}
		}
	}
	head, tail := ends([]byte(text))
	n.put(name{head: head, tail: tail, text: text, value: value})
	n.count++
}

func (n *names) put(e name) {
	i := int(hashEnds(e.head, e.tail, len(e.text)) >> n.shift)
	for n.table[i&(len(n.table)-1)].value >= 0 {
		i++
	}
	n.table[i&(len(n.table)-1)] = e
}

// ends loads the first and the last 8 bytes of key.
func ends(key []byte) (head, tail uint64) {
	if len(key) >= 8 {
		return binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[len(key)-8:])
	}
	for i := len(key) - 1; i >= 0; i-- {
		head = head<<8 | uint64(key[i])
	}
	return head, head
}

func hashEnds(head, tail uint64, length int) uint64 {
	return (head ^ bits.RotateLeft64(tail, 23) ^ uint64(length)<<56) * 0x9e3779b97f4a7c15
}
