package events

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// unzstd is safe for concurrent use and holds nothing between calls.
var unzstd = sync.OnceValue(func() *zstd.Decoder { return newUnzstd(0) })

// streams are decoders that read a page from its start, and no farther than asked.
var streams = sync.Pool{New: func() any { return newUnzstd(1) }}

func newUnzstd(concurrency int) *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecoderConcurrency(concurrency))
	if err != nil {
		panic(err) // the options above are constants
	}
	return d
}

// maxPage bounds a page of messages: its last message may be of any size.
const maxPage = 2 * maxMessage

// A messagePage is where the messages of some rows are.
type messagePage struct {
	first, rows  int
	offset, size int64
}

// messagePages are the pages of messages, in the order of the rows.
func (g *rowGroup) messagePages() ([]messagePage, error) {
	if _, err := g.undecided(); err != nil {
		return nil, err
	}
	index, err := g.chunks[leafMessage].OffsetIndex()
	if err != nil {
		return nil, fmt.Errorf("read where the messages are: %w", err)
	}
	pages := make([]messagePage, index.NumPages())
	end := g.rows
	for i := len(pages) - 1; i >= 0; i-- {
		p := messagePage{first: int(index.FirstRowIndex(i)), offset: index.Offset(i), size: index.CompressedPageSize(i)}
		p.rows = end - p.first
		if p.rows <= 0 || p.first < 0 || p.size > maxPage {
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

// messages reads the first so many messages of a page, which are good until m reads
// another. Several goroutines may do so, each with an m of its own, once undecided
// was called.
func (g *rowGroup) messages(m *messageReader, p messagePage, rows int) ([][]byte, error) {
	messages, err := m.read(g.source, p, rows)
	if err != nil || g.odd == nil {
		return messages, err
	}
	for i := range messages {
		if g.odd[p.first+i]&(1<<messageText) != 0 {
			if messages[i], err = g.original(p.first + i); err != nil {
				return nil, err
			}
		}
	}
	return messages, nil
}

// original is a message that is not UTF-8.
func (g *rowGroup) original(row int) (message []byte, err error) {
	defer damaged(&err)
	err = g.pages(leafBytes, row, func(p parquet.Page) (bool, error) {
		var v [1]parquet.Value
		if n, err := p.Values().ReadValues(v[:]); n == 0 {
			return false, fmt.Errorf("%w: no message in row %d: %w", ErrCorrupt, row, err)
		}
		message = bytes.Clone(v[0].ByteArray())
		return false, nil
	})
	return message, err
}

// read returns the first so many messages of a page, which are good until the next
// read. It does by hand what parquet-go would do with two more copies: the column
// is required, plain and compressed with zstd, so that a page of the first version
// is nothing but lengths and messages.
func (m *messageReader) read(source io.ReaderAt, p messagePage, rows int) ([][]byte, error) {
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
		header.UncompressedPageSize < 0 || header.UncompressedPageSize > maxPage {
		return nil, fmt.Errorf("%w: a page of messages", ErrCorrupt)
	}
	if cap(m.raw) < int(header.UncompressedPageSize) {
		m.raw = make([]byte, 0, header.UncompressedPageSize)
	}
	m.messages = m.messages[:0]
	var rest []byte
	var err error
	if rows < p.rows {
		err = m.readStart(packed, int(header.UncompressedPageSize), rows)
	} else if m.raw, err = unzstd().DecodeAll(packed, m.raw[:0]); err == nil {
		rest = m.split(m.raw, rows)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: a page of messages: %w", ErrCorrupt, err)
	}
	if len(m.messages) != rows || len(rest) > 0 {
		return nil, fmt.Errorf("%w: a page of messages", ErrCorrupt)
	}
	return m.messages, nil
}

// startBytes is how much is decompressed between two looks at whether it is enough.
const startBytes = 32 << 10

// readStart decompresses no more of a page than its first messages take: to find one
// event half a page on average.
func (m *messageReader) readStart(packed []byte, size, rows int) error {
	stream := streams.Get().(*zstd.Decoder)
	defer streams.Put(stream)
	if err := stream.Reset(bytes.NewReader(packed)); err != nil {
		return err
	}
	m.raw = m.raw[:0]
	for rest := m.raw; len(m.messages) < rows && len(m.raw) < size; {
		more := m.raw[len(m.raw):min(len(m.raw)+startBytes, size)]
		if _, err := io.ReadFull(stream, more); err != nil {
			return err
		}
		m.raw = m.raw[:len(m.raw)+len(more)]
		rest = m.split(rest[:len(rest)+len(more)], rows)
	}
	return nil
}

// split takes messages off the front of raw, as many as are still wanted and there
// as a whole, and returns the rest.
func (m *messageReader) split(raw []byte, rows int) []byte {
	for len(raw) >= 4 && len(m.messages) < rows {
		n := int(binary.LittleEndian.Uint32(raw))
		if n > len(raw)-4 {
			break
		}
		m.messages = append(m.messages, raw[4:4+n:4+n])
		raw = raw[4+n:]
	}
	return raw
}
