package audit

import (
	"cmp"
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/expression"
	"tocsin/core/pattern"
)

// A feed is a metric of an account and Region that filters publish to.
type feed struct{ account, region, namespace, name, dimensions string }

func (r *reading) feed(m FilterMetric) feed {
	names := slices.Sorted(slices.Values(append(slices.Clone(m.Dimensions), r.SystemFields...)))
	return feed{r.account, r.region, m.Namespace, m.Name, strings.Join(names, " ")}
}

// feedOf is the metric that an alarm reads, where the reading's filter publishes.
func (r *reading) feedOf(s expression.Stat) feed {
	var names []string
	for _, d := range s.Metric.Dimensions {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return feed{cmp.Or(s.AccountID, r.account), r.region, s.Metric.Namespace, s.Metric.Name, strings.Join(names, " ")}
}

// A byDefault is what a filter publishes for each event that it does not match.
type byDefault struct {
	filter *Filter
	value  float64
}

// defaultsOf are the default values that metrics are fed with.
func defaultsOf(readings []reading) map[feed][]byDefault {
	all := map[feed][]byDefault{}
	for i := range readings {
		r := &readings[i]
		for _, m := range r.Metrics {
			if m.Default != nil {
				all[r.feed(m)] = append(all[r.feed(m)], byDefault{r.Filter, *m.Default})
			}
		}
	}
	return all
}

// is tells whether two are the same filter, of which a narrowed reading has a copy.
func (f *Filter) is(o *Filter) bool { return f.logGroup == o.logGroup && f.Name == o.Name }

func valuesOf(defaults []byDefault) []float64 {
	var values []float64
	for _, d := range defaults {
		values = append(values, d.value)
	}
	return values
}

// A noise is a filter that keeps the alarms on its metrics in ALARM, always or
// often, whatever else feeds them.
type noise struct {
	filter *Filter
	calls  []string // the everyday calls that it matches; nil for nearly every event
}

// noiseOf are the metrics that some filter feeds from everyday events.
func noiseOf(readings []reading) map[feed][]noise {
	all := map[feed][]noise{}
	for i := range readings {
		r := &readings[i]
		calls := r.everyday(nil)
		if !r.always && len(calls) == 0 {
			continue
		}
		for _, m := range r.Metrics {
			all[r.feed(m)] = append(all[r.feed(m)], noise{r.Filter, calls})
		}
	}
	return all
}

// everyday are the names of everyday calls that the pattern matches and none of
// the wanted patterns does.
func (r *reading) everyday(wanted []*pattern.Pattern) []string {
	if r.pattern == nil || r.always {
		return nil
	}
	var names []string
	for _, record := range everyday {
		if !r.match(record) || slices.ContainsFunc(wanted, func(p *pattern.Pattern) bool { return p.Match(record) }) {
			continue
		}
		if _, name, ok := strings.Cut(callOf(record), ":"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// narrowed is the filter itself, or where its metric has dimensions with fields as
// values one reading for each alarm on them: the alarm sees those of the filter's
// events whose fields have the values that it names.
func (j *judge) narrowed(r *reading) []*reading {
	var all []*reading
	set := j.account.alarms(r.account, r.region)
	for _, m := range r.Metrics {
		if len(m.Fields) == 0 || set == nil || r.pattern == nil || r.pattern.Language != pattern.JSON {
			return []*reading{r}
		}
		for i := range set.Metric {
			a := &set.Metric[i]
			p, ok := m.seenBy(a, r.pattern)
			if !ok {
				continue
			}
			one := *r
			filter := *r.Filter
			filter.Metrics = []FilterMetric{m}
			one.Filter, one.pattern, one.only, one.matched = &filter, p, a.Name, map[*byte]bool{}
			all = append(all, &one)
		}
	}
	if len(all) == 0 {
		return []*reading{r}
	}
	return all
}

// seenBy is the pattern of the events that an alarm on a metric with dimensions
// sees; false when the alarm is on another metric, or its dimensions are others.
func (m FilterMetric) seenBy(a *MetricAlarm, p *pattern.Pattern) (*pattern.Pattern, bool) {
	if a.Namespace != m.Namespace || a.MetricName != m.Name {
		return nil, false
	}
	and := &pattern.And{Nodes: []pattern.Node{p.Condition}}
	for _, d := range a.Dimensions {
		field, ok := m.Fields[d.Name]
		if !ok {
			continue // of the system's, which the alarm's link is about
		}
		path, err := pattern.ParseSelector(field)
		if err != nil {
			return nil, false
		}
		and.Nodes = append(and.Nodes, &pattern.Comparison{
			Selector: path, Op: pattern.Equal, Value: pattern.Literal{Kind: pattern.Quoted, Text: d.Value, Body: d.Value},
		})
	}
	if len(and.Nodes) != len(m.Fields)+1 {
		return nil, false
	}
	return &pattern.Pattern{Text: p.Text, Language: pattern.JSON, Condition: and}, true
}

// logAlarm is an alarm on a query of a log group that a trail delivers to, if its
// query speaks of the control's events.
func (j *judge) logAlarm(c *control.Control, parts []part) string {
	for _, set := range j.account.Alarms {
		for i := range set.Log {
			a := &set.Log[i]
			r := reading{Filter: &Filter{Name: a.Name, Pattern: &a.Query}}
			watches := slices.ContainsFunc(j.account.LogGroups, func(g LogGroup) bool {
				return arnPart(g.ARN, 4) == set.Account && slices.ContainsFunc(a.Groups, func(id string) bool { return strings.TrimSuffix(id, ":*") == g.ARN || id == g.Name() })
			})
			if watches && a.Enabled != nil && *a.Enabled && len(a.Actions) > 0 && r.meant(c, parts) {
				return a.Name
			}
		}
	}
	return ""
}
