package gunzip

// Symbols of the code of code lengths that are not lengths themselves.
const (
	repeatLength = 16
	manyZeros    = 18
)

// lengthsOrder is the order in which the lengths of the codes of code lengths are sent.
var lengthsOrder = [lengthSymbols]uint8{
	16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
}

// readCodes reads the codes of a block that brings its own, RFC 1951 section 3.2.7.
func (r *Reader) readCodes() error {
	r.symbols.make()
	head, err := r.take(14)
	if err != nil {
		return err
	}
	literals, distances, lengths := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if literals > 286 || distances > 30 {
		return r.corrupt()
	}
	var of [lengthSymbols]uint8
	for _, i := range lengthsOrder[:lengths] {
		n, err := r.take(3)
		if err != nil {
			return err
		}
		of[i] = uint8(n)
	}
	// The table is in use only until the lengths are read.
	table := (*[1 << lengthBits]uint32)(r.dynamic.distance[:])
	if !build(table[:], lengthBits, of[:], r.symbols.length[:]) {
		return r.corrupt()
	}
	all := literals + distances
	if err := r.readLengths(table, r.lengths[:all]); err != nil {
		return err
	}
	c := &r.dynamic
	if !build(c.literal[:], literalBits, r.lengths[:literals], r.symbols.literal[:]) ||
		!build(c.distance[:], distanceBits, r.lengths[literals:all], r.symbols.distance[:]) {
		return r.corrupt()
	}
	c.least = uint(r.lengths[256])
	return nil
}

// readLengths reads code lengths, given the table of their code.
func (r *Reader) readLengths(table *[1 << lengthBits]uint32, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		if r.have < lengthBits {
			r.topUp()
		}
		e := table[r.bits%uint64(len(table))]
		if used(e) > r.have {
			var err error
			if e, err = r.lookUp(table[:], lengthBits, 0); err != nil {
				return err
			}
		}
		if e&odd != 0 {
			return r.corrupt()
		}
		r.drop(used(e))
		symbol := uint8(e >> 16)
		if symbol < repeatLength {
			lengths[i] = symbol
			i++
			continue
		}
		length, times, further := uint8(0), uint(3), uint(3)
		switch symbol {
		case repeatLength:
			if i == 0 {
				return r.corrupt()
			}
			length, further = lengths[i-1], 2
		case manyZeros:
			times, further = 11, 7
		}
		more, err := r.take(further)
		if err != nil {
			return err
		}
		if times += more; times > uint(len(lengths)-i) {
			return r.corrupt()
		}
		for range times {
			lengths[i] = length
			i++
		}
	}
	return nil
}
