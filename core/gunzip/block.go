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
