package gunzip

import "math/bits"

// An entry tells what a table holds for the next bits of the input.
//
//	literal           bit 31; the byte in bits 16-23
//	length, distance  its least value in bits 16-30; the bits above those of its code are added
//	odd, link         a longer code: the number of further bits in bits 8-11, where
//	                  their entries begin in bits 16-30
//	odd, endOfBlock   the end of the block
//	odd               no code
//
// Except in links, bits 0-7 are how many bits are used up, extra bits included,
// and bits 8-11 how many of them are the code. In links bits 0-7 have no meaning.
const (
	literal    = 1 << 31
	odd        = 1 << 15
	link       = 1 << 14
	endOfBlock = 1 << 13
)

const (
	// The main tables are for so many bits.
	literalBits  = 11
	distanceBits = 8
	lengthsBits  = 7 // all that the code of code lengths has

	// The longest code, RFC 1951 section 3.2.7.
	maxBits = 15
	// Symbols of the two alphabets, with those that never occur.
	literals  = 288
	distances = 32
)

// codes are the two codes of a block.
type codes struct {
	literal  [4096]uint32
	distance [1024]uint32
	// least is how many bits have to be there before a symbol is looked up. When the
	// source is cut, compress/flate gives no literal that is shorter than the end
	// of the block would be.
	least uint
}

// What symbols stand for, RFC 1951 section 3.2.5: from length 3 on, symbol 257+i, and
// from distance 1 on, symbol i; and how many bits follow to be added.
var (
	lengthBase = [29]uint16{
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
	}
	lengthExtra = [29]uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
	}
	distanceBase = [30]uint16{
		1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
		257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
	}
	distanceExtra = [30]uint8{
		0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6,
		7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
	}
)

// symbols are the entries of each alphabet but for the lengths of their codes.
type symbols struct {
	literal  [literals]uint32
	distance [distances]uint32
	length   [19]uint32
}

func (s *symbols) make() {
	for i := range s.literal {
		switch {
		case i < 256:
			s.literal[i] = literal | uint32(i)<<16
		case i == 256:
			s.literal[i] = odd | endOfBlock
		case i-257 < len(lengthBase):
			s.literal[i] = uint32(lengthBase[i-257])<<16 | uint32(lengthExtra[i-257])
		default:
			s.literal[i] = odd
		}
	}
	for i := range s.distance {
		s.distance[i] = odd
		if i < len(distanceBase) {
			s.distance[i] = uint32(distanceBase[i])<<16 | uint32(distanceExtra[i])
		}
	}
	for i := range s.length {
		s.length[i] = uint32(i) << 16
	}
}

// build makes the table of the code whose symbol i has a code of lengths[i] bits,
// the shortest first and in the order of the alphabet (RFC 1951 section 3.2.2).
// The first 1<<width entries are looked up with the next width bits; longer codes
// follow behind them.
//
// As with compress/flate and zlib the code must use up all bit sequences, or be a
// single code of one bit, or be empty. False: it is none of these.
func build(table []uint32, width uint, lengths []uint8, symbols []uint32) bool {
	var count [maxBits + 1]uint16
	for _, n := range lengths {
		count[n&maxBits]++
	}
	count[0] = 0
	used, longest := uint(0), uint(0)
	for n, c := range count {
		if c > 0 {
			longest = uint(n)
		}
		used += uint(c) << (maxBits - n)
	}
	switch {
	case used == 1<<maxBits:
	case longest == 0:
		table[0] = odd
		spread(table, 1, 1<<width)
		return true
	case longest == 1 && count[1] == 1:
		for i, n := range lengths {
			if n == 1 {
				table[0] = symbols[i] + 1<<8 + 1
			}
		}
		table[1] = odd | 1
		spread(table, 2, 1<<width)
		return true
	default:
		return false
	}

	var next [maxBits + 2]uint16
	for n := 1; n <= maxBits; n++ {
		next[n+1] = next[n] + count[n]
	}
	var sorted [literals]uint16
	for i, n := range lengths {
		if n > 0 {
			sorted[next[n&maxBits]] = uint16(i)
			next[n&maxBits]++
		}
	}

	// Codes are sent with their first bit lowest, so code counts with its bits in
	// reverse. The table for n bits is twice the table for n-1 bits, and then the codes of n bits.
	code, i, n := uint(0), 0, uint(1)
	for n < width && count[n] == 0 {
		n++
	}
	size := 1 << n
	for ; ; n++ {
		for range count[n] {
			table[code] = symbols[sorted[i]] + uint32(n)<<8 + uint32(n)
			code = following(code, n)
			i++
		}
		if n == width {
			break
		}
		copy(table[size:2*size], table[:size])
		size *= 2
	}

	// Longer codes, in a table of their own for each beginning.
	begin, mask := size, uint(1)<<width-1
	beginning, further := ^uint(0), uint(0)
	for n++; n <= longest; n++ {
		for left := count[n]; left > 0; left-- {
			if code&mask != beginning {
				beginning = code & mask
				begin, further = size, n-width
				for used := uint(left); used < 1<<further && width+further < longest; {
					further++
					used = used<<1 + uint(count[width+further])
				}
				size += 1 << further
				table[beginning] = odd | link | uint32(begin)<<16 | uint32(further)<<8
			}
			entry := symbols[sorted[i]] + uint32(n)<<8 + uint32(n)
			for j := begin + int(code>>width); j < size; j += 1 << (n - width) {
				table[j] = entry
			}
			code = following(code, n)
			i++
		}
	}
	return true
}

// following is the code after this one of n bits, both in reverse.
func following(code, n uint) uint {
	zero := uint(1) << bits.Len(code^(1<<n-1)) >> 1 // the uppermost bit that is not set
	return code&(zero-1) | zero
}

// spread repeats the first size entries until there are all.
func spread(table []uint32, size, all int) {
	for ; size < all; size *= 2 {
		copy(table[size:2*size], table[:size])
	}
}
