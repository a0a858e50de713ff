// Package gunzip decompresses gzip data (RFC 1952, RFC 1951), quicker than the
// usual libraries because it decodes straight into the memory that the caller
// wants filled and never allocates.
//
// It gives what compress/gzip gives: the same bytes, then the same kind of error.
// Everything about its input is distrusted: whatever the bytes are, a Reader
// neither panics nor reads or writes outside of its memory, and its work grows no
// faster than what it reads and gives: dearest are blocks with codes of their own
// and no text, of which twelve bytes cost a microsecond or two.
package gunzip

import (
	"hash/crc32"
	"io"
)

// A Reader gives the decompressed text of gzip data of one or more members. It
// is ready after Reset and can be used for one source after another. It holds
// about 170 KB, must not be copied, and is for one goroutine.
type Reader struct {
	input
	err  error // what every further Read returns
	part part
	one  bool // member is to be read

	// Of the member that is being read: CRC-32 and length of its text so far.
	digest, size uint32

	block  block
	final  bool // no block follows this one
	stored int  // bytes left of a stored block
	codes  *codes
	// What is left of a match that did not fit into the caller's memory, and its distance.
	length, far int
	past        past

	dynamic, fixed codes // the latest that a block brought, and those of RFC 1951
	symbols        symbols
	lengths        [literalSymbols + distanceSymbols]uint8
	scratch        [512]byte
}

// A part is what comes next in gzip data.
type part uint8

const (
	atHeader part = iota
	atBody
	atTrailer
)

// Reset begins anew with src and reads the first header: io.EOF when src is
// empty, gzip.ErrHeader when it is not gzip, io.ErrUnexpectedEOF when it ends within
// the header. An error of src is returned as it is. A Reader reads ahead: how
// much of src is left when it is done is not defined.
func (r *Reader) Reset(src io.Reader) error {
	r.input.reset(src)
	r.one = false
	r.err = r.readHeader()
	return r.err
}

// Multistream, called with false after Reset, has Read end with the first
// member, as that of compress/gzip does; Behind tells whether that is all.
func (r *Reader) Multistream(ok bool) { r.one = !ok }

// Behind tells, once Read has returned io.EOF, whether the source has bytes
// behind the member that was read. An error is that of the source.
func (r *Reader) Behind() (bool, error) {
	switch err := r.need(8); err {
	case nil:
		return true, nil
	case io.EOF:
		return false, nil
	default:
		return false, err
	}
}

// Read fills p with text, or less where a member ends or its writer flushed; all
// of p may be overwritten meanwhile. The text of a member is worth believing only when
// what follows was read without an error, since its checksum comes last.
//
// Errors come after the text before them, and for good: io.EOF after the last
// member; gzip.ErrHeader when something else than a member follows;
// gzip.ErrChecksum when a member's text or length is not what it says;
// io.ErrUnexpectedEOF when a member is cut; flate.CorruptInputError when it is
// damaged, with the number of bytes of the source before the place; an error of
// the source as it is.
func (r *Reader) Read(p []byte) (n int, err error) {
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	for n == 0 && r.err == nil {
		switch r.part {
		case atHeader:
			if r.err = io.EOF; !r.one {
				r.err = r.readHeader()
			}
		case atBody:
			n, r.err = r.inflate(p)
			r.digest = crc32.Update(r.digest, crc32.IEEETable, p[:n])
			r.size += uint32(n)
		case atTrailer:
			r.err = r.readTrailer()
		}
	}
	return n, r.err
}
