package gunzip

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"testing"
)

// oracle is what compress/gzip makes of a source.
func oracle(src io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// readAll is what r makes of a source, read into size bytes at a time. What lies
// beyond the bytes that Read returns is overwritten before the next Read, since
// it is the caller's.
func readAll(r *Reader, src io.Reader, size func() int) ([]byte, error) {
	if err := r.Reset(src); err != nil {
		return nil, err
	}
	var text, buf []byte
	for empty := 0; ; {
		n := size()
		if cap(buf) < n {
			buf = make([]byte, n)
		}
		buf = buf[:n]
		k, err := r.Read(buf)
		text = append(text, buf[:k]...)
		clear(buf)
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			if k, again := r.Read(buf); k != 0 || again != err {
				return text, fmt.Errorf("after error %w Read returned %d, %w", err, k, again)
			}
			return text, err
		}
		if empty++; k > 0 {
			empty = 0
		}
		if empty > 10 {
			return text, io.ErrNoProgress
		}
	}
}

// always makes every Read ask for n bytes.
func always(n int) func() int { return func() int { return n } }

// sizes makes Reads ask for the given numbers of bytes in turn.
func sizes(of ...int) func() int {
	i := 0
	return func() int {
		i++
		return of[i%len(of)]
	}
}

// kind is what a caller can tell apart in an error.
func kind(err error) string {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return "corrupt"
	}
	return fmt.Sprint(err)
}

// same fails the test when r does not give what compress/gzip gives: the same
// text and then the same kind of error.
func same(t *testing.T, what string, r *Reader, data []byte, size func() int) {
	t.Helper()
	want, wantErr := oracle(bytes.NewReader(data))
	got, err := readAll(r, bytes.NewReader(data), size)
	judge(t, what, got, err, want, wantErr)
}

func judge(t *testing.T, what string, got []byte, err error, want []byte, wantErr error) {
	t.Helper()
	if kind(err) != kind(wantErr) {
		t.Fatalf("%s: error %v, want %v (%d bytes, want %d)", what, err, wantErr, len(got), len(want))
	}
	if !bytes.Equal(got, want) {
		at := 0
		for at < min(len(got), len(want)) && got[at] == want[at] {
			at++
		}
		t.Fatalf("%s: %d bytes, want %d; they differ from %d on (error %v)", what, len(got), len(want), at, err)
	}
}

// packed is text as one member, by Go's compressor.
func packed(t testing.TB, text []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// levels are those of Go's compressor.
var levels = []int{
	gzip.HuffmanOnly, gzip.DefaultCompression, gzip.NoCompression, 1, 2, 3, 4, 5, 6, 7, 8, 9,
}
