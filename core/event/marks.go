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
	lows  = 0x7f7f7f7f7f7f7f7f
)

// markBlocksGo fills dst from as many blocks of src. It is what the vector code
// is checked against, and what runs where there is none.
func markBlocksGo(dst []mark, src []byte, c *carry) {
	for i := range dst {
		b := src[i*block : i*block+block : i*block+block]
		// What a byte is not, in bit k of byte j for the byte 8*k+j: each word
		// brings the high bits of its bytes and moves the earlier ones down.
		var notASCII, notQuote, notSlash, notOpen, notShut uint64
		for ; len(b) >= 8; b = b[8:] {
			x := binary.LittleEndian.Uint64(b)
			notASCII = notASCII>>1 | x&highs
			// Now adding lows carries into the high bit of all bytes but zero.
			x &= lows
			notQuote = notQuote>>1 | (x^'"'*ones+lows)&highs
			notSlash = notSlash>>1 | (x^'\\'*ones+lows)&highs
			// '[' and '{', ']' and '}' differ in bit 0x20 only.
			x |= 0x20 * ones
			notOpen = notOpen>>1 | (x^'{'*ones+lows)&highs
			notShut = notShut>>1 | (x^'}'*ones+lows)&highs
		}
		dst[i] = c.next(^transpose(notQuote|notASCII), ^transpose(notSlash|notASCII),
			^transpose(notOpen|notASCII), ^transpose(notShut|notASCII))
	}
}

// transpose moves bit k of byte j to bit j of byte k, by exchanging the halves
// of ever larger squares.
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
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
