package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Query is one item of the MetricDataQueries of GetMetricData, or of the Metrics
// of an alarm: a metric with its statistic, or an expression over the others.
type Query struct {
	ID         string
	Expression string
	Stat       *Stat
	// Label is what the results are called, with dynamic parts such as ${MAX}; "" for
	// the default.
	Label string
	// Hidden queries are for others to refer to, and have no results (ReturnData false).
	Hidden bool
	// Period is that of an expression which has none by its metrics; 0 when not set.
	Period time.Duration
}

// MaxQueries is how many queries a set has at most (CloudWatch API Reference,
// GetMetricData).
const MaxQueries = 500

// An InvalidError is a request that CloudWatch refuses, with the code and the text
// of the Query API.
type InvalidError struct {
	Code    string // ValidationError
	Message string
}

func (e *InvalidError) Error() string { return e.Message }

func invalid(format string, args ...any) *InvalidError {
	return &InvalidError{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// A Set is the queries of one request, checked together. It is never changed after
// NewSet and may be shared.
type Set struct {
	queries []Query
	parsed  map[string]*Expression
	kinds   map[string]Kind
	// sizes are how many time series each query comes to at most.
	sizes map[string]int
	// order has each query after those that it refers to, by index.
	order []int
	// member is what the list is called in messages.
	member string
}

// NewSet checks queries as GetMetricData does. An error is an *InvalidError that
// tells all that is wrong with the ids, or the first wrong expression.
func NewSet(queries []Query) (*Set, error) { return newSet(queries, "MetricDataQueries") }

func newSet(queries []Query, member string) (*Set, error) {
	s := &Set{queries: slices.Clone(queries), parsed: map[string]*Expression{}, kinds: map[string]Kind{}, sizes: map[string]int{}, member: member}
	if err := s.checkQueries(); err != nil {
		return nil, err
	}
	for _, q := range s.queries {
		if q.Stat != nil {
			continue
		}
		e, err := Parse(q.Expression)
		var syntax *SyntaxError
		if errors.As(err, &syntax) {
			return nil, wrong(q.ID, syntax.sentence())
		}
		if err != nil {
			return nil, err
		}
		s.parsed[q.ID] = e
	}
	if err := s.sort(); err != nil {
		return nil, err
	}
	for _, i := range s.order {
		if err := s.checkKind(s.queries[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func wrong(id, what string) *InvalidError { return invalid("Error in expression '%s': %s", id, what) }

// checkQueries checks each query by itself. The text of a wrong id was recorded,
// the others are ours.
func (s *Set) checkQueries() error {
	if len(s.queries) == 0 || len(s.queries) > MaxQueries {
		return invalid("The collection %s must have between 1 and %d members; it has %d.", s.member, MaxQueries, len(s.queries))
	}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	seen := map[string]bool{}
	for i, q := range s.queries {
		place := fmt.Sprintf("%s.member.%d", s.member, i+1)
		switch {
		case !isID(q.ID):
			fault("The value %s for parameter %s.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", q.ID, place)
		case len(q.ID) > 255:
			fault("The value for parameter %s.Id has more than 255 characters.", place)
		case seen[q.ID]:
			fault("The values for parameter Id in %s are not unique: %s occurs twice.", s.member, q.ID)
		case q.Stat != nil && q.Expression != "":
			fault("The parameters %s.Expression and %s.MetricStat are mutually exclusive and you have specified both.", place, place)
		case q.Stat == nil && q.Expression == "":
			fault("Either %s.Expression or %s.MetricStat must be specified.", place, place)
		case q.Stat != nil && !isPeriod(q.Stat.Period.Seconds()):
			fault("The parameter %s.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.", place)
		case q.Period != 0 && !isPeriod(q.Period.Seconds()):
			fault("The parameter %s.Period must be 1, 5, 10, 20, 30 or a multiple of 60.", place)
		}
		seen[q.ID] = true
	}
	if len(faults) > 0 {
		return invalid("%s", strings.Join(faults, "\n"))
	}
	return nil
}

// sort finds an order in which each query comes after those that it refers to.
func (s *Set) sort() error {
	index := map[string]int{}
	for i, q := range s.queries {
		index[q.ID] = i
	}
	const (
		untouched = iota
		open
		done
	)
	state := make([]int, len(s.queries))
	var path []string
	var visit func(i int) error
	visit = func(i int) error {
		id := s.queries[i].ID
		path = append(path, id)
		defer func() { path = path[:len(path)-1] }()
		switch state[i] {
		case done:
			return nil
		case open:
			return wrong(id, "it refers to itself: "+strings.Join(path[slices.Index(path, id):], " -> "))
		}
		state[i] = open
		for _, ref := range s.refs(id) {
			k, ok := index[ref]
			if !ok {
				return wrong(id, fmt.Sprintf("there is no query with the Id '%s'", ref))
			}
			if err := visit(k); err != nil {
				return err
			}
		}
		state[i] = done
		s.order = append(s.order, i)
		return nil
	}
	for i, q := range s.queries {
		// METRICS() refers to all metrics, which refer to nothing.
		if q.Stat != nil {
			if err := visit(i); err != nil {
				return err
			}
		}
	}
	for i := range s.queries {
		if err := visit(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) refs(id string) []string {
	if e := s.parsed[id]; e != nil {
		return e.Refs()
	}
	return nil
}

// checkKind finds what a query comes to. What is returned has to be a time series or
// several; a hidden scalar is only for others. UNSURE for the latter, of which the
// guide says "the final result of any math expression".
func (s *Set) checkKind(q Query) error {
	if q.Stat != nil {
		s.kinds[q.ID], s.sizes[q.ID] = TimeSeries, 1
		return nil
	}
	c := &checker{
		text:   q.Expression,
		kind:   func(id string) (Kind, error) { return s.kinds[id], nil },
		metric: func(id string) bool { return s.parsed[id] == nil },
	}
	k, err := c.of(s.parsed[q.ID].Root)
	var kind *KindError
	switch {
	case errors.As(err, &kind):
		return wrong(q.ID, kind.Message)
	case err != nil:
		return err
	case k == Scalar && !q.Hidden:
		return wrong(q.ID, "the result is a scalar and must be a time series; write TIME_SERIES(...) around it")
	}
	s.kinds[q.ID] = k
	if k == Array {
		if s.sizes[q.ID] = s.size(s.parsed[q.ID].Root); s.sizes[q.ID] > maxSeries {
			return wrong(q.ID, fmt.Sprintf("it may come to %d time series, and %d is the most", s.sizes[q.ID], maxSeries))
		}
	}
	return nil
}

// maxSeries is how many time series an array may hold; ours.
const maxSeries = 10_000

// size is how many time series a node comes to at most.
func (s *Set) size(n Node) int {
	switch n := n.(type) {
	case *Ref:
		return s.sizes[n.ID]
	case *Minus:
		return s.size(n.X)
	case *Binary:
		return max(s.size(n.X), s.size(n.Y))
	case *List:
		total := 0
		for _, item := range n.Items {
			total += s.size(item)
		}
		return total
	case *Call:
		switch n.Name {
		case "METRICS":
			return len(s.Stats())
		case "SEARCH":
			return maxFound
		}
		most := 1
		for _, arg := range n.Args {
			most = max(most, s.size(arg))
		}
		return most
	}
	return 1
}

// Kind is what a query comes to; 0 where there is no such query.
func (s *Set) Kind(id string) Kind { return s.kinds[id] }

// Clocked tells whether results change as time passes, even when no metric has any
// values.
func (s *Set) Clocked() bool {
	for _, e := range s.parsed {
		if e.Clocked() {
			return true
		}
	}
	return false
}

// Stats are the metrics of the queries, in their order. What SEARCH finds is not
// among them.
func (s *Set) Stats() []Stat {
	var out []Stat
	for _, q := range s.queries {
		if q.Stat != nil {
			out = append(out, *q.Stat)
		}
	}
	return out
}

// period is that of an expression which has none by the series in it: the query's
// own, or the shortest of the metrics that it refers to, or of all metrics.
//
// UNSURE; without any metric it is a minute.
func (s *Set) period(q Query) time.Duration {
	if q.Period > 0 {
		return q.Period
	}
	var shortest time.Duration
	seen := map[string]bool{}
	var visit func(id string)
	consider := func(st *Stat) {
		if shortest == 0 || st.Period < shortest {
			shortest = st.Period
		}
	}
	byID := map[string]Query{}
	for _, each := range s.queries {
		byID[each.ID] = each
	}
	visit = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		if st := byID[id].Stat; st != nil {
			consider(st)
		}
		for _, ref := range s.refs(id) {
			visit(ref)
		}
	}
	visit(q.ID)
	for _, each := range s.queries {
		if shortest == 0 && each.Stat != nil {
			shortest = each.Stat.Period
		}
	}
	if shortest == 0 {
		return time.Minute
	}
	return shortest
}
