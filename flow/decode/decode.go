// Package decode turns log files into records, whatever form they come in.
package decode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"tocsin/core/event"
	"tocsin/source"
)

// A Decoder turns files into records, one file after another, reusing its
// buffers. It belongs to one goroutine.
type Decoder struct {
	reader *event.Reader
}

// New is a Decoder that reads the given fields of every record.
func New(fields *event.Fields) *Decoder {
	return &Decoder{reader: event.NewReader(fields, event.Options{
		Gunzip: func() event.Gunzip { return new(unzipper) },
	})}
}

// An Outcome is what became of a file.
type Outcome struct {
	Fate     Fate
	Bytes    int64 // decompressed
	Records  int64 // given
	Rejected int64 // elements left out because they are no records
	Problems []event.Problem
	// Source is why the file could not be opened, or not be read to its end, if
	// that was its source's fault. Reading it again may help.
	Source error
	// Err is the context's error, or what the function that takes the records
	// returned: why the file was not read to its end.
	Err error
}

// A Fate is what became of a file as a whole.
type Fate uint8

// The fates.
const (
	Read    Fate = iota // a log file, or at least records
	Skipped             // no log file
	Failed              // nothing of it could be read
	Left                // the context ended before it was opened
)

// Failure is the outcome of a file that could not be opened.
func Failure(f source.File, err error) Outcome {
	return Outcome{Fate: Failed, Source: err, Problems: []event.Problem{{File: f.Name, Offset: -1, Err: err}}}
}

// checkEvery is the number of records between two looks at the context: some
// milliseconds' worth.
const checkEvery = 1024

// File gives every record of f to each, in the order of the file. A record is
// valid until each returns. wait, if not nil, is called before more of the file
// is read, which may last: all records that were read have been given by then.
func (d *Decoder) File(ctx context.Context, f source.File, each func(*event.Record) error, wait func()) Outcome {
	if skippable(f.Key) {
		return Outcome{Fate: Skipped}
	}
	content, err := f.Open(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return Outcome{Fate: Left, Err: ctx.Err()}
	case err != nil:
		return Failure(f, err)
	}
	defer content.Close() // it was only read: nothing is lost with an error
	d.reader.Reset(f.Name, stopping{ctx, waiting{content, wait}})
	var done Outcome
	stopped := error(nil)
	for stopped == nil {
		record, err := d.reader.Next()
		if err != nil { // the end, or a read error that Problems holds as well
			if err != io.EOF {
				done.Source = err
			}
			break
		}
		if done.Records++; done.Records%checkEvery == 0 {
			stopped = ctx.Err()
		}
		if stopped == nil {
			stopped = each(record)
		}
	}
	done.Problems, done.Err = d.reader.Problems(), cmp.Or(stopped, ctx.Err())
	done.Rejected = d.reader.Rejected()
	_, done.Bytes = d.reader.Bytes()
	switch shape := d.reader.Shape(); {
	case done.Records > 0 || done.Err != nil:
		done.Fate = Read
	case shape == event.Digest || shape == event.Foreign:
		done.Fate = Skipped
	case len(done.Problems) > 0:
		done.Fate = Failed
	}
	if done.Err != nil { // the stop itself is no problem of the file's
		done.Problems = slices.DeleteFunc(slices.Clone(done.Problems), func(p event.Problem) bool { return errors.Is(p.Err, done.Err) })
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
