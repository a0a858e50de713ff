package main

import (
	stdgzip "compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sys/unix"

	"tocsin/bench/sets"
	"tocsin/core/event"
	"tocsin/core/gunzip"
	"tocsin/store/state"
)

// libraries decompress, here alone, and in a daemon that is built with the tag.
var libraries = []struct {
	name, tag string
	open      func() event.Gunzip
}{
	{"compress/gzip", "gunzip_std", func() event.Gunzip { return new(stdgzip.Reader) }},
	{"klauspost/compress", "gunzip_klauspost", func() event.Gunzip { return new(gzip.Reader) }},
	{"ours", "", func() event.Gunzip { return new(gunzip.Reader) }},
}

// A taken is what it cost to take a set in, and what is kept of it.
type taken struct {
	reading, sealing time.Duration
	events           int64
	raw              int64
	database         int64 // bytes on disk, as those of segments
	segments         int64
	files            int64
}

// measureCost prints the processor time of daemons that take a set in, each
// with another library to decompress with, as ratios to decompressing alone right
// before and after it, and the bytes that the last, the real one, keeps of each
// event.
func measureCost(ctx context.Context, o options) error {
	s, err := sets.Make(ctx, o.dir, "small", o.events)
	if err != nil {
		return err
	}
	daemons := make([]options, len(libraries))
	for i, l := range libraries {
		daemons[i] = o
		if l.tag != "" {
			daemons[i].binary = o.binary + "_" + l.tag
			if err := build(ctx, daemons[i].binary, l.tag); err != nil {
				return err
			}
		}
	}
	var (
		last   taken
		spent  = make([][]time.Duration, len(libraries)) // by daemon
		alone  = make([][]time.Duration, len(libraries))
		ratios = make([][][]float64, len(libraries)) // by daemon and library alone
	)
	for i := range ratios {
		ratios[i] = make([][]float64, len(libraries))
	}
	before, err := gunzipAll(s)
	if err != nil {
		return err
	}
	for round := range o.rounds {
		for i := range daemons {
			fmt.Fprintf(os.Stderr, "bench/serve: cost, round %d of %d, %s\n", round+1, o.rounds, libraries[i].name)
			if last, err = takeIn(ctx, daemons[i], s, filepath.Join(o.temp, fmt.Sprintf("cost-%d-%d", round, i))); err != nil {
				return err
			}
			after, err := gunzipAll(s)
			if err != nil {
				return err
			}
			total := last.reading + last.sealing
			spent[i] = append(spent[i], total)
			for l := range libraries {
				mean := (before[l] + after[l]) / 2
				ratios[i][l], alone[l] = append(ratios[i][l], float64(total)/float64(mean)), append(alone[l], mean)
			}
			before = after
		}
	}
	fmt.Printf("\nthe daemon's processor time for %d events in %d files, times gunzip alone\n", last.events, len(s.Files))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "daemon with\tCPU\tµs an event\t")
	for l, library := range libraries {
		fmt.Fprintf(w, "%s (%.2f s)\t", library.name, median(alone[l]).Seconds())
	}
	for i, library := range libraries {
		fmt.Fprintf(w, "\n%s\t%.1f s\t%.1f\t", library.name, median(spent[i]).Seconds(), median(spent[i]).Seconds()*1e6/float64(last.events))
		for l := range libraries {
			r := slices.Sorted(slices.Values(ratios[i][l]))
			fmt.Fprintf(w, "%.2f (%.2f to %.2f)\t", r[len(r)/2], r[0], r[len(r)-1])
		}
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	per := func(n int64) float64 { return float64(n) / float64(last.events) }
	fmt.Printf("the last took %.1f s until all was stored and %.1f s for a second start that seals the rest\n", last.reading.Seconds(), last.sealing.Seconds())
	fmt.Printf("on disk, bytes an event of %.0f (%.0f as gzip): %.1f, of them segments %.1f (%d files), database %.1f\n",
		per(last.raw), per(s.Packed), per(last.segments+last.database), per(last.segments), last.files, per(last.database))
	return nil
}

func median(t []time.Duration) time.Duration {
	t = slices.Sorted(slices.Values(t))
	return t[len(t)/2]
}

// takeIn has a new daemon take a set in, and one after it seal what is left.
func takeIn(ctx context.Context, o options, s *sets.Set, dir string) (t taken, err error) {
	trail := filepath.Join(dir, "trail")
	config := "pack: cis\nsources: ['dir:" + trail + "']\n"
	d, err := start(ctx, o, dir, config)
	if err != nil {
		return t, err
	}
	for _, path := range s.Files {
		name, err := filepath.Rel(s.Folder, path)
		if err == nil {
			err = d.drop(path, filepath.ToSlash(name))
		}
		if err != nil {
			return t, errors.Join(err, d.stop())
		}
	}
	if err := errors.Join(d.stored(ctx, o.events), d.stop()); err != nil {
		return t, err
	}
	t.reading = d.spent()
	if d, err = start(ctx, o, dir, config+"limits: {seal_after: 1s}\n"); err != nil {
		return t, err
	}
	err = eventually(ctx, 100*time.Millisecond, func() (bool, error) {
		u, err := usage(ctx, d)
		t.events, t.raw, t.segments, t.files = u.Events, u.RawBytes, u.SegmentBytes, u.Segments
		return u.Blocks == 0, err
	})
	if err := errors.Join(err, d.stop()); err != nil {
		return t, err
	}
	t.sealing = d.spent()
	if t.events != int64(o.events) {
		return t, fmt.Errorf("%d events are stored, want %d", t.events, o.events)
	}
	t.database, _, err = d.sizes()
	return t, err
}

// usage is what the daemon's only log group takes.
func usage(ctx context.Context, d *daemon) (u state.Usage, err error) {
	db, err := state.OpenReader(ctx, "sqlite:"+filepath.Join(d.data(), "tocsin.db"))
	if err != nil {
		return u, err
	}
	err = db.View(ctx, func(tx *state.Tx) error {
		groups, err := tx.LogGroups(ctx)
		if err != nil {
			return err
		}
		u, err = tx.Usage(ctx, groups[0].ID)
		return err
	})
	return u, errors.Join(err, db.Close())
}

// gunzipAll is the processor time that each library takes for the set's files,
// turn by turn.
func gunzipAll(s *sets.Set) ([]time.Duration, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	times := make([]time.Duration, len(libraries))
	zips := make([]event.Gunzip, len(libraries))
	for i, l := range libraries {
		zips[i] = l.open()
	}
	buf := make([]byte, 256<<10)
	for files := range slices.Chunk(s.Files, 20) {
		for i, zip := range zips {
			began, err := threadTime()
			if err != nil {
				return nil, err
			}
			for _, name := range files {
				if err := decompress(name, zip, buf); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
			}
			ended, err := threadTime()
			if err != nil {
				return nil, err
			}
			times[i] += ended - began
		}
	}
	return times, nil
}

func threadTime() (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano()), err
}

// decompress reads a file to its end and forgets it.
func decompress(name string, zip event.Gunzip, buf []byte) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := zip.Reset(f); err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{zip}, buf)
	return err
}
