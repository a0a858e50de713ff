package events

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"tocsin/store/blob"
)

// What was merged away does not stay open: as many as may be would take memory
// until others are asked for.
func TestMergedSegmentsAreClosed(t *testing.T) {
	f := newFixture(t, nil)
	for i := range mergeMany {
		e := someEvents(f, uint64(i+1), 1)
		e[0].Time = f.now.UnixMilli()
		f.add(e...)
		f.seal()
	}
	f.now = f.now.Add(time.Minute)
	if err := f.Tick(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
	if _, segments := f.holds(); len(segments) != 1 || len(f.open.held) != 0 {
		t.Errorf("%d segments, and %d are open", len(segments), len(f.open.held))
	}
	f.complete()
}

// A flipped bit of a footer may name another codec, which takes what it reads for
// lengths.
func TestOtherCodecsAreDamage(t *testing.T) {
	for _, codec := range []parquet.WriterOption{parquet.Compression(&parquet.Lz4Raw), parquet.Compression(&parquet.Snappy)} {
		blobs := blob.NewMemory()
		var file bytes.Buffer
		w := parquet.NewGenericWriter[row](&file, codec)
		_, err := w.Write([]row{{Message: "{}"}})
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		if err := blobs.Put(t.Context(), "other", bytes.NewReader(file.Bytes())); err != nil {
			t.Fatal(err)
		}
		if _, err := newOpenSegments(blobs).get(t.Context(), "other"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v", err)
		}
	}
}
