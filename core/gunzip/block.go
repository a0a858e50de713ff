package gunzip

// A block is what kind of block of RFC 1951 section 3.2.3 is being read.
type block uint8

const (
	noBlock block = iota
	storedBlock
	codedBlock
)

// inflate fills p with text of the member, until it ends or was flushed. An error
// comes with the text before it.
func (r *Reader) inflate(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case r.block == storedBlock:
			n, err = r.copyStored(p, n)
		case r.block == codedBlock:
			n, err = r.decode(p, n)
		case r.final:
			r.align()
			r.part = atTrailer
			return n, nil
		default:
			err = r.beginBlock()
			if r.block == storedBlock && r.stored == 0 {
				// An empty block is how writers flush: who waits gets what there is.
				r.block = noBlock
				if n > 0 {
					r.past.add(p[:n])
					return n, nil
				}
			}
		}
		if err != nil {
			return n, noEOF(err)
		}
	}
	r.past.add(p[:n])
	return n, nil
}

// beginBlock reads a block's header.
func (r *Reader) beginBlock() error {
	head, err := r.take(3)
	if err != nil {
		return err
	}
	r.final = head&1 == 1
	switch head >> 1 {
	case 0:
		return r.beginStored()
	case 1:
		r.makeFixed()
		r.codes = &r.fixed
	case 2:
		if err := r.readCodes(); err != nil {
			return err
		}
		r.codes = &r.dynamic
	default:
		return r.corrupt()
	}
	r.block = codedBlock
	return nil
}

// beginStored reads the length of a stored block, RFC 1951 section 3.2.4.
func (r *Reader) beginStored() error {
	r.align()
	length, err := r.take(32)
	if err != nil {
		return err
	}
	if length>>16 != ^length&0xffff {
		return r.corrupt()
	}
	r.stored = int(length & 0xffff)
	r.block = storedBlock
	return nil
}

func (r *Reader) copyStored(p []byte, n int) (int, error) {
	for r.stored > 0 && n < len(p) {
		k, err := r.readSome(p[n:min(len(p), n+r.stored)])
		if err != nil {
			return n, err
		}
		r.stored -= k
		n += k
	}
	if r.stored == 0 {
		r.block = noBlock
	}
	return n, nil
}

// makeFixed makes the fixed codes, RFC 1951 section 3.2.6, once.
func (r *Reader) makeFixed() {
	if r.fixed.least > 0 {
		return
	}
	r.makeSymbols()
	var lengths [literals]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	build(r.fixed.literal[:], literalBits, lengths[:], r.symbols.literal[:])
	for i := range distances {
		lengths[i] = 5
	}
	build(r.fixed.distance[:], distanceBits, lengths[:distances], r.symbols.distance[:])
	r.fixed.least = 7
}

func (r *Reader) makeSymbols() {
	if !r.made {
		r.symbols.make()
		r.made = true
	}
}

// lengthsOrder is the order in which the lengths of the code of code lengths are sent.
var lengthsOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a block that brings its own, RFC 1951 section 3.2.7.
func (r *Reader) readCodes() error {
	r.makeSymbols()
	head, err := r.take(14)
	if err != nil {
		return err
	}
	nlit, ndist, nlen := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if nlit > 286 || ndist > 30 {
		return r.corrupt()
	}
	var small [19]uint8
	for _, i := range lengthsOrder[:nlen] {
		n, err := r.take(3)
		if err != nil {
			return err
		}
		small[i] = uint8(n)
	}
	// The table is needed only until the lengths are read.
	table := r.dynamic.distance[:1<<lengthsBits]
	if !build(table, lengthsBits, small[:], r.symbols.length[:]) {
		return r.corrupt()
	}
	lengths := &r.lengths
	for i, all := 0, nlit+ndist; i < all; {
		e, err := r.lookUp(table, lengthsBits, 0)
		if err != nil {
			return err
		}
		if e&odd != 0 {
			return r.corrupt()
		}
		r.drop(uint(e & 0xff))
		n := uint8(e >> 16)
		if n < 16 {
			lengths[i] = n
			i++
			continue
		}
		least, extra, repeated := uint(3), uint(3), uint8(0)
		switch n {
		case 16:
			if i == 0 {
				return r.corrupt()
			}
			extra, repeated = 2, lengths[i-1]
		case 18:
			least, extra = 11, 7
		}
		more, err := r.take(extra)
		if err != nil {
			return err
		}
		times := int(least + more)
		if i+times > all {
			return r.corrupt()
		}
		for range times {
			lengths[i] = repeated
			i++
		}
	}
	c := &r.dynamic
	if !build(c.literal[:], literalBits, lengths[:nlit], r.symbols.literal[:]) ||
		!build(c.distance[:], distanceBits, lengths[nlit:nlit+ndist], r.symbols.distance[:]) {
		return r.corrupt()
	}
	c.least = uint(lengths[256])
	return nil
}

// lookUp finds the entry for the next bits, when there are at least as many as
// least and as it uses up.
func (r *Reader) lookUp(table []uint32, width, least uint) (uint32, error) {
	for {
		r.topUp()
		e := table[r.bits&(1<<width-1)]
		if e&link != 0 && e&odd != 0 {
			e = table[uint(e>>16)+uint(r.bits>>width)&(1<<(e>>8&15)-1)]
		}
		if r.have >= least && r.have >= uint(e&0xff) {
			return e, nil
		}
		if r.at == r.end {
			if err := r.fill(); err != nil {
				return 0, err
			}
		}
	}
}
