package s3

import (
	"context"
	"io"
	"slices"
	"strconv"
)

// part is the stretch of an object that a part of it is; an object that was not
// uploaded in parts is its own part 1.
func (s *Service) part(ctx context.Context, o stored, number int) (from, size int64, err error) {
	if o.Parts == "" {
		if number != 1 {
			return 0, 0, fault("InvalidPartNumber").with("PartNumberRequested", strconv.Itoa(number), "ActualPartCount", "1")
		}
		return 0, o.Size, nil
	}
	parts, err := s.parts(ctx, o.Parts)
	if err != nil {
		return 0, 0, err
	}
	for _, p := range parts {
		if partOf(p) == number {
			return from, p.Size, nil
		}
		from += p.Size
	}
	return 0, 0, fault("InvalidPartNumber").with("PartNumberRequested", strconv.Itoa(number), "ActualPartCount", strconv.Itoa(len(parts)))
}

// openParts reads a stretch of an object in parts, opening one after the other.
func (s *Service) openParts(ctx context.Context, o stored, from, size int64) (io.ReadCloser, error) {
	parts, err := s.parts(ctx, o.Parts)
	if err != nil {
		return nil, err
	}
	r := &partsReader{open: func(p stored, from, size int64) (io.ReadCloser, error) {
		return s.openBlob(ctx, p.Blob, p.Size, from, size)
	}}
	at := int64(0)
	for _, p := range parts {
		first, last := max(from, at), min(from+size, at+p.Size)
		if first < last {
			r.next = append(r.next, pieceOf{p, first - at, last - first})
		}
		at += p.Size
	}
	// The first is opened at once, so that bytes that are gone are told in time.
	return r, r.advance()
}

type pieceOf struct {
	part       stored
	from, size int64
}

// A partsReader reads pieces one after the other.
type partsReader struct {
	open func(p stored, from, size int64) (io.ReadCloser, error)
	next []pieceOf
	now  io.ReadCloser
}

func (r *partsReader) advance() error {
	if r.now != nil {
		if err := r.now.Close(); err != nil {
			return err
		}
		r.now = nil
	}
	if len(r.next) == 0 {
		return io.EOF
	}
	p := r.next[0]
	r.next = r.next[1:]
	var err error
	r.now, err = r.open(p.part, p.from, p.size)
	return err
}

// Read implements io.Reader.
func (r *partsReader) Read(b []byte) (int, error) {
	for {
		if r.now == nil {
			return 0, io.EOF
		}
		n, err := r.now.Read(b)
		if n > 0 || err != io.EOF {
			if err == io.EOF {
				err = nil // the next Read goes on
			}
			return n, err
		}
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
}

// Close implements io.Closer.
func (r *partsReader) Close() error {
	if r.now == nil {
		return nil
	}
	return r.now.Close()
}

// partsElement is what GetObjectAttributes says of parts.
func (s *Service) partsElement(c *call, o stored) (*node, error) {
	h := map[string][]string{}
	for name, key := range map[string]string{"max-parts": "X-Amz-Max-Parts", "part-number-marker": "X-Amz-Part-Number-Marker"} {
		if v := c.r.Header.Get(key); v != "" {
			h[name] = []string{v}
		}
	}
	limit, err := count(h, "max-parts", 0, maxKeys, maxKeys)
	if err != nil {
		return nil, err
	}
	after, err := count(h, "part-number-marker", 0, maxParts, 0)
	if err != nil {
		return nil, err
	}
	parts, err := s.parts(c.ctx, o.Parts)
	if err != nil {
		return nil, err
	}
	n := el("ObjectParts", el("PartsCount", len(parts)))
	parts = slices.DeleteFunc(parts, func(p stored) bool { return partOf(p) <= after })
	more := len(parts) > limit
	parts = parts[:min(len(parts), limit)]
	next := 0
	for _, p := range parts {
		next = partOf(p)
	}
	n.add(el("PartNumberMarker", after), el("NextPartNumberMarker", next), el("MaxParts", limit), el("IsTruncated", more))
	if o.Checksum != nil && o.Checksum.Type == composite {
		for _, p := range parts {
			n.add(partElement(p))
		}
	}
	return n, nil
}
