package blob

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// page is how many entries of a listing are collected at a time.
const page = 1000

// Memory is a Store for tests and trials: it survives nothing.
type Memory struct {
	mu    sync.RWMutex
	blobs map[string]memoryBlob
	keys  []string // those of blobs, sorted
}

// memoryBlob is one blob; its content never changes.
type memoryBlob struct {
	content  []byte
	modified time.Time
}

// NewMemory is an empty store.
func NewMemory() *Memory { return &Memory{blobs: map[string]memoryBlob{}} }

// Put is Store's.
func (m *Memory) Put(ctx context.Context, key string, content io.ReadSeeker) error {
	return failed("put blob", key, m.put(ctx, key, content))
}

func (m *Memory) put(ctx context.Context, key string, content io.ReadSeeker) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	size, err := measure(content)
	if err != nil {
		return err
	}
	b := make([]byte, size)
	if err := fill(attended{ctx, content}, b); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.blobs[key]; ok {
		if bytes.Equal(old.content, b) {
			return nil
		}
		return ErrExist
	}
	if m.folderOrInOne(key) {
		return ErrExist
	}
	m.blobs[key] = memoryBlob{b, time.Now()}
	at, _ := slices.BinarySearch(m.keys, key)
	m.keys = slices.Insert(m.keys, at, key)
	return nil
}

// folderOrInOne tells whether key is the folder of another, or another its.
func (m *Memory) folderOrInOne(key string) bool {
	at, _ := slices.BinarySearch(m.keys, key+"/")
	if at < len(m.keys) && strings.HasPrefix(m.keys[at], key+"/") {
		return true
	}
	for i, c := range key {
		if c == '/' {
			if _, ok := m.blobs[key[:i]]; ok {
				return true
			}
		}
	}
	return false
}

// find is the blob under key.
func (m *Memory) find(ctx context.Context, key string) (memoryBlob, error) {
	if err := check(ctx, key); err != nil {
		return memoryBlob{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	b, ok := m.blobs[key]
	if !ok {
		return memoryBlob{}, ErrNotExist
	}
	return b, nil
}

// Get is Store's.
func (m *Memory) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	b, err := m.find(ctx, key)
	if err != nil {
		return nil, failed("get blob", key, err)
	}
	return io.NopCloser(attended{ctx, bytes.NewReader(b.content)}), nil
}

// Open is Store's.
func (m *Memory) Open(ctx context.Context, key string) (Reader, error) {
	b, err := m.find(ctx, key)
	if err != nil {
		return nil, failed("open blob", key, err)
	}
	return memoryReader{ctx, bytes.NewReader(b.content)}, nil
}

// memoryReader is an open memoryBlob.
type memoryReader struct {
	ctx context.Context
	*bytes.Reader
}

func (r memoryReader) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.ReadAt(p, offset)
}

func (r memoryReader) Close() error { return nil }

// Stat is Store's.
func (m *Memory) Stat(ctx context.Context, key string) (Entry, error) {
	b, err := m.find(ctx, key)
	if err != nil {
		return Entry{}, failed("stat blob", key, err)
	}
	return Entry{key, int64(len(b.content)), b.modified}, nil
}

// List is Store's.
func (m *Memory) List(ctx context.Context, prefix, after string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for after, more := after, true; more; {
			if err := ctx.Err(); err != nil {
				yield(Entry{}, failed("list blobs", prefix, err))
				return
			}
			var entries []Entry
			entries, more = m.page(prefix, after)
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
				after = e.Key
			}
		}
	}
}

// page is the next entries of a listing; more tells whether others may follow.
func (m *Memory) page(prefix, after string) (entries []Entry, more bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	at, _ := slices.BinarySearch(m.keys, max(prefix, after))
	for _, key := range m.keys[at:] {
		if !strings.HasPrefix(key, prefix) {
			return entries, false
		}
		if len(entries) == page {
			return entries, true
		}
		if key > after {
			b := m.blobs[key]
			entries = append(entries, Entry{key, int64(len(b.content)), b.modified})
		}
	}
	return entries, false
}

// Delete is Store's.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return failed("delete blob", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.blobs[key]; ok {
		delete(m.blobs, key)
		at, _ := slices.BinarySearch(m.keys, key)
		m.keys = slices.Delete(m.keys, at, at+1)
	}
	return nil
}

// check is what every method looks at first.
func check(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}
