package flow

import (
	"fmt"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
	"tocsin/core/pattern"
)

// A Watch is a control at work: its pattern parsed, its alarm defined.
type Watch struct {
	ID       string
	Title    string
	Severity control.Severity
	Pattern  *pattern.Pattern
	Alarm    alarm.Alarm
	// filter turns matches into datapoints; its pattern is Pattern.
	filter *metric.Filter
}

// NewWatch readies a control of kind alarm. An error names the control and what
// is wrong with it; a pattern's error shows the place.
func NewWatch(c *control.Control) (Watch, error) {
	filter, err := metric.NewFilter(metric.Definition{
		FilterName: c.ID, FilterPattern: c.Pattern,
		Transformations: []metric.Transformation{{
			MetricName: c.Metric, MetricNamespace: c.Namespace, MetricValue: string(c.MetricValue),
		}},
	})
	if err != nil {
		return Watch{}, fmt.Errorf("control %s: %w", c.ID, err)
	}
	w := Watch{ID: c.ID, Title: c.Title, Severity: c.Severity, Pattern: filter.Pattern, filter: filter}
	if w.Alarm, err = definition(c); err != nil {
		return Watch{}, fmt.Errorf("control %s: %w", c.ID, err)
	}
	return w, nil
}

// definition is the alarm of a control, as PutMetricAlarm would make it.
func definition(c *control.Control) (alarm.Alarm, error) {
	statistic, err := metric.ParseStatistic(c.Statistic)
	if err != nil {
		return alarm.Alarm{}, err
	}
	return alarm.Alarm{
		Name: c.ID, Description: c.Title, ActionsEnabled: true,
		Namespace: c.Namespace, MetricName: c.Metric, Statistic: statistic,
		Period: c.Period, EvaluationPeriods: c.EvaluationPeriods, DatapointsToAlarm: c.DatapointsToAlarm,
		Threshold: c.Threshold, ComparisonOperator: alarm.Operator(c.Comparison),
		TreatMissingData: alarm.TreatMissingData(c.TreatMissingData),
	}, nil
}

// Watches readies all alarms of a pack.
func Watches(p *control.Pack) ([]Watch, error) {
	var watches []Watch
	for i := range p.Controls {
		if p.Controls[i].Kind != control.Alarm {
			continue
		}
		w, err := NewWatch(&p.Controls[i])
		if err != nil {
			return nil, err
		}
		watches = append(watches, w)
	}
	return watches, nil
}

// value is what a matching event adds to the metric, and false when the event
// holds no number where the metric value is to be found: it then counts as a
// match but adds nothing.
func (w *Watch) value(record []byte) (float64, bool) {
	d, ok := w.filter.Datapoint(metric.Event{Message: record}, true)
	return d.Value, ok
}
