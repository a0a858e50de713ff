package gunzip

import "math/bits"

// An entry, a uint32, tells what a table holds for the next bits of the input:
//
//	literal          the byte in bits 16-23
//	length, distance its least value in bits 16-30, to which the bits after the code are
//	                 added; none of the flags
//	odd|link         the code is longer: the number of further bits in bits 8-11, and
//	                 where their entries begin in bits 16-30
//	odd|endOfBlock   the end of the block
//	odd              no code, or one that must not occur
//
// Except in links, bits 0-7 are how many bits are used up, those after the code
// included, and bits 8-11 how many are the code.
const (
	literal    = 1 << 31
	odd        = 1 << 15
	link       = 1 << 14
	endOfBlock = 1 << 13
)

// used is how many bits an entry uses up.
func used(e uint32) uint { return uint(e & 0xff) }

// value is the length or distance that an entry and the bits looked up stand for.
func value(e uint32, bits uint64) int {
	return int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
}

// follow is the place to which a link leads with the bits after the ones looked up.
func follow(e uint32, bits uint64) uint {
	return uint(e>>16) + uint(bits)&(1<<(e>>8&15)-1)
}

const (
	// So many bits are looked up at first; the code of code lengths has no more.
	literalBits  = 11
	distanceBits = 8
	lengthBits   = 7

	// maxBits is the length of the longest code, RFC 1951 section 3.2.7.
	maxBits = 15
	// literalSymbols and distanceSymbols are the sizes of the two alphabets, with the
	// symbols that must not occur, lengthSymbols that of code lengths.
	literalSymbols  = 288
	distanceSymbols = 32
	lengthSymbols   = 19
)

// codes are the tables of the two codes of a block. Complete codes of their
// alphabets need at most 2,342 and 402 entries; the sizes are powers of two so that
// the compiler sees that no place is outside.
type codes struct {
	literal  [4096]uint32
	distance [512]uint32
	// least is how many bits there must be to look up a literal, besides those of its
	// code: where the source is cut, compress/flate gives no literal from fewer bits than the
	// end of the block would take.
	least uint
}

// build makes the table of the code whose symbol i has a code of lengths[i] bits,
// the shortest first and else in the order of the alphabet (RFC 1951 section
// 3.2.2). symbols are their entries but for the length of the code. The first
// 1<<width entries are for the next width bits; those of longer codes follow.
//
// As in compress/flate and zlib the codes must use up all sequences of bits, or be
// a single one of one bit, or none. Otherwise build returns false.
func build(table []uint32, width uint, lengths []uint8, symbols []uint32) bool {
	var count [maxBits + 1]uint16
	for _, n := range lengths {
		count[n&maxBits]++
	}
	count[0] = 0
	space, longest := uint(0), uint(0)
	for n, c := range count {
		if c > 0 {
			longest = uint(n)
		}
		space += uint(c) << (maxBits - n)
	}
	switch {
	case space == 1<<maxBits:
	case longest == 0:
		table[0] = odd
		double(table, 1, 1<<width)
		return true
	case longest == 1 && count[1] == 1:
		for i, n := range lengths {
			if n == 1 {
				table[0] = symbols[i] + 1<<8 + 1
			}
		}
		table[1] = odd + 1
		double(table, 2, 1<<width)
		return true
	default:
		return false
	}

	var next [maxBits + 2]uint16
	for n := 1; n <= maxBits; n++ {
		next[n+1] = next[n] + count[n]
	}
	var buf [literalSymbols]uint16
	for i, n := range lengths {
		if n > 0 {
			buf[next[n&maxBits]] = uint16(i)
			next[n&maxBits]++
		}
	}
	sorted := buf[:]

	// The first bit of a code comes first, as the lowest: code counts with its bits in
	// reverse. The table for n bits is twice the one for n-1 bits, plus the codes of n bits.
	n := uint(1)
	for n < width && count[n] == 0 {
		n++
	}
	size := 1 << n
	for code := uint(0); ; n++ {
		for _, s := range sorted[:count[n]] {
			table[code] = symbols[s] + uint32(n)<<8 + uint32(n)
			code = following(code, n)
		}
		sorted = sorted[count[n]:]
		if n == width {
			link := linker{table: table, width: width, size: size}
			link.longer(code, count[:longest+1], sorted, symbols)
			return true
		}
		double(table, size, 2*size)
		size *= 2
	}
}

// A linker adds what belongs to codes longer than the width of a table.
type linker struct {
	table []uint32
	width uint
	size  int // of the table so far
}

// longer enters the codes from code on; sorted are their symbols. Each sequence of
// width bits that they begin with links to a table of its own.
func (l *linker) longer(code uint, count, sorted []uint16, symbols []uint32) {
	mask := uint(1)<<l.width - 1
	first, begin := ^uint(0), 0
	for n := l.width + 1; n < uint(len(count)); n++ {
		for i, s := range sorted[:count[n]] {
			if code&mask != first {
				first, begin = code&mask, l.size
				l.link(first, n, uint(count[n])-uint(i), count)
			}
			entry := symbols[s] + uint32(n)<<8 + uint32(n)
			for j := begin + int(code>>l.width); j < l.size; j += 1 << (n - l.width) {
				l.table[j] = entry
			}
			code = following(code, n)
		}
		sorted = sorted[count[n]:]
	}
}

// link begins the table for codes that begin with first. The next ones are left
// codes of n bits and then longer ones; the table is for as many bits as its longest
// code, at which those up to it fill it.
func (l *linker) link(first, n, left uint, count []uint16) {
	further, space := n-l.width, left
	for space < 1<<further && l.width+further+1 < uint(len(count)) {
		further++
		space = space<<1 + uint(count[l.width+further])
	}
	l.table[first] = odd | link | uint32(l.size)<<16 | uint32(further)<<8
	l.size += 1 << further
}

// following is the next code of n bits, both in reverse.
func following(code, n uint) uint {
	zero := uint(1) << bits.Len(code^(1<<n-1)) >> 1 // the uppermost bit that is not set
	return code&(zero-1) | zero
}

// double repeats the first size entries until there are all.
func double(table []uint32, size, all int) {
	for ; size < all; size *= 2 {
		copy(table[size:2*size], table[:size])
	}
}
