package digest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"tocsin/core/gunzip"
)

// A Hasher computes the hashes of log files one after another, reusing its
// buffers. It belongs to one goroutine.
type Hasher struct {
	gunzip gunzip.Reader
	limit  int64
	sum    hash.Hash
	buf    []byte
}

// NewHasher is a hasher that gives up a file beyond limit uncompressed bytes.
func NewHasher(limit int64) *Hasher {
	return &Hasher{limit: limit, sum: sha256.New(), buf: make([]byte, 64<<10)}
}

// ErrTooLong says that a file was given up.
var ErrTooLong = errors.New("longer than the limit")

// A readError is a fault of the source, not of what it holds.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// sourceReader gives the head and then the rest of a source, and marks its
// errors, so that they are not taken for faults of the content.
type sourceReader struct {
	head []byte
	r    io.Reader
}

func (s *sourceReader) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = &readError{err}
	}
	return n, err
}

// Check compares the content of src with what the digest lists, as the AWS CLI
// does: the gzip stream must be a single one; one that was cut is judged by the
// hash of what is left. n counts the uncompressed bytes.
func (h *Hasher) Check(l Log, src io.Reader) (v Verdict, n int64) {
	h.sum.Reset()
	n, err := h.inflate(src)
	var fault *readError
	switch {
	case errors.As(err, &fault) || errors.Is(err, ErrTooLong):
		return Verdict{Reason: Unreadable, Detail: err}, n
	case errors.Is(err, io.ErrUnexpectedEOF):
		// The hash decides.
	case err != nil:
		return Verdict{Reason: BadFormat, Detail: err}, n
	default:
		switch more, err := h.gunzip.Behind(); {
		case err != nil:
			return Verdict{Reason: Unreadable, Detail: err}, n
		case more:
			return Verdict{Reason: TrailingBytes}, n
		}
	}
	var got [sha256.Size]byte
	h.sum.Sum(got[:0])
	switch {
	case l.HashAlgorithm != "" && l.HashAlgorithm != HashAlgorithm:
		return Verdict{Reason: UnknownHash, Detail: errors.New(l.HashAlgorithm)}, n
	case !sameHash(got, l.Hash):
		return Verdict{Reason: WrongHash, Detail: err}, n // err tells that it was cut
	}
	return Verdict{}, n
}

// inflate reads one gzip member into the hash. io.ErrUnexpectedEOF: it was cut.
func (h *Hasher) inflate(src io.Reader) (n int64, err error) {
	var head [2]byte
	in := &sourceReader{r: src}
	k, err := io.ReadFull(in, head[:])
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return 0, io.ErrUnexpectedEOF
	case err != nil:
		return 0, err
	case head != [2]byte{0x1f, 0x8b}:
		return 0, errors.New("not gzip")
	}
	in.head = head[:k]
	if err = h.gunzip.Reset(in); err == nil {
		h.gunzip.Multistream(false)
	}
	for err == nil {
		var k int
		k, err = h.gunzip.Read(h.buf)
		h.sum.Write(h.buf[:k])
		if n += int64(k); n > h.limit {
			return n, fmt.Errorf("%w of %d bytes", ErrTooLong, h.limit)
		}
	}
	if err == io.EOF {
		return n, nil
	}
	return n, err
}

// Inflate is the content of a gzip-compressed digest file. Bytes behind the
// first gzip member are not looked at, as the AWS CLI does; more than limit
// bytes are an error. z is used for that, and ready for the next afterwards.
func Inflate(z *gunzip.Reader, src io.Reader, limit int64) ([]byte, error) {
	if err := z.Reset(src); err != nil {
		return nil, fmt.Errorf("not gzip: %w", err)
	}
	z.Multistream(false)
	text, err := io.ReadAll(io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("damaged gzip: %w", err)
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("%w of %d bytes", ErrTooLong, limit)
	}
	return text, nil
}
