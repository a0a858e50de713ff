package events

import (
	"iter"
	"math/bits"
)

// rowSet is a set of the rows of a row group.
type rowSet []uint64

func newRowSet(rows int) rowSet { return make(rowSet, (rows+63)/64) }

func (s rowSet) add(row int)      { s[row>>6] |= 1 << (row & 63) }
func (s rowSet) has(row int) bool { return s[row>>6]&(1<<(row&63)) != 0 }

// fill adds the rows from low to before high.
func (s rowSet) fill(low, high int) {
	for ; low < high && low&63 != 0; low++ {
		s.add(low)
	}
	for ; low+64 <= high; low += 64 {
		s[low>>6] = ^uint64(0)
	}
	for ; low < high; low++ {
		s.add(low)
	}
}

// clip takes out the rows before low and from high on.
func (s rowSet) clip(low, high int) {
	for i := range s {
		first := i << 6
		switch {
		case first+64 <= low || first >= high:
			s[i] = 0
		case first < low || first+64 > high:
			for row := first; row < first+64; row++ {
				if row < low || row >= high {
					s[i] &^= 1 << (row & 63)
				}
			}
		}
	}
}

func (s rowSet) intersect(t rowSet) {
	for i := range s {
		s[i] &= t[i]
	}
}

func (s rowSet) join(t rowSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s rowSet) remove(t rowSet) {
	for i := range s {
		s[i] &^= t[i]
	}
}

func (s rowSet) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s rowSet) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// next is the first row of the set from row on, or -1.
func (s rowSet) next(row int) int {
	for i := row >> 6; i < len(s); i++ {
		w := s[i]
		if i == row>>6 {
			w &= ^uint64(0) << (row & 63)
		}
		if w != 0 {
			return i<<6 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// any tells whether the set has a row from low to before high.
func (s rowSet) any(low, high int) bool {
	n := s.next(low)
	return n >= 0 && n < high
}

// last is the last row of the set from low to before high, or -1.
func (s rowSet) last(low, high int) int {
	for row := high - 1; row >= low; row-- {
		if w := s[row>>6] << (63 - row&63); w != 0 {
			if row -= bits.LeadingZeros64(w); row >= low {
				return row
			}
			return -1
		}
		row &^= 63 // nothing is left in this word
	}
	return -1
}

// between are the rows of the set from low to before high, backwards if asked,
// and whether each is in other too.
func (s rowSet) between(low, high int, backwards bool, other rowSet) iter.Seq2[int, bool] {
	return func(yield func(int, bool) bool) {
		if backwards {
			for row := high - 1; row >= low; row-- {
				if s.has(row) && !yield(row, other.has(row)) {
					return
				}
			}
			return
		}
		for row := low; row < high; row++ {
			if s.has(row) && !yield(row, other.has(row)) {
				return
			}
		}
	}
}
