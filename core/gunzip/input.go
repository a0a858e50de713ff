package gunzip

import (
	"compress/flate"
	"errors"
	"io"
)

const (
	// inputSize is how much of the source is read at a time.
	inputSize = 64 << 10
	// emptyReads is how often a source may give nothing without an error.
	emptyReads = 100
)

// An input gives the source's bits. The next one is the lowest of bits; what
// follows the lowest have ones is buf[at:end]; those above them are zero.
type input struct {
	src    io.Reader
	failed error // of src
	before int64 // how much of src came before buf

	bits    uint64
	have    uint
	at, end int
	// A word can be loaded at every place below inputSize.
	buf [inputSize + 8]byte
}

func (in *input) reset(src io.Reader) {
	in.src, in.failed, in.before = src, nil, 0
	in.bits, in.have, in.at, in.end = 0, 0, 0, 0
}

// fill reads more of the source when all of buf was used.
func (in *input) fill() error {
	if in.failed != nil {
		return in.failed
	}
	if in.src == nil {
		return io.EOF
	}
	for range emptyReads {
		n, err := in.src.Read(in.buf[:inputSize])
		if n < 0 || n > inputSize {
			n, err = 0, errCount
		}
		in.before += int64(in.end)
		in.at, in.end, in.failed = 0, n, err
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	in.failed = io.ErrNoProgress
	return in.failed
}

// errCount is the error of a source that breaks the rules of io.Reader.
var errCount = errors.New("gunzip: the source read more than it was asked for")

// topUp moves bytes from buf to bits, as many as there are and fit.
func (in *input) topUp() {
	if in.at+8 <= in.end {
		in.bits, in.have, in.at = refill(&in.buf, in.bits, in.have, in.at)
		in.bits &= 1<<in.have - 1
		return
	}
	for in.have < 56 && in.at < in.end {
		in.bits |= uint64(in.buf[in.at]) << in.have
		in.at++
		in.have += 8
	}
}

// need makes at least n bits ready, at most 56.
func (in *input) need(n uint) error {
	for in.have < n {
		if in.at == in.end {
			if err := in.fill(); err != nil {
				return err
			}
		}
		in.topUp()
	}
	return nil
}

// take gives the next n bits, at most 56.
func (in *input) take(n uint) (uint, error) {
	if in.have < n {
		if err := in.need(n); err != nil {
			return 0, err
		}
	}
	v := uint(in.bits & (1<<n - 1))
	in.drop(n)
	return v, nil
}

// drop leaves out n bits that are ready.
func (in *input) drop(n uint) {
	in.bits >>= n & 63
	in.have -= n
}

// align leaves out what remains of a byte.
func (in *input) align() { in.drop(in.have & 7) }

// readByte reads a byte; the input is aligned.
func (in *input) readByte() (byte, error) {
	c, err := in.take(8)
	return byte(c), err
}

// readFull fills p like io.ReadFull; the input is aligned.
func (in *input) readFull(p []byte) error {
	for i := range p {
		c, err := in.readByte()
		if err == io.EOF && i > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		p[i] = c
	}
	return nil
}

// readSome reads at least one byte into p; the input is aligned.
func (in *input) readSome(p []byte) (int, error) {
	if in.have == 0 {
		if in.at == in.end {
			if err := in.fill(); err != nil {
				return 0, err
			}
		}
		n := copy(p, in.buf[in.at:in.end])
		in.at += n
		return n, nil
	}
	n := 0
	for ; n < len(p) && in.have > 0; n++ {
		p[n] = byte(in.bits)
		in.drop(8)
	}
	return n, nil
}

// corrupt is the error of damaged data; its place is what was used of the source.
func (in *input) corrupt() error {
	return flate.CorruptInputError(in.before + int64(in.at) - int64(in.have/8))
}
