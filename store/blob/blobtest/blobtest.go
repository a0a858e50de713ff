// Package blobtest holds what every blob.Store must do, as tests, and a store
// that fails on purpose, for the tests of whatever keeps blobs.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"tocsin/store/blob"
)

// Run tests a store for the contract of blob.Store. Each call of open gives an
// empty one, which nothing else uses.
func Run(t *testing.T, open func() blob.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, blob.Store)
	}{
		{"what is put is there", putIsThere},
		{"a key without a blob", noBlob},
		{"blobs are written once", writtenOnce},
		{"a key and a folder of one name", keyAndFolder},
		{"keys", keys},
		{"reading at any place", readAt},
		{"too large", tooLarge},
		{"content that cannot be read", brokenContent},
		{"listing", listing},
		{"listing of many", listingOfMany},
		{"listing while others write", listingWhileWriting},
		{"puts of one key at the same time", sameKey},
		{"puts and deletions side by side", sideBySide},
		{"a put fails and was not applied", func(t *testing.T, s blob.Store) { putFails(t, s, NotApplied) }},
		{"a put fails but was applied", func(t *testing.T, s blob.Store) { putFails(t, s, Applied) }},
		{"a deletion fails and was not applied", func(t *testing.T, s blob.Store) { deleteFails(t, s, NotApplied) }},
		{"a deletion fails but was applied", func(t *testing.T, s blob.Store) { deleteFails(t, s, Applied) }},
		{"a cancelled context", cancelled},
		{"a context cancelled while reading", cancelledWhileReading},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open()) })
	}
}

// putIsThere: a blob is found by every way of reading.
func putIsThere(t *testing.T, s blob.Store) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	for key, content := range map[string][]byte{
		"a": []byte("one"), "empty": {}, "log_group=default/date=2026-01-02/hour=03/x.parquet": []byte("two"),
		"large": large, "odd/ +%&=:;,'~!ü日本": []byte("three"),
	} {
		put(t, s, key, content)
		if got := get(t, s, key); !bytes.Equal(got, content) {
			t.Errorf("%s: got %d bytes %.20q, want %d", key, len(got), got, len(content))
		}
		about, err := s.Stat(t.Context(), key)
		if err != nil || about.Key != key || about.Size != int64(len(content)) || about.Modified.IsZero() {
			t.Errorf("stat %s: %+v, %v", key, about, err)
		}
		if got := list(t, s, key, ""); !slices.Equal(got, []string{key}) {
			t.Errorf("%s: listed %q", key, got)
		}
	}
}

// noBlob: what is not there is ErrNotExist, and gone without complaint.
func noBlob(t *testing.T, s blob.Store) {
	put(t, s, "folder/file", []byte("x"))
	for _, key := range []string{"none", "folder", "folder/none", "folder/file/none", "no/folder/none"} {
		_, errGet := s.Get(t.Context(), key)
		_, errOpen := s.Open(t.Context(), key)
		_, errStat := s.Stat(t.Context(), key)
		for _, err := range []error{errGet, errOpen, errStat} {
			if !errors.Is(err, blob.ErrNotExist) || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v, want ErrNotExist", key, err)
			} else if !strings.Contains(err.Error(), key) {
				t.Errorf("the error %q does not name the key %s", err, key)
			}
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %s: %v", key, err)
		}
	}
	for range 2 {
		if err := s.Delete(t.Context(), "folder/file"); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, s, "", ""); len(got) > 0 {
		t.Errorf("after the deletion there are %q", got)
	}
	put(t, s, "folder", []byte("a deleted folder leaves its name free"))
}

// writtenOnce: equal content may be put again, other content may not.
func writtenOnce(t *testing.T, s blob.Store) {
	for range 3 {
		put(t, s, "k", []byte("first"))
	}
	for _, other := range []string{"other", "firs", "first!", ""} {
		err := s.Put(t.Context(), "k", strings.NewReader(other))
		if !errors.Is(err, blob.ErrExist) || !errors.Is(err, fs.ErrExist) {
			t.Errorf("put %q over another: got %v, want ErrExist", other, err)
		}
	}
	if got := get(t, s, "k"); string(got) != "first" {
		t.Errorf("it holds %q now", got)
	}
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "k", []byte("second"))
	if got := get(t, s, "k"); string(got) != "second" {
		t.Errorf("after deletion it holds %q", got)
	}
	// The content counts from its start, wherever it stands.
	content := strings.NewReader("whole")
	if _, err := io.CopyN(io.Discard, content, 3); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "whole", content); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "whole"); string(got) != "whole" {
		t.Errorf("put half-read content, got %q", got)
	}
}

// keyAndFolder: a key that is also a folder may be refused, and harms nothing.
func keyAndFolder(t *testing.T, s blob.Store) {
	put(t, s, "a/b", []byte("inside"))
	for _, key := range []string{"a", "a/b/c"} {
		if err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil && !errors.Is(err, blob.ErrExist) {
			t.Errorf("put %s: %v", key, err)
		}
	}
	if got := get(t, s, "a/b"); string(got) != "inside" {
		t.Errorf("a/b holds %q", got)
	}
}

// keys: no method takes what cannot be a key.
func keys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", ".hidden", "a/.hidden", `a\b`,
		"a\x00b", "a\nb", "a\x7fb", "a\u0085b", "a\xffb", strings.Repeat("k", 256), strings.Repeat("k/", 384) + "k",
	} {
		_, errGet := s.Get(t.Context(), key)
		_, errOpen := s.Open(t.Context(), key)
		_, errStat := s.Stat(t.Context(), key)
		errPut, errDelete := s.Put(t.Context(), key, strings.NewReader("x")), s.Delete(t.Context(), key)
		for _, err := range []error{errGet, errOpen, errStat, errPut, errDelete} {
			if wrong := new(blob.KeyError); !errors.As(err, &wrong) {
				t.Errorf("key %.20q: got %v, want a KeyError", key, err)
			} else if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("the error %q has a control character", err)
			}
		}
		for about, err := range s.List(t.Context(), key, "") {
			t.Errorf("prefix %.20q lists %v, %v", key, about, err)
		}
	}
	put(t, s, strings.Repeat("part/", 150)+"of a long key", []byte("x"))
	put(t, s, strings.Repeat("k", 255), []byte("x"))
}

// readAt: an open blob is an io.ReaderAt.
func readAt(t *testing.T, s blob.Store) {
	content := []byte("0123456789")
	put(t, s, "k", content)
	r, err := s.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if r.Size() != 10 {
		t.Errorf("size %d", r.Size())
	}
	for _, c := range []struct {
		offset int64
		length int
		want   string
		err    error
	}{
		{0, 10, "0123456789", nil},
		{0, 1, "0", nil},
		{3, 4, "3456", nil},
		{9, 1, "9", nil},
		{9, 2, "9", io.EOF},
		{0, 11, "0123456789", io.EOF},
		{10, 1, "", io.EOF},
		{1 << 40, 1, "", io.EOF},
		{5, 0, "", nil},
	} {
		p := make([]byte, c.length)
		n, err := r.ReadAt(p, c.offset)
		if string(p[:n]) != c.want || !errors.Is(err, c.err) && !(err == io.EOF && c.offset+int64(n) == 10) {
			t.Errorf("%d bytes at %d: %q, %v; want %q, %v", c.length, c.offset, p[:n], err, c.want, c.err)
		}
	}
	if _, err := r.ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Errorf("read before the start: %v", err)
	}
	if err := iotest.TestReader(io.NewSectionReader(r, 0, r.Size()), content); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// tooLarge: what is larger than MaxSize is refused unread.
func tooLarge(t *testing.T, s blob.Store) {
	err := s.Put(t.Context(), "k", brittle{iotest.ErrReader(errors.New("it was read")), blob.MaxSize + 1})
	if !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	absent(t, s, "k")
}

// brittle is content that is not what its size says.
type brittle struct {
	io.Reader
	size int64
}

func (b brittle) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return b.size, nil
	}
	return offset, nil
}

// brokenContent: half a content is no blob.
func brokenContent(t *testing.T, s blob.Store) {
	broken := errors.New("disk error")
	for name, content := range map[string]io.ReadSeeker{
		"fails": brittle{io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), 8},
		"short": brittle{strings.NewReader("half"), 8},
	} {
		err := s.Put(t.Context(), name, content)
		if err == nil || name == "fails" && !errors.Is(err, broken) {
			t.Errorf("%s: got %v", name, err)
		}
		absent(t, s, name)
	}
	if got := list(t, s, "", ""); len(got) > 0 {
		t.Errorf("there are %q", got)
	}
}

// putFails: a put that fails may be repeated until it does not.
func putFails(t *testing.T, s blob.Store, fault Fault) {
	f := Faulty(s, Once(Put, fault))
	if err := f.Put(t.Context(), "k", strings.NewReader("content")); !errors.Is(err, ErrFault) {
		t.Fatalf("got %v, want the fault", err)
	}
	if fault == Applied {
		if got := get(t, f, "k"); string(got) != "content" {
			t.Errorf("applied, but it holds %q", got)
		}
	} else {
		absent(t, f, "k")
	}
	put(t, f, "k", []byte("content"))
	if got := list(t, f, "", ""); !slices.Equal(got, []string{"k"}) {
		t.Errorf("after the repetition there are %q", got)
	}
	if got := get(t, f, "k"); string(got) != "content" {
		t.Errorf("after the repetition it holds %q", got)
	}
}

// deleteFails: so may a deletion.
func deleteFails(t *testing.T, s blob.Store, fault Fault) {
	f := Faulty(s, Once(Delete, fault))
	put(t, f, "k", []byte("content"))
	if err := f.Delete(t.Context(), "k"); !errors.Is(err, ErrFault) {
		t.Fatalf("got %v, want the fault", err)
	}
	if fault == Applied {
		absent(t, f, "k")
	} else if got := get(t, f, "k"); string(got) != "content" {
		t.Errorf("not applied, but it holds %q", got)
	}
	if err := f.Delete(t.Context(), "k"); err != nil {
		t.Errorf("the repetition: %v", err)
	}
	absent(t, f, "k")
}

// cancelled: a context that is done stops every call, and nothing was written.
func cancelled(t *testing.T, s blob.Store) {
	put(t, s, "old", []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, errGet := s.Get(ctx, "old")
	_, errOpen := s.Open(ctx, "old")
	_, errStat := s.Stat(ctx, "old")
	var errList error
	for _, err := range s.List(ctx, "", "") {
		errList = err
	}
	for call, err := range map[string]error{
		"get": errGet, "open": errOpen, "stat": errStat, "list": errList,
		"put": s.Put(ctx, "new", strings.NewReader("x")), "delete": s.Delete(ctx, "old"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", call, err)
		}
	}
	if got := list(t, s, "", ""); !slices.Equal(got, []string{"old"}) {
		t.Errorf("there are %q", got)
	}
}

// canceller cancels a context when it is read.
type canceller struct {
	*bytes.Reader
	cancel context.CancelFunc
}

func (c canceller) Read(p []byte) (int, error) {
	c.cancel()
	return c.Reader.Read(p)
}

// cancelledWhileReading: so does one that becomes done in the middle.
func cancelledWhileReading(t *testing.T, s blob.Store) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1_000_000)
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Put(ctx, "new", canceller{bytes.NewReader(large), cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("put: got %v, want context.Canceled", err)
	}
	cancel()
	absent(t, s, "new")

	put(t, s, "old", large)
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	content, err := s.Get(ctx, "old")
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(ctx, "old")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, content, 10); err != nil {
		t.Fatal(err)
	}
	cancel()
	if n, err := io.Copy(io.Discard, content); !errors.Is(err, context.Canceled) || n+10 >= int64(len(large)) {
		t.Errorf("get: got %d bytes and %v, want context.Canceled", n, err)
	}
	if _, err := r.ReadAt(make([]byte, 10), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("read at: got %v, want context.Canceled", err)
	}
	for _, c := range []io.Closer{content, r} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// put stores a blob.
func put(t *testing.T, s blob.Store, key string, content []byte) {
	t.Helper()
	if err := s.Put(t.Context(), key, bytes.NewReader(content)); err != nil {
		t.Fatalf("put: %v", err)
	}
}

// get reads a blob.
func get(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	content, err := read(t.Context(), s, key)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	return content
}

// read reads a blob, for goroutines.
func read(ctx context.Context, s blob.Store, key string) ([]byte, error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// list gives the keys of a listing, and checks its entries.
func list(t *testing.T, s blob.Store, prefix, after string) []string {
	t.Helper()
	var keys []string
	last := after
	for about, err := range s.List(t.Context(), prefix, after) {
		if err != nil {
			t.Fatal(err)
		}
		if about.Key <= last || !strings.HasPrefix(about.Key, prefix) || about.Modified.IsZero() {
			t.Errorf("list %q after %q gives %+v after %q", prefix, after, about, last)
		}
		last = about.Key
		keys = append(keys, about.Key)
	}
	return keys
}

// absent fails when there is a blob.
func absent(t *testing.T, s blob.Store, key string) {
	t.Helper()
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotExist) {
		t.Errorf("%s is there: %v", key, err)
	}
}

// numbered is a key that sorts by its number.
func numbered(i int) string { return fmt.Sprintf("n/%02d/%05d", i/100, i) }
