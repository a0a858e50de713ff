package event

import "math/bits"

// step is how many blocks are marked at a time. It bounds what is marked in
// vain when a reader turns away from a text.
const step = 64

// A tape is a text with the marks of its structure. The text begins outside a
// string; marks are made as they are asked for.
type tape struct {
	text  []byte
	marks []mark
	carry carry
}

// reset turns to another text.
func (t *tape) reset(text []byte) {
	t.text = text
	t.marks = t.marks[:0]
	t.carry = carry{}
}

// more marks the next few blocks; false at the end of the text. What is
// missing in the last block counts as blank.
func (t *tape) more() bool {
	done := len(t.marks)
	rest := t.text[min(done*block, len(t.text)):]
	if len(rest) == 0 {
		return false
	}
	if cap(t.marks) < done+step {
		t.grow()
	}
	if full := min(len(rest)/block, step); full > 0 {
		t.marks = t.marks[:done+full]
		markBlocks(t.marks[done:], rest, &t.carry)
		return true
	}
	last := [block]byte{}
	copy(last[:], rest)
	t.marks = t.marks[:done+1]
	markBlocks(t.marks[done:], last[:], &t.carry)
	return true
}

// grow makes room for the marks of the whole text, so that a text costs at
// most one allocation.
func (t *tape) grow() {
	marks := make([]mark, len(t.marks), len(t.text)/block+step+1)
	copy(marks, t.marks)
	t.marks = marks
}

// quote is the place of the first unescaped quote at or after p, or -1.
func (t *tape) quote(p int) int {
	i := p / block
	for i >= len(t.marks) {
		if !t.more() {
			return -1
		}
	}
	q := t.marks[i].quote >> (p % block) << (p % block)
	for q == 0 {
		i++
		if i >= len(t.marks) && !t.more() {
			return -1
		}
		q = t.marks[i].quote
	}
	return i*block + bits.TrailingZeros64(q)
}

// slashed tells whether text[p:end], which is marked, holds a backslash.
func (t *tape) slashed(p, end int) bool {
	i, last := p/block, end/block
	s := t.marks[i].slash >> (p % block) << (p % block)
	for i < last {
		if s != 0 {
			return true
		}
		i++
		s = t.marks[i].slash
	}
	return s<<(block-1-end%block)<<1 != 0
}

// skip is the place after the bracket that closes what was opened just before
// p, or a fault: short, or deep when that nests more than room levels.
func (t *tape) skip(p, room int) (int, fault) {
	i := p / block
	for i >= len(t.marks) {
		if !t.more() {
			return 0, short
		}
	}
	keep := ^uint64(0) << (p % block)
	open, shut := t.marks[i].open&keep, t.marks[i].shut&keep
	depth := 1
	for {
		opened, closed := bits.OnesCount64(open), bits.OnesCount64(shut)
		if closed < depth && depth+opened <= room {
			depth += opened - closed
		} else {
			for ; shut != 0; shut &= shut - 1 {
				below := open & (shut&-shut - 1)
				open &^= below
				if depth += bits.OnesCount64(below); depth > room {
					return i*block + bits.TrailingZeros64(below), deep
				}
				if depth--; depth == 0 {
					return i*block + bits.TrailingZeros64(shut) + 1, 0
				}
			}
			if depth += bits.OnesCount64(open); depth > room {
				return i*block + bits.TrailingZeros64(open), deep
			}
		}
		i++
		if i >= len(t.marks) && !t.more() {
			return 0, short
		}
		open, shut = t.marks[i].open, t.marks[i].shut
	}
}
