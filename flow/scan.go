package flow

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/core/event"
	"tocsin/core/evidence"
	"tocsin/core/pattern"
	"tocsin/flow/decode"
	"tocsin/source"
)

// ScanOptions says what a scan looks for.
type ScanOptions struct {
	Watches []Watch
	// Since and Until bound the events by their time, both inclusive; zero is no
	// bound. An event that does not say when it was is within any bounds.
	Since, Until time.Time
	// KeepDuplicates counts a record that comes again as often as it comes.
	KeepDuplicates bool
	// Workers is how many files are read at a time, 0 for one per processor.
	Workers int
	// Progress, if not nil, is kept up to date while the scan runs.
	Progress *Progress
}

// Progress is how far a scan is. All counts grow from zero.
type Progress struct {
	Files, Bytes, Events atomic.Int64 // Bytes as stored, compressed
}

// Scan reads all files and tells what the watches saw and when their alarms
// would have rung. When ctx ends the report holds what was found so far and is
// marked as interrupted.
func Scan(ctx context.Context, files source.Files, o ScanOptions) Report {
	began := time.Now()
	s := newScan(o)
	queue := make(chan source.File)
	var workers sync.WaitGroup
	counted := make([]*worker, cmp.Or(max(o.Workers, 0), runtime.GOMAXPROCS(0)))
	for i := range counted {
		counted[i] = s.newWorker()
		workers.Go(func() {
			for f := range queue {
				s.read(ctx, counted[i], f)
			}
		})
	}
	s.list(ctx, files, queue)
	close(queue)
	workers.Wait()
	report := s.report(counted)
	report.Interrupted = ctx.Err() != nil
	report.ElapsedMS = time.Since(began).Milliseconds()
	return report
}

// A scan is what its workers share.
type scan struct {
	o            ScanOptions
	set          *pattern.Set
	fields       *event.Fields
	since, until int64   // milliseconds, inclusive
	seen         seenSet // every event
	counted      seenSet // every pair of an event and a watch that counted it

	mu       sync.Mutex
	files    FileCounts // guarded by mu, as is the rest
	bytes    int64
	problems []Problem // see sortProblems
	leftOut  int64
	searched int64 // events that a search looked at
}

// The slots of the fields that a scan itself reads; those of the patterns follow.
const (
	slotTime = iota
	slotID
	scanSlots
)

func newScan(o ScanOptions) *scan {
	patterns := make([]*pattern.Pattern, len(o.Watches))
	for i := range o.Watches {
		patterns[i] = o.Watches[i].Pattern
	}
	s := &scan{o: o, set: pattern.NewSet(patterns), since: -1 << 63, until: 1<<63 - 1}
	paths := []event.Path{slotTime: event.Members("eventTime"), slotID: event.Members("eventID")}
	s.fields = event.NewFields(append(paths, s.set.Paths()...)...)
	if !o.Since.IsZero() {
		s.since = o.Since.UnixMilli()
	}
	if !o.Until.IsZero() {
		s.until = o.Until.UnixMilli()
	}
	return s
}

// list gives every file to the workers, and notes what could not be listed.
func (s *scan) list(ctx context.Context, files source.Files, queue chan<- source.File) {
	for f, err := range files {
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.note(decode.Failure(f, err))
		case s.tooOld(f):
			s.note(decode.Outcome{Fate: decode.Skipped})
		default:
			select {
			case queue <- f:
			case <-ctx.Done():
				return
			}
		}
	}
}

// tooOld tells by its name that all events of a file lie before the time asked
// for. CloudTrail stamps a file after the last of its events; an hour is
// left for clocks that disagree.
func (s *scan) tooOld(f source.File) bool {
	if s.o.Since.IsZero() {
		return false
	}
	k, ok := event.ParseKey(f.Key)
	return ok && k.Kind == event.LogFiles && k.Time.Before(s.o.Since.Add(-time.Hour))
}

// A worker reads files and counts what their records match. It belongs to one goroutine.
type worker struct {
	decoder    *decode.Decoder
	matcher    *pattern.Matcher
	detail     *evidence.Reader
	hits       []int
	counters   []counter
	records    int64 // within the time asked for
	duplicates int64 // of them, events seen before, here or elsewhere
	ids        *seenBatch
	extent     extent
}

func (s *scan) newWorker() *worker {
	return &worker{
		decoder: decode.New(s.fields), matcher: s.set.NewMatcher(), detail: evidence.NewReader(),
		counters: make([]counter, len(s.o.Watches)), ids: newSeenBatch(&s.seen),
	}
}

// read counts one file.
func (s *scan) read(ctx context.Context, w *worker, f source.File) {
	before := w.records
	done := w.decoder.File(ctx, f, func(r *event.Record) error {
		s.record(w, f.Name, r)
		return nil
	}, nil)
	s.note(done)
	s.progress(f, w.records-before)
}

// progress tells that a file is done.
func (s *scan) progress(f source.File, events int64) {
	if p := s.o.Progress; p != nil {
		p.Files.Add(1)
		p.Bytes.Add(max(f.Size, 0))
		p.Events.Add(events)
	}
}

// record counts one record for every watch whose pattern matches it.
func (s *scan) record(w *worker, file string, r *event.Record) {
	at, dated := event.Time(r.Values[slotTime])
	if dated && (at < s.since || at > s.until) {
		return
	}
	id, known := event.IDOf(r.Values[slotID])
	w.records++
	if known {
		w.duplicates += w.ids.add(id)
	}
	if dated {
		w.extent.widen(at)
	}
	w.hits = w.matcher.Match(r.Raw, r.Values[scanSlots:], w.hits[:0])
	if len(w.hits) == 0 {
		return
	}
	w.detail.Read(r.Raw)
	for _, hit := range w.hits {
		// An event counts once for each watch, whichever copy of it came first.
		m := match{
			time: at, dated: dated, id: id, known: known, fresh: !known || s.counted.add(of(id, hit)),
			detail: w.detail, file: file, offset: r.Offset,
		}
		if !m.fresh && !s.o.KeepDuplicates {
			w.counters[hit].newest.add(m) // perhaps in an earlier file
			continue
		}
		m.value, m.hasValue = s.o.Watches[hit].value(r.Raw)
		w.counters[hit].add(m)
	}
}

// note books what became of a file.
func (s *scan) note(done decode.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch done.Fate {
	case decode.Read:
		s.files.Read++
	case decode.Skipped:
		s.files.Skipped++
	case decode.Failed:
		s.files.Failed++
	}
	s.bytes += done.Bytes
	for _, p := range done.Problems {
		s.problems = append(s.problems, Problem{File: p.File, Offset: p.Offset, Error: p.Err.Error()})
	}
	if len(s.problems) > 2*MaxProblems {
		s.sortProblems()
	}
}

// report puts together what the workers counted.
func (s *scan) report(workers []*worker) Report {
	s.sortProblems()
	r := Report{Files: s.files, Bytes: s.bytes, Problems: s.problems, ProblemsLeftOut: s.leftOut, Controls: []ControlReport{}}
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
	total := workers[0]
	total.duplicates += total.ids.flush()
	for _, w := range workers[1:] {
		total.records += w.records
		total.duplicates += w.duplicates + w.ids.flush()
		total.extent.merge(w.extent)
		for i := range w.counters {
			total.counters[i].merge(&w.counters[i])
		}
	}
	r.Events, r.Duplicates, r.Span = total.records-total.duplicates, total.duplicates, total.extent.span()
	if s.o.KeepDuplicates {
		r.Events = total.records
	}
	for i := range s.o.Watches {
		r.Controls = append(r.Controls, total.counters[i].report(&s.o.Watches[i], total.extent))
	}
	return r
}

// sortProblems puts the problems into an order that does not depend on the
// workers, and leaves out those beyond MaxProblems.
func (s *scan) sortProblems() {
	slices.SortFunc(s.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Error, b.Error))
	})
	if n := len(s.problems); n > MaxProblems {
		s.leftOut += int64(n - MaxProblems)
		s.problems = s.problems[:MaxProblems]
	}
}
