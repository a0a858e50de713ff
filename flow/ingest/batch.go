package ingest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"tocsin/internal/crash"
	"tocsin/store/events"
	"tocsin/store/state"
)

// A batch is the parts that one transaction writes.
type batch struct {
	parts []*part
	bytes int64
	count int // of records

	revision int64   // of the filters that the records are matched with
	spans    []*span // of the live parts, in order by group and start
	work     *work   // nil when it has to be made anew
	// locked has the spans locked before it is looked at which events are new,
	// since another process was quicker before.
	locked  bool
	unknown bool // an attempt may have been written
	rings   bool // that attempt, or the one that was written, made alarms due
	// versions are those of spans after the transaction.
	versions map[*span]int64
	// grown are the spans that got events in the attempt before.
	grown []*span
	// wrote are the blocks of the transaction, by log group.
	wrote map[int64]int64
}

// A work is what a transaction writes.
type work struct {
	marks    []state.Mark
	markOf   []*part // whose marks they are
	inside   []*part // live parts that are not the last of their files
	blocks   []state.Block
	streams  []state.LogStream
	forwards []state.Forward
	points   []state.Points
	evidence []state.Evidence
	touched  []state.Touch
}

func (b *batch) add(p *part) {
	b.parts = append(b.parts, p)
	b.bytes += int64(len(p.raw))
	b.count += len(p.records)
}

// batchRecords keeps blocks far below the number of events that one may have.
const batchRecords = 1 << 18

func (b *batch) full(o *Options) bool {
	return b.bytes >= o.MaxBatch || len(b.parts) >= o.MaxFiles || b.count >= batchRecords
}

// live are the parts that are to be written.
func (b *batch) live() iter.Seq[*part] {
	return func(yield func(*part) bool) {
		for _, p := range b.parts {
			if p.fate == live && !yield(p) {
				return
			}
		}
	}
}

// match brings the records' matches to the filters that hold now.
func (b *batch) match(f *filters) {
	b.revision = f.revision
	for p := range b.live() {
		switch g := f.groups[p.file.group]; {
		case g == nil:
			p.fate = lost
		case g != p.group:
			g.rematch(p)
		}
	}
}

// open looks up what the database knows of the batch's files and times.
func (c *committer) open(ctx context.Context, b *batch) error {
	b.match(c.in.filters.Load())
	b.spans = b.spans[:0]
	seen := map[*span]bool{}
	for p := range b.live() {
		var last *span
		for i := range p.records {
			if at := p.records[i].time; last == nil || spanStart(at) != last.start {
				if last = c.spans.use(p.file.group, at); !seen[last] {
					seen[last] = true
					b.spans = append(b.spans, last)
				}
			}
		}
	}
	slices.SortFunc(b.spans, func(a, b *span) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.start, b.start))
	})
	var unknown []*span
	for _, s := range b.spans {
		if !s.known {
			unknown = append(unknown, s)
		}
	}
	parts := slices.DeleteFunc(slices.Collect(b.live()), func(p *part) bool { return p.file.put })
	err := c.in.o.State.View(ctx, func(tx *state.Tx) error {
		isMarked, err := markedParts(ctx, tx, parts)
		if err != nil {
			return err
		}
		for group, spans := range byGroup(unknown) {
			versions, err := tx.SpanVersions(ctx, group, starts(spans))
			if err != nil {
				return fmt.Errorf("read versions of spans: %w", err)
			}
			for i, s := range spans {
				s.version = versions[i]
			}
		}
		b.settle(parts, isMarked)
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range unknown {
		if err := c.load(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// markedParts tells of which parts the file is marked.
func markedParts(ctx context.Context, tx *state.Tx, parts []*part) ([]bool, error) {
	if len(parts) == 0 || crash.Without("marks") {
		return make([]bool, len(parts)), nil
	}
	marks := make([]state.Mark, len(parts))
	for i, p := range parts {
		marks[i] = p.file.mark()
	}
	isMarked, err := tx.Marked(ctx, marks)
	if err != nil {
		return nil, fmt.Errorf("look for marks: %w", err)
	}
	return isMarked, nil
}

// settle takes out parts whose files are marked: by somebody else, or by an
// attempt of this batch that was written after all.
func (b *batch) settle(parts []*part, isMarked []bool) {
	for i, p := range parts {
		switch {
		case !isMarked[i]:
		case b.unknown:
			p.fate = written
		default:
			p.fate = marked
		}
	}
}

// byGroup parts spans, which are in order, by their group, in order.
func byGroup(all []*span) iter.Seq2[int64, []*span] {
	return func(yield func(int64, []*span) bool) {
		for len(all) > 0 {
			n := 1
			for n < len(all) && all[n].group == all[0].group {
				n++
			}
			if !yield(all[0].group, all[:n]) {
				return
			}
			all = all[n:]
		}
	}
}

func starts(spans []*span) []int64 {
	out := make([]int64, len(spans))
	for i, s := range spans {
		out[i] = s.start
	}
	return out
}

// fill finds out which events are new and makes what is to be written. All spans
// are known.
func (c *committer) fill(b *batch) error {
	now := c.in.o.Now()
	w := &work{}
	sheets := map[int64]*sheet{}
	for p := range b.live() {
		s := sheets[p.file.group]
		if s == nil {
			s = newSheet(p.group)
			sheets[p.file.group] = s
		}
		c.sort(p, s)
	}
	w.mark(b, now)
	var l ledger
	for _, id := range slices.Sorted(maps.Keys(sheets)) {
		s := sheets[id]
		if len(s.kept) == 0 {
			continue
		}
		block, err := events.Encode(id, s.events(now.UnixMilli()))
		if err != nil {
			return fmt.Errorf("encode events: %w", err)
		}
		shown, err := s.evidence(c.reader)
		if err != nil {
			return fmt.Errorf("encode evidence: %w", err)
		}
		forwards, err := s.forwards(now.UnixMilli())
		if err != nil {
			return err
		}
		w.forwards = append(w.forwards, forwards...)
		l.add(s)
		w.blocks, w.evidence = append(w.blocks, block), append(w.evidence, shown...)
		w.streams = append(w.streams, s.streams(now)...)
	}
	w.points, w.touched = l.points()
	b.work = w
	return nil
}

// mark makes the marks of the files that end in the batch. What they count is of
// all parts, of which some may be committed and the others are in the batch.
func (w *work) mark(b *batch, now time.Time) {
	sums := map[*file]tally{}
	for p := range b.live() {
		f := p.file
		if f.put {
			continue
		}
		sum, begun := sums[f]
		if !begun {
			sum = f.committed
		}
		sum.add(p.tally)
		sums[f] = sum
		if !p.last {
			w.inside = append(w.inside, p)
			continue
		}
		m := f.mark()
		m.Account, m.Region, m.Last, m.At = f.key.Account, f.key.Region, sum.newest, now
		m.Events, m.Duplicates, m.Rejected, m.Problem = sum.stored, sum.repeated, f.rejected, f.problem
		w.marks, w.markOf = append(w.marks, m), append(w.markOf, p)
	}
}

// sort tells new events from repeats, and counts the new ones.
func (c *committer) sort(p *part, s *sheet) {
	p.tally, p.undated = tally{}, 0
	var last *span
	for i := range p.records {
		r := &p.records[i]
		if last == nil || spanStart(r.time) != last.start {
			last = c.spans.use(p.file.group, r.time)
		}
		if r.dated {
			p.newest = max(p.newest, r.time)
		}
		if !last.take(r.id) && !crash.Without("ids") {
			p.repeated++
			continue
		}
		p.stored++
		if !r.dated {
			p.undated++
		}
		s.add(p, i, c.reader)
	}
}

// events are the new events.
func (s *sheet) events(ingested int64) iter.Seq[events.Event] {
	return func(yield func(events.Event) bool) {
		for _, at := range s.kept {
			r := &at.part.records[at.index]
			e := events.Event{
				Time: r.time, ID: r.id, Ingested: ingested, Stream: s.group.storedAs(at.part.streams[r.stream]), Message: at.part.message(at.index),
			}
			if !yield(e) {
				return
			}
		}
	}
}
