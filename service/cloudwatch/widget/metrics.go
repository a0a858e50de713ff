package widget

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"tocsin/core/expression"
	"tocsin/core/metric"
)

// options are the last member of a metric in the metrics array, or all of an
// expression.
type options struct {
	AccountID  string `json:"accountId"`
	Color      string
	Expression string
	ID         string `json:"id"`
	Label      string
	Period     *int
	Region     string
	Stat       string
	Visible    *bool
	YAxis      string
}

// readMetrics reads the metrics array:
//
//	["Namespace", "Metric", "Dimension", "value", {options}]
//	[".", ".", ".", "other"]   a dot is the same as in the metric before
//	["...", "other"]           three dots are all members that are not given
//	[{"expression": "m1 / m2", "id": "e1"}]
func (w *Widget) readMetrics(d document, region, account string) error {
	if len(d.Metrics) == 0 || len(d.Metrics) > maxMetrics {
		return invalid("metrics", "must have from 1 to %d members, not %d", maxMetrics, len(d.Metrics))
	}
	period, err := w.period("period", d.Period, 300)
	if err != nil {
		return err
	}
	if d.Stat == "" {
		d.Stat = "Average"
	}
	var queries []expression.Query
	var before []string
	taken := map[string]bool{}
	var unnamed []int
	for i, raw := range d.Metrics {
		path := fmt.Sprintf("metrics[%d]", i)
		names, o, err := readMetric(path, raw, before)
		if err != nil {
			return err
		}
		if o.Region == "" {
			o.Region = d.Region
		}
		if o.AccountID == "" {
			o.AccountID = d.AccountID
		}
		if o.Region != "" && o.Region != region || o.AccountID != "" && o.AccountID != account {
			return invalid(path, "shows another account or Region; only metrics of the account and Region of the request can be shown")
		}
		q := expression.Query{ID: o.ID, Label: o.Label, Hidden: o.Visible != nil && !*o.Visible}
		own, err := w.period(path+".period", o.Period, int(period/time.Second))
		if err != nil {
			return err
		}
		if o.Expression != "" {
			q.Expression, q.Period = o.Expression, own
		} else {
			before = names
			if q.Stat, err = statOf(path, names, o, d.Stat, own); err != nil {
				return err
			}
		}
		var l look
		if o.Color != "" {
			if l.color, err = readColor(path+".color", o.Color); err != nil {
				return err
			}
		}
		side, err := oneOf(path+".yAxis", o.YAxis, "left", "right")
		if err != nil {
			return err
		}
		l.right = side == "right"
		if q.ID == "" {
			unnamed = append(unnamed, i)
		}
		taken[q.ID] = true
		queries = append(queries, q)
		w.looks[q.ID] = l
		if q.ID == "" {
			w.looks[fmt.Sprint(i)] = l // until it has an id
		}
	}
	for _, i := range unnamed {
		id := fmt.Sprint("m", i+1)
		for taken[id] {
			id += "_"
		}
		taken[id] = true
		queries[i].ID = id
		w.looks[id] = w.looks[fmt.Sprint(i)]
	}
	w.Set, err = expression.NewSet(queries)
	return err
}

// period is a period that was given, or another; or all of the time where the widget
// shows one value for that.
func (w *Widget) period(path string, given *int, otherwise int) (time.Duration, error) {
	if w.whole && w.view != "timeSeries" {
		return max(w.End.Sub(w.Start).Truncate(time.Minute), time.Minute), nil
	}
	if given == nil {
		return w.kept(time.Duration(otherwise) * time.Second), nil
	}
	p := *given
	if p <= 0 || p%60 != 0 && p != 1 && p != 5 && p != 10 && p != 20 && p != 30 || p > 86400*366 {
		return 0, invalid(path, "must be 1, 5, 10, 20, 30 or a multiple of 60 seconds, not %d", p)
	}
	return w.kept(time.Duration(p) * time.Second), nil
}

// kept is a period of which there still are points at the widget's start: finer ones
// are kept for 15 days, and those of 5 minutes for 63.
//
// UNSURE: that an image shows old times in longer periods than it was asked for, as
// dashboards do; else it would show nothing.
func (w *Widget) kept(period time.Duration) time.Duration {
	least := time.Second
	switch age := w.now.Sub(w.Start); {
	case age > 63*24*time.Hour:
		least = time.Hour
	case age > 15*24*time.Hour:
		least = 5 * time.Minute
	}
	return (period + least - 1) / least * least
}

// readMetric reads one member of the metrics array, given the names of the metric
// before it.
func readMetric(path string, raw []json.RawMessage, before []string) (names []string, o options, err error) {
	if len(raw) == 0 {
		return nil, o, invalid(path, "must be a metric or an expression")
	}
	if last := raw[len(raw)-1]; bytes.HasPrefix(bytes.TrimSpace(last), []byte("{")) {
		if err := json.Unmarshal(last, &o); err != nil {
			return nil, o, invalid(path, "its options cannot be read: %v", err)
		}
		raw = raw[:len(raw)-1]
	}
	for i, r := range raw {
		var name string
		if err := json.Unmarshal(r, &name); err != nil {
			return nil, o, invalid(fmt.Sprintf("%s[%d]", path, i), "must be a string")
		}
		names = append(names, name)
	}
	switch {
	case o.Expression != "" && len(names) > 0:
		return nil, o, invalid(path, "is a metric or an expression, not both")
	case o.Expression != "":
		return nil, o, nil
	}
	names, err = expand(path, names, before)
	if err != nil {
		return nil, o, err
	}
	if len(names) < 2 || len(names)%2 != 0 {
		return nil, o, invalid(path, "must be a namespace, a metric name, and pairs of names and values of dimensions")
	}
	return names, o, nil
}

// expand puts in for dots what the metric before has there.
func expand(path string, names, before []string) ([]string, error) {
	var out []string
	for i, name := range names {
		switch name {
		case "...":
			left := len(names) - i - 1
			if len(before) < len(out)+left {
				return nil, invalid(path, `has "..." and no metric before it that has as many members`)
			}
			out = append(out, before[len(out):len(before)-left]...)
		case ".":
			if len(before) <= len(out) {
				return nil, invalid(path, `has "." where the metric before has nothing`)
			}
			out = append(out, before[len(out)])
		default:
			out = append(out, name)
		}
	}
	return out, nil
}

func statOf(path string, names []string, o options, stat string, period time.Duration) (*expression.Stat, error) {
	if o.Stat != "" {
		stat = o.Stat
	}
	statistic, err := metric.ParseStatistic(stat)
	if err != nil {
		return nil, invalid(path, "%q is no statistic", stat)
	}
	var dimensions []metric.Dimension
	for i := 2; i < len(names); i += 2 {
		dimensions = append(dimensions, metric.Dimension{Name: names[i], Value: names[i+1]})
	}
	return &expression.Stat{Metric: metric.NewIdentity(names[0], names[1], dimensions...), Statistic: statistic, Period: period}, nil
}
