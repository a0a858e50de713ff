package event

import (
	"crypto/sha256"
	"encoding/binary"
)

// An ID stands for the text of an eventID, by which an event that was
// delivered twice is known.
type ID [16]byte

// guidLength is the length of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.
const guidLength = 36

// IDOf is the ID of an eventID: the bytes of a GUID, the beginning of the
// SHA-256 of any other text. False when v is not a text or is empty.
func IDOf(v Value) (ID, bool) {
	if v.Kind != String || len(v.Raw) == 0 {
		return ID{}, false
	}
	if len(v.Raw) == guidLength {
		if id, ok := guid(v.Raw); ok {
			return id, true
		}
	}
	text := v.Raw
	if v.Escaped {
		text = v.AppendText(nil)
	}
	sum := sha256.Sum256(text)
	return ID(sum[:16]), true
}

// guid reads the 36 bytes of a GUID.
func guid(s []byte) (ID, bool) {
	var id ID
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	a, okA := unhex8(binary.LittleEndian.Uint64(s))
	b, okB := unhex8(uint64(binary.LittleEndian.Uint32(s[9:])) | uint64(binary.LittleEndian.Uint32(s[14:]))<<32)
	c, okC := unhex8(uint64(binary.LittleEndian.Uint32(s[19:])) | uint64(binary.LittleEndian.Uint32(s[24:]))<<32)
	d, okD := unhex8(binary.LittleEndian.Uint64(s[28:]))
	binary.LittleEndian.PutUint32(id[0:], a)
	binary.LittleEndian.PutUint32(id[4:], b)
	binary.LittleEndian.PutUint32(id[8:], c)
	binary.LittleEndian.PutUint32(id[12:], d)
	return id, okA && okB && okC && okD
}

// unhex8 reads eight hexadecimal digits, the first in the lowest byte, into four
// bytes in the same order. All eight bytes of the word are worked on at once:
// every sum below stays under 256, so none carries into its neighbour.
func unhex8(x uint64) (uint32, bool) {
	if x&(0x80*ones) != 0 {
		return 0, false
	}
	// A byte of these is 0x80 where the digit's byte is at least the character.
	atLeast := func(c uint64) uint64 { return (x + (0x80-c)*ones) & (0x80 * ones) }
	digit := atLeast('0') &^ atLeast('9'+1)
	upper := atLeast('A') &^ atLeast('F'+1)
	lower := atLeast('a') &^ atLeast('f'+1)
	if digit|upper|lower != 0x80*ones {
		return 0, false
	}
	letter := (upper | lower) >> 7
	x = x&(0x0f*ones) + letter*9
	// x holds a digit's value in each byte: join neighbours, then close the gaps.
	x = (x<<4 | x>>8) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16), true
}
