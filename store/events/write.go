package events

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"tocsin/core/event"
)

// A segmentWriter makes a segment of events that are given to it in the order of
// their times and ids. It is for one goroutine and may be used again after
// end, with next or begin.
type segmentWriter struct {
	out     bytes.Buffer // of the segments since begin
	start   int          // of the present one in out
	parquet *parquet.GenericWriter[row]
	sizes   sizes
	taker   *taker
	strict  *event.StrictExtractor
	record  record
	values  [leaves][]parquet.Value
	rows    int // in values
	raw     int // bytes of messages in values
	inGroup int // rows of the row group that are written
	inPage  int // rows of the page of times and ids

	first, last, events, rawBytes int64
}

func newSegmentWriter(z sizes) *segmentWriter {
	w := &segmentWriter{taker: newTaker(), strict: event.NewStrictExtractor(wanted()), sizes: z}
	w.parquet = parquet.NewGenericWriter[row](&w.out, writerOptions(z)...)
	return w
}

// add appends an event. Its message has to stay as it is until the next flush.
func (w *segmentWriter) add(e Event) error {
	r := &w.record
	w.take(e.Message, r)
	r.settle(e.Message, e.ID)
	w.put(leafTime, parquet.Int64Value(e.Time))
	w.put(leafID, parquet.FixedLenByteArrayValue(w.taker.keep(e.ID[:])))
	w.put(leafIngested, parquet.Int64Value(e.Ingested))
	w.put(leafStream, parquet.ByteArrayValue(w.taker.keepText(e.Stream)))
	for c, text := range r.text {
		w.putText(leafText+c, text)
	}
	if r.readOnly == event.Absent {
		w.put(leafReadOnly, nothing[leafReadOnly])
	} else {
		w.put(leafReadOnly, parquet.BooleanValue(r.readOnly == event.True).Level(0, 1, leafReadOnly))
	}
	w.putResources(r.resources)
	w.put(leafUndecided, parquet.Int32Value(int32(r.undecided)))
	text, original := e.Message, []byte(nil)
	if r.undecided&(1<<messageText) != 0 {
		text, original = bytes.ToValidUTF8(e.Message, []byte("\uFFFD")), e.Message
	}
	w.put(leafMessage, parquet.ByteArrayValue(text))
	w.putText(leafBytes, original)

	if w.events == 0 {
		w.first = e.Time
	}
	w.last = e.Time
	w.events++
	w.rawBytes += int64(len(e.Message))
	w.rows++
	w.raw += len(e.Message)
	if w.raw >= w.sizes.pageBytes || w.inPage+w.rows == w.sizes.pageRows {
		return w.flush()
	}
	return nil
}

// take takes a record apart as a taker does, and looks whether it is JSON.
func (w *segmentWriter) take(raw []byte, r *record) {
	if values, ok := w.strict.Extract(raw); ok {
		*r = record{resources: r.resources[:0]}
		w.taker.read(values, r)
		return
	}
	w.taker.take(raw, r)
	r.undecided |= 1 << wholeRecord
}

func (w *segmentWriter) put(leaf int, v parquet.Value) { w.values[leaf] = append(w.values[leaf], v) }

func (w *segmentWriter) putText(leaf int, text []byte) {
	if text == nil {
		w.put(leaf, nothing[leaf])
	} else {
		// As Value.Level(0, 1, leaf) does, but in place; nobody asks for the column.
		w.put(leaf, parquet.ByteArrayValue(text))
		w.values[leaf][len(w.values[leaf])-1].SetDefinitionLevel(1)
	}
}

// nothing is what stands in a column for no value.
var nothing = func() (values [leaves]parquet.Value) {
	for leaf := range values {
		values[leaf] = parquet.NullValue().Level(0, 0, leaf)
	}
	return values
}()

// putResources writes a list: its first element begins a row (repetition level
// 0), the others go on (1); a definition level of 0 is an empty list, 1 an
// element without the member.
func (w *segmentWriter) putResources(list []resource) {
	if len(list) == 0 {
		w.put(leafARN, nothing[leafARN])
		w.put(leafType, nothing[leafType])
	}
	for i, one := range list {
		w.putMember(leafARN, min(i, 1), one.arn)
		w.putMember(leafType, min(i, 1), one.kind)
	}
}

func (w *segmentWriter) putMember(leaf, repetition int, text []byte) {
	if text == nil {
		w.put(leaf, parquet.NullValue().Level(repetition, 1, leaf))
	} else {
		w.put(leaf, parquet.ByteArrayValue(text).Level(repetition, 2, leaf))
	}
}

// flush writes the rows that were added, and ends pages and the row group where
// they are full. Afterwards nothing of the events is held.
func (w *segmentWriter) flush() error {
	if w.rows == 0 {
		return nil
	}
	to := w.parquet.ColumnWriters()
	for leaf := range w.values {
		if _, err := to[leaf].WriteRowValues(w.values[leaf]); err != nil {
			return fmt.Errorf("write column %d of a segment: %w", leaf, err)
		}
		w.values[leaf] = w.values[leaf][:0]
	}
	w.inGroup += w.rows
	w.inPage += w.rows
	w.rows, w.raw = 0, 0
	w.taker.reset()
	ended := []int{leafMessage}
	if w.inPage >= w.sizes.pageRows {
		ended = append(ended, leafTime, leafID, leafIngested)
		w.inPage = 0
	}
	for _, leaf := range ended {
		if err := to[leaf].Flush(); err != nil {
			return fmt.Errorf("write column %d of a segment: %w", leaf, err)
		}
	}
	if w.inGroup >= w.sizes.groupRows {
		w.inGroup, w.inPage = 0, 0
		return w.parquet.Flush()
	}
	return nil
}

// end finishes the segment and returns the file, which is good until begin.
func (w *segmentWriter) end() (file []byte, err error) {
	if err := w.flush(); err != nil {
		return nil, err
	}
	if err := w.parquet.Close(); err != nil {
		return nil, fmt.Errorf("end a segment: %w", err)
	}
	return w.out.Bytes()[w.start:], nil
}

// begin begins the first of some segments; the files of those before are given up.
func (w *segmentWriter) begin() {
	w.out.Reset()
	w.next()
}

// next begins another segment.
func (w *segmentWriter) next() {
	w.start = w.out.Len()
	w.parquet.Reset(&w.out)
	w.inGroup, w.inPage = 0, 0
	w.first, w.last, w.events, w.rawBytes = 0, 0, 0, 0
}
