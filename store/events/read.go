package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sort"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"tocsin/core/event"
)

// A rowGroup reads a row group of a segment. It keeps what it has read, some
// 300 KB a column. It is for one goroutine, but for messages.
type rowGroup struct {
	chunks []*parquet.FileColumnChunk
	source io.ReaderAt
	rows   int

	texts map[int]*textColumn
	odd   []uint32 // what each row leaves undecided; nil when no row does
	asked bool     // whether odd is known
	times page[int64]
	ids   page[event.ID]
	taken page[int64] // of ingestion
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
	r := &rowGroup{source: source, rows: int(g.NumRows()), texts: map[int]*textColumn{}}
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

// dictionary is the different texts of a column; nil when there are none.
func (g *rowGroup) dictionary(leaf int) (parquet.Dictionary, error) {
	if t := g.texts[leaf]; t != nil {
		return t.dictionary, nil
	}
	pages := g.chunks[leaf].PagesFrom(g.source)
	defer pages.Close()
	d, err := pages.ReadDictionary()
	if err != nil {
		return nil, fmt.Errorf("read the dictionary of column %d: %w", leaf, err)
	}
	return d, nil
}

// text is a column of texts as a whole.
func (g *rowGroup) text(leaf int) (*textColumn, error) {
	if t := g.texts[leaf]; t != nil {
		return t, nil
	}
	t := &textColumn{index: make([]int32, 0, g.rows)}
	err := g.pages(leaf, 0, func(p parquet.Page) (bool, error) {
		if t.dictionary == nil {
			t.dictionary = p.Dictionary()
		}
		data := p.Data()
		if data.Kind() != encoding.Int32 {
			return false, fmt.Errorf("%w: column %d has no dictionary", ErrCorrupt, leaf)
		}
		index := data.Int32()
		levels := p.DefinitionLevels()
		if levels == nil {
			t.index = append(t.index, index...)
			return true, nil
		}
		for _, level := range levels {
			switch {
			case level == 0:
				t.index = append(t.index, -1)
			case len(index) == 0:
				return false, fmt.Errorf("%w: column %d lacks values", ErrCorrupt, leaf)
			default:
				t.index = append(t.index, index[0])
				index = index[1:]
			}
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, i := range t.index {
		if int(i) >= t.len() {
			return nil, fmt.Errorf("%w: column %d points beyond its dictionary", ErrCorrupt, leaf)
		}
	}
	if len(t.index) != g.rows {
		return nil, fmt.Errorf("%w: column %d has %d rows of %d", ErrCorrupt, leaf, len(t.index), g.rows)
	}
	g.texts[leaf] = t
	return t, nil
}

// undecided are the bits of each row, or nil when there is none in the group.
func (g *rowGroup) undecided() ([]uint32, error) {
	if g.asked {
		return g.odd, nil
	}
	d, err := g.dictionary(leafUndecided)
	if err != nil {
		return nil, err
	}
	any := d == nil
	for i := 0; d != nil && i < d.Len(); i++ {
		any = any || d.Index(int32(i)).Int32() != 0
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

// A messagePage is where the messages of some rows are.
type messagePage struct {
	first, rows  int
	offset, size int64
}

// messagePages are the pages of messages, in the order of the rows.
func (g *rowGroup) messagePages() ([]messagePage, error) {
	index, err := g.chunks[leafMessage].OffsetIndex()
	if err != nil {
		return nil, fmt.Errorf("read where the messages are: %w", err)
	}
	pages := make([]messagePage, index.NumPages())
	end := g.rows
	for i := len(pages) - 1; i >= 0; i-- {
		p := messagePage{first: int(index.FirstRowIndex(i)), offset: index.Offset(i), size: index.CompressedPageSize(i)}
		p.rows = end - p.first
		if p.rows <= 0 || p.first < 0 || p.size > 2*(pageBytes+maxMessage) {
			return nil, fmt.Errorf("%w: where the messages are", ErrCorrupt)
		}
		end = p.first
		pages[i] = p
	}
	return pages, nil
}

// A messageReader reads pages of messages and keeps its buffers.
type messageReader struct {
	packed, raw []byte
	messages    [][]byte
}

// read returns the messages of a page, which are good until the next read. It
// does by hand what parquet-go would do with two more copies: the column is
// required, plain and compressed with zstd, so that a page of the first version
// is nothing but lengths and messages.
func (m *messageReader) read(source io.ReaderAt, p messagePage) ([][]byte, error) {
	if cap(m.packed) < int(p.size) {
		m.packed = make([]byte, p.size)
	}
	m.packed = m.packed[:p.size]
	if _, err := source.ReadAt(m.packed, p.offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	var (
		protocol thrift.CompactProtocol
		header   format.PageHeader
	)
	r := protocol.NewReaderFromBytes(m.packed)
	if err := thrift.NewDecoder(r).Decode(&header); err != nil {
		return nil, fmt.Errorf("%w: the header of a page of messages: %w", ErrCorrupt, err)
	}
	packed := m.packed[r.BytesRead():]
	if int(header.CompressedPageSize) != len(packed) || !header.DataPageHeader.Valid || uint32(header.CRC) != crc32.ChecksumIEEE(packed) ||
		header.UncompressedPageSize < 0 || header.UncompressedPageSize > 2*(pageBytes+maxMessage) {
		return nil, fmt.Errorf("%w: a page of messages", ErrCorrupt)
	}
	if cap(m.raw) < int(header.UncompressedPageSize) {
		m.raw = make([]byte, 0, header.UncompressedPageSize)
	}
	raw, err := decoder().DecodeAll(packed, m.raw[:0])
	if err != nil {
		return nil, fmt.Errorf("%w: a page of messages: %w", ErrCorrupt, err)
	}
	m.raw = raw
	m.messages = m.messages[:0]
	for len(raw) >= 4 && len(m.messages) < p.rows {
		n := int(binary.LittleEndian.Uint32(raw))
		if n > len(raw)-4 {
			break
		}
		m.messages = append(m.messages, raw[4:4+n:4+n])
		raw = raw[4+n:]
	}
	if len(m.messages) != p.rows || len(raw) > 0 {
		return nil, fmt.Errorf("%w: a page of messages", ErrCorrupt)
	}
	return m.messages, nil
}
