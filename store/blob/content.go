package blob

import (
	"bytes"
	"context"
	"io"
)

// chunk is how many bytes are moved before a cancelled context is noticed.
const chunk = 256 << 10

// attempts is how often a write is tried that a deletion beside it disturbs.
const attempts = 100

// measure is the size of content, which it leaves at its start.
func measure(content io.ReadSeeker) (int64, error) {
	size, err := content.Seek(0, io.SeekEnd)
	if err == nil && size > MaxSize {
		err = ErrTooLarge
	}
	if err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}
	return size, err
}

// same tells whether the next size bytes of two readers are the same; one that
// does not have as many is an error.
func same(a, b io.Reader, size int64) (bool, error) {
	p, q := make([]byte, min(size, chunk)), make([]byte, min(size, chunk))
	for size > 0 {
		n := min(size, chunk)
		if err := fill(a, p[:n]); err != nil {
			return false, err
		}
		if err := fill(b, q[:n]); err != nil {
			return false, err
		}
		if !bytes.Equal(p[:n], q[:n]) {
			return false, nil
		}
		size -= n
	}
	return true, nil
}

// fill reads all of p; an end before that is io.ErrUnexpectedEOF.
func fill(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// present makes of a blob that was found under the key of a write the write's
// result: nil when it has the size and the bytes of content.
func present(found Reader, content io.ReadSeeker, size int64) error {
	if found.Size() != size {
		return ErrExist
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	equal, err := same(content, io.NewSectionReader(found, 0, size), size)
	if err == nil && !equal {
		err = ErrExist
	}
	return err
}

// attended reads until its context is done.
type attended struct {
	ctx context.Context
	io.Reader
}

func (a attended) Read(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	return a.Reader.Read(p[:min(len(p), chunk)])
}
