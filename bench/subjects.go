package main

import (
	stdgzip "compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/klauspost/compress/gzip"

	"tocsin/core/event"
	"tocsin/core/gunzip"
	"tocsin/core/pattern"
	"tocsin/flow"
	"tocsin/source"
)

// A subject is one way to read files, measured against the others.
type subject struct {
	name  string
	clock func() (time.Duration, error)
	// begin is called before each round, read for every batch of files.
	begin func()
	read  func(ctx context.Context, files []string) error
	// result tells what was read in the round, to hold against the others.
	result func() result

	times  []time.Duration // by round
	allocs uint64          // of the last round
}

// A result is what a subject found in a round. Fields that it does not look at are -1.
type result struct {
	bytes, records, events int64
	// matches are the records that each of the 15 CIS patterns matches.
	matches []int64
	// all counts the matches of all patterns, candidates the patterns looked at.
	all, candidates int64
}

// gunzipOnly decompresses and forgets: the floor.
func gunzipOnly(name string, clock func() (time.Duration, error), open func() event.Gunzip) *subject {
	zip := open()
	buf := make([]byte, 256<<10)
	var bytes int64
	return &subject{
		name: name, clock: clock,
		begin: func() { bytes = 0 },
		read: func(_ context.Context, files []string) error {
			for _, name := range files {
				n, err := decompress(name, zip, buf)
				if err != nil {
					return err
				}
				bytes += n
			}
			return nil
		},
		result: func() result { return result{bytes: bytes, records: -1, events: -1} },
	}
}

func decompress(name string, zip event.Gunzip, buf []byte) (n int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := zip.Reset(f); err != nil {
		return 0, err
	}
	for {
		k, err := zip.Read(buf)
		n += int64(k)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("%s: %w", name, err)
		}
	}
}

func fast() event.Gunzip     { return new(gzip.Reader) }
func standard() event.Gunzip { return new(stdgzip.Reader) }
func own() event.Gunzip      { return new(gunzip.Reader) }

// scanParts is the path of one worker of a scan: decompress, split, take out
// fields, leave out repeated events, match, count by pattern and minute.
func scanParts(name string, patterns []*pattern.Pattern, open func() event.Gunzip) *subject {
	set := pattern.NewSet(patterns)
	paths := append([]event.Path{event.Members("eventTime"), event.Members("eventID")}, set.Paths()...)
	reader := event.NewReader(event.NewFields(paths...), event.Options{Gunzip: open})
	matcher := set.NewMatcher()
	var (
		seen   *event.Seen // every event
		rung   *event.Seen // every pair of an event and a pattern that counted it
		ids    []event.ID
		counts map[minute]int64
		got    result
		before pattern.Stats
		hits   []int
	)
	// Like the command's worker: ids are looked up together, and an event counts
	// once for each pattern.
	flush := func() {
		got.events += int64(seen.AddAll(ids))
		ids = ids[:0]
	}
	one := func(r *event.Record) error {
		got.records++
		id, known := event.IDOf(r.Values[1])
		if !known {
			got.events++
		} else if ids = append(ids, id); len(ids) == cap(ids) {
			flush()
		}
		at, ok := event.Time(r.Values[0])
		if !ok {
			return fmt.Errorf("record without a time: %.200s", r.Raw)
		}
		hits = matcher.Match(r.Raw, r.Values[2:], hits[:0])
		for _, i := range hits {
			if !known || rung.Add(pair(id, i)) {
				counts[minute{i, at / 60_000}]++
			}
		}
		return nil
	}
	return &subject{
		name: name, clock: threadTime,
		begin: func() {
			seen, rung, ids = new(event.Seen), new(event.Seen), make([]event.ID, 0, 32)
			counts, got, before = make(map[minute]int64), result{}, matcher.Stats()
		},
		read: func(_ context.Context, files []string) error {
			for _, name := range files {
				n, err := eachRecord(name, reader, one)
				if err != nil {
					return err
				}
				got.bytes += n
			}
			return nil
		},
		result: func() result {
			flush()
			got.matches = make([]int64, 15)
			got.all = 0
			for m, n := range counts {
				got.all += n
				if m.pattern < len(got.matches) {
					got.matches[m.pattern] += n
				}
			}
			got.candidates = int64(matcher.Stats().Candidates - before.Candidates)
			return got
		},
	}
}

// A minute is where matches are counted.
type minute struct {
	pattern int
	minute  int64
}

func eachRecord(name string, reader *event.Reader, visit func(*event.Record) error) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	reader.Reset(name, f)
	for {
		r, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if err := visit(r); err != nil {
			return 0, err
		}
	}
	if problems := reader.Problems(); len(problems) > 0 {
		return 0, fmt.Errorf("%s: %w", name, problems[0].Err)
	}
	_, n := reader.Bytes()
	return n, nil
}

// scanWhole is the pipeline as the command runs it, with one worker. It has
// goroutines, so the time of all threads counts; and it sets up and reports anew
// for each batch, so a batch should be the whole set.
func scanWhole(watches []flow.Watch) *subject {
	var got result
	return &subject{
		name: fmt.Sprintf("flow.Scan, %d patterns", len(watches)), clock: processTime,
		begin: func() { got = result{records: -1, matches: make([]int64, 15), candidates: -1} },
		read: func(ctx context.Context, files []string) error {
			report := flow.Scan(ctx, sourceFiles(files), flow.ScanOptions{Watches: watches, Workers: 1})
			if len(report.Problems) > 0 {
				return fmt.Errorf("%s: %s", report.Problems[0].File, report.Problems[0].Error)
			}
			got.bytes += report.Bytes
			got.events += report.Events
			for i, c := range report.Controls {
				got.all += c.Matches
				if i < len(got.matches) {
					got.matches[i] += c.Matches
				}
			}
			return ctx.Err()
		},
		result: func() result { return got },
	}
}

func sourceFiles(names []string) source.Files {
	return func(yield func(source.File, error) bool) {
		for _, name := range names {
			f := source.File{Name: name, Key: name, Size: -1, Open: func(context.Context) (io.ReadCloser, error) { return os.Open(name) }}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// pair is the id of an event and the pattern that matches it.
func pair(id event.ID, pattern int) event.ID {
	id[0] ^= byte(pattern)
	id[1] ^= byte(pattern >> 8)
	return id
}
