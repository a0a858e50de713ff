package flow

import (
	"fmt"
	"strconv"

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
	// Value is what a match adds to the metric; with a Selector it is the
	// number that the selector finds in the event.
	Value    float64
	Selector string
	Alarm    alarm.Alarm
}

// NewWatch readies a control of kind alarm. An error names the control and what
// is wrong with it; a pattern's error shows the place.
func NewWatch(c *control.Control) (Watch, error) {
	p, err := pattern.Parse(c.Pattern)
	if err != nil {
		return Watch{}, fmt.Errorf("control %s: %w", c.ID, err)
	}
	w := Watch{ID: c.ID, Title: c.Title, Severity: c.Severity, Pattern: p}
	if value := string(c.MetricValue); value != "" && value[0] == '$' {
		w.Selector = value
	} else if w.Value, err = strconv.ParseFloat(value, 64); err != nil {
		return Watch{}, fmt.Errorf("control %s: metric value %q is neither a number nor a selector", c.ID, value)
	}
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
// holds no number where the selector looks: it then counts as a match but adds nothing.
func (w *Watch) value(record []byte) (float64, bool) {
	if w.Selector == "" {
		return w.Value, true
	}
	text, ok := w.Pattern.Lookup(record, w.Selector)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil
}
