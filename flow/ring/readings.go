package ring

import (
	"cmp"
	"context"
	"slices"

	"tocsin/core/expression"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// readings are the points of the metrics that an alarm looks at.
type readings struct {
	metrics []watched
}

// watched is one metric of an alarm, in the account that it is in, and in one unit
// or, without one, in all.
type watched struct {
	scope  state.Scope
	metric metric.Identity
	unit   string
	points []metric.Point
}

// newReadings are those of the one metric of an alarm, or of all metrics of one on
// metric math, each once.
func newReadings(a state.Alarm) *readings {
	if len(a.Definition.Metrics) == 0 {
		return &readings{[]watched{{scope: a.Scope, metric: a.Definition.Metric(), unit: a.Definition.Unit}}}
	}
	r := &readings{}
	for _, q := range a.Definition.Metrics {
		if q.Metric == nil {
			continue
		}
		w := watched{
			scope: a.Scope, metric: metric.NewIdentity(q.Metric.Namespace, q.Metric.MetricName, q.Metric.Dimensions...), unit: q.Metric.Unit,
		}
		if q.AccountID != "" {
			w.scope.Account = q.AccountID
		}
		if !slices.ContainsFunc(r.metrics, w.same) {
			r.metrics = append(r.metrics, w)
		}
	}
	return r
}

func (w watched) same(other watched) bool {
	return w.scope == other.scope && w.unit == other.unit && w.metric.Equal(other.metric)
}

// read are the points from from on and before to.
func (w watched) read(ctx context.Context, tx *state.Tx, from, to int64) ([]metric.Point, error) {
	if w.unit == "" {
		return tx.Points(ctx, w.scope, w.metric, from, to)
	}
	points, err := tx.UnitPoints(ctx, w.scope, w.metric, from, to)
	return points[w.unit], err
}

// stretch reads on: the points from from on and before to, which come after those
// that were read before.
func (r *readings) stretch(ctx context.Context, tx *state.Tx, from, to int64) error {
	for i, w := range r.metrics {
		points, err := w.read(ctx, tx, from, to)
		if err != nil {
			return err
		}
		r.metrics[i].points = append(w.points, points...)
	}
	return nil
}

// of are the points of a metric.
func (r *readings) of(s expression.Stat) []metric.Point {
	for _, w := range r.metrics {
		if w.metric.Equal(s.Metric) && w.unit == s.Unit && (s.AccountID == "" || s.AccountID == w.scope.Account) {
			return w.points
		}
	}
	return nil
}

// together are the points of all metrics, those of one minute as one.
func (r *readings) together() []metric.Point {
	if len(r.metrics) == 1 {
		return r.metrics[0].points
	}
	var all []metric.Point
	for _, w := range r.metrics {
		all = append(all, w.points...)
	}
	slices.SortStableFunc(all, func(a, b metric.Point) int { return cmp.Compare(a.Time, b.Time) })
	var out []metric.Point
	for _, p := range all {
		if n := len(out); n == 0 || out[n-1].Time != p.Time {
			p.Samples = p.Samples.Clone()
			out = append(out, p)
			continue
		}
		out[len(out)-1].Samples.Merge(p.Samples)
	}
	return out
}
