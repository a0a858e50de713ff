package gunzip

// What symbols stand for, RFC 1951 section 3.2.5: symbol 257+i a length from
// lengthBase[i] on, symbol i a distance from distanceBase[i] on. So many further
// bits follow the code and are added.
var (
	lengthBase = [29]uint16{
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
	}
	lengthFurther = [29]uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
	}
	distanceBase = [30]uint16{
		1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
		257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
	}
	distanceFurther = [30]uint8{
		0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6,
		7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
	}
)

// symbols are the entries of the symbols of each alphabet, but for the length of
// their codes.
type symbols struct {
	made     bool
	literal  [literalSymbols]uint32
	distance [distanceSymbols]uint32
	length   [lengthSymbols]uint32
}

func (s *symbols) make() {
	if s.made {
		return
	}
	s.made = true
	for i := range s.literal {
		switch {
		case i < 256:
			s.literal[i] = literal | uint32(i)<<16
		case i == 256:
			s.literal[i] = odd | endOfBlock
		case i-257 < len(lengthBase):
			s.literal[i] = uint32(lengthBase[i-257])<<16 | uint32(lengthFurther[i-257])
		default:
			s.literal[i] = odd
		}
	}
	for i := range s.distance {
		if i < len(distanceBase) {
			s.distance[i] = uint32(distanceBase[i])<<16 | uint32(distanceFurther[i])
		} else {
			s.distance[i] = odd
		}
	}
	for i := range s.length {
		s.length[i] = uint32(i) << 16
	}
}

// makeFixed makes the fixed codes, RFC 1951 section 3.2.6, unless they are made.
func (r *Reader) makeFixed() {
	if r.fixed.least > 0 {
		return
	}
	r.symbols.make()
	var lengths [literalSymbols]uint8
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
	for i := range distanceSymbols {
		lengths[i] = 5
	}
	build(r.fixed.distance[:], distanceBits, lengths[:distanceSymbols], r.symbols.distance[:])
	r.fixed.least = 7
}
