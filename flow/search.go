package flow

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"time"

	"tocsin/core/event"
	"tocsin/core/pattern"
	"tocsin/flow/decode"
	"tocsin/source"
)

// SearchOptions says which events to find.
type SearchOptions struct {
	// Patterns must all match.
	Patterns []*pattern.Pattern
	// Since and Until bound the events by their time, both inclusive; zero is no bound.
	Since, Until time.Time
	// KeepDuplicates finds a record as often as it comes.
	KeepDuplicates bool
	// Workers is how many files are read at a time, 0 for one per processor.
	Workers  int
	Progress *Progress
}

// Found is an event that was searched for.
type Found struct {
	// Raw is the record as it stands in the file, valid until the next one.
	Raw    []byte
	File   string
	Offset int64
}

// A SearchReport tells what was searched.
type SearchReport struct {
	Files           FileCounts
	Events          int64 // looked at, every repeated one included
	Found           int64
	Bytes           int64
	Problems        []Problem
	ProblemsLeftOut int64
	Interrupted     bool
}

// Search gives every event that matches to visit, in the order of the files and
// within a file in its own, and no later than when more of the file has to be
// waited for. It ends early, without an error, when visit returns false. When ctx
// ends, what was found until then is still given. Memory is bounded however many
// events there are.
func Search(ctx context.Context, files source.Files, o SearchOptions, visit func(Found) bool) SearchReport {
	reading, stop := context.WithCancel(ctx)
	wanted, leave := context.WithCancel(context.WithoutCancel(ctx))
	s := newScan(ScanOptions{Watches: watchesOf(o.Patterns), Since: o.Since, Until: o.Until, Progress: o.Progress})
	n := cmp.Or(max(o.Workers, 0), runtime.GOMAXPROCS(0))
	queue := make(chan *finding)        // to the workers
	ordered := make(chan *finding, 2*n) // to whoever takes the results, the same in the same order
	var all sync.WaitGroup
	all.Go(func() {
		defer close(ordered)
		defer close(queue)
		s.listInOrder(reading, files, queue, ordered)
	})
	for range n {
		all.Go(func() {
			w := s.newWorker()
			for f := range queue {
				f.read(reading, wanted, s, w)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.searched += w.records
		})
	}
	found := s.visit(ordered, o.KeepDuplicates, visit)
	stop()
	leave()
	for f := range ordered { // whoever still writes finds that it is not wanted
		<-f.done
	}
	all.Wait()
	s.sortProblems()
	return SearchReport{
		Files: s.files, Events: s.searched, Found: found, Bytes: s.bytes,
		Problems: s.problems, ProblemsLeftOut: s.leftOut, Interrupted: ctx.Err() != nil,
	}
}

// watchesOf lets a search use the matching of a scan.
func watchesOf(patterns []*pattern.Pattern) []Watch {
	watches := make([]Watch, len(patterns))
	for i, p := range patterns {
		watches[i].Pattern = p
	}
	return watches
}

// A finding is one file on its way through a search: the worker that reads it
// sends batches of matching records, the one who takes the results receives them.
type finding struct {
	file    source.File
	batches chan batch
	done    chan struct{}
}

// A batch is some matching records, one after another in bytes.
type batch struct {
	bytes   []byte
	records []foundRecord
}

type foundRecord struct {
	end    int // in batch.bytes
	offset int64
	id     event.ID
	known  bool
}

// batchBytes is when a batch is handed on at the latest.
const batchBytes = 64 << 10

// listInOrder hands each file to the workers and to the taker of the results.
func (s *scan) listInOrder(ctx context.Context, files source.Files, queue, ordered chan<- *finding) {
	for f, err := range files {
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.note(decode.Failure(f, err))
			continue
		case s.tooOld(f):
			s.note(decode.Outcome{Fate: decode.Skipped})
			continue
		}
		next := &finding{file: f, batches: make(chan batch, 4), done: make(chan struct{})}
		select {
		case ordered <- next:
		case <-ctx.Done():
			return
		}
		select {
		case queue <- next:
		case <-ctx.Done():
			close(next.batches)
			close(next.done)
			return
		}
	}
}

// read finds the matching records of one file, until reading ends. What was
// found by then is handed on as long as it is wanted.
func (f *finding) read(reading, wanted context.Context, s *scan, w *worker) {
	defer close(f.done)
	defer close(f.batches)
	var b batch
	send := func() {
		if len(b.records) == 0 {
			return
		}
		select {
		case f.batches <- b:
		case <-wanted.Done():
		}
		b = batch{}
	}
	before := w.records
	done := w.decoder.File(reading, f.file, func(r *event.Record) error {
		w.records++
		if !s.matches(w, r) {
			return nil
		}
		id, known := event.IDOf(r.Values[slotID])
		b.bytes = append(b.bytes, r.Raw...)
		b.records = append(b.records, foundRecord{end: len(b.bytes), offset: r.Offset, id: id, known: known})
		if len(b.bytes) >= batchBytes {
			send()
		}
		return nil
	}, send)
	send()
	s.note(done)
	s.progress(f.file, w.records-before)
}

// matches tells whether a record lies within the time and matches every pattern.
func (s *scan) matches(w *worker, r *event.Record) bool {
	if at, dated := event.Time(r.Values[slotTime]); dated && (at < s.since || at > s.until) {
		return false
	}
	w.hits = w.matcher.Match(r.Raw, r.Values[scanSlots:], w.hits[:0])
	return len(w.hits) == len(s.o.Watches)
}

// visit gives the records on in the order of the files, until visit has enough.
func (s *scan) visit(ordered <-chan *finding, keepDuplicates bool, visit func(Found) bool) (found int64) {
	for f := range ordered {
		for b := range f.batches {
			from := 0
			for _, r := range b.records {
				raw := b.bytes[from:r.end]
				from = r.end
				if r.known && !s.seen.add(r.id) && !keepDuplicates {
					continue
				}
				found++
				if !visit(Found{Raw: raw, File: f.file.Name, Offset: r.offset}) {
					return found
				}
			}
		}
	}
	return found
}
