package events

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"tocsin/core/event"
)

// Count is the number of events that a query selects; Limit and After do not count.
func (s *Store) Count(ctx context.Context, q Query) (int64, error) {
	q.Limit, q.After, q.OldestFirst = 0, "", true
	p, err := newPlan(q)
	if err != nil {
		return 0, err
	}
	var total int64
	err = s.consistently(ctx, q.Group, p.query.From, p.query.To, func(sources []source) error {
		c := &count{scan: s.newScan(p)}
		err := c.all(ctx, sources)
		total = c.total
		return err
	})
	return total, err
}

// MaxBuckets bounds what CountBy answers.
const MaxBuckets = 100_000

// A Bucket is a part of a count.
type Bucket struct {
	Start int64  // of the stretch of time, 0 without a step
	Value string // "" of events without the attribute
	Count int64
}

// CountBy counts by an attribute's value, and by stretches of time when step is
// not 0 (milliseconds), which begin at multiples of it since 1970. An event with
// several values, of its resources, counts for each. The buckets are in the order
// of time and value; more than MaxBuckets are an error.
func (s *Store) CountBy(ctx context.Context, q Query, by Attribute, step int64) ([]Bucket, error) {
	q.Limit, q.After, q.OldestFirst = 0, "", true
	if step < 0 {
		return nil, fmt.Errorf("%w: stretches of %d milliseconds", ErrQuery, step)
	}
	p, err := newPlan(q)
	if err != nil {
		return nil, err
	}
	known, err := by.known()
	if err != nil {
		return nil, err
	}
	var buckets []Bucket
	err = s.consistently(ctx, q.Group, p.query.From, p.query.To, func(sources []source) error {
		c := &count{scan: s.newScan(p), by: &known, step: step, buckets: map[bucketKey]*int64{}, taker: newTaker()}
		if err := c.all(ctx, sources); err != nil {
			return err
		}
		buckets = buckets[:0]
		for k, n := range c.buckets {
			buckets = append(buckets, Bucket{Start: k.start, Value: k.value, Count: *n})
		}
		return nil
	})
	slices.SortFunc(buckets, func(a, b Bucket) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Value, b.Value))
	})
	return buckets, err
}

// A count counts what a plan selects, by an attribute if it has one.
type count struct {
	*scan
	total   int64
	by      *attribute
	step    int64
	buckets map[bucketKey]*int64
	taker   *taker // of the messages whose values the columns do not tell
	record  record
}

type bucketKey struct {
	start int64
	value string
}

func (c *count) all(ctx context.Context, sources []source) error {
	for _, one := range sources {
		var err error
		if one.block != nil {
			err = c.inBlock(ctx, one)
		} else {
			err = c.scan.inSegment(ctx, one.segment, func(g *rowGroup, low, high int) (bool, error) {
				return true, c.inGroup(ctx, g, low, high)
			})
		}
		if err != nil {
			return err
		}
		if len(c.buckets) > MaxBuckets {
			return fmt.Errorf("%w: more than %d different counts; ask for less time, longer stretches or another attribute", ErrQuery, MaxBuckets)
		}
	}
	return nil
}

func (c *count) inBlock(ctx context.Context, one source) error {
	b, err := c.store.block(ctx, one.block)
	if err != nil {
		return err
	}
	c.cost.Blocks++
	units := c.blockUnits(b, func(int) bool { return true })
	n, err := c.tally(ctx, units, c.each(func(row int) int64 { return c.start(b.times[row]) }))
	c.total += n
	return err
}

// each counts a message by what it says; nil when there is nothing to count by.
func (c *count) each(start func(row int) int64) func(int, []byte) {
	if c.by == nil {
		return nil
	}
	return func(row int, message []byte) {
		c.taker.reset()
		c.taker.take(message, &c.record)
		c.by.values(&c.record, func(value []byte) { c.add(start(row), value, 1) })
	}
}

func (c *count) add(start int64, value []byte, n int64) {
	if total := c.buckets[bucketKey{start, string(value)}]; total != nil {
		*total += n
		return
	}
	c.buckets[bucketKey{start, string(value)}] = &n
}

// start is where the stretch of a time begins.
func (c *count) start(at int64) int64 {
	if c.step == 0 {
		return 0
	}
	rest := at % c.step
	if rest < 0 {
		rest += c.step
	}
	return at - rest
}

func (c *count) inGroup(ctx context.Context, g *rowGroup, low, high int) error {
	if ok, err := c.plan.test.possible(g); err != nil || !ok {
		return err
	}
	sure, maybe, err := c.plan.test.rows(g)
	if err != nil || maybe == nil {
		return err
	}
	sure.clip(low, high)
	maybe.clip(low, high)
	var start func(int) int64
	if c.by != nil {
		if start, err = c.stretches(g, low, high, sure); err != nil {
			return err
		}
	}
	c.total += int64(sure.count())
	maybe.remove(sure)
	if maybe.empty() {
		return nil
	}
	units, err := c.units(g, newRowSet(g.rows), maybe)
	if err != nil {
		return err
	}
	n, err := c.tally(ctx, units, c.each(start))
	c.total += n
	return err
}

// stretches counts the sure rows by their columns, stretch by stretch of time,
// and takes out of them those whose columns do not tell the value. It returns
// where the stretch of a row begins.
func (c *count) stretches(g *rowGroup, low, high int, sure rowSet) (start func(row int) int64, err error) {
	values, err := c.values(g, sure)
	if err != nil {
		return nil, err
	}
	first, last, err := g.span()
	if err != nil {
		return nil, err
	}
	if begin := c.start(first); begin == c.start(last) {
		values.count(sure, low, high, func(value []byte, n int64) { c.add(begin, value, n) })
		return func(int) int64 { return begin }, nil
	}
	var ends []int
	var starts []int64
	for row := low; row < high; {
		at, err := g.time(row)
		if err != nil {
			return nil, err
		}
		begin, end := c.start(at), high
		if c.step > 0 && begin <= math.MaxInt64-c.step {
			if end, err = g.firstAt(begin + c.step); err != nil {
				return nil, err
			}
			end = min(end, high)
		}
		values.count(sure, row, end, func(value []byte, n int64) { c.add(begin, value, n) })
		starts, ends = append(starts, begin), append(ends, end)
		row = end
	}
	return func(row int) int64 {
		i, _ := slices.BinarySearch(ends, row+1)
		return starts[i]
	}, nil
}

// A valueColumn is an attribute's value of each row, as an index, -1 for none.
type valueColumn struct {
	index []int32
	texts int
	text  func(int) []byte
}

var flagValues = []event.Kind{event.False, event.True}

// values is the column of the attribute. Rows whose value it does not tell are
// taken out of sure; all of them where it is no column of single values.
func (c *count) values(g *rowGroup, sure rowSet) (*valueColumn, error) {
	odd, err := g.undecided()
	if err != nil {
		return nil, err
	}
	for row, bits := range odd {
		if bits&(1<<c.by.column) != 0 {
			sure[row>>6] &^= 1 << (row & 63)
		}
	}
	switch c.by.column {
	case eventID, resources:
		clear(sure)
		return &valueColumn{}, nil
	case readOnly:
		flags, err := g.flags(leafReadOnly)
		if err != nil {
			return nil, err
		}
		v := &valueColumn{index: make([]int32, g.rows), texts: 2, text: func(i int) []byte {
			return []byte(flagText(flagValues[i]))
		}}
		for row, k := range flags {
			v.index[row] = int32(slices.Index(flagValues, k))
		}
		return v, nil
	}
	t, err := g.text(c.by.leaf)
	if err != nil {
		return nil, err
	}
	return &valueColumn{index: t.index, texts: t.len(), text: t.text}, nil
}

// count counts the rows of a set from low to before high by value.
func (v *valueColumn) count(rows rowSet, low, high int, add func([]byte, int64)) {
	if !rows.any(low, high) {
		return
	}
	totals := make([]int64, v.texts+1)
	for row := rows.next(low); row >= 0 && row < high; {
		totals[v.index[row]+1]++
		if row++; row == high {
			break
		}
		if !rows.has(row) {
			row = rows.next(row)
		}
	}
	if totals[0] > 0 {
		add(nil, totals[0])
	}
	for i, n := range totals[1:] {
		if n > 0 {
			add(v.text(i), n)
		}
	}
}
