package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"tocsin/core/event"
	"tocsin/core/gunzip"
	"tocsin/source"
)

// A decoder turns files into records, one file after another, reusing its
// buffers. It belongs to one goroutine.
type decoder struct {
	reader *event.Reader
}

// newDecoder reads the given fields of every record.
func newDecoder(fields *event.Fields) *decoder {
	return &decoder{reader: event.NewReader(fields, event.Options{
		Gunzip: func() event.Gunzip { return new(gunzip.Reader) },
	})}
}

// An outcome is what became of a file.
type outcome struct {
	fate     fate
	bytes    int64 // decompressed
	problems []event.Problem
	// err is the context's error, or what the function that takes the records
	// returned: why the file was not read to its end.
	err error
}

// A fate is what counts a file in FileCounts.
type fate uint8

const (
	wasRead    fate = iota // a log file, or at least records
	wasSkipped             // no log file
	wasFailed              // nothing of it could be read
	wasLeft                // the context ended before it was opened
)

// failed is the outcome of a file that could not be opened.
func failed(f source.File, err error) outcome {
	return outcome{fate: wasFailed, problems: []event.Problem{{File: f.Name, Offset: -1, Err: err}}}
}

// checkEvery is the number of records between two looks at the context: some
// milliseconds' worth.
const checkEvery = 1024

// file gives every record of f to each, in the order of the file. A record is
// valid until each returns. wait, if not nil, is called before more of the file
// is read, which may last: all records that were read have been given by then.
func (d *decoder) file(ctx context.Context, f source.File, each func(*event.Record) error, wait func()) outcome {
	if skippable(f.Key) {
		return outcome{fate: wasSkipped}
	}
	content, err := f.Open(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return outcome{fate: wasLeft, err: ctx.Err()}
	case err != nil:
		return failed(f, err)
	}
	defer content.Close() // it was only read: nothing is lost with an error
	d.reader.Reset(f.Name, stopping{ctx, waiting{content, wait}})
	records, stopped := 0, error(nil)
	for stopped == nil {
		record, err := d.reader.Next()
		if err != nil {
			break // the end, or a read error that Problems holds as well
		}
		if records++; records%checkEvery == 0 {
			stopped = ctx.Err()
		}
		if stopped == nil {
			stopped = each(record)
		}
	}
	done := outcome{problems: d.reader.Problems(), err: cmp.Or(stopped, ctx.Err())}
	_, done.bytes = d.reader.Bytes()
	switch shape := d.reader.Shape(); {
	case records > 0 || done.err != nil:
		done.fate = wasRead
	case shape == event.Digest || shape == event.Foreign:
		done.fate = wasSkipped
	case len(done.problems) > 0:
		done.fate = wasFailed
	}
	if done.err != nil { // the stop itself is no problem of the file's
		done.problems = slices.DeleteFunc(slices.Clone(done.problems), func(p event.Problem) bool { return errors.Is(p.Err, done.err) })
	}
	return done
}

// skippable tells by its key that a file is CloudTrail's but holds no events.
func skippable(key string) bool {
	k, ok := event.ParseKey(key)
	return ok && (k.Kind != event.LogFiles)
}

// stopping is a reader that ends with its context, so that a slow or endless
// file can be given up at any time between two reads, and a read that the
// context ended is known as such.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, fmt.Errorf("given up: %w", err)
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF && s.ctx.Err() != nil {
		err = fmt.Errorf("given up: %w", s.ctx.Err())
	}
	return n, err
}

// waiting is a reader that calls wait, if there is one, before each read.
type waiting struct {
	r    io.Reader
	wait func()
}

func (w waiting) Read(p []byte) (int, error) {
	if w.wait != nil {
		w.wait()
	}
	return w.r.Read(p)
}
