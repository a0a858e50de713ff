package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core/evidence"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// A committer writes batches, one after another. It belongs to one goroutine.
type committer struct {
	in     *Ingest
	acking context.Context // for Done
	spans  spans
	reader *evidence.Reader
}

func newCommitter(in *Ingest, acking context.Context) *committer {
	return &committer{in: in, acking: acking, spans: spans{limit: in.o.MaxIDs, all: map[spanKey]*span{}, now: in.o.Now()}, reader: evidence.NewReader()}
}

// begin reads the filters before anything is taken, however often that has to be
// tried; false when ctx ends before.
func (c *committer) begin(ctx context.Context) bool {
	for failures := 1; ; failures++ {
		err := c.in.readFilters(ctx)
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil:
			return false
		case failures == 1:
			c.in.o.Log.Warn("the metric filters cannot be read; no log files are taken in until they can", "error", err)
		}
		if c.in.pause(ctx, backoff(failures)) != nil {
			return false
		}
	}
}

// run writes what is handed over until there is no more to come, or, when ctx
// ends before, gives it back.
func (c *committer) run(ctx context.Context) {
	for p := range c.in.parts {
		c.commit(ctx, c.collect(p))
	}
}

// collect makes a batch of what waits.
func (c *committer) collect(first *part) *batch {
	b := &batch{}
	b.add(first)
	var late <-chan time.Time
	if d := c.in.o.MaxDelay; d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		late = t.C
	}
	for !b.full(&c.in.o) {
		select {
		case p, ok := <-c.in.parts:
			if !ok {
				return b
			}
			b.add(p)
			continue
		default:
		}
		if late == nil {
			return b
		}
		select {
		case p, ok := <-c.in.parts:
			if !ok {
				return b
			}
			b.add(p)
		case <-late:
			return b
		case <-c.in.stopped:
			return b
		}
	}
	return b
}

// errRedo says that what a transaction was made of has changed since.
var errRedo = errors.New("it was overtaken")

// promptRedos is how often a batch begins anew without waiting.
const promptRedos = 10

// commit writes a batch, however often that has to be tried. When ctx ends
// before, its files are given back.
func (c *committer) commit(ctx context.Context, b *batch) {
	failures, redos := 0, 0
	for {
		err := ctx.Err()
		if err == nil {
			err = c.attempt(ctx, b)
		}
		if err == nil {
			if failures > 0 {
				c.in.o.Log.Info("log files are written to the database again", "attempts", failures+1)
			}
			c.settle(b)
			return
		}
		c.undo(b)
		if ctx.Err() != nil {
			c.abandon(b, fmt.Errorf("stopped before it was written: %w", err))
			return
		}
		if errors.Is(err, errRedo) {
			c.in.counts.add(func(s *Stats) { s.CommitRedone++ })
			if redos++; redos <= promptRedos {
				continue
			}
		} else {
			c.in.counts.add(func(s *Stats) { s.CommitFailures++ })
		}
		if failures++; failures == 1 {
			c.in.o.Log.Warn("log files cannot be written to the database; they wait until they can", "files", len(b.parts), "error", err)
		}
		_ = c.in.pause(ctx, backoff(failures)) // the end of ctx is looked at above
	}
}

// undo takes back what a failed attempt noted. What is unknown is forgotten.
func (c *committer) undo(b *batch) {
	b.work, b.versions, b.wrote = nil, nil, nil
	for _, s := range b.spans {
		if b.unknown && len(s.added) > 0 {
			s.forget()
		}
		s.undo()
	}
}

// attempt makes one attempt to write a batch.
func (c *committer) attempt(ctx context.Context, b *batch) error {
	if err := c.open(ctx, b); err != nil {
		return err
	}
	if b.nothing() {
		return nil
	}
	if !b.locked {
		if err := c.fill(b); err != nil {
			return err
		}
	}
	var found findings
	if crash.Without("acknowledge last") {
		c.acknowledge(b)
		_ = c.in.pause(ctx, 200*time.Millisecond) // for the sources to act on it; the end of ctx is told by Update
	}
	crash.Point("ingest: about to write")
	err := c.in.o.State.Update(ctx, func(tx *state.Tx) error {
		found = findings{}
		return c.write(ctx, tx, b, &found)
	})
	if w := b.work; w != nil && (err == nil || errors.Is(err, state.ErrUnknown)) {
		b.rings = b.rings || len(w.touched) > 0
	}
	switch {
	case err == nil:
		crash.Point("ingest: written")
	case errors.Is(err, state.ErrUnknown):
		b.unknown = true
	case errors.Is(err, errRedo):
		for _, p := range found.marked {
			p.fate = marked
		}
		b.locked = found.overtaken
		if found.filters {
			if err := c.in.readFilters(ctx); err != nil {
				return err
			}
		}
	}
	return err
}

// nothing tells whether there is nothing to write.
func (b *batch) nothing() bool {
	for range b.live() {
		return false
	}
	return true
}

// findings are why an attempt has to begin anew.
type findings struct {
	filters   bool    // they are others
	marked    []*part // their files are marked
	overtaken bool    // somebody else wrote to the spans
}

// write writes a batch in a transaction, if all that it was made of still holds.
// Spans are locked first, then marks, points and alarms written, by every
// process in this order, so that nobody waits in a circle.
func (c *committer) write(ctx context.Context, tx *state.Tx, b *batch, found *findings) error {
	revision, err := tx.FilterRevision(ctx)
	if err != nil {
		return fmt.Errorf("read the revision of the filters: %w", err)
	}
	if found.filters = revision != b.revision; found.filters {
		return errRedo
	}
	if b.locked {
		err = c.lock(ctx, tx, b)
	} else {
		err = b.check(ctx, tx, found)
	}
	if err != nil {
		return err
	}
	w := b.work
	if err := addMarks(ctx, tx, w, found); err != nil {
		return err
	}
	crash.Point("ingest: marks added")
	b.wrote = map[int64]int64{}
	for _, block := range w.blocks {
		id, err := tx.AddBlock(ctx, block)
		if err != nil {
			return fmt.Errorf("add events: %w", err)
		}
		b.wrote[block.LogGroup] = id
	}
	if err := tx.SawStreams(ctx, w.streams); err != nil {
		return err
	}
	crash.Point("ingest: events added")
	if err := tx.AddForwards(ctx, w.forwards); err != nil {
		return err
	}
	if err := tx.AddPoints(ctx, w.points); err != nil {
		return fmt.Errorf("add datapoints: %w", err)
	}
	if err := tx.AddEvidence(ctx, w.evidence, evidencePerMinute); err != nil {
		return fmt.Errorf("add evidence: %w", err)
	}
	crash.Point("ingest: datapoints added")
	if err := tx.MarkDue(ctx, w.touched); err != nil {
		return fmt.Errorf("make alarms due: %w", err)
	}
	return nil
}

// addMarks marks the files that end in the batch, unless they are marked.
func addMarks(ctx context.Context, tx *state.Tx, w *work, found *findings) error {
	inside, err := markedParts(ctx, tx, w.inside)
	if err != nil {
		return err
	}
	fresh, err := tx.AddMarks(ctx, w.marks)
	if err != nil {
		return fmt.Errorf("mark log files: %w", err)
	}
	for i, p := range w.inside {
		if inside[i] {
			found.marked = append(found.marked, p)
		}
	}
	for i, p := range w.markOf {
		if !fresh[i] && !crash.Without("marks") {
			found.marked = append(found.marked, p)
		}
	}
	if len(found.marked) > 0 {
		return errRedo
	}
	return nil
}

// settle tells what has become of a batch: its spans, its files' sources, and
// who waits for alarms that are due.
func (c *committer) settle(b *batch) {
	for _, s := range b.spans {
		if len(s.added) > 0 {
			s.saw(b.wrote[s.group])
			s.added = nil
		}
		if v, touched := b.versions[s]; touched {
			s.version = v
		}
	}
	ids := c.spans.evict(c.in.o.Now())
	c.in.counts.add(func(s *Stats) {
		s.IDs = ids
		if b.work != nil {
			s.Commits++
			for _, block := range b.work.blocks {
				s.BytesStored += block.Size
			}
		}
		for _, p := range b.parts {
			s.count(p)
		}
	})
	if b.rings {
		c.in.o.Committed()
	}
	for _, p := range b.parts {
		p.file.committed.add(p.tally)
		c.release(p)
		switch {
		case !p.last:
		case p.fate == lost:
			p.file.done(c.acking, missingGroup(p.file.group))
		default:
			p.file.done(c.acking, nil)
		}
	}
	crash.Point("ingest: told")
}

// release gives back what the records of a part took, which nobody reads any more.
func (c *committer) release(p *part) {
	c.in.room.give(p.size)
	c.in.slabs.give(p.slab)
	p.slab = slab{}
}

// acknowledge tells the sources of a batch's files that they are taken in. Only a
// test of the safeguard does so before it is true.
func (c *committer) acknowledge(b *batch) {
	for _, p := range b.parts {
		if p.last {
			p.file.done(c.acking, nil)
			p.file.arrival.Done = nil // once
		}
	}
}

// count books a part that is settled.
func (s *Stats) count(p *part) {
	n := int64(len(p.records))
	if p.fate == lost {
		if p.last {
			s.FilesFailed++
		}
		return
	}
	s.RecordsRead += n
	s.BytesRead += int64(len(p.raw))
	if p.fate == marked {
		s.RecordsDuplicate += n
	} else {
		s.RecordsStored += p.stored
		s.RecordsDuplicate += p.repeated
		s.RecordsUndated += p.undated
	}
	if !p.last {
		return
	}
	s.RecordsRead += p.file.rejected
	s.RecordsRejected += p.file.rejected
	switch {
	case p.fate == marked:
		s.FilesDuplicate++
	case p.file.givenUp:
		s.FilesGivenUp++
	default:
		s.FilesCommitted++
	}
}

// abandon gives the files of a batch back.
func (c *committer) abandon(b *batch, err error) {
	for _, p := range b.parts {
		c.release(p)
		if p.last {
			c.in.fail(c.acking, p.file, err)
		}
	}
}
