package state

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"tocsin/core/metric"
)

// Points are what was published for one metric in one unit.
type Points struct {
	Scope  Scope
	Metric metric.Identity
	Unit   string // "" is metric.None
	Points []metric.Point
}

// AddPoints merges points with what there is of the same unit. Metrics are made
// as they come; it locks them in an order of its own, so that nobody waits in a
// circle and no two additions to one minute get lost.
func (tx *Tx) AddPoints(ctx context.Context, added []Points) error {
	added = slices.Clone(added)
	heads := map[string]newMetric{}
	for i, p := range added {
		p.Metric, p.Unit = cleanIdentity(p.Metric), unitOf(p.Unit)
		added[i] = p
		key := metricKey(p.Scope, p.Metric)
		if _, have := heads[key]; !have {
			heads[key] = newMetric{Points: p}
		}
	}
	known, err := tx.makeMetrics(ctx, heads)
	if err != nil {
		return err
	}
	others := map[string]newMetric{} // units but the first
	for _, p := range added {
		key := metricKey(p.Scope, p.Metric)
		if known[key].unit != p.Unit {
			others[hash(key, p.Unit)] = newMetric{p, known[key].id}
		}
	}
	knownOthers, err := tx.makeMetrics(ctx, others)
	if err != nil {
		return err
	}
	var minutes []minute
	for _, p := range added {
		key := metricKey(p.Scope, p.Metric)
		row := known[key]
		if row.unit != p.Unit {
			row = knownOthers[hash(key, p.Unit)]
		}
		for _, point := range p.Points {
			minutes = append(minutes, minute{row.id, point.Time, point.Samples})
		}
	}
	return tx.mergeMinutes(ctx, minutes)
}

// unitOf is a unit by its only name.
func unitOf(unit string) string {
	if unit == "" {
		return metric.None
	}
	return clean(unit)
}

// A newMetric is a row of a metric to be made: head is that of the metric's first
// unit, 0 for the first itself.
type newMetric struct {
	Points
	head int64
}

// A metricRow is a metric in one unit.
type metricRow struct {
	id   int64
	unit string
}

// makeMetrics are the rows of metrics by key; those that do not exist are made.
func (tx *Tx) makeMetrics(ctx context.Context, wanted map[string]newMetric) (map[string]metricRow, error) {
	keys := sortedKeys(wanted)
	rows, err := tx.metricRows(ctx, keys)
	if err != nil || len(rows) == len(keys) {
		return rows, err
	}
	missing := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return rows[k].id != 0 })
	if err := tx.addMetrics(ctx, missing, wanted); err != nil {
		return nil, err
	}
	return tx.metricRows(ctx, keys)
}

// metricRows are the rows of metrics by key; those that do not exist are left out.
func (tx *Tx) metricRows(ctx context.Context, keys []string) (map[string]metricRow, error) {
	rows := map[string]metricRow{}
	err := batches(len(keys), func(from, to int) error {
		_, err := all(ctx, tx, func(r row) (struct{}, error) {
			var key []byte
			var m metricRow
			err := r.Scan(&key, &m.id, &m.unit)
			m.unit = unitOf(m.unit)
			rows[string(key)] = m
			return struct{}{}, err
		}, `SELECT key, id, unit FROM metrics WHERE key IN `+params(1, to-from), blobs(keys[from:to])...)
		return err
	})
	return rows, err
}

func (tx *Tx) addMetrics(ctx context.Context, keys []string, of map[string]newMetric) error {
	return batches(len(keys), func(from, to int) error {
		var args []any
		for _, key := range keys[from:to] {
			m := of[key]
			dimensions, err := encode(storeDimensions(m.Metric.Dimensions))
			if err != nil {
				return err
			}
			args = append(args, []byte(key), m.Scope.Partition, m.Scope.Account, m.Scope.Region,
				m.Metric.Namespace, m.Metric.Name, dimensions, m.Unit, m.head)
		}
		_, err := tx.exec(ctx, `
			INSERT INTO metrics (key, partition, account, region, namespace, name, dimensions, unit, head)
			VALUES `+values(to-from, 9)+` ON CONFLICT (key) DO NOTHING`, args...)
		return err
	})
}

// A minute is the samples of one metric and minute.
type minute struct {
	metric, time int64
	samples      metric.Samples
}

// mergeMinutes adds samples to what is stored: it locks the metrics, reads,
// merges and writes.
func (tx *Tx) mergeMinutes(ctx context.Context, minutes []minute) error {
	slices.SortStableFunc(minutes, func(a, b minute) int {
		return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.time, b.time))
	})
	merged := minutes[:0:0]
	var metrics []int64
	for _, m := range minutes {
		if last := len(merged) - 1; last >= 0 && merged[last].metric == m.metric && merged[last].time == m.time {
			merged[last].samples.Merge(m.samples)
			continue
		}
		m.samples = m.samples.Clone()
		merged = append(merged, m)
		metrics = append(metrics, m.metric)
	}
	metrics = slices.Compact(metrics)
	err := batches(len(metrics), func(from, to int) error {
		return tx.lock(ctx, `SELECT id FROM metrics WHERE id IN `+params(1, to-from)+` ORDER BY id`, anys(metrics[from:to])...)
	})
	if err != nil {
		return err
	}
	return batches(len(merged), func(from, to int) error { return tx.mergeBatch(ctx, merged[from:to]) })
}

func (tx *Tx) mergeBatch(ctx context.Context, minutes []minute) error {
	var keys []any
	for _, m := range minutes {
		keys = append(keys, m.metric, m.time)
	}
	stored, err := all(ctx, tx, func(r row) (minute, error) { return scanMinute(r) }, `
		SELECT metric, minute, samples, total, minimum, maximum, distribution FROM points
		WHERE (metric, minute) IN (VALUES `+typedValues(len(minutes), "BIGINT", "BIGINT")+`)`, keys...)
	if err != nil {
		return err
	}
	before := map[[2]int64]metric.Samples{}
	for _, m := range stored {
		before[[2]int64{m.metric, m.time}] = m.samples
	}
	var args []any
	for _, m := range minutes {
		s := before[[2]int64{m.metric, m.time}]
		s.Merge(m.samples)
		args = append(args, m.metric, m.time,
			finite(s.SampleCount), finite(s.Sum), finite(s.Minimum), finite(s.Maximum), packDistribution(s))
	}
	_, err = tx.exec(ctx, `
		INSERT INTO points (metric, minute, samples, total, minimum, maximum, distribution)
		VALUES `+values(len(minutes), 7)+`
		ON CONFLICT (metric, minute) DO UPDATE SET samples = excluded.samples, total = excluded.total,
			minimum = excluded.minimum, maximum = excluded.maximum, distribution = excluded.distribution`, args...)
	return err
}

// scanMinute reads a point's columns, and what stands before them.
func scanMinute(r row, before ...any) (m minute, err error) {
	var count, sum, low, high float64
	var packed []byte
	if err := r.Scan(append(before, &m.metric, &m.time, &count, &sum, &low, &high, &packed)...); err != nil {
		return m, err
	}
	values, err := unpackDistribution(packed)
	m.samples = metric.OfDistribution(metric.StatisticSet(count, sum, low, high), values)
	return m, err
}

// packDistribution is the distribution as pairs of numbers of 8 bytes, or nil
// when the sums tell it, or nobody knows it.
func packDistribution(s metric.Samples) any {
	values, known := s.Distribution()
	if _, told := metric.StatisticSet(s.SampleCount, s.Sum, s.Minimum, s.Maximum).Distribution(); told || !known {
		return nil
	}
	b := make([]byte, 0, 16*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Value))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Count))
	}
	return b
}

func unpackDistribution(b []byte) ([]metric.Sample, error) {
	if len(b)%16 != 0 {
		return nil, fmt.Errorf("a distribution of %d bytes is damaged", len(b))
	}
	var values []metric.Sample
	for ; len(b) > 0; b = b[16:] {
		values = append(values, metric.Sample{
			Value: math.Float64frombits(binary.LittleEndian.Uint64(b)),
			Count: math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
		})
	}
	return values, nil
}

// PrunePoints removes points of before a time, at most limit, and tells how many.
func (tx *Tx) PrunePoints(ctx context.Context, before int64, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM points WHERE (metric, minute) IN (
			SELECT metric, minute FROM points WHERE minute < $1 ORDER BY minute, metric LIMIT $2)`, before, limit)
	return int(n), err
}
