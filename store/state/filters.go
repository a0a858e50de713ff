package state

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tocsin/core/metric"
)

// A MetricFilter is a metric filter of a log group.
type MetricFilter struct {
	ID, LogGroup int64
	Definition   metric.Definition
	Created      time.Time
}

const filterColumns = `id, log_group, definition, created`

func scanFilter(r row) (f MetricFilter, err error) {
	var definition string
	var created int64
	if err := r.Scan(&f.ID, &f.LogGroup, &definition, &created); err != nil {
		return f, err
	}
	f.Created = instant(created)
	d, err := decode[storedFilter](definition)
	f.Definition = d.definition()
	return f, err
}

// PutMetricFilter makes or replaces the filter with the definition's name, which
// keeps its ID and Created. ErrNotFound: there is no such group.
func (tx *Tx) PutMetricFilter(ctx context.Context, f MetricFilter) (MetricFilter, error) {
	definition, err := encode(storeFilter(f.Definition))
	if err != nil {
		return MetricFilter{}, err
	}
	f, err = one(ctx, tx, scanFilter, `
		INSERT INTO metric_filters (log_group, name, definition, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (log_group, name) DO UPDATE SET definition = excluded.definition
		RETURNING `+filterColumns, f.LogGroup, f.Definition.FilterName, definition, f.Created)
	if err != nil {
		return MetricFilter{}, err
	}
	return f, tx.filtersChanged(ctx)
}

// MetricFilters are those of a group, by name; of all groups when group is 0.
func (tx *Tx) MetricFilters(ctx context.Context, group int64) ([]MetricFilter, error) {
	filters, err := all(ctx, tx, scanFilter, `
		SELECT `+filterColumns+` FROM metric_filters WHERE log_group = $1 OR $1 = 0`, group)
	slices.SortFunc(filters, func(a, b MetricFilter) int {
		return cmp.Or(cmp.Compare(a.LogGroup, b.LogGroup), cmp.Compare(a.Definition.FilterName, b.Definition.FilterName))
	})
	return filters, err
}

// DeleteMetricFilter removes a filter, or tells ErrNotFound.
func (tx *Tx) DeleteMetricFilter(ctx context.Context, group int64, name string) error {
	if err := tx.changed(ctx, ErrNotFound, `DELETE FROM metric_filters WHERE log_group = $1 AND name = $2`, group, name); err != nil {
		return err
	}
	return tx.filtersChanged(ctx)
}

// FilterRevision changes whenever a log group or a filter does. Who compiled the
// filters compares it in the transaction that counts.
func (tx *Tx) FilterRevision(ctx context.Context) (int64, error) {
	return one(ctx, tx, value[int64], `SELECT value FROM revisions WHERE name = 'filters'`)
}

func (tx *Tx) filtersChanged(ctx context.Context) error {
	return tx.changed(ctx, ErrNotFound, `UPDATE revisions SET value = value + 1 WHERE name = 'filters'`)
}

// storedFilter is a metric filter as it is stored; its names are for ever.
type storedFilter struct {
	Name            string                 `json:"name"`
	Pattern         string                 `json:"pattern"`
	Transformations []storedTransformation `json:"transformations"`
	SystemFields    []string               `json:"systemFields,omitempty"`
}

type storedTransformation struct {
	MetricName      string            `json:"metricName"`
	MetricNamespace string            `json:"metricNamespace"`
	MetricValue     string            `json:"metricValue"`
	DefaultValue    *float64          `json:"defaultValue,omitempty"`
	Dimensions      []storedDimension `json:"dimensions,omitempty"`
	Unit            string            `json:"unit,omitempty"`
}

func storeFilter(d metric.Definition) storedFilter {
	s := storedFilter{Name: d.FilterName, Pattern: d.FilterPattern, SystemFields: d.SystemFields}
	for _, t := range d.Transformations {
		s.Transformations = append(s.Transformations, storedTransformation{
			MetricName: t.MetricName, MetricNamespace: t.MetricNamespace, MetricValue: t.MetricValue,
			DefaultValue: t.DefaultValue, Dimensions: storeDimensions(t.Dimensions), Unit: t.Unit,
		})
	}
	return s
}

func (s storedFilter) definition() metric.Definition {
	d := metric.Definition{FilterName: s.Name, FilterPattern: s.Pattern, SystemFields: s.SystemFields}
	for _, t := range s.Transformations {
		d.Transformations = append(d.Transformations, metric.Transformation{
			MetricName: t.MetricName, MetricNamespace: t.MetricNamespace, MetricValue: t.MetricValue,
			DefaultValue: t.DefaultValue, Dimensions: dimensions(t.Dimensions), Unit: t.Unit,
		})
	}
	return d
}

// storedDimension is a dimension as it is stored.
type storedDimension struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func storeDimensions(list []metric.Dimension) []storedDimension {
	var out []storedDimension
	for _, d := range list {
		out = append(out, storedDimension(d))
	}
	return out
}

func dimensions(list []storedDimension) []metric.Dimension {
	var out []metric.Dimension
	for _, d := range list {
		out = append(out, metric.Dimension(d))
	}
	return out
}
