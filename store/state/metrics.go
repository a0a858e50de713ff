package state

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"tocsin/core/metric"
)

// Points are a metric's points from from on and before to, ascending, of all units
// together: CloudWatch does not say what an alarm without Unit makes of several.
func (tx *Tx) Points(ctx context.Context, s Scope, m metric.Identity, from, to int64) ([]metric.Point, error) {
	found, err := tx.points(ctx, s, m, from, to)
	var out []metric.Point
	for _, p := range found {
		if last := len(out) - 1; last >= 0 && out[last].Time == p.Time {
			out[last].Samples = out[last].Samples.Clone()
			out[last].Samples.Merge(p.Samples)
			continue
		}
		out = append(out, p.Point)
	}
	return out, err
}

// UnitPoints are a metric's points from from on and before to by unit, ascending.
func (tx *Tx) UnitPoints(ctx context.Context, s Scope, m metric.Identity, from, to int64) (map[string][]metric.Point, error) {
	found, err := tx.points(ctx, s, m, from, to)
	out := map[string][]metric.Point{}
	for _, p := range found {
		out[p.unit] = append(out[p.unit], p.Point)
	}
	return out, err
}

type unitPoint struct {
	unit string
	metric.Point
}

// points are ordered by time.
func (tx *Tx) points(ctx context.Context, s Scope, m metric.Identity, from, to int64) ([]unitPoint, error) {
	const columns = `m.unit, p.metric, p.minute, p.samples, p.total, p.minimum, p.maximum, p.distribution`
	return all(ctx, tx, func(r row) (p unitPoint, err error) {
		var m minute
		m, err = scanMinute(r, &p.unit)
		p.unit, p.Point = unitOf(p.unit), metric.Point{Time: m.time, Samples: m.samples}
		return p, err
	}, `
		SELECT `+columns+` FROM metrics m JOIN points p ON p.metric = m.id
		WHERE m.key = $1 AND p.minute >= $2 AND p.minute < $3
		UNION ALL
		SELECT `+columns+` FROM metrics m JOIN points p ON p.metric = m.id
		WHERE m.head <> 0 AND m.head = (SELECT id FROM metrics WHERE key = $1) AND p.minute >= $2 AND p.minute < $3
		ORDER BY minute`, []byte(metricKey(s, cleanIdentity(m))), from, to)
}

// Metrics are the metrics of a scope, by namespace, name and dimensions.
// Namespace and name select when not empty.
func (tx *Tx) Metrics(ctx context.Context, s Scope, namespace, name string) ([]metric.Identity, error) {
	found, err := tx.listMetrics(ctx, MetricQuery{Scope: s, Namespace: namespace, Name: name})
	var list []metric.Identity
	for _, m := range found {
		list = append(list, m.Identity)
	}
	slices.SortFunc(list, compareIdentities)
	return list, err
}

// A MetricQuery selects metrics.
type MetricQuery struct {
	Scope
	Namespace, Name string // "" for all
	// Dimensions must be among those of the metric; without Value any value does.
	Dimensions []metric.Dimension
	// Since leaves out metrics without points from then on; 0 for none.
	Since int64
	After int64 // metric to go on behind, 0 to begin
	Limit int   // 0 for all
}

// A StoredMetric is a metric with its place.
type StoredMetric struct {
	ID int64
	metric.Identity
}

// FindMetrics are the metrics that a query selects, in the order in which they
// were first published. Namespaces that begin with a colon, which nobody can
// publish to, are tocsin's own and left out.
func (tx *Tx) FindMetrics(ctx context.Context, q MetricQuery) ([]StoredMetric, error) {
	var out []StoredMetric
	for {
		some := q
		if q.Limit > 0 {
			some.Limit = max(q.Limit, leastRead)
		}
		found, err := tx.listMetrics(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if hasDimensions(m.Identity, q.Dimensions) && !strings.HasPrefix(m.Namespace, ":") {
				out = append(out, m)
			}
			if q.Limit > 0 && len(out) == q.Limit {
				return out, nil
			}
		}
		if some.Limit == 0 || len(found) < some.Limit {
			return out, nil
		}
		q.After = found[len(found)-1].ID
	}
}

// leastRead is how many rows are read at a time where conditions that the database
// does not know leave some out.
const leastRead = 500

func hasDimensions(m metric.Identity, wanted []metric.Dimension) bool {
	for _, w := range wanted {
		if !slices.ContainsFunc(m.Dimensions, func(d metric.Dimension) bool {
			return d.Name == w.Name && (w.Value == "" || d.Value == w.Value)
		}) {
			return false
		}
	}
	return true
}

// listMetrics is FindMetrics without the dimensions.
func (tx *Tx) listMetrics(ctx context.Context, q MetricQuery) ([]StoredMetric, error) {
	var w where
	w.and("m.account = ?", q.Account)
	w.and("m.region = ?", q.Region)
	w.and("m.partition = ?", q.Partition)
	if q.Namespace != "" {
		w.and("m.namespace = ?", q.Namespace)
	}
	if q.Name != "" {
		w.and("m.name = ?", q.Name)
	}
	if q.Since != 0 {
		w.and(`(EXISTS (SELECT 1 FROM points p WHERE p.metric = m.id AND p.minute >= ?)
			OR EXISTS (SELECT 1 FROM metrics u JOIN points p ON p.metric = u.id
				WHERE u.head <> 0 AND u.head = m.id AND p.minute >= `+parameter(len(w.args)+1)+`))`, q.Since)
	}
	w.and("m.id > ?", q.After)
	limit := w.limit(q.Limit)
	return all(ctx, tx, func(r row) (m StoredMetric, err error) {
		var stored string
		if err := r.Scan(&m.ID, &m.Namespace, &m.Name, &stored); err != nil {
			return m, err
		}
		d, err := decode[[]storedDimension](stored)
		m.Dimensions = dimensions(d)
		return m, err
	}, `SELECT m.id, m.namespace, m.name, m.dimensions FROM metrics m`+w.text+` AND m.head = 0 ORDER BY m.id`+limit, w.args...)
}

func compareIdentities(a, b metric.Identity) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name),
		slices.CompareFunc(a.Dimensions, b.Dimensions, func(a, b metric.Dimension) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
		}))
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
