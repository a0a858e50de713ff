package ring

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// summaries are what happened, for each step of an outcome: the JSON of an
// evidence.Summary. They are read before the transaction that tells of it, so
// that nobody waits for them.
func (r *Ringer) summaries(ctx context.Context, o outcome) ([][]byte, error) {
	out := make([][]byte, len(o.Steps))
	err := r.o.State.View(ctx, func(tx *state.Tx) error {
		for i, s := range o.Steps {
			summary, err := r.summary(ctx, tx, o.alarm.Alarm, s)
			if err != nil {
				return err
			}
			if out[i], err = json.Marshal(summary); err != nil {
				return fmt.Errorf("write what happened as JSON: %w", err)
			}
		}
		return nil
	})
	return out, err
}

// summary is what happened in one step. Of a step to another state than ALARM it
// tells no events: it is their absence that brought it about.
func (r *Ringer) summary(ctx context.Context, tx *state.Tx, a state.Alarm, step alarm.Step) (evidence.Summary, error) {
	from, to := time.UnixMilli(step.From).UTC(), time.UnixMilli(step.To).UTC()
	s := evidence.Summary{
		Alarm: a.Definition.Name, AlarmARN: a.Definition.ARN, Title: a.Extra.Title, Severity: a.Extra.Severity,
		State: string(step.After.State), Previous: string(step.Before.State), Reason: step.After.Reason,
		At: step.After.Updated, From: from, To: to,
		Late: step.Late, Repeated: step.Repeated,
	}
	if step.After.State != alarm.InAlarm || step.From >= step.To {
		return s, nil
	}
	s.Command = r.o.Command(a, from, to)
	read := newReadings(a)
	if err := read.stretch(ctx, tx, step.From, step.To); err != nil {
		return s, err
	}
	sources, err := sourcesOf(ctx, tx, read.metrics)
	if err != nil {
		return s, err
	}
	events, err := r.events(ctx, tx, sources, step)
	if err != nil {
		return s, err
	}
	for _, w := range read.metrics {
		s.Count += count(sources.publishing(w), w.points)
	}
	s.Count = max(s.Count, int64(len(events)))
	return evidence.Summarize(s, events), nil
}

// A source is a metric filter that publishes a metric of an alarm.
type source struct {
	filter  state.MetricFilter
	watched watched
}

type sources []source

// publishing are the filters that publish one of the metrics.
func (s sources) publishing(w watched) (out []state.MetricFilter) {
	for _, each := range s {
		if each.watched.same(w) {
			out = append(out, each.filter)
		}
	}
	return out
}

// sourcesOf are the metric filters that publish metrics.
func sourcesOf(ctx context.Context, tx *state.Tx, metrics []watched) (sources, error) {
	groups, err := tx.LogGroups(ctx)
	if err != nil {
		return nil, err
	}
	scopes := map[int64]state.Scope{}
	for _, g := range groups {
		scopes[g.ID] = g.Scope
	}
	all, err := tx.MetricFilters(ctx, 0)
	if err != nil {
		return nil, err
	}
	var out sources
	for _, w := range metrics {
		for _, f := range all {
			if scopes[f.LogGroup] == w.scope && publishes(f.Definition, w.metric) {
				out = append(out, source{f, w})
			}
		}
	}
	return out, nil
}

// publishes tells whether a filter may publish a metric, which is to have
// dimensions of the same names.
func publishes(d metric.Definition, m metric.Identity) bool {
	for _, t := range d.Transformations {
		if t.MetricNamespace != m.Namespace || t.MetricName != m.Name || len(m.Dimensions) != len(t.Dimensions)+len(d.SystemFields) {
			continue
		}
		if !slices.ContainsFunc(m.Dimensions, func(of metric.Dimension) bool { return selector(d, of.Name) == "" }) {
			return true
		}
	}
	return false
}

// selector is where a filter takes the value of a dimension from, "" when it has
// no such dimension.
func selector(d metric.Definition, dimension string) string {
	for _, t := range d.Transformations {
		for _, of := range t.Dimensions {
			if of.Name == dimension {
				return of.Value
			}
		}
	}
	if slices.Contains(d.SystemFields, dimension) {
		return dimension
	}
	return ""
}

// count is how many events matched. The metric tells when all its filters publish 1
// for each, or when none publishes anything for the others; else it is not known and
// taken as none.
func count(filters []state.MetricFilter, points []metric.Point) int64 {
	ones, silent := true, true
	for _, f := range filters {
		for _, t := range f.Definition.Transformations {
			value, err := strconv.ParseFloat(t.MetricValue, 64)
			ones = ones && err == nil && value == 1 && (t.DefaultValue == nil || *t.DefaultValue == 0)
			silent = silent && t.DefaultValue == nil
		}
	}
	var samples metric.Samples
	for _, p := range points {
		samples.Merge(metric.StatisticSet(p.Samples.SampleCount, p.Samples.Sum, p.Samples.Minimum, p.Samples.Maximum))
	}
	switch {
	case len(filters) > 0 && ones:
		return int64(samples.Sum)
	case len(filters) > 0 && silent:
		return int64(samples.SampleCount)
	}
	return 0
}

// events are the events that are known to have matched in a step's time, newest first.
func (r *Ringer) events(ctx context.Context, tx *state.Tx, sources sources, step alarm.Step) ([]evidence.Event, error) {
	if len(sources) == 0 {
		return nil, nil
	}
	var ids []int64
	names := map[int64]string{}
	for _, s := range sources {
		ids, names[s.filter.ID] = append(ids, s.filter.ID), s.filter.Definition.FilterName
	}
	rows, err := tx.EvidenceOf(ctx, ids, step.From, step.To, r.o.MaxEvidence)
	if err != nil {
		return nil, err
	}
	var out []evidence.Event
	for _, row := range rows {
		var e evidence.Event
		if err := json.Unmarshal(row.Body, &e); err != nil {
			r.log.Warn("evidence is damaged and left out", "filter", names[row.Filter], "time", row.Time, "error", err)
			continue
		}
		if slices.ContainsFunc(sources, func(s source) bool {
			return s.filter.ID == row.Filter && belongs(e, s.filter.Definition, s.watched.metric.Dimensions)
		}) {
			out = append(out, e)
		}
	}
	return out, nil
}

// belongs tells whether an event has the values of a metric's dimensions, as far as
// an evidence.Event tells them. What it does not tell, it may have.
func belongs(e evidence.Event, d metric.Definition, dimensions []metric.Dimension) bool {
	for _, of := range dimensions {
		if value, told := tells(e, selector(d, of.Name)); told && value != of.Value {
			return false
		}
	}
	return true
}

// tells is the value that a selector has in an event.
func tells(e evidence.Event, selector string) (value string, told bool) {
	switch selector {
	case "$.eventName":
		return e.Name, true
	case "$.eventSource":
		return e.Source, true
	case "$.recipientAccountId", metric.AccountField:
		return e.Account, true
	case "$.awsRegion", metric.RegionField:
		return e.Region, true
	case "$.sourceIPAddress":
		return e.Address, true
	case "$.userAgent":
		return e.UserAgent, true
	case "$.errorCode":
		return e.ErrorCode, true
	case "$.userIdentity.accessKeyId":
		return e.AccessKey, true
	case "$.userIdentity.arn":
		return e.Principal, true
	}
	return "", false
}
