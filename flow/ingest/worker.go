package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"tocsin/core/event"
	"tocsin/core/pattern"
	"tocsin/flow/decode"
	"tocsin/source"
	"tocsin/store/state"
)

// A worker decodes one file after another and matches the records. It belongs to
// one goroutine.
type worker struct {
	in     *Ingest
	acking context.Context // for Done
	groups map[int64]*matching
	part   *part // being filled
	stamps stamps
	labels map[label]uint32 // of the part's log streams
}

// A matching is what a worker has ready for a log group.
type matching struct {
	group   *group
	decoder *decode.Decoder
	matcher *pattern.Matcher
	hits    []int
}

// A label tells log streams apart.
type label struct{ account, region string }

func newWorker(in *Ingest, acking context.Context) *worker {
	return &worker{in: in, acking: acking, groups: map[int64]*matching{}, labels: map[label]uint32{}}
}

// run takes files until ctx ends.
func (w *worker) run(ctx context.Context) {
	for w.in.room.wait(ctx) == nil {
		select {
		case a := <-w.in.arrivals:
			w.in.counts.add(func(s *Stats) { s.FilesTaken++ })
			w.take(ctx, a)
		case <-ctx.Done():
			return
		}
	}
}

// sourceAttempts is how often a file is read before it is given back to a source
// that fails.
const sourceAttempts = 4

// take reads a file and hands it on to be committed, or gives it back.
func (w *worker) take(ctx context.Context, a arrival) {
	began := w.in.o.Now().UnixMilli()
	for attempt := 1; ; attempt++ {
		// A file of its own: parts of one that broke off may be being written.
		f := &file{arrival: a.Arrival, group: a.group, version: a.Version, began: began}
		f.key, f.keyed = event.ParseKey(a.Key)
		err := w.read(ctx, f)
		if again := (*sourceError)(nil); errors.As(err, &again) && attempt < sourceAttempts {
			if w.in.pause(ctx, backoff(attempt)) == nil {
				continue
			}
		}
		if err == nil {
			w.part.last = true
			err = w.hand(ctx)
		}
		if err != nil {
			w.in.fail(w.acking, f, err)
		}
		w.part = nil
		return
	}
}

// fail gives a file back to its source.
func (in *Ingest) fail(ctx context.Context, f *file, err error) {
	in.counts.add(func(s *Stats) { s.FilesFailed++ })
	f.done(ctx, err)
}

// A sourceError is an error of a file's source, which may pass.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// read reads a file. What it leaves in w.part is to be handed on as the file's
// last part, unless there is an error.
func (w *worker) read(ctx context.Context, f *file) error {
	m, err := w.matching(ctx, f.group)
	if err != nil {
		return err
	}
	w.stamps = newStamps(f, w.in.o.Now())
	w.begin(f, m.group)
	name := f.arrival.Name
	if name == "" {
		name = f.arrival.Key
	}
	o := m.decoder.File(ctx, source.File{
		Name: name, Key: f.arrival.Key, Size: f.arrival.Size,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			content, version, err := f.arrival.Open(ctx)
			if version != "" {
				f.version = version
			}
			return content, err
		},
	}, func(r *event.Record) error { return w.record(ctx, m, r) }, nil)
	f.rejected, f.problem = o.Rejected, problemText(o.Problems)
	switch {
	case o.Err != nil:
		return o.Err
	case errors.Is(o.Source, fs.ErrNotExist):
		f.givenUp, f.problem = true, "the file is not there any more"
	case o.Source != nil:
		return &sourceError{o.Source}
	case f.arrival.MayGrow && endsEarly(o):
		return source.ErrIncomplete
	case o.Fate == decode.Skipped:
		f.givenUp = true
		if f.problem == "" {
			f.problem = "it is no log file: digest files and the like hold no events"
		}
	case o.Fate == decode.Failed:
		f.givenUp = true
	}
	if f.problem != "" && o.Fate != decode.Skipped {
		w.in.o.Log.Warn("a log file could not be read as a whole", "file", name, "problem", f.problem, "records", o.Records)
	}
	return nil
}

// endsEarly tells whether a file looks as if its writer has not finished it.
func endsEarly(o decode.Outcome) bool {
	for _, p := range o.Problems {
		if errors.Is(p.Err, event.ErrCut) {
			return true
		}
	}
	return o.Bytes == 0 && o.Fate != decode.Skipped
}

// matching is what is ready for a group, made anew when its filters changed.
func (w *worker) matching(ctx context.Context, id int64) (*matching, error) {
	g := w.in.filters.Load().groups[id]
	if g == nil { // made since they were read
		if err := w.in.readFilters(ctx); err != nil {
			return nil, err
		}
		if g = w.in.filters.Load().groups[id]; g == nil {
			return nil, missingGroup(id)
		}
	}
	if m := w.groups[id]; m != nil && m.group == g {
		return m, nil
	}
	m := &matching{group: g, decoder: decode.New(g.fields), matcher: g.set.NewMatcher()}
	w.groups[id] = m
	return m, nil
}

// missingGroup says that a file cannot be taken in for want of a log group.
func missingGroup(id int64) error { return fmt.Errorf("log group %d: %w", id, state.ErrNotFound) }

// readFilters puts those of the database in place of the filters.
func (in *Ingest) readFilters(ctx context.Context) error {
	var f *filters
	err := in.o.State.View(ctx, func(tx *state.Tx) (err error) {
		f, err = readFilters(ctx, tx, in.o.Log)
		return err
	})
	if err == nil {
		in.filters.Store(f)
	}
	return err
}

// begin begins a part.
func (w *worker) begin(f *file, g *group) {
	clear(w.labels)
	w.part = &part{file: f, group: g}
}

// record puts a record into the part.
func (w *worker) record(ctx context.Context, m *matching, r *event.Record) error {
	p := w.part
	if p.full() {
		if err := w.hand(ctx); err != nil {
			return err
		}
		if err := w.in.room.wait(ctx); err != nil {
			return err
		}
		w.begin(p.file, m.group)
		p = w.part
	}
	if p.raw == nil {
		p.slab = w.in.slabs.take(guess(p.file.arrival))
	}
	id, known := event.IDOf(r.Values[slotID])
	if !known {
		id = p.file.idOf(r.Offset)
	}
	at, dated := w.stamps.of(r.Values[slotTime])
	if dated {
		m.hits = m.matcher.Match(r.Raw, r.Values[ownSlots:], m.hits[:0])
		p.addHits(m.hits)
	}
	p.raw = append(p.raw, r.Raw...)
	p.records = append(p.records, record{
		end: len(p.raw), hits: int32(len(p.hits)), stream: w.stream(r), time: at, id: id, dated: dated,
	})
	return nil
}

// guess is how many bytes of records a part of a file may have.
func guess(a source.Arrival) int64 {
	size := a.Size
	if strings.HasSuffix(a.Key, ".gz") {
		size *= 8
	}
	return min(max(size, 4<<10), partBytes)
}

// stream is the number of the record's log stream in the part.
func (w *worker) stream(r *event.Record) uint32 {
	p := w.part
	var account, region []byte
	if !p.file.keyed {
		account, region = text(r.Values[slotAccount]), text(r.Values[slotRegion])
	}
	if n, ok := w.labels[label{string(account), string(region)}]; ok { // this look-up allocates nothing
		return n
	}
	n := uint32(len(p.streams))
	p.streams = append(p.streams, p.file.streamOf(account, region))
	w.labels[label{string(account), string(region)}] = n
	return n
}

// text is a short string's text; accounts and Regions have no escapes.
func text(v event.Value) []byte {
	if v.Kind != event.String || v.Escaped || len(v.Raw) > 64 {
		return nil
	}
	return v.Raw
}

// hand gives the part to the committer.
func (w *worker) hand(ctx context.Context) error {
	p := w.part
	p.weigh()
	w.in.room.take(p.size)
	select {
	case w.in.parts <- p:
		return nil
	case <-ctx.Done():
		w.in.room.give(p.size)
		return ctx.Err()
	}
}

// stamps give the records of a file the times under which they are stored.
type stamps struct {
	earliest, latest int64
	standIn          int64 // for what has no time
	fixed            bool  // standIn is the file's own
}

// earliestTime is before CloudTrail, and before all that was ever logged in AWS,
// latestTime after all that ever will be by this program. maxAhead is how far a
// clock may be wrong.
var (
	earliestTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latestTime   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

const maxAhead = 24 * time.Hour

func newStamps(f *file, now time.Time) stamps {
	s := stamps{earliest: earliestTime.UnixMilli(), standIn: now.UnixMilli()}
	latest := now
	if t := f.key.Time; f.keyed && t.After(earliestTime) && t.Before(latestTime) {
		s.standIn, s.fixed = t.UnixMilli(), true
		// A machine whose clock was set back must not take all that comes in for
		// absurd; AWS's own clock, which made the key, is the better one.
		if t.After(latest) {
			latest = t
		}
	}
	s.latest = latest.Add(maxAhead).UnixMilli()
	return s
}

// of is the time of a record, and whether it is its own. What has none that can
// be true gets the one that the file's key tells, or that of the record before
// it, or, when there is none either, the time at which it is read.
func (s *stamps) of(v event.Value) (at int64, dated bool) {
	at, dated = event.Time(v)
	if !dated || at < s.earliest || at > s.latest {
		return s.standIn, false
	}
	if !s.fixed {
		s.standIn = at
	}
	return at, true
}
