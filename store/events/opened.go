package events

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"tocsin/store/blob"
)

// maxOpen is how many segments stay open: what is known of where their pages are
// takes some 30 KB each, and reading it again takes longer than a look-up.
const maxOpen = 1024

// openSegments are the segments read last.
type openSegments struct {
	blobs blob.Store
	mu    sync.Mutex
	// held are those that are kept, used when they were last asked for. Both
	// are guarded by mu.
	held map[string]*openSegment
	used int64
}

// An openSegment is a segment that can be read.
type openSegment struct {
	key    string
	reader blob.Reader
	file   *parquet.File
	// users and used are guarded by openSegments.mu. The last user of one that
	// is not kept any more closes it.
	users int
	used  int64
	kept  bool
}

func newOpenSegments(blobs blob.Store) *openSegments {
	return &openSegments{blobs: blobs, held: map[string]*openSegment{}}
}

// damaged makes an error of a panic of parquet-go, which does not expect a file
// that contradicts itself.
func damaged(err *error) {
	switch r := recover().(type) {
	case nil:
	case runtime.Error:
		*err = fmt.Errorf("%w: %w", ErrCorrupt, r)
	default:
		panic(r)
	}
}

// openParquet reads where everything is in a segment.
func openParquet(r blob.Reader) (file *parquet.File, err error) {
	defer damaged(&err)
	file, err = parquet.OpenFile(r, r.Size(), parquet.SkipMagicBytes(true), parquet.SkipBloomFilters(true), parquet.OptimisticRead(true), parquet.ReadBufferSize(64<<10))
	if err != nil {
		return nil, err
	}
	return file, checkCodecs(file)
}

// checkCodecs refuses columns that are compressed as no segment is. A footer has no
// checksum, and what is not in another codec can make that take memory without end.
func checkCodecs(file *parquet.File) error {
	for _, g := range file.Metadata().RowGroups {
		for i, c := range g.Columns {
			if codec := c.MetaData.Codec; codec != format.Zstd && codec != format.Uncompressed {
				return fmt.Errorf("%w: column %d is compressed with %s", ErrCorrupt, i, codec)
			}
		}
	}
	return nil
}

// get opens a segment, or gives the one that is open. Whoever gets one gives it
// back by put. A blob that is not there is errMoved.
func (o *openSegments) get(ctx context.Context, key string) (*openSegment, error) {
	o.mu.Lock()
	o.used++
	if s := o.held[key]; s != nil {
		s.users++
		s.used = o.used
		o.mu.Unlock()
		return s, nil
	}
	o.mu.Unlock()

	// It outlives the query that asks for it first.
	reader, err := o.blobs.Open(context.WithoutCancel(ctx), key)
	if errors.Is(err, blob.ErrNotExist) {
		return nil, errMoved
	}
	if err != nil {
		return nil, fmt.Errorf("open segment %s: %w", key, err)
	}
	file, err := openParquet(reader)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open segment %s: %w", key, err), reader.Close())
	}
	s := &openSegment{key: key, reader: reader, file: file, users: 1}

	o.mu.Lock()
	defer o.mu.Unlock()
	s.used = o.used
	if o.held[key] == nil {
		s.kept = true
		o.held[key] = s
	}
	if len(o.held) > maxOpen {
		oldest := s
		for _, other := range o.held {
			if other.used < oldest.used {
				oldest = other
			}
		}
		return s, o.drop(oldest)
	}
	return s, nil
}

// drop keeps s no longer. The caller holds mu.
func (o *openSegments) drop(s *openSegment) error {
	delete(o.held, s.key)
	s.kept = false
	if s.users == 0 {
		return s.reader.Close()
	}
	return nil
}

// put gives a segment back.
func (o *openSegments) put(s *openSegment) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.users--
	if s.users == 0 && !s.kept {
		return s.reader.Close()
	}
	return nil
}

// forget closes a segment whose blob is about to go.
func (o *openSegments) forget(key string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.held[key]; s != nil {
		return o.drop(s)
	}
	return nil
}

func (o *openSegments) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, s := range o.held {
		errs = append(errs, o.drop(s))
	}
	return errors.Join(errs...)
}

// countingReader counts the bytes that are read.
type countingReader struct {
	io.ReaderAt
	bytes *atomic.Int64
}

func (r countingReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, at)
	r.bytes.Add(int64(n))
	return n, err
}
