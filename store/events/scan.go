package events

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"tocsin/store/state"
)

func defaultWorkers() int { return min(runtime.GOMAXPROCS(0), 8) }

// A scan reads the events that a plan selects from blocks and segments, for one
// caller.
type scan struct {
	store    *Store
	plan     *plan
	cost     Cost
	bytes    atomic.Int64
	raw      atomic.Int64
	checkers []*checker
}

func (s *Store) newScan(p *plan) *scan {
	return &scan{store: s, plan: p, checkers: make([]*checker, s.options.Workers)}
}

// read is what the scan cost.
func (s *scan) read() Cost {
	s.cost.RawRead, s.cost.BytesRead = s.raw.Load(), s.bytes.Load()
	return s.cost
}

// A unit is some rows whose messages are read together.
type unit struct {
	// rows are given in the order in which they are wanted, and whether they are
	// selected already, whatever their messages are.
	rows iter.Seq2[int, bool]
	// foremost is the place of the first row, where it is known without reading.
	foremost *place
	// load gives the messages of all rows between the least and the greatest,
	// the first being that of row first; they are good until the next load with
	// the same checker.
	load func(*checker) (messages [][]byte, first int, err error)
}

// visit calls f with each row of the unit that is selected, until f returns false.
func (u *unit) visit(s *scan, c *checker, f func(row int, message []byte) bool) error {
	messages, first, err := u.load(c)
	if err != nil {
		return err
	}
	read := int64(0)
	for row, sure := range u.rows {
		read++
		message := messages[row-first]
		if (sure || c.selects(message)) && !f(row, message) {
			break
		}
	}
	s.raw.Add(read)
	return nil
}

// run reads units, some at a time, and calls each with a unit's number and done,
// one after the other and in their order, after work was called for the unit, in
// any goroutine. It ends when done returns false. The first units are read alone,
// because they may be enough.
func (s *scan) run(ctx context.Context, units []unit, work func(*checker, int) error, done func(int) (bool, error)) error {
	for next, width := 0, 1; next < len(units); width = min(2*width, 2*len(s.checkers)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := min(width, len(units)-next)
		errs := make([]error, batch)
		var taken atomic.Int64
		var group sync.WaitGroup
		for w := range min(batch, len(s.checkers)) {
			if s.checkers[w] == nil {
				s.checkers[w] = s.plan.newChecker()
			}
			one := func() {
				for {
					i := int(taken.Add(1)) - 1
					if i >= batch {
						return
					}
					errs[i] = work(s.checkers[w], next+i)
				}
			}
			if batch == 1 {
				one()
			} else {
				group.Go(one)
			}
		}
		group.Wait()
		for i, err := range errs {
			if err != nil {
				return err
			}
			if more, err := done(next + i); err != nil || !more {
				return err
			}
		}
		next += batch
	}
	return nil
}

// tally counts the rows of units that are selected, and calls each with them.
func (s *scan) tally(ctx context.Context, units []unit, each func(row int, message []byte)) (int64, error) {
	var total atomic.Int64
	var mu sync.Mutex
	err := s.run(ctx, units, func(c *checker, i int) error {
		return units[i].visit(s, c, func(row int, message []byte) bool {
			total.Add(1)
			if each != nil {
				mu.Lock()
				each(row, message)
				mu.Unlock()
			}
			return true
		})
	}, func(int) (bool, error) { return true, nil })
	return total.Load(), err
}

// inSegment calls visit with the row groups of a segment, in the wanted order,
// that have events in the time asked for, with the rows of that time: from low
// to before high.
func (s *scan) inSegment(ctx context.Context, segment *state.Segment, visit func(g *rowGroup, low, high int) (bool, error)) (err error) {
	opened, err := s.store.open.get(ctx, segment.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.store.open.put(opened)) }()
	defer damaged(&err)
	s.cost.Segments++
	groups := slices.Clone(opened.file.RowGroups())
	q := &s.plan.query
	if !q.OldestFirst {
		slices.Reverse(groups)
	}
	for _, group := range groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		g, err := newRowGroup(group, countingReader{opened.reader, &s.bytes})
		if err != nil {
			return err
		}
		low, high, err := g.between(q.From, q.To)
		if err != nil {
			return err
		}
		if low >= high {
			continue
		}
		more, err := visit(g, low, high)
		if err = errors.Join(err, g.close()); err != nil || !more {
			return err
		}
	}
	return nil
}

// between are the rows of a time, both ends inclusive: from low to before high.
func (g *rowGroup) between(from, to int64) (low, high int, err error) {
	first, last, err := g.span()
	if err != nil || last < from || first > to {
		return 0, 0, err
	}
	high = g.rows
	if first < from {
		if low, err = g.firstAt(from); err != nil {
			return 0, 0, err
		}
	}
	if last > to {
		high, err = g.firstAt(to + 1)
	}
	return low, high, err
}

// units are the pages of messages that hold rows of maybe, in the wanted order.
func (s *scan) units(g *rowGroup, sure, maybe rowSet) ([]unit, error) {
	pages, err := g.messagePages()
	if err != nil {
		return nil, err
	}
	var units []unit
	for _, p := range pages {
		last := maybe.last(p.first, p.first+p.rows)
		if last < 0 {
			continue
		}
		u := unit{rows: maybe.between(p.first, p.first+p.rows, !s.plan.query.OldestFirst, sure)}
		u.load = func(c *checker) ([][]byte, int, error) {
			messages, err := g.messages(&c.messages, p, last-p.first+1)
			return messages, p.first, err
		}
		units = append(units, u)
	}
	if !s.plan.query.OldestFirst {
		slices.Reverse(units)
	}
	return units, nil
}

// blockUnits are the chunks of a block with the rows that wanted takes, the
// chunk with the foremost of them first.
func (s *scan) blockUnits(b *block, wanted func(row int) bool) []unit {
	before := s.before(b)
	var units []unit
	for _, c := range b.chunks {
		var rows []int
		for row := c.first; row < c.first+c.rows; row++ {
			if s.plan.inStream(b.streams[row]) && b.times[row] >= s.plan.query.From && b.times[row] <= s.plan.query.To && wanted(row) {
				rows = append(rows, row)
			}
		}
		if len(rows) == 0 {
			continue
		}
		slices.SortFunc(rows, before)
		each := func(yield func(int, bool) bool) {
			for _, row := range rows {
				if !yield(row, false) {
					return
				}
			}
		}
		units = append(units, unit{rows: each, foremost: &place{b.times[rows[0]], b.ids[rows[0]]}, load: func(k *checker) ([][]byte, int, error) {
			raw, err := c.messages(k.messages.raw)
			if err != nil {
				return nil, 0, err
			}
			k.messages.raw = raw
			messages := k.messages.messages[:0]
			for row := c.first; row < c.first+c.rows; row++ {
				n := b.lengths[row]
				messages = append(messages, raw[:n:n])
				raw = raw[n:]
			}
			k.messages.messages = messages
			return messages, c.first, nil
		}})
	}
	slices.SortFunc(units, func(u, v unit) int { return s.plan.compare(*u.foremost, *v.foremost) })
	return units
}

// before compares the rows of a block in the wanted order.
func (s *scan) before(b *block) func(int, int) int {
	return func(i, j int) int {
		return s.plan.compare(place{b.times[i], b.ids[i]}, place{b.times[j], b.ids[j]})
	}
}

// compare is the order in which a query wants events.
func (p *plan) compare(a, b place) int {
	if p.query.OldestFirst {
		return a.compare(b)
	}
	return b.compare(a)
}
