package s3

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"tocsin/internal/crash"
	"tocsin/store/blob"
	"tocsin/store/state"
)

// Bounds of bodies, in bytes.
const (
	maxObject = blob.MaxSize
	inMemory  = 1 << 20 // larger ones wait in a file
)

// A received body is whole, and what its sender said of it is true.
type received struct {
	content  io.ReadSeeker
	size     int64
	md5      string // hexadecimal
	checksum *checksum
	file     *os.File // nil when it is held in memory
}

// Close lets the file go.
func (b *received) Close() {
	if b.file != nil {
		b.file.Close()
		os.Remove(b.file.Name()) // where it still has a name
	}
}

// receive reads the body of a request and checks it against Content-MD5 and
// checksums; that it is what was signed the reader itself tells. Whoever got it
// closes it.
func (s *Service) receive(c *call, standard string) (_ *received, err error) {
	r := c.r
	switch {
	case r.ContentLength < 0:
		return nil, fault("MissingContentLength")
	case r.ContentLength > maxObject:
		return nil, tooLarge(r.ContentLength)
	}
	sum, err := claimed(r.Header)
	if err != nil {
		return nil, err
	}
	digest := md5.New() //nolint:gosec // S3's ETag
	hashes := []io.Writer{digest}
	extra := hash.Hash(nil)
	if sum.algorithm == "" {
		sum.algorithm = standard
	}
	if sum.algorithm != "" {
		extra = newHash(sum.algorithm)
		hashes = append(hashes, extra)
	}
	b, err := s.spool(io.TeeReader(r.Body, io.MultiWriter(hashes...)), r.ContentLength)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	raw := digest.Sum(nil)
	b.md5 = hex.EncodeToString(raw)
	if want := r.Header.Get("Content-Md5"); want != "" {
		given, decodeErr := base64.StdEncoding.DecodeString(want)
		if decodeErr != nil || len(given) != md5.Size {
			return nil, fault("InvalidDigest").with("Content-MD5", want)
		}
		if !bytes.Equal(given, raw) {
			return nil, fault("BadDigest").with("ExpectedDigest", want, "CalculatedDigest", base64.StdEncoding.EncodeToString(raw))
		}
	}
	if extra != nil {
		if sum.trailing {
			if sum.value = r.Trailer.Get(header(sum.algorithm)); sum.value == "" {
				return nil, faultf("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
			}
		}
		b.checksum = &checksum{Algorithm: sum.algorithm, Value: encoded(extra), Type: fullObject}
		if sum.value != "" && sum.value != b.checksum.Value {
			return nil, faultf("BadDigest", "The "+sum.algorithm+" you specified did not match the calculated checksum.")
		}
	}
	return b, nil
}

func tooLarge(size int64) error {
	return fault("EntityTooLarge").with("ProposedSize", fmt.Sprint(size), "MaxSizeAllowed", fmt.Sprint(int64(maxObject)))
}

// spool holds a body of so many bytes, in memory or in a file.
func (s *Service) spool(from io.Reader, size int64) (*received, error) {
	b := &received{size: size}
	if size <= inMemory {
		held := make([]byte, size)
		if _, err := io.ReadFull(from, held); err != nil {
			return nil, cutShort(err)
		}
		b.content = bytes.NewReader(held)
		return b, atEnd(from)
	}
	f, err := os.CreateTemp(s.o.Spool, "tocsin-upload-")
	if err != nil {
		return nil, fmt.Errorf("hold a body: %w", err)
	}
	// Where the system lets it, the file has no name from here on, so that a process that
	// is killed leaves nothing behind.
	_ = os.Remove(f.Name())
	b.file, b.content = f, f
	if _, err := io.CopyN(f, from, size); err != nil {
		b.Close()
		return nil, cutShort(err)
	}
	if err := atEnd(from); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// atEnd reads on to the end, where the reader tells whether all was as signed.
func atEnd(from io.Reader) error {
	var one [1]byte
	for {
		n, err := from.Read(one[:])
		switch {
		case n > 0:
			return fault("IncompleteBody")
		case err == io.EOF:
			return nil
		case err != nil:
			return cutShort(err)
		}
	}
}

// cutShort is the error of a body that ends before its time.
func cutShort(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault("IncompleteBody")
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fault("RequestTimeout")
	}
	return err
}

// smallBody reads a body that is a document.
func (s *Service) smallBody(c *call) ([]byte, error) {
	if c.r.ContentLength > maxDocument {
		return nil, faultf("MaxMessageLengthExceeded", "Your request was too big.")
	}
	if c.r.ContentLength < 0 && len(c.r.TransferEncoding) > 0 {
		return nil, fault("MissingContentLength")
	}
	if c.r.ContentLength <= 0 {
		return nil, fault("MissingRequestBodyError")
	}
	b, err := s.receive(c, "")
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(b.content)
}

// document reads a body that is XML, once.
func (s *Service) document(c *call) (*node, error) {
	if c.input != nil || c.inputErr != nil {
		return c.input, c.inputErr
	}
	text, err := s.smallBody(c)
	if err == nil {
		if c.input, err = readXML(bytes.NewReader(text)); err != nil {
			c.input, err = nil, fault("MalformedXML")
		}
	}
	c.inputErr = err
	return c.input, err
}

// noteTime is how long the bytes of an object may be on their way before they are
// garbage like what a killed process leaves behind.
const noteTime = 24 * time.Hour

// A kept body is in the blob store, and garbage there unless a row comes to name it.
type kept struct {
	key   string
	until time.Time
}

// keep writes a body to the blob store. The key is noted as garbage before; a
// transaction that makes an object of it takes the note away.
func (s *Service) keep(ctx context.Context, content io.ReadSeeker) (kept, error) {
	name := strings.ToLower(rand.Text())
	k := kept{"objects/" + name[:2] + "/" + name[2:], s.o.Now().Add(crash.Sooner(noteTime))}
	if err := s.o.State.Update(ctx, func(tx *state.Tx) error { return tx.AddGarbage(ctx, k.key, k.until) }); err != nil {
		return k, err
	}
	if err := s.o.Blobs.Put(ctx, k.key, content); err != nil {
		return k, fmt.Errorf("write object %s: %w", k.key, err)
	}
	return k, nil
}

// check refuses bytes that took so long that they may be gone.
func (k kept) check(now time.Time) error {
	if k.key != "" && !now.Before(k.until) {
		return fault("RequestTimeout")
	}
	return nil
}

// discard lets bytes go that no row came to name. If this does not happen they go
// by themselves, later.
func (s *Service) discard(k kept) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	now := s.o.Now()
	err := s.o.State.Update(ctx, func(tx *state.Tx) error { return tx.AddGarbage(ctx, k.key, now) })
	if err != nil {
		s.o.Log.Warn("bytes that belong to no object go later than they could", "key", k.key, "error", err)
	}
}
