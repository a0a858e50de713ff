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

// place is the block that text[p] is in, and which of its bytes it is. On
// unsigned numbers that is two instructions.
func place(p int) (i int, bit uint) { return int(uint(p) / block), uint(p) % block }

// quote is the place of the first unescaped quote at or after p, or -1.
func (t *tape) quote(p int) int {
	if i, bit := place(p); i+1 < len(t.marks) {
		// Most strings end in this block or the next; to choose between the two
		// without a branch saves a misprediction for every third string.
		q, at := t.marks[i].quote>>bit<<bit, i*block
		next := t.marks[i+1].quote
		if q == 0 {
			q = next
			at += block
		}
		if q != 0 {
			return at + bits.TrailingZeros64(q)
		}
	}
	return t.farQuote(p)
}

// farQuote is quote without its haste.
func (t *tape) farQuote(p int) int {
	i, bit := place(p)
	for q := ^uint64(0) << bit; ; i++ {
		for i >= len(t.marks) {
			if !t.more() {
				return -1
			}
		}
		if q &= t.marks[i].quote; q != 0 {
			return i*block + bits.TrailingZeros64(q)
		}
		q = ^uint64(0)
	}
}

// slashed tells whether text[p:end], which is marked, holds a backslash.
func (t *tape) slashed(p, end int) bool {
	i, bit := place(p)
	last, endBit := place(end)
	if last <= i+1 && t.marks[i].slash|t.marks[last].slash == 0 {
		return false
	}
	for keep := ^uint64(0) << bit; i < last; i++ {
		if t.marks[i].slash&keep != 0 {
			return true
		}
		keep, bit = ^uint64(0), 0
	}
	return t.marks[last].slash&(1<<endBit-1)>>bit != 0
}

// skip is the place after the bracket that closes what was opened just before
// p, or a fault: short, or deep when that nests more than room levels.
func (t *tape) skip(p, room int) (int, fault) {
	i, bit := place(p)
	for i >= len(t.marks) {
		if !t.more() {
			return 0, short
		}
	}
	keep := ^uint64(0) << bit
	open, shut := t.marks[i].open&keep, t.marks[i].shut&keep
	depth := 1
	for {
		opened, closed := bits.OnesCount64(open), bits.OnesCount64(shut)
		if closed < depth && depth+opened <= room {
			depth += opened - closed
		} else {
			// The end, or too deep a level, may be in this block.
			for ; shut != 0; shut &= shut - 1 {
				below := open & (shut&-shut - 1)
				open &^= below
				if depth += bits.OnesCount64(below); depth > room {
					return i*block + bits.TrailingZeros64(below), deep
				}
				if depth--; depth == 0 {
					return i*block + bits.TrailingZeros64(shut) + 1, sound
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
