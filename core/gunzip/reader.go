// Package gunzip decompresses gzip data (RFC 1952, RFC 1951), quicker than the
// usual libraries because it decodes straight into the memory that the caller
// wants filled and never allocates.
//
// It gives what compress/gzip gives: the same bytes, then the same kind of error.
// Everything about its input is distrusted: whatever the bytes are, a Reader
// neither panics nor reads or writes outside of its memory, and its work is
// bounded by a small multiple of what it reads and gives.
package gunzip

import (
	"compress/gzip"
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

	// Of the member that is being read: CRC-32 and length of its text so far.
	digest, size uint32

	block   block
	final   bool // no block follows this one
	stored  int  // bytes left of a stored block
	codes   *codes
	dynamic codes // of the latest block that brought its own
	fixed   codes // the codes of RFC 1951 section 3.2.6, once made
	symbols symbols
	made    bool // symbols
	lengths [literals + distances]uint8
	length  int // what is left of a match that did not fit into the caller's memory
	far     int // its distance
	past    past
	scratch [512]byte
}

// A part is what comes next in gzip data.
type part uint8

const (
	atHeader part = iota
	atBody
	atTrailer
)

// Bits of a header's FLG, RFC 1952 section 2.3.1.
const (
	hasCRC     = 1 << 1
	hasExtra   = 1 << 2
	hasName    = 1 << 3
	hasComment = 1 << 4
)

// Reset begins anew with src and reads the first header: io.EOF when src is
// empty, gzip.ErrHeader when it is not gzip, io.ErrUnexpectedEOF when it ends within
// the header. An error of src is returned as it is. A Reader reads ahead: how
// much of src is left when it is done is not defined.
func (r *Reader) Reset(src io.Reader) error {
	r.input.reset(src)
	r.err = r.readHeader()
	return r.err
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
			r.err = r.readHeader()
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

// readHeader reads a member's header: io.EOF when there is none.
func (r *Reader) readHeader() error {
	head := r.scratch[:10]
	if err := r.readFull(head); err != nil {
		return err
	}
	if head[0] != 0x1f || head[1] != 0x8b || head[2] != 8 {
		return gzip.ErrHeader
	}
	flags := head[3]
	digest := crc32.ChecksumIEEE(head)
	if flags&hasExtra != 0 {
		if err := r.skipExtra(&digest); err != nil {
			return noEOF(err)
		}
	}
	for _, has := range [...]byte{hasName, hasComment} {
		if flags&has != 0 {
			if err := r.skipString(&digest); err != nil {
				return noEOF(err)
			}
		}
	}
	if flags&hasCRC != 0 {
		sum := r.scratch[:2]
		if err := r.readFull(sum); err != nil {
			return noEOF(err)
		}
		if uint16(sum[0])|uint16(sum[1])<<8 != uint16(digest) {
			return gzip.ErrHeader
		}
	}
	r.part = atBody
	r.digest, r.size = 0, 0
	r.block, r.final, r.length = noBlock, false, 0
	r.past.forget()
	return nil
}

func (r *Reader) skipExtra(digest *uint32) error {
	size := r.scratch[:2]
	if err := r.readFull(size); err != nil {
		return err
	}
	left := int(size[0]) | int(size[1])<<8
	*digest = crc32.Update(*digest, crc32.IEEETable, size)
	for left > 0 {
		some := r.scratch[:min(left, len(r.scratch))]
		if err := r.readFull(some); err != nil {
			return err
		}
		*digest = crc32.Update(*digest, crc32.IEEETable, some)
		left -= len(some)
	}
	return nil
}

// skipString skips a text that ends with a zero byte; like compress/gzip it
// bears with no more than 512 bytes.
func (r *Reader) skipString(digest *uint32) error {
	for i := range r.scratch {
		c, err := r.readByte()
		if err != nil {
			return err
		}
		if r.scratch[i] = c; c == 0 {
			*digest = crc32.Update(*digest, crc32.IEEETable, r.scratch[:i+1])
			return nil
		}
	}
	return gzip.ErrHeader
}

// readTrailer holds the text of a member against its checksum and length.
func (r *Reader) readTrailer() error {
	tail := r.scratch[:8]
	if err := r.readFull(tail); err != nil {
		return noEOF(err)
	}
	if load32(tail) != r.digest || load32(tail[4:]) != r.size {
		return gzip.ErrChecksum
	}
	r.part = atHeader
	return nil
}

func load32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// noEOF makes the end of the source an error, where more has to come.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
