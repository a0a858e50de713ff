package event

import (
	"encoding/binary"
	"math/bits"
)

// block is how many bytes one mark describes.
const block = 64

// A mark tells where the bytes that give JSON its structure stand in 64 bytes
// of text: bit i is byte i.
type mark struct {
	quote uint64 // unescaped quotes: the beginnings and ends of strings
	open  uint64 // { and [ outside strings
	shut  uint64 // } and ] outside strings
	slash uint64 // backslashes
}

// A carry is what the marks of a block need to know of the text before it.
type carry struct {
	inside  uint64 // all ones when the block begins inside a string
	escaped uint64 // 1 when the block's first byte is escaped
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	// gather moves the lowest bit of each byte into the top byte, first byte lowest.
	gather = 0x0102040810204080
)

// markBlocksGo fills dst from as many blocks of src. It is what the vector code
// is checked against, and what runs where there is none.
func markBlocksGo(dst []mark, src []byte, c *carry) {
	for i := range dst {
		b := src[i*block : i*block+block : i*block+block]
		var quote, slash, open, shut uint64
		for k := 0; k < block; k += 8 {
			x := binary.LittleEndian.Uint64(b[k:])
			// '[' and '{', ']' and '}' differ in bit 0x20 only.
			y := x | 0x20*ones
			quote |= equal(x, '"') << k
			slash |= equal(x, '\\') << k
			open |= equal(y, '{') << k
			shut |= equal(y, '}') << k
		}
		dst[i] = c.next(quote, slash, open, shut)
	}
}

// equal has bit i set when byte i of x is c.
func equal(x uint64, c byte) uint64 {
	x ^= uint64(c) * ones
	// The high bit of each byte: set when the byte is zero. Exact, unlike the
	// shorter forms that let a borrow run into the next byte.
	zero := ^((x&^highs + (0x7f * ones)) | x | (0x7f * ones))
	return (zero >> 7) * gather >> 56
}

// next turns the places of the four kinds of bytes in a block into its mark.
func (c *carry) next(quote, slash, open, shut uint64) mark {
	quote &^= c.escapes(slash)
	inside := prefixXor(quote) ^ c.inside
	c.inside = uint64(int64(inside) >> 63)
	return mark{quote: quote, open: open &^ inside, shut: shut &^ inside, slash: slash}
}

// escapes gives the bytes that a backslash escapes: those after an odd-length
// run of backslashes, as far as the run is not itself cut by an escape.
func (c *carry) escapes(slash uint64) uint64 {
	if slash == 0 {
		e := c.escaped
		c.escaped = 0
		return e
	}
	// A backslash that is escaped itself escapes nothing.
	slash &^= c.escaped
	after := slash<<1 | c.escaped
	// Adding to a run of backslashes carries to the bit after its end; which of
	// that bit and the run's beginning is even tells whether the length is odd.
	const even = 0x5555555555555555
	odd := slash &^ even &^ after
	sum, over := bits.Add64(odd, slash, 0)
	c.escaped = over
	return (even ^ sum<<1) & after
}

// prefixXor sets each bit to the parity of the bits of x up to and including it.
func prefixXor(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	x ^= x << 32
	return x
}
