package gunzip

import "encoding/binary"

const (
	// A turn of the fast loop uses at most inputRoom bytes of the input, and writes
	// at most outputRoom: three literals and a match that is copied by 32 bytes.
	inputRoom  = 24
	outputRoom = 3 + longestMatch + 31
)

// fast decodes while there is much input and much room. It stops before what is
// neither a literal nor a sound match, and decode looks at that with care.
//
// Two things make it fast. The input's place is in variables, not in r, and bits
// above the lowest have ones are not zero but already those that come next, so
// that refilling has no branch. And the next entry is looked up before a match is
// copied, so that waiting for the one hides in the other.
func (r *Reader) fast(p []byte, n int) int {
	const (
		literalMask  = 1<<literalBits - 1
		distanceMask = 1<<distanceBits - 1
	)
	p = p[:len(p):len(p)] // slices of p are checked against its length
	var (
		in        = &r.buf
		literals  = &r.codes.literal
		distances = &r.codes.distance
		reach     = r.past.size()
		lastIn    = r.end - inputRoom
		lastOut   = len(p) - outputRoom
	)
	bits, have, at := refill(in, r.bits, r.have, r.at)
	e := literals[bits&literalMask]
	for at <= lastIn && n <= lastOut {
		// Here have is at least 56, which is enough for four literals and a look at
		// what follows, or for a match: 20 bits of length and 28 of distance. An entry
		// below zero is a literal.
		if int32(e) < 0 {
			bits >>= e & 63
			have -= uint(e)
			p[n] = byte(e >> 16)
			n++
			e = literals[bits&literalMask]
			if int32(e) < 0 {
				bits >>= e & 63
				have -= uint(e)
				p[n] = byte(e >> 16)
				n++
				e = literals[bits&literalMask]
				if int32(e) < 0 {
					bits >>= e & 63
					have -= uint(e)
					p[n] = byte(e >> 16)
					n++
					e = literals[bits&literalMask]
					if int32(e) < 0 {
						bits >>= e & 63
						have -= uint(e)
						p[n] = byte(e >> 16)
						n++
						e = literals[bits&literalMask]
						bits, have, at = refill(in, bits, have, at)
						continue
					}
				}
			}
			bits, have, at = refill(in, bits, have, at)
		}
		if e&odd != 0 {
			if e&link == 0 {
				break
			}
			e = literals[follow(e, bits>>literalBits)%uint(len(literals))]
			if int32(e) < 0 {
				bits >>= e & 63
				have -= uint(e)
				p[n] = byte(e >> 16)
				n++
				e = literals[bits&literalMask]
				bits, have, at = refill(in, bits, have, at)
				continue
			}
			if e&odd != 0 {
				break
			}
		}
		length := value(e, bits)
		after := bits >> (e & 63)
		d := distances[after&distanceMask]
		if d&odd != 0 {
			if d&link != 0 {
				d = distances[follow(d, after>>distanceBits)%uint(len(distances))]
			}
			if d&odd != 0 {
				break
			}
		}
		far := value(d, after)
		if far > n+reach {
			break
		}
		bits = after >> (d & 63)
		have -= uint(e) + uint(d)

		bits, have, at = refill(in, bits, have, at)
		e = literals[bits&literalMask]
		from, end := n-far, n+length
		if far < 16 || from < 0 {
			r.past.repeat(p, n, end, far)
			n = end
			continue
		}
		copy32(p, n, from)
		for ; length > 32; length -= 32 {
			n += 32
			from += 32
			copy32(p, n, from)
		}
		n = end
	}
	have &= 63
	r.bits, r.have, r.at = bits&(1<<have-1), have, at
	return n
}

// refill adds whole bytes until there are 56 bits or more. Only the lowest six bits of
// have count: entries are subtracted from it without cutting off their upper parts.
func refill(in *[inputSize + 8]byte, bits uint64, have uint, at int) (uint64, uint, int) {
	bits |= binary.LittleEndian.Uint64(in[at%inputSize:]) << (have & 63)
	return bits, have | 56, at + int((have^63)>>3&7)
}

// copy32 copies b[from:from+32] to b[to:to+32]. They may overlap when to is at
// least 16 after from; the second half then sees what the first has written.
func copy32(b []byte, to, from int) {
	d, s := b[to:to+32], b[from:from+32]
	*(*[16]byte)(d) = *(*[16]byte)(s)
	*(*[16]byte)(d[16:]) = *(*[16]byte)(s[16:])
}
