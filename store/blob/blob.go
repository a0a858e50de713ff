// Package blob keeps bytes under keys: in a folder, in a bucket of S3, in memory.
//
// A blob is written once. It appears whole or not at all, whatever happens to
// the process or machine that writes it, and from then on it holds the same
// bytes until it is deleted. Whoever names a blob after its content can
// therefore repeat any write and any deletion without harm, which is how
// everything above this package survives a crash: first the bytes, then the
// row that speaks of them.
package blob

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"
)

// A Store keeps blobs. Its methods may be called by any number of goroutines.
// An error of any of them leaves open whether a write took place, unless it
// matches ErrExist, ErrTooLarge or *KeyError; repeating the call is harmless
// and finds out. When ctx is done the methods return its error soon.
type Store interface {
	// Put stores what content holds from its start to its end, which it may
	// read more than once. When it returns nil the blob is there to stay: it
	// survives the loss of the process and of power.
	//
	// If the key has a blob already, nothing changes: Put returns nil when its
	// content is the same, else an error that matches ErrExist. The same holds
	// for writes of one key at the same time: one wins.
	Put(ctx context.Context, key string, content io.ReadSeeker) error

	// Get gives a blob's content from start to end. A content that cannot be
	// read whole ends with an error other than io.EOF. The caller closes it;
	// ctx holds until then.
	Get(ctx context.Context, key string) (io.ReadCloser, error)

	// Open gives a blob for reading at any place. It costs little memory,
	// however large the blob. The caller closes it; ctx holds until then.
	Open(ctx context.Context, key string) (Reader, error)

	// Stat tells what List tells, of one blob.
	Stat(ctx context.Context, key string) (Entry, error)

	// List gives the blobs whose keys begin with prefix and come after the
	// key after, in the order of the bytes of their keys. Blobs that are there
	// from first to last are given once; of those that come or go meanwhile
	// some may be. Nobody waits for a listing, however slowly it is read. An
	// error ends it, and what was given is not all then.
	List(ctx context.Context, prefix, after string) iter.Seq2[Entry, error]

	// Delete takes a blob away, for good when it returns nil. A key without a
	// blob is no error. Readers that are open may go on or fail, but they are
	// given no other bytes.
	Delete(ctx context.Context, key string) error
}

// A Reader reads one blob at any place, as io.ReaderAt demands it. Its ReadAt
// may be called by several goroutines at once.
type Reader interface {
	io.ReaderAt
	io.Closer
	Size() int64 // in bytes
}

// An Entry says what is known of a blob without reading it.
type Entry struct {
	Key      string
	Size     int64     // in bytes
	Modified time.Time // when it was written, by the store's clock, to the second at least
}

// MaxSize is the size of the largest blob, in bytes: S3 takes no more in one
// request.
const MaxSize = 5 << 30

// What stores answer, wrapped in what was being done. ErrNotExist also matches
// fs.ErrNotExist, ErrExist also fs.ErrExist.
var (
	ErrNotExist error = &kind{"no such blob", fs.ErrNotExist}
	ErrExist    error = &kind{"the key has another blob already; blobs are never overwritten", fs.ErrExist}
	ErrTooLarge error = &kind{fmt.Sprintf("larger than %d bytes, the most that a blob can hold", int64(MaxSize)), nil}
)

// kind is an error that is also another one, under a better text.
type kind struct {
	text string
	also error
}

func (k *kind) Error() string { return k.text }

func (k *kind) Is(target error) bool { return k.also != nil && target == k.also }

// failed is err with what was being done when it occurred; nil stays nil.
func failed(doing, key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q: %w", doing, key, err)
}
