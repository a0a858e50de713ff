package expression

import (
	"math"
	"strings"
	"time"
)

// A value is what a part of an expression comes to.
type value struct {
	kind   Kind
	number float64  // of a scalar; no number where it does not exist
	series []Series // of a time series just one
}

func scalar(v float64) value { return value{kind: Scalar, number: v} }

func one(s Series) value { return value{kind: TimeSeries, series: []Series{s}} }

// each is the value with f made of each series.
func (v value) each(f func(Series) Series) value {
	out := value{kind: v.kind, series: make([]Series, len(v.series))}
	for i, s := range v.series {
		out.series[i] = f(s)
	}
	return out
}

// An evaluation evaluates one expression, whose kinds were checked.
type evaluation struct {
	set    *Set
	rng    Range
	period time.Duration // of what has none of its own
	reader Reader
	// results are those of other queries by id.
	results map[string]value
	// left is how many points all evaluations of the set may still come to.
	left *int
	err  error // the first
}

// MaxPoints is how many periods the range may hold (CloudWatch API Reference,
// GetMetricData: data points of a call).
const MaxPoints = 100_800

// maxWork is how many points the parts of all expressions of a request may come to
// together; ours.
const maxWork = 50_000_000

// spend counts points, and fails when there are too many.
func (e *evaluation) spend(points int) {
	if *e.left -= points; *e.left < 0 {
		e.fail(invalid("The expressions come to more than %d values; use fewer, a shorter time range or a longer period", maxWork))
	}
}

func (e *evaluation) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// of evaluates a node. After a failure nothing has points any more.
func (e *evaluation) of(n Node) value {
	v := e.node(n)
	for _, s := range v.series {
		e.spend(len(s.Points))
	}
	if e.err != nil {
		v.series = make([]Series, min(len(v.series), 1))
	}
	return v
}

func (e *evaluation) node(n Node) value {
	switch n := n.(type) {
	case *Number:
		return scalar(n.Value)
	case *Ref:
		return e.results[n.ID]
	case *Minus:
		x := e.of(n.X)
		if x.kind == Scalar {
			return scalar(-x.number)
		}
		return x.each(func(s Series) Series { return s.each(func(p Point) float64 { return -p.Value }) })
	case *List:
		out := value{kind: Array}
		for _, item := range n.Items {
			out.series = append(out.series, e.of(item).series...)
		}
		return out
	case *Binary:
		return e.binary(n.Op, e.of(n.X), e.of(n.Y))
	case *Call:
		return n.function.eval(e, n)
	}
	return scalar(math.NaN())
}

// periodOf is the period of a series, or where it has none that of the evaluation.
func (e *evaluation) periodOf(s Series) time.Duration {
	if s.Period > 0 {
		return s.Period
	}
	return e.period
}

// starts are the periods of the range.
func (e *evaluation) starts(period time.Duration) []int64 {
	if (e.rng.End-e.rng.Start)/max(period.Milliseconds(), 1) > MaxPoints {
		e.fail(invalid("The time range has more than %d periods of %g seconds; make it shorter or the period longer", MaxPoints, period.Seconds()))
		return nil
	}
	if e.err != nil {
		return nil
	}
	starts := e.rng.Periods(period)
	e.spend(len(starts))
	return starts
}

// constant is a series with the same value in every period.
func (e *evaluation) constant(v float64, period time.Duration) Series {
	s := Series{Period: period}
	for _, t := range e.starts(period) {
		s.add(t, v)
	}
	return s
}

// metrics are the series of the metrics of the request with a text in their ids.
func (e *evaluation) metrics(part string) []Series {
	var out []Series
	for _, q := range e.set.queries {
		if q.Stat != nil && strings.Contains(q.ID, part) {
			out = append(out, e.results[q.ID].series...)
		}
	}
	return out
}
