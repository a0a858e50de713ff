package state

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"tocsin/core/metric"
)

// Evidence is an event that a metric filter matched.
type Evidence struct {
	Filter int64
	Minute int64 // that of Time
	Time   int64
	Event  [16]byte // id
	Body   []byte   // JSON of an evidence.Event
}

// AddEvidence keeps events, at most perMinute of each filter and minute, the
// newest, whoever wrote them. The minute is that of the event's time.
func (tx *Tx) AddEvidence(ctx context.Context, added []Evidence, perMinute int) error {
	added = slices.SortedFunc(slices.Values(added), func(a, b Evidence) int {
		return cmp.Or(cmp.Compare(a.Filter, b.Filter), cmp.Compare(a.Time, b.Time), bytes.Compare(a.Event[:], b.Event[:]))
	})
	var filters []int64
	var minutes [][2]int64
	for _, e := range added {
		filters = append(filters, e.Filter)
		minutes = append(minutes, [2]int64{e.Filter, metric.Minute(e.Time)})
	}
	filters, minutes = slices.Compact(filters), slices.Compact(minutes)
	// So that of two who add to one minute the second counts what the first added.
	err := batches(len(filters), func(from, to int) error {
		return tx.lock(ctx, `SELECT id FROM metric_filters WHERE id IN `+params(1, to-from)+` ORDER BY id`, anys(filters[from:to])...)
	})
	if err != nil {
		return err
	}
	err = batches(len(added), func(from, to int) error {
		var args []any
		for _, e := range added[from:to] {
			args = append(args, e.Filter, e.Time, e.Event[:], packEvidence(e.Body))
		}
		_, err := tx.exec(ctx, `
			INSERT INTO evidence (filter, time, event, body) VALUES `+values(to-from, 4)+`
			ON CONFLICT (filter, time, event) DO NOTHING`, args...)
		return err
	})
	if err != nil {
		return err
	}
	return batches(len(minutes), func(from, to int) error {
		var args []any
		for _, m := range minutes[from:to] {
			args = append(args, m[0], m[1])
		}
		_, err := tx.exec(ctx, `
			WITH minutes (filter, minute) AS (VALUES `+typedValues(to-from, "BIGINT", "BIGINT")+`)
			DELETE FROM evidence WHERE (filter, time, event) IN (
				SELECT filter, time, event FROM (
					SELECT e.filter, e.time, e.event,
						ROW_NUMBER() OVER (PARTITION BY e.filter, m.minute ORDER BY e.time DESC, e.event DESC) AS place
					FROM minutes m JOIN evidence e ON e.filter = m.filter AND e.time >= m.minute AND e.time < m.minute + 60000
				) AS placed WHERE place > `+parameter(len(args)+1)+`)`, append(args, perMinute)...)
		return err
	})
}

// EvidenceOf are the events of filters with a time from from on and before to,
// newest first, at most limit, an event once.
func (tx *Tx) EvidenceOf(ctx context.Context, filters []int64, from, to int64, limit int) ([]Evidence, error) {
	filters = distinct(filters)
	var found []Evidence
	for _, filter := range filters {
		some, err := all(ctx, tx, func(r row) (e Evidence, err error) {
			var id []byte
			if err := r.Scan(&e.Filter, &e.Time, &id, &e.Body); err != nil {
				return e, err
			}
			copy(e.Event[:], id)
			e.Minute = metric.Minute(e.Time)
			e.Body, err = unpackEvidence(e.Body)
			return e, err
		}, `
			SELECT filter, time, event, body FROM evidence WHERE filter = $1 AND time >= $2 AND time < $3
			ORDER BY time DESC, event DESC LIMIT $4`, filter, from, to, limit)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, func(a, b Evidence) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), bytes.Compare(b.Event[:], a.Event[:]))
	})
	found = slices.CompactFunc(found, func(a, b Evidence) bool { return a.Event == b.Event })
	return found[:min(limit, len(found))], nil
}

// PruneEvidence removes events of before a time, at most limit, and tells how many.
func (tx *Tx) PruneEvidence(ctx context.Context, before int64, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM evidence WHERE (filter, time, event) IN (
			SELECT filter, time, event FROM evidence WHERE time < $1 ORDER BY time LIMIT $2)`, before, limit)
	return int(n), err
}
