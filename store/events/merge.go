package events

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"tocsin/store/state"
)

// Small segments of an hour are merged when there are mergeMany of them, or when
// nothing was added to the hour for mergeQuiet. A segment is merged only with
// others that come to a mergeShare'th of it at least, so that a late event does
// not have a whole hour written again, and only below a mergeLarge'th of the
// largest that a merged one may be: writing larger ones again saves nobody much.
const (
	mergeMany  = 8
	mergeQuiet = 15 * time.Minute
	mergeShare = 4
	mergeLarge = 8
)

// mergeSegments merges the small segments of the group's hours.
func (g *shift) mergeSegments(ctx context.Context, now time.Time) error {
	var segments []state.Segment
	err := g.store.options.State.View(ctx, func(tx *state.Tx) error {
		var err error
		segments, err = tx.Segments(ctx, g.group.ID, math.MinInt64, math.MaxInt64)
		return err
	})
	if err != nil {
		return fmt.Errorf("list segments: %w", err)
	}
	hours := map[int64][]state.Segment{}
	for _, s := range segments {
		hours[s.Hour] = append(hours[s.Hour], s)
	}
	for start, these := range hours {
		for {
			some, rest := mergeable(these, now, g.store.options.MergeBytes)
			if len(some) < 2 {
				break
			}
			if err := g.merge(ctx, start, some); err != nil {
				return fmt.Errorf("merge %d segments of log group %s: %w", len(some), g.group.Name, err)
			}
			these = rest
		}
	}
	return nil
}

// mergeable are the segments of an hour that should become one, and the others.
func mergeable(segments []state.Segment, now time.Time, most int64) (some, rest []state.Segment) {
	segments = slices.DeleteFunc(slices.Clone(segments), func(s state.Segment) bool { return s.RawBytes > most/mergeLarge })
	slices.SortFunc(segments, func(a, b state.Segment) int {
		return cmp.Or(cmp.Compare(a.RawBytes, b.RawBytes), cmp.Compare(a.ID, b.ID))
	})
	var raw, newest int64
	n := 0
	for _, s := range segments {
		if raw+s.RawBytes > most || n > 0 && s.RawBytes > mergeShare*raw {
			break
		}
		raw += s.RawBytes
		newest = max(newest, s.Created)
		n++
	}
	quiet := newest <= now.Add(-mergeQuiet).UnixMilli()
	if n < 2 || n < mergeMany && !quiet {
		return nil, segments
	}
	return segments[:n], segments[n:]
}

// merge makes one segment of several of an hour.
func (g *shift) merge(ctx context.Context, start int64, segments []state.Segment) (err error) {
	var opened []*openSegment
	defer func() {
		for _, o := range opened {
			err = errors.Join(err, g.store.open.put(o))
		}
	}()
	ids := make([]int64, len(segments))
	var queue rowQueue
	for i, s := range segments {
		ids[i] = s.ID
		o, err := g.store.open.get(ctx, s.Key)
		if errors.Is(err, errMoved) {
			return state.ErrChanged
		}
		if err != nil {
			return err
		}
		opened = append(opened, o)
		r := &rowReader{groups: o.file.RowGroups(), source: o.reader}
		switch err := r.next(); {
		case err == nil:
			queue = append(queue, r)
		case !errors.Is(err, io.EOF):
			return err
		}
	}
	heap.Init(&queue)
	w := newSegmentWriter(g.store.sizes)
	for len(queue) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := queue[0]
		e := r.event
		// The next page takes the place of this one's bytes.
		e.Message = w.taker.keep(e.Message)
		if err := w.add(e); err != nil {
			return err
		}
		switch err := r.next(); {
		case err == nil:
			heap.Fix(&queue, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&queue)
		default:
			return err
		}
	}
	made, err := g.end(w, start)
	if err != nil {
		return err
	}
	err = g.replace(ctx, []madeSegment{made}, func(tx *state.Tx) error {
		return tx.DeleteSegments(ctx, ids, g.store.options.Now())
	})
	if err != nil {
		return err
	}
	// Nobody asks for them again, but they would stay open until others are.
	for _, o := range opened {
		err = errors.Join(err, g.store.open.forget(o.key))
	}
	return err
}

// A rowReader reads the events of a segment one after another. It holds a page of
// each column that it needs.
type rowReader struct {
	groups   []parquet.RowGroup
	source   io.ReaderAt
	group    *rowGroup
	pages    []messagePage
	page     messagePage
	messages messageReader
	texts    [][]byte // of page
	row      int
	event    Event // the present one; its message is good until next
}

// next goes to the next event, or io.EOF.
func (r *rowReader) next() (err error) {
	defer damaged(&err)
	for r.group == nil || r.row+1 >= r.group.rows {
		if len(r.groups) == 0 {
			return io.EOF
		}
		g, err := newRowGroup(r.groups[0], r.source)
		if err != nil {
			return err
		}
		if r.pages, err = g.messagePages(); err != nil {
			return err
		}
		r.group, r.groups, r.row, r.page = g, r.groups[1:], -1, messagePage{}
	}
	r.row++
	if r.row >= r.page.first+r.page.rows {
		r.page, r.pages = r.pages[0], r.pages[1:]
		if r.texts, err = r.group.messages(&r.messages, r.page, r.page.rows); err != nil {
			return err
		}
	}
	r.event.Message = r.texts[r.row-r.page.first]
	return r.group.fill(r.row, &r.event)
}

// rowQueue has the reader of the first event first; it is a heap.
type rowQueue []*rowReader

func (q rowQueue) Len() int           { return len(q) }
func (q rowQueue) Less(i, j int) bool { return compareEvents(&q[i].event, &q[j].event) < 0 }
func (q rowQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *rowQueue) Push(r any)        { *q = append(*q, r.(*rowReader)) }
func (q *rowQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
