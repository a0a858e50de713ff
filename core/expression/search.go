package expression

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/core/excerpt"
	"tocsin/core/metric"
)

// A Search is the first argument of SEARCH: which metrics are looked for (user
// guide, "CloudWatch search expression syntax").
type Search struct {
	Text string
	// Namespace and Dimensions are the metric schema; no Namespace for any.
	Namespace  string
	Dimensions []string
	terms      term // nil for all
}

// MaxSearch is how many characters a search has at most.
const MaxSearch = 1024

// A SearchError is a search that cannot be read, with its place.
type SearchError struct {
	Text     string
	Pos      int // in bytes
	Expected string
}

// Error shows the place, as a SyntaxError does.
func (e *SearchError) Error() string {
	line, column, source := excerpt.Place(e.Text, e.Pos)
	return fmt.Sprintf("search:%d:%d: expected %s\n%s", line, column, e.Expected, excerpt.Caret(source, column))
}

// A term is a part of a search.
type term interface {
	matches(m metric.Identity) bool
}

type (
	anyOf []term
	allOf []term
	not   struct{ term term }
	// property looks in one property, MetricName, Namespace or a dimension, or
	// with no name in all of them.
	property struct {
		name string
		word word
	}
)

func (t anyOf) matches(m metric.Identity) bool {
	return slices.ContainsFunc(t, func(each term) bool { return each.matches(m) })
}

func (t allOf) matches(m metric.Identity) bool {
	return !slices.ContainsFunc(t, func(each term) bool { return !each.matches(m) })
}

func (t not) matches(m metric.Identity) bool { return !t.term.matches(m) }

func (t property) matches(m metric.Identity) bool {
	switch t.name {
	case "":
		texts := []string{m.Namespace, m.Name}
		for _, d := range m.Dimensions {
			texts = append(texts, d.Name, d.Value)
		}
		return slices.ContainsFunc(texts, t.word.in)
	case "MetricName":
		return t.word.in(m.Name)
	case "Namespace":
		return t.word.in(m.Namespace)
	}
	return slices.ContainsFunc(m.Dimensions, func(d metric.Dimension) bool { return d.Name == t.name && t.word.in(d.Value) })
}

// Matches tells whether the search finds a metric.
//
// UNSURE: whether dimensions of the schema have to be all that the metric has. The
// guide calls it the schema, and says of one with a namespace alone that it finds
// metrics by their dimensions too: here named dimensions are exact, and none are any.
func (s *Search) Matches(m metric.Identity) bool {
	if s.Namespace != "" && m.Namespace != s.Namespace {
		return false
	}
	if len(s.Dimensions) > 0 {
		if len(m.Dimensions) != len(s.Dimensions) ||
			slices.ContainsFunc(m.Dimensions, func(d metric.Dimension) bool { return !slices.Contains(s.Dimensions, d.Name) }) {
			return false
		}
	}
	return s.terms == nil || s.terms.matches(m)
}

// maxFound is how many time series one search gives at most (user guide).
const maxFound = 500

// checkSearch: SEARCH('{schema} terms', 'statistic', period); without a period that
// of the evaluation holds.
func checkSearch(c *checker, n *Call) (Kind, error) {
	for i, what := range []string{"a search such as '{AWS/Logs,LogGroupName} MetricName=\"IncomingBytes\"'", "a statistic such as 'Sum'"} {
		if _, ok := n.Args[i].(*Text); !ok {
			return 0, c.refuse(n.Args[i], "SEARCH takes as argument %d %s, in quotes", i+1, what)
		}
	}
	if _, err := ParseSearch(n.Args[0].(*Text).Value); err != nil {
		return 0, c.refuse(n.Args[0], "%s", oneLine(err))
	}
	if _, err := metric.ParseStatistic(n.Args[1].(*Text).Value); err != nil {
		return 0, c.refuse(n.Args[1], "SEARCH takes as argument 2 a statistic such as 'Sum', not '%s'", n.Args[1].(*Text).Value)
	}
	if len(n.Args) == 3 {
		if p, ok := n.Args[2].(*Number); !ok || !isPeriod(p.Value) {
			return 0, c.refuse(n.Args[2], "SEARCH takes as argument 3 a period in seconds: 1, 5, 10, 20, 30 or a multiple of 60")
		}
	}
	return Array, nil
}

func isPeriod(v float64) bool {
	return slices.Contains([]float64{1, 5, 10, 20, 30}, v) || v > 0 && v <= 86400*365 && v == float64(int64(v)) && int64(v)%60 == 0
}

func oneLine(err error) string {
	if s, ok := err.(*SearchError); ok {
		return fmt.Sprintf("Invalid search: expected %s at character %d of it", s.Expected, 1+len([]rune(s.Text[:s.Pos])))
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// searched is SEARCH. Metrics come in the order of their names.
func searched(e *evaluation, n *Call) value {
	out := value{kind: Array}
	search, err := ParseSearch(n.Args[0].(*Text).Value)
	if err != nil {
		e.fail(err)
		return out
	}
	statistic, err := metric.ParseStatistic(n.Args[1].(*Text).Value)
	if err != nil {
		e.fail(err)
		return out
	}
	period := e.period
	if len(n.Args) == 3 {
		period = time.Duration(n.Args[2].(*Number).Value) * time.Second
	}
	if e.reader.Metrics == nil {
		e.fail(invalid("SEARCH is not possible here"))
		return out
	}
	all, err := e.reader.Metrics(search.Namespace)
	if err != nil {
		e.fail(err)
		return out
	}
	var found []metric.Identity
	for _, m := range all {
		if len(found) < maxFound && search.Matches(m) {
			found = append(found, m)
		}
	}
	labels := metricLabels(found)
	for i, m := range found {
		out.series = append(out.series, e.read(Stat{Metric: m, Statistic: statistic, Period: period}, labels[i]))
	}
	return out
}

// metricLabels tell metrics of one search apart: by their names, and where these
// are not enough by the values of their dimensions that differ. UNSURE
func metricLabels(metrics []metric.Identity) []string {
	names, values := map[string]bool{}, map[string]map[string]bool{}
	for _, m := range metrics {
		names[m.Name] = true
		for _, d := range m.Dimensions {
			if values[d.Name] == nil {
				values[d.Name] = map[string]bool{}
			}
			values[d.Name][d.Value] = true
		}
	}
	out := make([]string, len(metrics))
	for i, m := range metrics {
		var parts []string
		for _, d := range m.Dimensions {
			if len(values[d.Name]) > 1 {
				parts = append(parts, d.Value)
			}
		}
		if len(names) > 1 || len(parts) == 0 {
			parts = append(parts, m.Name)
		}
		out[i] = strings.Join(parts, " ")
	}
	return out
}
