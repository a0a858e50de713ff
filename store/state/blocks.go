package state

import (
	"context"
	"errors"
	"time"
)

// A Block is a batch of events as they came in, not yet part of a segment.
// Package events knows what is in Body.
type Block struct {
	ID, LogGroup int64
	First, Last  int64 // event times
	Events       int64
	RawBytes     int64 // of the events' messages
	Size         int64 // of Body
	Ingested     int64
	Body         []byte
}

// AddBlock writes a block; its ID grows with each.
func (tx *Tx) AddBlock(ctx context.Context, b Block) (id int64, err error) {
	return one(ctx, tx, value[int64], `
		INSERT INTO blocks (log_group, first_time, last_time, events, raw_bytes, size, ingested, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		b.LogGroup, b.First, b.Last, b.Events, b.RawBytes, b.Size, b.Ingested, b.Body)
}

// Blocks are the blocks of a group with an ID above after that hold events from
// from to to, both inclusive, in the order of their IDs, without their bodies.
func (tx *Tx) Blocks(ctx context.Context, group, from, to, after int64) ([]Block, error) {
	return all(ctx, tx, func(r row) (b Block, err error) {
		err = r.Scan(&b.ID, &b.LogGroup, &b.First, &b.Last, &b.Events, &b.RawBytes, &b.Size, &b.Ingested)
		return b, err
	}, `
		SELECT id, log_group, first_time, last_time, events, raw_bytes, size, ingested FROM blocks
		WHERE log_group = $1 AND last_time >= $2 AND first_time <= $3 AND id > $4
		ORDER BY id`, group, from, to, after)
}

// BlockBody is the body of a block, or ErrNotFound.
func (tx *Tx) BlockBody(ctx context.Context, id int64) ([]byte, error) {
	return one(ctx, tx, value[[]byte], `SELECT body FROM blocks WHERE id = $1`, id)
}

// DeleteBlocks removes blocks; ErrChanged when one of them is not there any more.
func (tx *Tx) DeleteBlocks(ctx context.Context, ids []int64) error {
	tx.freed = true
	_, err := deleteEach(ctx, tx, ids, `DELETE FROM blocks WHERE id IN `, "id", value[int64])
	return err
}

// A Segment is a file of events in the blob store. Package events knows its form.
type Segment struct {
	ID, LogGroup   int64
	Key            string // of the blob
	Hour           int64  // the hour of event time that it belongs to, its start
	First, Last    int64
	Events         int64
	Size, RawBytes int64
	Created        int64
}

// AddSegment makes a segment part of its group; ErrChanged when its blob is part
// of one already.
func (tx *Tx) AddSegment(ctx context.Context, s Segment) (id int64, err error) {
	id, err = one(ctx, tx, value[int64], `
		INSERT INTO segments (log_group, key, hour, first_time, last_time, events, size, raw_bytes, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (key) DO NOTHING RETURNING id`,
		s.LogGroup, s.Key, s.Hour, s.First, s.Last, s.Events, s.Size, s.RawBytes, s.Created)
	if errors.Is(err, ErrNotFound) && tx.failed == nil {
		err = ErrChanged
	}
	return id, err
}

// Segments are the segments of a group that hold events from from to to, both
// inclusive, by First and ID.
func (tx *Tx) Segments(ctx context.Context, group, from, to int64) ([]Segment, error) {
	return all(ctx, tx, func(r row) (s Segment, err error) {
		err = r.Scan(&s.ID, &s.LogGroup, &s.Key, &s.Hour, &s.First, &s.Last, &s.Events, &s.Size, &s.RawBytes, &s.Created)
		return s, err
	}, `
		SELECT id, log_group, key, hour, first_time, last_time, events, size, raw_bytes, created FROM segments
		WHERE log_group = $1 AND last_time >= $2 AND first_time <= $3
		ORDER BY first_time, id`, group, from, to)
}

// A SegmentsMark differs when the segments of a group do: their numbers are never
// used again, and one process at a time, which has a lease, writes them.
type SegmentsMark struct {
	Count, Newest, Sum int64 // of the numbers
}

// SegmentsMark is that of the segments that are there.
func (tx *Tx) SegmentsMark(ctx context.Context, group int64) (SegmentsMark, error) {
	return one(ctx, tx, func(r row) (m SegmentsMark, err error) {
		err = r.Scan(&m.Count, &m.Newest, &m.Sum)
		return m, err
	}, `
		SELECT COUNT(*), COALESCE(MAX(id), 0), CAST(COALESCE(SUM(id), 0) AS BIGINT) FROM segments
		WHERE log_group = $1`, group)
}

// DeleteSegments removes segments and makes their blobs garbage; ErrChanged when
// one of them is not there any more.
func (tx *Tx) DeleteSegments(ctx context.Context, ids []int64, at time.Time) error {
	keys, err := deleteEach(ctx, tx, ids, `DELETE FROM segments WHERE id IN `, "key", value[string])
	if err != nil {
		return err
	}
	return tx.addGarbage(ctx, keys, at)
}

// AddGarbage notes a blob that may be left over, before it is written.
func (tx *Tx) AddGarbage(ctx context.Context, key string, at time.Time) error {
	return tx.addGarbage(ctx, []string{key}, at)
}

// Garbage are blobs that became garbage before a time, without those that are
// part of a segment or an object after all.
func (tx *Tx) Garbage(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return all(ctx, tx, value[string], `
		SELECT key FROM garbage
		WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM segments WHERE segments.key = garbage.key)
			AND NOT EXISTS (SELECT 1 FROM objects WHERE objects.blob = garbage.key)
		ORDER BY at, key LIMIT $2`, before, limit)
}

// DropGarbage forgets blobs that were deleted, or that are part of a segment now.
func (tx *Tx) DropGarbage(ctx context.Context, keys []string) error {
	keys = distinct(keys)
	return batches(len(keys), func(from, to int) error {
		_, err := tx.exec(ctx, `DELETE FROM garbage WHERE key IN `+params(1, to-from), anys(keys[from:to])...)
		return err
	})
}

// TouchSpans locks stretches of event time in a group, given by their starts,
// for the rest of the transaction and gives each a new version, one higher than
// before, the first being 1. Who has seen the version before knows all events
// of the stretch. In ascending order, so that nobody waits in a circle.
func (tx *Tx) TouchSpans(ctx context.Context, group int64, starts []int64) (versions []int64, err error) {
	found := map[int64]int64{}
	sorted := distinct(starts)
	err = batches(len(sorted), func(from, to int) error {
		var args []any
		for _, start := range sorted[from:to] {
			args = append(args, group, start, 1)
		}
		spans, err := all(ctx, tx, scanSpan, `
			INSERT INTO spans (log_group, start_time, version)
			VALUES `+values(to-from, 3)+`
			ON CONFLICT (log_group, start_time) DO UPDATE SET version = spans.version + 1
			RETURNING start_time, version`, args...)
		for _, s := range spans {
			found[s.start] = s.version
		}
		return err
	})
	return pick(found, starts), err
}

// SpanVersions are the versions of stretches, 0 for one never touched.
func (tx *Tx) SpanVersions(ctx context.Context, group int64, starts []int64) ([]int64, error) {
	found := map[int64]int64{}
	sorted := distinct(starts)
	err := batches(len(sorted), func(from, to int) error {
		spans, err := all(ctx, tx, scanSpan, `
			SELECT start_time, version FROM spans WHERE log_group = $1 AND start_time IN `+params(2, to-from),
			append([]any{group}, anys(sorted[from:to])...)...)
		for _, s := range spans {
			found[s.start] = s.version
		}
		return err
	})
	return pick(found, starts), err
}

// Usage is what a group holds.
type Usage struct {
	Events, Blocks, Segments int64
	BlockBytes, SegmentBytes int64
	RawBytes                 int64
	First, Last              int64
}

// Usage sums up blocks and segments.
func (tx *Tx) Usage(ctx context.Context, group int64) (Usage, error) {
	blocks, err := one(ctx, tx, scanUsage, `
		SELECT COUNT(*), CAST(COALESCE(SUM(events), 0) AS BIGINT), CAST(COALESCE(SUM(size), 0) AS BIGINT),
			CAST(COALESCE(SUM(raw_bytes), 0) AS BIGINT), COALESCE(MIN(first_time), 0), COALESCE(MAX(last_time), 0)
		FROM blocks WHERE log_group = $1`, group)
	if err != nil {
		return Usage{}, err
	}
	segments, err := one(ctx, tx, scanUsage, `
		SELECT COUNT(*), CAST(COALESCE(SUM(events), 0) AS BIGINT), CAST(COALESCE(SUM(size), 0) AS BIGINT),
			CAST(COALESCE(SUM(raw_bytes), 0) AS BIGINT), COALESCE(MIN(first_time), 0), COALESCE(MAX(last_time), 0)
		FROM segments WHERE log_group = $1`, group)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{
		Events: blocks.events + segments.events, RawBytes: blocks.raw + segments.raw,
		Blocks: blocks.count, BlockBytes: blocks.bytes,
		Segments: segments.count, SegmentBytes: segments.bytes,
		First: blocks.first, Last: max(blocks.last, segments.last),
	}
	if blocks.count == 0 || segments.count > 0 && segments.first < blocks.first {
		u.First = segments.first
	}
	return u, nil
}

// deleteEach deletes the rows with the ids in ascending order and gives a column
// of each; ErrChanged when one is not there.
func deleteEach[T any](ctx context.Context, tx *Tx, ids []int64, text, column string, scan func(row) (T, error)) ([]T, error) {
	ids = distinct(ids)
	var gone []T
	err := batches(len(ids), func(from, to int) error {
		some, err := all(ctx, tx, scan, text+params(1, to-from)+` RETURNING `+column, anys(ids[from:to])...)
		gone = append(gone, some...)
		return err
	})
	if err == nil && len(gone) < len(ids) {
		err = ErrChanged
	}
	return gone, err
}

func (tx *Tx) addGarbage(ctx context.Context, keys []string, at time.Time) error {
	keys = distinct(keys)
	return batches(len(keys), func(from, to int) error {
		var args []any
		for _, key := range keys[from:to] {
			args = append(args, key, at)
		}
		_, err := tx.exec(ctx, `
			INSERT INTO garbage (key, at) VALUES `+values(to-from, 2)+`
			ON CONFLICT (key) DO UPDATE SET at = excluded.at`, args...)
		return err
	})
}

type span struct{ start, version int64 }

func scanSpan(r row) (s span, err error) {
	err = r.Scan(&s.start, &s.version)
	return s, err
}

// pick are the values of keys, 0 for one that is not there.
func pick(found map[int64]int64, keys []int64) []int64 {
	out := make([]int64, len(keys))
	for i, k := range keys {
		out[i] = found[k]
	}
	return out
}

// part is what blocks, or segments, come to.
type part struct{ count, events, bytes, raw, first, last int64 }

func scanUsage(r row) (p part, err error) {
	err = r.Scan(&p.count, &p.events, &p.bytes, &p.raw, &p.first, &p.last)
	return p, err
}
