package events

import (
	"slices"

	"github.com/parquet-go/parquet-go"

	"tocsin/core/event"
	"tocsin/core/pattern"
)

// A test is a condition on the columns of a segment. What it says is true, but
// it need not say everything: of the rows in maybe that are not in sure, only the
// messages tell.
type test interface {
	// possible is false when no row of the group can satisfy the condition. It
	// looks at filters and dictionaries only.
	possible(g *rowGroup) (bool, error)
	// rows are those that surely satisfy the condition, and those that may; nil
	// is none. The first are among the second. They are the caller's.
	rows(g *rowGroup) (sure, maybe rowSet, err error)
}

// tests are what a plan's query means for columns.
func (p *plan) tests() test {
	all := allOf{}
	for _, m := range p.match {
		all = append(all, m.test())
	}
	if p.query.Streams != nil {
		all = append(all, &textTest{leaf: leafStream, bit: -1, holds: func(s []byte) bool { return slices.Contains(p.query.Streams, string(s)) }})
	}
	if q := p.query.Pattern; p.set != nil {
		if q.Language == pattern.JSON {
			all = append(all, conditionTest(q.Condition))
		} else {
			all = append(all, unknown{})
		}
	}
	return all
}

// test is what a wanted value means for columns.
func (m wantedValue) test() test {
	switch m.column {
	case eventID:
		id, ok := event.IDOf(event.Value{Raw: m.value, Kind: event.String})
		if !ok {
			return never{}
		}
		return idTest{id}
	case readOnly:
		return &flagTest{sure: func(k event.Kind) bool { return flagText(k) == string(m.value) && k != event.Absent }}
	case resources:
		t := &resourceTest{leaf: m.leaf, holds: func(text []byte) bool {
			return m.holdsResource(resource{arn: text, kind: text}, m.value)
		}}
		return t
	default:
		return &textTest{
			leaf: m.leaf, bit: int(m.column), exact: m.value,
			holds: func(text []byte) bool { return string(text) == string(m.value) },
		}
	}
}

// conditionTest is what a pattern's condition means for columns. A record that is
// not JSON matches no pattern, so that bit leaves every comparison open.
func conditionTest(n pattern.Node) test {
	switch n := n.(type) {
	case *pattern.And:
		all := allOf{}
		for _, m := range n.Nodes {
			all = append(all, conditionTest(m))
		}
		return all
	case *pattern.Or:
		any := anyOf{}
		for _, m := range n.Nodes {
			any = append(any, conditionTest(m))
		}
		return any
	case *pattern.Comparison:
		return comparisonTest(n)
	default:
		return unknown{}
	}
}

var eventIDPath = event.Members("eventID")

func comparisonTest(c *pattern.Comparison) test {
	for i, t := range textColumns {
		if !c.Selector.Equal(t.path) {
			continue
		}
		test := &textTest{
			leaf: leafText + i, bit: i, json: true, derived: t.derived,
			holds:  func(text []byte) bool { return c.Holds(event.String, text) },
			absent: c.Holds(event.Absent, nil),
		}
		if c.Op == pattern.Equal && !c.Value.Prefix && !c.Value.Suffix && (c.Value.Kind == pattern.Word || c.Value.Kind == pattern.Quoted) {
			test.exact = []byte(c.Value.Body)
		}
		return test
	}
	switch {
	case c.Selector.Equal(readOnlyPath):
		return &flagTest{json: true, sure: func(k event.Kind) bool { return c.Holds(k, nil) }}
	case c.Selector.Equal(eventIDPath) && c.Op == pattern.Equal && !c.Value.Prefix && !c.Value.Suffix &&
		(c.Value.Kind == pattern.Word || c.Value.Kind == pattern.Quoted) && c.Value.Body != "":
		return wantedValue{attributes[EventID], []byte(c.Value.Body)}.test()
	}
	return unknown{}
}

// textTest asks the texts of a column.
type textTest struct {
	leaf int
	// bit is that of the column among the undecided ones, or -1.
	bit     int
	json    bool // whether it is about the record as JSON
	derived bool // whether the column is more than the path asked for
	holds   func([]byte) bool
	absent  bool // whether a record without the field satisfies the condition
	// exact is the only text that does, or nil.
	exact []byte
}

// undecided are the rows whose columns do not tell, or nil.
func (t *textTest) undecided(g *rowGroup) ([]uint32, uint32, error) {
	if t.bit < 0 {
		return nil, 0, nil
	}
	odd, err := g.undecided()
	mask := uint32(1) << t.bit
	if t.json {
		mask |= 1 << wholeRecord
	}
	return odd, mask, err
}

func (t *textTest) possible(g *rowGroup) (bool, error) {
	odd, _, err := t.undecided(g)
	if err != nil || odd != nil || t.absent {
		return true, err
	}
	if t.exact != nil {
		if found, err := passes(g, t.leaf, parquet.ByteArrayValue(t.exact)); err != nil || !found {
			return false, err
		}
	}
	d, err := g.dictionary(t.leaf)
	if err != nil || d == nil {
		return false, err
	}
	return slices.Contains(t.table(d), true), nil
}

// passes asks the filter of a column; true when there is none.
func passes(g *rowGroup, leaf int, v parquet.Value) (bool, error) {
	filter := g.chunks[leaf].BloomFilter()
	if filter == nil {
		return true, nil
	}
	return filter.Check(v)
}

// table is the truth of each text of a dictionary.
func (t *textTest) table(d parquet.Dictionary) []bool {
	table := make([]bool, d.Len())
	for i := range table {
		table[i] = t.holds(d.Index(int32(i)).ByteArray())
	}
	return table
}

func (t *textTest) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	odd, mask, err := t.undecided(g)
	if err != nil {
		return nil, nil, err
	}
	d, err := g.dictionary(t.leaf)
	if err != nil {
		return nil, nil, err
	}
	var table []bool
	if d != nil {
		table = t.table(d)
	}
	if odd == nil && !t.absent && !slices.Contains(table, true) {
		return nil, nil, nil
	}
	if t.derived {
		sure, maybe, err = t.derivedRows(g, table)
	} else {
		maybe, err = g.truths(t.leaf, table, t.absent)
		sure = slices.Clone(maybe)
	}
	if err != nil {
		return nil, nil, err
	}
	doubt(odd, mask, sure, maybe)
	return sure, maybe, nil
}

// derivedRows are the rows of a column that has something in the place of a
// missing text: a row is sure when neither could make a difference.
func (t *textTest) derivedRows(g *rowGroup, table []bool) (sure, maybe rowSet, err error) {
	both, either := slices.Clone(table), slices.Clone(table)
	for i, holds := range table {
		both[i], either[i] = holds && t.absent, holds || t.absent
	}
	if sure, err = g.truths(t.leaf, both, t.absent); err != nil {
		return nil, nil, err
	}
	maybe, err = g.truths(t.leaf, either, t.absent)
	return sure, maybe, err
}

// doubt moves the rows with a bit of mask from the sure to the possible ones.
func doubt(odd []uint32, mask uint32, sure, maybe rowSet) {
	for row, bits := range odd {
		if bits&mask != 0 {
			sure[row>>6] &^= 1 << (row & 63)
			maybe[row>>6] |= 1 << (row & 63)
		}
	}
}

// flagTest asks readOnly.
type flagTest struct {
	json bool
	sure func(event.Kind) bool
}

func (t *flagTest) possible(*rowGroup) (bool, error) { return true, nil }

func (t *flagTest) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	odd, err := g.undecided()
	if err != nil {
		return nil, nil, err
	}
	flags, err := g.flags(leafReadOnly)
	if err != nil {
		return nil, nil, err
	}
	sure = newRowSet(g.rows)
	for row, k := range flags {
		if t.sure(k) {
			sure.add(row)
		}
	}
	maybe = slices.Clone(sure)
	mask := uint32(1) << readOnly
	if t.json {
		mask |= 1 << wholeRecord
	}
	doubt(odd, mask, sure, maybe)
	return sure, maybe, nil
}

// resourceTest asks the ARNs or the types of resources.
type resourceTest struct {
	leaf  int
	holds func([]byte) bool
}

func (t *resourceTest) possible(g *rowGroup) (bool, error) {
	odd, err := g.undecided()
	if err != nil || odd != nil {
		return true, err
	}
	d, err := g.dictionary(t.leaf)
	if err != nil || d == nil {
		return false, err
	}
	return slices.Contains((&textTest{holds: t.holds}).table(d), true), nil
}

func (t *resourceTest) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	odd, err := g.undecided()
	if err != nil {
		return nil, nil, err
	}
	sure = newRowSet(g.rows)
	d, err := g.dictionary(t.leaf)
	if err != nil {
		return nil, nil, err
	}
	if d != nil {
		table := (&textTest{holds: t.holds}).table(d)
		err := g.list(t.leaf, func(row int, i int32) {
			if int(i) < len(table) && table[i] {
				sure.add(row)
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	maybe = slices.Clone(sure)
	doubt(odd, 1<<resources, sure, maybe)
	return sure, maybe, nil
}

// idTest asks for the event with an eventID. That the ids are equal does not say
// that the texts are, so that no row is sure.
type idTest struct{ id event.ID }

func (t idTest) possible(g *rowGroup) (bool, error) {
	odd, err := g.undecided()
	if err != nil || odd != nil {
		return true, err
	}
	return passes(g, leafID, parquet.FixedLenByteArrayValue(t.id[:]))
}

func (t idTest) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	odd, err := g.undecided()
	if err != nil {
		return nil, nil, err
	}
	sure, maybe = newRowSet(g.rows), newRowSet(g.rows)
	row := 0
	err = g.pages(leafID, 0, func(p parquet.Page) (bool, error) {
		data := p.Data()
		for _, id := range data.Uint128() {
			if event.ID(id) == t.id {
				maybe.add(row)
			}
			row++
		}
		return true, nil
	})
	doubt(odd, 1<<eventID|1<<wholeRecord, sure, maybe)
	return sure, maybe, err
}

// unknown is a condition that only messages answer.
type unknown struct{}

func (unknown) possible(*rowGroup) (bool, error) { return true, nil }

func (unknown) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	maybe = newRowSet(g.rows)
	maybe.fill(0, g.rows)
	return newRowSet(g.rows), maybe, nil
}

// never is a condition that nothing satisfies.
type never struct{}

func (never) possible(*rowGroup) (bool, error)               { return false, nil }
func (never) rows(*rowGroup) (sure, maybe rowSet, err error) { return nil, nil, nil }

// allOf is satisfied when all conditions are; without any, always.
type allOf []test

func (all allOf) possible(g *rowGroup) (bool, error) {
	for _, t := range all {
		if ok, err := t.possible(g); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (all allOf) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	sure, maybe = newRowSet(g.rows), newRowSet(g.rows)
	sure.fill(0, g.rows)
	maybe.fill(0, g.rows)
	for _, t := range all {
		s, m, err := t.rows(g)
		if err != nil {
			return nil, nil, err
		}
		if m == nil {
			return nil, nil, nil
		}
		maybe.intersect(m)
		if maybe.empty() {
			return nil, nil, nil
		}
		sure.intersect(s)
	}
	return sure, maybe, nil
}

// anyOf is satisfied when one condition is.
type anyOf []test

func (any anyOf) possible(g *rowGroup) (bool, error) {
	for _, t := range any {
		if ok, err := t.possible(g); err != nil || ok {
			return true, err
		}
	}
	return false, nil
}

func (any anyOf) rows(g *rowGroup) (sure, maybe rowSet, err error) {
	for _, t := range any {
		if ok, err := t.possible(g); err != nil {
			return nil, nil, err
		} else if !ok {
			continue
		}
		s, m, err := t.rows(g)
		switch {
		case err != nil:
			return nil, nil, err
		case maybe == nil:
			sure, maybe = s, m
		case m != nil:
			sure.join(s)
			maybe.join(m)
		}
	}
	return sure, maybe, nil
}
