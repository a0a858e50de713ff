package expression

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/core/metric"
)

// defaultLabels are those of the metrics among the queries, by id: the metric's
// name, with the values of dimensions, the statistic and the period (in seconds)
// where the metrics differ in them: metric1 Sum 60.
//
// UNSURE: where the values of dimensions stand; the rest was recorded.
func (s *Set) defaultLabels() map[string]string {
	var stats []*Stat
	for _, q := range s.queries {
		if q.Stat != nil {
			stats = append(stats, q.Stat)
		}
	}
	if len(stats) == 0 {
		return nil
	}
	differ := func(of func(*Stat) string) bool {
		return slices.ContainsFunc(stats, func(st *Stat) bool { return of(st) != of(stats[0]) })
	}
	statistic := func(st *Stat) string { return st.Statistic.String() }
	period := func(st *Stat) string { return strconv.FormatFloat(st.Period.Seconds(), 'f', -1, 64) }
	dimensions := differ(func(st *Stat) string { return metric.NewIdentity("", "", st.Metric.Dimensions...).Key() })
	statistics, periods := differ(statistic), differ(period)
	out := map[string]string{}
	for _, q := range s.queries {
		if q.Stat == nil {
			continue
		}
		parts := []string{q.Stat.Metric.Name}
		if dimensions {
			for _, d := range q.Stat.Metric.Dimensions {
				of := func(st *Stat) string { return dimension(st.Metric, d.Name) }
				if differ(of) {
					parts = append(parts, d.Value)
				}
			}
		}
		if statistics {
			parts = append(parts, statistic(q.Stat))
		}
		if periods {
			parts = append(parts, period(q.Stat))
		}
		out[q.ID] = strings.Join(parts, " ")
	}
	return out
}

func dimension(m metric.Identity, name string) string {
	for _, d := range m.Dimensions {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// label is what a result is called. Of an array each series has the query's label
// before its own; with dynamic parts the query's label alone, which names the series
// by ${LABEL}. An expression without a label has its id.
func (r Request) label(q Query, kind Kind, s Series, metricLabel string) string {
	own := metricLabel
	switch {
	case kind == Array:
		own = r.dynamic(s.Label, "", s)
	case q.Stat == nil:
		own = q.ID
	}
	switch {
	case q.Label == "" && own == "":
		return q.ID
	case q.Label == "":
		return own
	case kind == Array && !strings.Contains(q.Label, "${") && own != "":
		return q.Label + " " + own
	}
	return r.dynamic(q.Label, own, s)
}

// dynamic fills in the dynamic parts of a label (user guide, "Using dynamic
// labels"). What is none is left as it is.
func (r Request) dynamic(label, own string, s Series) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(label, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		text, known := r.part(name, own, s)
		if !ok || !known {
			b.WriteString("${")
			label = rest
			continue
		}
		b.WriteString(text)
		label = after
	}
}

// noValue is what stands for a value of a series without points. UNSURE
const noValue = "--"

// part is what a dynamic part stands for.
func (r Request) part(name, own string, s Series) (string, bool) {
	if name == "LABEL" {
		return own, true
	}
	if property, ok := strings.CutPrefix(name, "PROP("); ok {
		property, ok = strings.CutSuffix(property, ")")
		if ok && len(property) > 1 && strings.ContainsRune(`'"`, rune(property[0])) && property[0] == property[len(property)-1] {
			return r.property(property[1:len(property)-1], s)
		}
		return "", false
	}
	number, when, between := r.numbers(name)
	if number == nil && when == nil && between == nil {
		return "", false
	}
	if len(s.Points) == 0 {
		if name == "DATAPOINT_COUNT" || name == "SUM" {
			return "0", true
		}
		return noValue, true
	}
	switch {
	case number != nil:
		return labelNumber(number(s.Points)), true
	case when != nil:
		zone := r.Zone
		if zone == nil {
			zone = time.UTC
		}
		return when(s.Points).In(zone).Format("2006-01-02 15:04:05"), true
	}
	return labelDuration(between(s.Points)), true
}

// numbers is how a dynamic part is found, as one of three: a number, a time, or a
// duration.
func (r Request) numbers(name string) (func([]Point) float64, func([]Point) time.Time, func([]Point) time.Duration) {
	first := func(p []Point) Point { return p[0] }
	last := func(p []Point) Point { return p[len(p)-1] }
	byValue := func(a, b Point) int {
		switch {
		case a.Value < b.Value:
			return -1
		case a.Value > b.Value:
			return 1
		}
		return 0
	}
	least := func(p []Point) Point { return slices.MinFunc(p, byValue) }
	greatest := func(p []Point) Point { return slices.MaxFunc(p, byValue) }
	points := map[string]func([]Point) Point{"FIRST": first, "LAST": last, "MIN": least, "MAX": greatest}
	distance := func(from, to func([]Point) Point) func([]Point) time.Duration {
		return func(p []Point) time.Duration {
			return (time.Duration(to(p).Time-from(p).Time) * time.Millisecond).Abs()
		}
	}
	values := func(p []Point) []float64 { return Series{Points: p}.values() }
	switch name {
	case "AVG":
		return func(p []Point) float64 { return average(values(p), 1) }, nil, nil
	case "SUM":
		return func(p []Point) float64 { return sum(values(p)) }, nil, nil
	case "DATAPOINT_COUNT":
		return func(p []Point) float64 { return float64(len(p)) }, nil, nil
	case "FIRST_LAST_RANGE":
		return func(p []Point) float64 { return last(p).Value - first(p).Value }, nil, nil
	case "MIN_MAX_RANGE":
		return func(p []Point) float64 { return greatest(p).Value - least(p).Value }, nil, nil
	case "FIRST_LAST_TIME_RANGE":
		return nil, nil, distance(first, last)
	case "MIN_MAX_TIME_RANGE":
		return nil, nil, distance(least, greatest)
	}
	if f := points[name]; f != nil {
		return func(p []Point) float64 { return f(p).Value }, nil, nil
	}
	if which, ok := strings.CutSuffix(name, "_TIME_RELATIVE"); ok && points[which] != nil {
		f := points[which]
		return nil, nil, func(p []Point) time.Duration { return r.Now.Sub(time.UnixMilli(f(p).Time)).Abs() }
	}
	if which, ok := strings.CutSuffix(name, "_TIME"); ok && points[which] != nil {
		f := points[which]
		return nil, func(p []Point) time.Time { return time.UnixMilli(f(p).Time) }, nil
	}
	return nil, nil, nil
}

// property is a property of the series' metric; "" where it has none.
func (r Request) property(name string, s Series) (string, bool) {
	st := s.Stat
	if st == nil {
		st = &Stat{}
	}
	if d, ok := strings.CutPrefix(name, "Dim."); ok {
		return dimension(st.Metric, d), true
	}
	switch name {
	case "AccountId":
		if st.AccountID != "" {
			return st.AccountID, true
		}
		return r.Account, true
	case "AccountLabel":
		return r.Account, true
	case "MetricName":
		return st.Metric.Name, true
	case "Namespace":
		return st.Metric.Namespace, true
	case "Period":
		return strconv.FormatFloat(s.Period.Seconds(), 'f', -1, 64), true
	case "Region":
		return r.Region, true
	case "Stat":
		return st.Statistic.String(), true
	}
	return "", false
}

// labelNumber is a value as labels show it: with at most three decimals. UNSURE
func labelNumber(v float64) string {
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// labelDuration is a duration as labels show it: 2d 3h 5m. UNSURE
func labelDuration(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", n, unit.name))
			d -= n * unit.length
		}
	}
	if len(parts) == 0 {
		return "0s"
	}
	return strings.Join(parts, " ")
}
