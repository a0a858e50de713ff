package events

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"tocsin/store/state"
)

// A Page is a part of the answer.
type Page struct {
	Events []Event
	// Next goes on behind this page, "" at the end. It stays good while events
	// are added, sealed, merged and dropped: a page never repeats or leaves out
	// an event that was there all the time.
	Next string
	// Read tells what it cost.
	Read Cost
}

// Cost is what a query read.
type Cost struct {
	// Segments were looked into; of SegmentsSkipped the columns or the times
	// said that nothing could be in them.
	Segments, SegmentsSkipped int
	Blocks                    int
	RawRead                   int64 // messages looked at
	BytesRead                 int64 // of blobs
}

// Search answers a query. The events are copies, the caller's to keep.
func (s *Store) Search(ctx context.Context, q Query) (Page, error) {
	p, err := newPlan(q)
	if err != nil {
		return Page{}, err
	}
	q = p.query
	var after *place
	if q.After != "" {
		at, err := parseToken(q.After, q.OldestFirst)
		if err != nil {
			return Page{}, err
		}
		after = &at
		// What lies on the other side of the place need not be listed.
		if q.OldestFirst {
			p.query.From = max(q.From, at.time)
		} else {
			p.query.To = min(q.To, at.time)
		}
	}
	var page Page
	err = s.consistently(ctx, q.Group, p.query.From, p.query.To, func(sources []source) error {
		search := &search{scan: s.newScan(p), after: after, most: q.Limit + 1, bytes: s.sizes.answerBytes}
		if q.Bytes > 0 {
			search.bytes = min(search.bytes, q.Bytes)
		}
		err := search.all(ctx, sources)
		page = Page{Events: search.best, Read: search.read()}
		if err == nil && search.full() {
			last := search.most - 1 // it only tells that there is another page
			page.Events = page.Events[:last]
			page.Next = tokenOf(page.Events[last-1].place(), q.OldestFirst)
		}
		return err
	})
	return page, err
}

// A search is the foremost events so far.
type search struct {
	*scan
	after *place
	// most is one more than the page has; it becomes less when messages are large.
	most int
	best []Event // in the wanted order, at most most
	// bytes is how many bytes of messages the page may have.
	bytes int
}

// all goes through the sources, the foremost first, until no other can have an
// event that belongs among the best.
func (s *search) all(ctx context.Context, sources []source) error {
	slices.SortStableFunc(sources, func(a, b source) int {
		if s.plan.query.OldestFirst {
			return cmp.Compare(a.first, b.first)
		}
		return cmp.Compare(b.last, a.last)
	})
	for _, one := range sources {
		if s.behind(one.first, one.last) {
			if one.segment != nil {
				s.cost.SegmentsSkipped++
			}
			continue
		}
		var err error
		if one.block != nil {
			err = s.inBlock(ctx, one.block)
		} else {
			err = s.inSegment(ctx, one.segment)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// full tells whether another event has to be before the last of the best.
func (s *search) full() bool { return len(s.best) == s.most }

// behind tells whether all events of a time come after the best.
func (s *search) behind(first, last int64) bool {
	if !s.full() {
		return false
	}
	worst := s.best[s.most-1].Time
	if s.plan.query.OldestFirst {
		return first > worst
	}
	return last < worst
}

// wanted tells whether an event at p may belong to the page.
func (s *search) wanted(p place) bool {
	return (s.after == nil || s.plan.compare(p, *s.after) > 0) &&
		(!s.full() || s.plan.compare(p, s.best[s.most-1].place()) < 0)
}

func (s *search) inBlock(ctx context.Context, one *state.Block) error {
	b, err := s.store.block(ctx, one)
	if err != nil {
		return err
	}
	s.cost.Blocks++
	units := s.blockUnits(b, func(row int) bool { return s.wanted(place{b.times[row], b.ids[row]}) })
	return s.gather(ctx, units, func(row int, e *Event) error {
		e.Time, e.ID, e.Ingested, e.Stream = b.times[row], b.ids[row], b.stored[row], b.streams[row]
		return nil
	}, false)
}

func (s *search) inSegment(ctx context.Context, one *state.Segment) error {
	skipped := true
	err := s.scan.inSegment(ctx, one, func(g *rowGroup, low, high int) (bool, error) {
		low, high, err := s.clip(g, low, high)
		if err != nil || low >= high {
			return true, err
		}
		if ok, err := s.plan.test.possible(g); err != nil || !ok {
			return true, err
		}
		sure, maybe, err := s.plan.test.rows(g)
		if err != nil || maybe == nil {
			return true, err
		}
		maybe.clip(low, high)
		units, err := s.units(g, sure, maybe)
		if err != nil {
			return true, err
		}
		skipped = skipped && len(units) == 0
		return true, s.gather(ctx, units, func(row int, e *Event) error { return g.fill(row, e) }, true)
	})
	if skipped {
		s.cost.SegmentsSkipped++
		s.cost.Segments--
	}
	return err
}

// clip leaves out the rows of a group that do not belong to the page because of
// their place.
func (s *search) clip(g *rowGroup, low, high int) (int, int, error) {
	bounds := make([]*place, 0, 2)
	if s.after != nil {
		bounds = append(bounds, s.after)
	}
	if s.full() {
		worst := s.best[s.most-1].place()
		bounds = append(bounds, &worst)
	}
	for i, p := range bounds {
		row, err := g.firstBehind(*p)
		if err != nil {
			return 0, 0, err
		}
		// The event at the place itself is of neither side.
		next := row
		if row < g.rows {
			at, err := g.place(row)
			if err != nil {
				return 0, 0, err
			}
			if at == *p {
				next++
			}
		}
		if forward := s.after != nil && i == 0; forward == s.plan.query.OldestFirst {
			low = max(low, next)
		} else {
			high = min(high, row)
		}
	}
	return low, high, nil
}

// gather reads units, which are in the wanted order, until no other row can be
// among the best. Describe fills in what is known of a row. When sorted, every
// row of a unit comes before those of the units behind it.
func (s *search) gather(ctx context.Context, units []unit, describe func(int, *Event) error, sorted bool) error {
	type hit struct {
		row     int
		message []byte
	}
	found := make([][]hit, len(units))
	taken := 0
	return s.run(ctx, units, func(c *checker, i int) error {
		if p := units[i].foremost; p != nil && !s.wanted(*p) {
			return nil
		}
		return units[i].visit(s.scan, c, func(row int, message []byte) bool {
			found[i] = append(found[i], hit{row, bytes.Clone(message)})
			return len(found[i]) < s.most
		})
	}, func(i int) (bool, error) {
		hits := make([]Event, len(found[i]))
		for j, h := range found[i] {
			hits[j].Message = h.message
			if err := describe(h.row, &hits[j]); err != nil {
				return false, err
			}
		}
		found[i] = nil
		s.take(hits)
		taken += len(hits)
		return !sorted || taken < s.most, nil
	})
}

// take merges events, which are in the wanted order, into the best.
func (s *search) take(more []Event) {
	if len(more) == 0 {
		return
	}
	merged := make([]Event, 0, min(s.most, len(s.best)+len(more)))
	for len(merged) < s.most && len(s.best)+len(more) > 0 {
		from := &s.best
		if len(s.best) == 0 || len(more) > 0 && s.plan.compare(more[0].place(), s.best[0].place()) < 0 {
			from = &more
		}
		merged = append(merged, (*from)[0])
		*from = (*from)[1:]
	}
	size := 0
	for i, e := range merged {
		if size += len(e.Message); size > s.bytes && i > 0 {
			s.most = min(s.most, i+1)
			merged = merged[:s.most:s.most]
			break
		}
	}
	s.best = merged
}

// fill fills in what a row group knows of a row.
func (g *rowGroup) fill(row int, e *Event) error {
	at, err := g.place(row)
	if err != nil {
		return err
	}
	e.Time, e.ID = at.time, at.id
	if e.Ingested, err = g.ingested(row); err != nil {
		return err
	}
	streams, err := g.text(leafStream)
	if err != nil {
		return err
	}
	if i := streams.index[row]; i >= 0 {
		e.Stream = string(streams.text(int(i)))
	}
	return nil
}
