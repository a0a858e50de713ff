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
	filters, err := filtersOf(ctx, tx, a)
	if err != nil {
		return s, err
	}
	points, err := tx.Points(ctx, a.Scope, a.Definition.Metric(), step.From, step.To)
	if err != nil {
		return s, err
	}
	events, err := r.events(ctx, tx, a.Definition, filters, step)
	if err != nil {
		return s, err
	}
	s.Count = count(filters, points, len(events))
	return evidence.Summarize(s, events), nil
}

// filtersOf are the metric filters that publish an alarm's metric.
func filtersOf(ctx context.Context, tx *state.Tx, a state.Alarm) ([]state.MetricFilter, error) {
	groups, err := tx.LogGroups(ctx)
	if err != nil {
		return nil, err
	}
	ours := map[int64]bool{}
	for _, g := range groups {
		ours[g.ID] = g.Scope == a.Scope
	}
	all, err := tx.MetricFilters(ctx, 0)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(f state.MetricFilter) bool {
		return !ours[f.LogGroup] || !publishes(f.Definition, a.Definition.Metric())
	}), nil
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

// count is how many events matched, of which some are known. The metric tells when
// all filters publish 1 for each, or when none publishes anything for the others;
// else the events that are known are the least that it can be.
func count(filters []state.MetricFilter, points []metric.Point, known int) int64 {
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
		return max(int64(samples.Sum), int64(known))
	case len(filters) > 0 && silent:
		return max(int64(samples.SampleCount), int64(known))
	}
	return int64(known)
}

// events are the events that are known to have matched in a step's time, newest first.
func (r *Ringer) events(ctx context.Context, tx *state.Tx, a alarm.Alarm, filters []state.MetricFilter, step alarm.Step) ([]evidence.Event, error) {
	if len(filters) == 0 {
		return nil, nil
	}
	var ids []int64
	byID := map[int64]metric.Definition{}
	for _, f := range filters {
		ids = append(ids, f.ID)
		byID[f.ID] = f.Definition
	}
	rows, err := tx.EvidenceOf(ctx, ids, step.From, step.To, r.o.MaxEvidence)
	if err != nil {
		return nil, err
	}
	var out []evidence.Event
	for _, row := range rows {
		var e evidence.Event
		if err := json.Unmarshal(row.Body, &e); err != nil {
			r.log.Warn("evidence is damaged and left out", "filter", byID[row.Filter].FilterName, "time", row.Time, "error", err)
			continue
		}
		if belongs(e, byID[row.Filter], a.Dimensions) {
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
