package gunzip

// fast decodes while there is much input and much room. It stops before whatever
// is not a literal or a sound match, so that decode looks at it with care.
func (r *Reader) fast(p []byte, n int) int {
	var (
		in       = r.buf[:]
		at       = r.at
		bits     = r.bits
		have     = r.have
		lits     = &r.codes.literal
		dists    = &r.codes.distance
		inLimit  = r.end - inputRoom
		outLimit = len(p) - outputRoom
	)
	for at <= inLimit && n <= outLimit {
		bits |= load64(in, at) << (have & 63)
		at += int((63 - have) >> 3)
		have |= 56

		e := lits[bits&(1<<literalBits-1)]
		if int32(e) < 0 {
			bits >>= e & 63
			have -= uint(e & 63)
			p[n] = byte(e >> 16)
			n++
			e = lits[bits&(1<<literalBits-1)]
			if int32(e) < 0 {
				bits >>= e & 63
				have -= uint(e & 63)
				p[n] = byte(e >> 16)
				n++
				e = lits[bits&(1<<literalBits-1)]
				if int32(e) < 0 {
					bits >>= e & 63
					have -= uint(e & 63)
					p[n] = byte(e >> 16)
					n++
					continue
				}
			}
			bits |= load64(in, at) << (have & 63)
			at += int((63 - have) >> 3)
			have |= 56
		}
		if e&odd != 0 {
			if e&link == 0 {
				break
			}
			e = lits[(uint(e>>16)+uint(bits>>literalBits)&(1<<(e>>8&15)-1))&4095]
			if int32(e) < 0 {
				bits >>= e & 63
				have -= uint(e & 63)
				p[n] = byte(e >> 16)
				n++
				continue
			}
			if e&odd != 0 {
				break
			}
		}
		before, had := bits, have // a match that is not sound is left to decode
		length := int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		bits >>= e & 63
		have -= uint(e & 63)

		e = dists[bits&(1<<distanceBits-1)]
		if e&odd != 0 {
			if e&link != 0 {
				e = dists[(uint(e>>16)+uint(bits>>distanceBits)&(1<<(e>>8&15)-1))&1023]
			}
			if e&odd != 0 {
				bits, have = before, had
				break
			}
		}
		far := int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		bits >>= e & 63
		have -= uint(e & 63)

		from, end := n-far, n+length
		if from < 0 {
			if -from > r.past.size() {
				bits, have = before, had
				break
			}
			n += r.past.copyTo(p[n:end], -from)
			for ; n < end; n++ {
				p[n] = p[n-far]
			}
			continue
		}
		switch {
		case far >= 8:
			store64(p, n, load64(p, from))
			store64(p, n+8, load64(p, from+8))
			for n += 16; n < end; n += 8 {
				store64(p, n, load64(p, n-far))
			}
		case far == 1:
			v := uint64(p[from]) * 0x0101010101010101
			for ; n < end; n += 8 {
				store64(p, n, v)
			}
		default:
			for ; n < end; n++ {
				p[n] = p[n-far]
			}
		}
		n = end
	}
	r.at, r.bits, r.have = at, bits&(1<<have-1), have
	return n
}
