package gunzip

const (
	// longest is the length of the longest match.
	longest = 258
	// The fast loop takes at most inputRoom bytes of the input at a turn and writes
	// at most outputRoom bytes: four literals, or three and a match whose last word
	// may go beyond its end.
	inputRoom  = 16
	outputRoom = 3 + longest + 16
)

// decode reads a block's symbols until the block ends or p is full.
func (r *Reader) decode(p []byte, n int) (int, error) {
	for {
		if r.length > 0 {
			n = r.match(p, n)
		}
		if r.end-r.at >= inputRoom && len(p)-n >= outputRoom {
			n = r.fast(p, n)
		}
		if n == len(p) {
			return n, nil
		}
		e, err := r.lookUp(r.codes.literal[:], literalBits, r.codes.least)
		if err != nil {
			return n, err
		}
		switch {
		case e&literal != 0:
			r.drop(uint(e & 0xff))
			p[n] = byte(e >> 16)
			n++
			continue
		case e&endOfBlock != 0 && e&odd != 0:
			r.drop(uint(e & 0xff))
			r.block = noBlock
			return n, nil
		case e&odd != 0:
			return n, r.corrupt()
		}
		length := r.value(e)
		if e, err = r.lookUp(r.codes.distance[:], distanceBits, 0); err != nil {
			return n, err
		}
		if e&odd != 0 {
			return n, r.corrupt()
		}
		far := r.value(e)
		if far > n+r.past.size() {
			return n, r.corrupt()
		}
		r.length, r.far = length, far
	}
}

// value takes the bits of a length or distance and gives it.
func (r *Reader) value(e uint32) int {
	total, code := uint(e&0xff), uint(e>>8&15)
	v := int(e>>16) + int(r.bits&(1<<total-1)>>code)
	r.drop(total)
	return v
}

// match copies as much of a match as fits into p.
func (r *Reader) match(p []byte, n int) int {
	end := min(len(p), n+r.length)
	r.length -= end - n
	if back := r.far - n; back > 0 {
		n += r.past.copyTo(p[n:end], back)
	}
	for ; n < end; n++ {
		p[n] = p[n-r.far]
	}
	return n
}
