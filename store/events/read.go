package events

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"tocsin/core/event"
)

// A rowGroup reads a row group of a segment. It keeps what it has read, some
// 300 KB a column. It is for one goroutine, but for messages.
type rowGroup struct {
	chunks []*parquet.FileColumnChunk
	source io.ReaderAt
	rows   int

	texts map[int]*textColumn
	// opened are pages whose dictionary was read, to go on with.
	opened map[int]*parquet.FilePages
	odd    []uint32 // what each row leaves undecided; nil when no row does
	asked  bool     // whether odd is known
	times  page[int64]
	ids    page[event.ID]
	taken  page[int64] // of ingestion
}

// A page is the values of some rows from first on.
type page[T any] struct {
	first  int
	values []T
}

func (p *page[T]) holds(row int) bool { return row >= p.first && row < p.first+len(p.values) }

// A textColumn is the texts of a row group: of each row an index of the different
// texts, -1 where there is none.
type textColumn struct {
	dictionary parquet.Dictionary // nil when no row has a text
	index      []int32
}

func (t *textColumn) len() int {
	if t.dictionary == nil {
		return 0
	}
	return t.dictionary.Len()
}

func (t *textColumn) text(i int) []byte { return t.dictionary.Index(int32(i)).ByteArray() }

func newRowGroup(g parquet.RowGroup, source io.ReaderAt) (*rowGroup, error) {
	r := &rowGroup{source: source, rows: int(g.NumRows()), texts: map[int]*textColumn{}, opened: map[int]*parquet.FilePages{}}
	for _, c := range g.ColumnChunks() {
		chunk, ok := c.(*parquet.FileColumnChunk)
		if !ok {
			return nil, fmt.Errorf("%w: a column of a segment is a %T", ErrCorrupt, c)
		}
		r.chunks = append(r.chunks, chunk)
	}
	if len(r.chunks) != leaves || r.rows <= 0 || r.rows > maxBlockEvents {
		return nil, fmt.Errorf("%w: a segment with %d columns and %d rows in a group", ErrCorrupt, len(r.chunks), r.rows)
	}
	return r, nil
}

// pages calls visit with the pages of a column from a row on until it returns false.
func (g *rowGroup) pages(leaf, from int, visit func(parquet.Page) (bool, error)) error {
	pages := g.chunks[leaf].PagesFrom(g.source)
	defer pages.Close()
	if err := pages.SeekToRow(int64(from)); err != nil {
		return fmt.Errorf("seek row %d of column %d: %w", from, leaf, err)
	}
	for {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read column %d: %w", leaf, err)
		}
		more, err := visit(p)
		parquet.Release(p)
		if err != nil || !more {
			return err
		}
	}
}

// close gives back what is open.
func (g *rowGroup) close() error {
	var errs []error
	for _, p := range g.opened {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// dictionary is the different values of a column; nil when there are none.
func (g *rowGroup) dictionary(leaf int) (parquet.Dictionary, error) {
	if t := g.texts[leaf]; t != nil {
		return t.dictionary, nil
	}
	pages := g.opened[leaf]
	if pages == nil {
		pages = g.chunks[leaf].PagesFrom(g.source)
		g.opened[leaf] = pages
	}
	d, err := pages.ReadDictionary()
	if err != nil {
		return nil, fmt.Errorf("read the dictionary of column %d: %w", leaf, err)
	}
	return d, nil
}

// indexes calls visit with the pages of a column with a dictionary: the rows from
// first on, of each its level, which is level when there is a value, and the
// indexes of the values that there are. Levels are nil when every row has a value.
func (g *rowGroup) indexes(leaf int, visit func(first int, levels []byte, index []int32) error) error {
	pages := g.opened[leaf]
	if pages == nil {
		pages = g.chunks[leaf].PagesFrom(g.source)
	}
	delete(g.opened, leaf)
	defer pages.Close()
	for first := 0; ; {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			if first != g.rows {
				return fmt.Errorf("%w: column %d has %d rows of %d", ErrCorrupt, leaf, first, g.rows)
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read column %d: %w", leaf, err)
		}
		data := p.Data()
		levels := p.DefinitionLevels()
		rows := int(p.NumRows())
		switch {
		case first+rows > g.rows:
			err = fmt.Errorf("%w: column %d has more than %d rows", ErrCorrupt, leaf, g.rows)
		case p.Dictionary() == nil && p.NumValues() > p.NumNulls() || data.Kind() != encoding.Int32 && data.Kind() != encoding.Undefined:
			err = fmt.Errorf("%w: column %d has no dictionary", ErrCorrupt, leaf)
		default:
			err = visit(first, levels, data.Int32())
		}
		parquet.Release(p)
		if err != nil {
			return err
		}
		first += rows
	}
}

// text is a column of texts as a whole.
func (g *rowGroup) text(leaf int) (*textColumn, error) {
	if t := g.texts[leaf]; t != nil {
		return t, nil
	}
	d, err := g.dictionary(leaf)
	if err != nil {
		return nil, err
	}
	t := &textColumn{index: make([]int32, g.rows), dictionary: d}
	most := int32(t.len())
	err = g.indexes(leaf, func(first int, levels []byte, index []int32) error {
		for _, i := range index {
			if uint32(i) >= uint32(most) {
				return fmt.Errorf("%w: column %d points beyond its dictionary", ErrCorrupt, leaf)
			}
		}
		rows := t.index[first:]
		if levels == nil || len(levels) == len(index) {
			copy(rows, index)
			return nil
		}
		for row, level := range levels {
			switch {
			case level == 0:
				rows[row] = -1
			case len(index) == 0:
				return fmt.Errorf("%w: column %d lacks values", ErrCorrupt, leaf)
			default:
				rows[row] = index[0]
				index = index[1:]
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	g.texts[leaf] = t
	return t, nil
}

// truths are the rows of a column whose value is true in table, by index, or, of
// those that have none, all if absent.
func (g *rowGroup) truths(leaf int, table []bool, absent bool) (rowSet, error) {
	set := newRowSet(g.rows)
	err := g.indexes(leaf, func(first int, levels []byte, index []int32) error {
		for _, i := range index {
			if uint32(i) >= uint32(len(table)) {
				return fmt.Errorf("%w: column %d points beyond its dictionary", ErrCorrupt, leaf)
			}
		}
		if levels == nil || len(levels) == len(index) {
			for row, i := range index {
				if table[i] {
					set.add(first + row)
				}
			}
			return nil
		}
		for row, level := range levels {
			truth := absent
			if level > 0 {
				if len(index) == 0 {
					return fmt.Errorf("%w: column %d lacks values", ErrCorrupt, leaf)
				}
				truth = table[index[0]]
				index = index[1:]
			}
			if truth {
				set.add(first + row)
			}
		}
		return nil
	})
	return set, err
}

// undecided are the bits of each row, or nil when there is none in the group.
func (g *rowGroup) undecided() ([]uint32, error) {
	if g.asked {
		return g.odd, nil
	}
	bounds, err := g.chunks[leafUndecided].ColumnIndex()
	if err != nil {
		return nil, fmt.Errorf("read the bounds of column %d: %w", leafUndecided, err)
	}
	any := false
	for i := range bounds.NumPages() {
		any = any || bounds.MaxValue(i).Int32() != 0
	}
	if any {
		t, err := g.text(leafUndecided)
		if err != nil {
			return nil, err
		}
		g.odd = make([]uint32, g.rows)
		for row, i := range t.index {
			g.odd[row] = uint32(t.dictionary.Index(i).Int32())
		}
	}
	g.asked = true
	return g.odd, nil
}

// flags is a column of booleans as a whole: Absent, False or True.
func (g *rowGroup) flags(leaf int) ([]event.Kind, error) {
	flags := make([]event.Kind, 0, g.rows)
	values := make([]parquet.Value, 1024)
	err := g.pages(leaf, 0, func(p parquet.Page) (bool, error) {
		r := p.Values()
		for {
			n, err := r.ReadValues(values)
			for _, v := range values[:n] {
				switch {
				case v.IsNull():
					flags = append(flags, event.Absent)
				case v.Boolean():
					flags = append(flags, event.True)
				default:
					flags = append(flags, event.False)
				}
			}
			if errors.Is(err, io.EOF) {
				return true, nil
			}
			if err != nil {
				return false, err
			}
		}
	})
	if err == nil && len(flags) != g.rows {
		err = fmt.Errorf("%w: column %d has %d rows of %d", ErrCorrupt, leaf, len(flags), g.rows)
	}
	return flags, err
}

// list calls visit with each text of a column of lists and the row that it is of.
func (g *rowGroup) list(leaf int, visit func(row int, index int32)) error {
	row := -1
	err := g.pages(leaf, 0, func(p parquet.Page) (bool, error) {
		data := p.Data()
		repeats, levels, index := p.RepetitionLevels(), p.DefinitionLevels(), data.Int32()
		for i, level := range levels {
			if repeats[i] == 0 {
				row++
			}
			if level == 2 {
				if len(index) == 0 || row >= g.rows {
					return false, fmt.Errorf("%w: column %d lacks values", ErrCorrupt, leaf)
				}
				visit(row, index[0])
				index = index[1:]
			}
		}
		return true, nil
	})
	return err
}

// time, id and ingested are those of one row; neighbours cost nothing more.
func (g *rowGroup) time(row int) (int64, error)     { return g.number(leafTime, row, &g.times) }
func (g *rowGroup) ingested(row int) (int64, error) { return g.number(leafIngested, row, &g.taken) }

func (g *rowGroup) number(leaf, row int, p *page[int64]) (int64, error) {
	if !p.holds(row) {
		first, err := g.pageOf(leaf, row)
		if err != nil {
			return 0, err
		}
		err = g.pages(leaf, first, func(read parquet.Page) (bool, error) {
			data := read.Data()
			p.first, p.values = first, append(p.values[:0], data.Int64()...)
			return false, nil
		})
		if err != nil {
			return 0, err
		}
	}
	if !p.holds(row) {
		return 0, fmt.Errorf("%w: column %d ends before row %d", ErrCorrupt, leaf, row)
	}
	return p.values[row-p.first], nil
}

func (g *rowGroup) id(row int) (event.ID, error) {
	if !g.ids.holds(row) {
		first, err := g.pageOf(leafID, row)
		if err != nil {
			return event.ID{}, err
		}
		err = g.pages(leafID, first, func(read parquet.Page) (bool, error) {
			data := read.Data()
			g.ids.first, g.ids.values = first, appendIDs(g.ids.values[:0], data.Uint128())
			return false, nil
		})
		if err != nil {
			return event.ID{}, err
		}
	}
	if !g.ids.holds(row) {
		return event.ID{}, fmt.Errorf("%w: the ids end before row %d", ErrCorrupt, row)
	}
	return g.ids.values[row-g.ids.first], nil
}

func appendIDs(ids []event.ID, values [][16]byte) []event.ID {
	for _, v := range values {
		ids = append(ids, v)
	}
	return ids
}

// pageOf is the first row of the page that holds a row.
func (g *rowGroup) pageOf(leaf, row int) (int, error) {
	index, err := g.chunks[leaf].OffsetIndex()
	if err != nil {
		return 0, fmt.Errorf("read where the pages of column %d are: %w", leaf, err)
	}
	n := sort.Search(index.NumPages(), func(i int) bool { return index.FirstRowIndex(i) > int64(row) })
	if n == 0 {
		return 0, fmt.Errorf("%w: column %d has no page for row %d", ErrCorrupt, leaf, row)
	}
	return int(index.FirstRowIndex(n - 1)), nil
}

func (g *rowGroup) place(row int) (place, error) {
	at, err := g.time(row)
	if err != nil {
		return place{}, err
	}
	id, err := g.id(row)
	return place{at, id}, err
}

// span are the times of the first and the last row.
func (g *rowGroup) span() (first, last int64, err error) {
	index, err := g.chunks[leafTime].ColumnIndex()
	if err != nil {
		return 0, 0, fmt.Errorf("read the times of the pages: %w", err)
	}
	return index.MinValue(0).Int64(), index.MaxValue(index.NumPages() - 1).Int64(), nil
}

// firstAt is the first row at a time or later; the number of rows when there is none.
func (g *rowGroup) firstAt(at int64) (int, error) {
	index, err := g.chunks[leafTime].ColumnIndex()
	if err != nil {
		return 0, fmt.Errorf("read the times of the pages: %w", err)
	}
	pages := index.NumPages()
	p := sort.Search(pages, func(i int) bool { return index.MaxValue(i).Int64() >= at })
	if p == pages {
		return g.rows, nil
	}
	places, err := g.chunks[leafTime].OffsetIndex()
	if err != nil {
		return 0, fmt.Errorf("read where the times are: %w", err)
	}
	first := int(places.FirstRowIndex(p))
	if index.MinValue(p).Int64() >= at {
		return first, nil
	}
	if _, err := g.time(first); err != nil {
		return 0, err
	}
	return first + sort.Search(len(g.times.values), func(i int) bool { return g.times.values[i] >= at }), nil
}

// firstBehind is the first row whose place is p or behind it.
func (g *rowGroup) firstBehind(p place) (int, error) {
	low, err := g.firstAt(p.time)
	if err != nil {
		return 0, err
	}
	high, err := g.firstAt(p.time + 1)
	if err != nil {
		return 0, err
	}
	var failed error
	n := sort.Search(high-low, func(i int) bool {
		id, err := g.id(low + i)
		if err != nil {
			failed = err
		}
		return place{p.time, id}.compare(p) >= 0
	})
	return low + n, failed
}
