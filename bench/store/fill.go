package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"tocsin/bench/fill"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
)

// filled is a store with events, all of them in segments.
type filled struct {
	db          *state.DB
	blobs       *blob.Dir
	folder      string // of the blobs
	store       *events.Store
	group       int64
	first, last int64
	usage       state.Usage
	made        string // what making it took; "" when it was there
}

func (f *filled) close() {
	_ = errors.Join(f.store.Close(), f.blobs.Close(), f.db.Close())
}

// makeStore fills a store in dir with n events of tocsin synth, unless it has them.
func makeStore(ctx context.Context, dir string, n int) (*filled, error) {
	blobs, err := blob.OpenDir(filepath.Join(dir, "segments"))
	if err != nil {
		return nil, err
	}
	db, err := state.Open(ctx, "sqlite:"+filepath.Join(dir, "state.db"))
	if err != nil {
		return nil, err
	}
	f := &filled{db: db, blobs: blobs, folder: filepath.Join(dir, "segments")}
	now := time.Now()
	f.store = events.New(events.Options{State: db, Blobs: blobs, Owner: "bench", Now: func() time.Time { return now }})
	err = db.Update(ctx, func(tx *state.Tx) error {
		g, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: state.Scope{Partition: "aws", Account: "000000000000", Region: "eu-west-1"}, Name: "CloudTrail/DefaultLogGroup", Created: now})
		f.group = g.ID
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := f.look(ctx); err != nil {
		return nil, err
	}
	if f.usage.Events == 0 {
		if err := f.fill(ctx, n, &now); err != nil {
			return nil, err
		}
	}
	return f, f.look(ctx)
}

func (f *filled) look(ctx context.Context) error {
	err := f.db.View(ctx, func(tx *state.Tx) error {
		var err error
		f.usage, err = tx.Usage(ctx, f.group)
		return err
	})
	f.first, f.last = f.usage.First, f.usage.Last
	return err
}

func (f *filled) fill(ctx context.Context, n int, now *time.Time) error {
	var encoded time.Duration
	stored := 0
	err := fill.Blocks(ctx, n, 24*time.Hour, func(batch []events.Event) error {
		stored += len(batch)
		start := cpu()
		b, err := events.Encode(f.group, slices.Values(batch))
		encoded += cpu() - start
		if err != nil {
			return err
		}
		return f.db.Update(ctx, func(tx *state.Tx) error {
			_, err := tx.AddBlock(ctx, b)
			return err
		})
	})
	if err != nil {
		return err
	}
	start := cpu()
	if err := f.store.Seal(ctx); err != nil {
		return err
	}
	sealed := cpu() - start
	start = cpu()
	*now = now.Add(time.Hour)
	if err := f.store.Tick(ctx, *now); err != nil {
		return err
	}
	merged := cpu() - start
	*now = now.Add(2 * time.Hour)
	if err := f.store.Tick(ctx, *now); err != nil { // the merged ones are garbage now
		return err
	}
	per := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(stored) }
	f.made = fmt.Sprintf("processor time an event: blocks %.1f µs, sealing %.1f µs, merging %.1f µs", per(encoded), per(sealed), per(merged))
	return nil
}

// cpu is the processor time of the process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (f *filled) describe(ctx context.Context, w io.Writer) error {
	var files, size int64
	err := filepath.WalkDir(f.folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		i, err := e.Info()
		if err == nil {
			files, size = files+1, size+i.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	u := f.usage
	fmt.Fprintf(w, "%d events of %.0f bytes in %d segments and %d blocks; %d files, %.1f bytes an event\n", u.Events, float64(u.RawBytes)/float64(u.Events), u.Segments, u.Blocks, files, float64(size)/float64(u.Events))
	if f.made != "" {
		fmt.Fprintln(w, f.made)
	}
	if u.Blocks > 0 || math.Abs(float64(u.SegmentBytes-size)) > 0 {
		fmt.Fprintln(os.Stderr, "bench/store: not everything is in segments, or garbage is left")
	}
	return nil
}
