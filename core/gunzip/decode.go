package gunzip

// longestMatch is the length of the longest match, RFC 1951 section 3.2.5.
const longestMatch = 258

// decode reads symbols of a block until it ends or p is full: fast where there is
// room, and the rest one by one.
func (r *Reader) decode(p []byte, n int) (int, error) {
	for {
		if r.length > 0 {
			end := min(len(p), n+r.length)
			r.past.repeat(p, n, end, r.far)
			r.length -= end - n
			n = end
		}
		if r.end-r.at >= inputRoom && len(p)-n >= outputRoom {
			n = r.fast(p, n)
		}
		if n == len(p) {
			return n, nil
		}
		e, err := r.lookUp(r.codes.literal[:], literalBits, r.codes.least)
		switch {
		case err != nil:
			return n, err
		case e&literal != 0:
			r.drop(used(e))
			p[n] = byte(e >> 16)
			n++
			continue
		case e&endOfBlock != 0:
			r.drop(used(e))
			r.block = noBlock
			return n, nil
		case e&odd != 0:
			return n, r.corrupt()
		}
		length := value(e, r.bits)
		r.drop(used(e))

		e, err = r.lookUp(r.codes.distance[:], distanceBits, 0)
		if err != nil {
			return n, err
		}
		far := value(e, r.bits)
		if e&odd != 0 || far > n+r.past.size() {
			return n, r.corrupt()
		}
		r.drop(used(e))
		r.length, r.far = length, far
	}
}

// lookUp finds the entry for the next bits, when there are as many as it uses up,
// and at least least.
func (r *Reader) lookUp(table []uint32, width, least uint) (uint32, error) {
	for {
		r.topUp()
		e := table[r.bits&(1<<width-1)]
		if e&link != 0 {
			e = table[follow(e, r.bits>>width)]
		}
		if r.have >= max(least, used(e)) {
			return e, nil
		}
		if r.at == r.end {
			if err := r.fill(); err != nil {
				return 0, err
			}
		}
	}
}
