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

// A contender is a build of the daemon, and the library that it decompresses with.
type contender struct {
	name, binary string
	library      int // of libraries
}

// contenders are this tree's daemon with each library; or, against another build,
// this tree's with klauspost's and that one, which should have the same.
func contenders(ctx context.Context, o options) ([]contender, error) {
	var all []contender
	for i, l := range libraries {
		c := contender{l.name, o.binary, i}
		if l.tag != "" {
			c.binary += "_" + l.tag
		}
		switch {
		case o.against != "" && l.tag != "gunzip_klauspost":
			continue
		case l.tag != "":
			if err := build(ctx, c.binary, l.tag); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
		if o.against != "" {
			all = append(all, contender{o.against, o.against, i})
		}
	}
	return all, nil
}

// measureCost prints the processor time of daemons that take a set in, turn by
// turn, as ratios to decompressing alone right before and after it, and the bytes
// that the last keeps of each event: the real one, or the other build.
func measureCost(ctx context.Context, o options) error {
	s, err := sets.Make(ctx, o.dir, "small", o.events)
	if err != nil {
		return err
	}
	daemons, err := contenders(ctx, o)
	if err != nil {
		return err
	}
	var (
		last   = make([]taken, len(daemons))
		spent  = make([][]time.Duration, len(daemons))
		pairs  = make([][]float64, len(daemons)) // times the first one's in the same round
		alone  = make([][]time.Duration, len(libraries))
		ratios = make([][][]float64, len(daemons)) // by library alone
	)
	for i := range ratios {
		ratios[i] = make([][]float64, len(libraries))
	}
	before, err := gunzipAll(s)
	if err != nil {
		return err
	}
	for round := range o.rounds {
		for i, d := range daemons {
			fmt.Fprintf(os.Stderr, "bench/serve: cost, round %d of %d, %s\n", round+1, o.rounds, d.name)
			one := o
			one.binary = d.binary
			if last[i], err = takeIn(ctx, one, s, filepath.Join(o.temp, fmt.Sprintf("cost-%d-%d", round, i))); err != nil {
				return err
			}
			after, err := gunzipAll(s)
			if err != nil {
				return err
			}
			total := last[i].reading + last[i].sealing
			spent[i] = append(spent[i], total)
			pairs[i] = append(pairs[i], float64(total)/float64(spent[0][round]))
			for l := range libraries {
				mean := (before[l] + after[l]) / 2
				ratios[i][l], alone[l] = append(ratios[i][l], float64(total)/float64(mean)), append(alone[l], mean)
			}
			before = after
		}
	}
	end := last[len(last)-1]
	fmt.Printf("\nthe daemon's processor time for %d events in %d files, times gunzip alone\n", end.events, len(s.Files))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "daemon with\tCPU\tµs an event\ttimes the first\t")
	for l, library := range libraries {
		fmt.Fprintf(w, "%s (%.2f s)\t", library.name, median(alone[l]).Seconds())
	}
	for i, d := range daemons {
		fmt.Fprintf(w, "\n%s\t%.1f s\t%.1f\t%s\t", d.name, median(spent[i]).Seconds(), median(spent[i]).Seconds()*1e6/float64(end.events), spread(pairs[i]))
		for l := range libraries {
			fmt.Fprintf(w, "%s\t", spread(ratios[i][l]))
		}
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	per := func(n int64) float64 { return float64(n) / float64(end.events) }
	for i, d := range daemons {
		t := last[i]
		fmt.Printf("%s took %.1f s until all was stored and %.1f s for a second start that seals the rest\n", d.name, t.reading.Seconds(), t.sealing.Seconds())
		fmt.Printf("  on disk, bytes an event of %.0f (%.0f as gzip): %.1f, of them segments %.1f (%d files), database %.1f\n",
			per(t.raw), per(s.Packed), per(t.segments+t.database), per(t.segments), t.files, per(t.database))
	}
	return nil
}

// spread is the median of ratios, the least and the greatest.
func spread(ratios []float64) string {
	r := slices.Sorted(slices.Values(ratios))
	return fmt.Sprintf("%.2f (%.2f to %.2f)", r[len(r)/2], r[0], r[len(r)-1])
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
