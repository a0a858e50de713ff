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

// Points are what was published for one metric.
type Points struct {
	Scope  Scope
	Metric metric.Identity
	Unit   string
	Points []metric.Point // one for each minute
}

// AddPoints merges points with what there is. Metrics are made as they come; it
// locks them in an order of its own, so that nobody waits in a circle and no
// two additions to one minute get lost.
func (tx *Tx) AddPoints(ctx context.Context, added []Points) error {
	byKey := map[string]*Points{}
	for _, p := range added {
		p.Metric = cleanIdentity(p.Metric)
		key := metricKey(p.Scope, p.Metric)
		have := byKey[key]
		if have == nil {
			have = &Points{Scope: p.Scope, Metric: p.Metric, Unit: p.Unit}
			byKey[key] = have
		}
		have.Points = append(have.Points, p.Points...)
	}
	keys := sortedKeys(byKey)
	ids, err := tx.metricIDs(ctx, keys)
	if err != nil {
		return err
	}
	if len(ids) < len(keys) {
		missing := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return ids[k] != 0 })
		if err := tx.addMetrics(ctx, missing, byKey); err != nil {
			return err
		}
		if ids, err = tx.metricIDs(ctx, keys); err != nil {
			return err
		}
	}
	var minutes []minute
	for _, key := range keys {
		for _, p := range byKey[key].Points {
			minutes = append(minutes, minute{ids[key], p.Time, p.Samples})
		}
	}
	return tx.mergeMinutes(ctx, minutes)
}

// metricIDs are the ids of metrics by key; those that do not exist are left out.
func (tx *Tx) metricIDs(ctx context.Context, keys []string) (map[string]int64, error) {
	ids := map[string]int64{}
	err := batches(len(keys), func(from, to int) error {
		_, err := all(ctx, tx, func(r row) (struct{}, error) {
			var key []byte
			var id int64
			err := r.Scan(&key, &id)
			ids[string(key)] = id
			return struct{}{}, err
		}, `SELECT key, id FROM metrics WHERE key IN `+params(1, to-from), blobs(keys[from:to])...)
		return err
	})
	return ids, err
}

func (tx *Tx) addMetrics(ctx context.Context, keys []string, of map[string]*Points) error {
	return batches(len(keys), func(from, to int) error {
		var args []any
		for _, key := range keys[from:to] {
			p := of[key]
			dimensions, err := encode(storeDimensions(p.Metric.Dimensions))
			if err != nil {
				return err
			}
			args = append(args, []byte(key), p.Scope.Partition, p.Scope.Account, p.Scope.Region,
				p.Metric.Namespace, p.Metric.Name, dimensions, p.Unit)
		}
		_, err := tx.exec(ctx, `
			INSERT INTO metrics (key, partition, account, region, namespace, name, dimensions, unit)
			VALUES `+values(to-from, 8)+` ON CONFLICT (key) DO NOTHING`, args...)
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
	stored, err := all(ctx, tx, scanMinute, `
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

func scanMinute(r row) (m minute, err error) {
	var count, sum, low, high float64
	var packed []byte
	if err := r.Scan(&m.metric, &m.time, &count, &sum, &low, &high, &packed); err != nil {
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

// Points are a metric's points from from on and before to, ascending.
func (tx *Tx) Points(ctx context.Context, s Scope, m metric.Identity, from, to int64) ([]metric.Point, error) {
	return all(ctx, tx, func(r row) (metric.Point, error) {
		m, err := scanMinute(r)
		return metric.Point{Time: m.time, Samples: m.samples}, err
	}, `
		SELECT metric, minute, samples, total, minimum, maximum, distribution FROM points
		WHERE metric = (SELECT id FROM metrics WHERE key = $1) AND minute >= $2 AND minute < $3
		ORDER BY minute`, []byte(metricKey(s, cleanIdentity(m))), from, to)
}

// Metrics are the metrics of a scope, by namespace, name and dimensions.
// Namespace and name select when not empty.
func (tx *Tx) Metrics(ctx context.Context, s Scope, namespace, name string) ([]metric.Identity, error) {
	list, err := all(ctx, tx, func(r row) (id metric.Identity, err error) {
		var stored string
		if err := r.Scan(&id.Namespace, &id.Name, &stored); err != nil {
			return id, err
		}
		d, err := decode[[]storedDimension](stored)
		id.Dimensions = dimensions(d)
		return id, err
	}, `
		SELECT namespace, name, dimensions FROM metrics
		WHERE partition = $1 AND account = $2 AND region = $3 AND (namespace = $4 OR $4 = '') AND (name = $5 OR $5 = '')`,
		s.Partition, s.Account, s.Region, namespace, name)
	slices.SortFunc(list, func(a, b metric.Identity) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name),
			slices.CompareFunc(a.Dimensions, b.Dimensions, func(a, b metric.Dimension) int {
				return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
			}))
	})
	return list, err
}

// PrunePoints removes points of before a time, at most limit, and tells how many.
func (tx *Tx) PrunePoints(ctx context.Context, before int64, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM points WHERE (metric, minute) IN (
			SELECT metric, minute FROM points WHERE minute < $1 ORDER BY minute, metric LIMIT $2)`, before, limit)
	return int(n), err
}

// metricKey names a metric in a scope; see metrics.key. The identity is clean.
func metricKey(s Scope, m metric.Identity) string {
	return hash(s.Partition, s.Account, s.Region, m.Key())
}

// cleanIdentity is the metric whose texts are as they are stored. Its dimensions
// may come out of events, which hold anything.
func cleanIdentity(m metric.Identity) metric.Identity {
	var dimensions []metric.Dimension
	for _, d := range m.Dimensions {
		dimensions = append(dimensions, metric.Dimension{Name: clean(d.Name), Value: clean(d.Value)})
	}
	return metric.NewIdentity(clean(m.Namespace), clean(m.Name), dimensions...)
}

// blobs are keys as arguments.
func blobs(keys []string) []any {
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = []byte(k)
	}
	return out
}
