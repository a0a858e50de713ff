package gunzip

import (
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Bits of a header's FLG, RFC 1952 section 2.3.1.
const (
	hasCRC     = 1 << 1
	hasExtra   = 1 << 2
	hasName    = 1 << 3
	hasComment = 1 << 4
)

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
		if binary.LittleEndian.Uint16(sum) != uint16(digest) {
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
	left := int(binary.LittleEndian.Uint16(size))
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
	if binary.LittleEndian.Uint32(tail) != r.digest || binary.LittleEndian.Uint32(tail[4:]) != r.size {
		return gzip.ErrChecksum
	}
	r.part = atHeader
	return nil
}

// noEOF makes the end of the source an error, where more has to come.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
