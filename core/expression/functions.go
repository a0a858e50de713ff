package expression

import (
	"fmt"
	"math"
)

// A function is one of metric math's: what arguments it takes and what it makes of them.
type function struct {
	least, most int // arguments
	check       func(*checker, *Call) (Kind, error)
	eval        func(*evaluation, *Call) value
	// unsupported says why there is no such function here, with the remedy.
	unsupported string
}

func (f *function) arguments() string {
	switch {
	case f.least == f.most && f.least == 1:
		return "1 argument"
	case f.least == f.most:
		return fmt.Sprintf("%d arguments", f.least)
	case f.most == many:
		return fmt.Sprintf("at least %d arguments", f.least)
	}
	return fmt.Sprintf("%d to %d arguments", f.least, f.most)
}

const many = 1 << 30

// functions are those of the user guide, by name.
var functions = table()

func table() map[string]*function {
	t := map[string]*function{
		"FILL":         {least: 2, most: 2, check: checkFill, eval: fill},
		"FIRST":        pick(func(all []Series) Series { return all[0] }),
		"LAST":         pick(func(all []Series) Series { return all[len(all)-1] }),
		"IF":           {least: 2, most: 3, check: checkIf, eval: choose},
		"METRIC_COUNT": {least: 1, most: 1, check: takes(Scalar, []Kind{Array}), eval: metricCount},
		"METRICS":      {least: 0, most: 1, check: checkMetrics, eval: metrics},
		"PERIOD":       {least: 1, most: 1, check: checkPeriod, eval: period},
		"REMOVE_EMPTY": {least: 1, most: 1, check: takes(Array, []Kind{Array}), eval: removeEmpty},
		"SEARCH":       {least: 2, most: 3, check: checkSearch, eval: searched},
		"SLICE":        {least: 2, most: 3, check: takes(Array, []Kind{Array}, []Kind{Scalar}, []Kind{Scalar}), eval: slice},
		"SORT":         {least: 3, most: 4, check: checkSort, eval: sorted},
		"TIME_SERIES":  {least: 1, most: 1, check: takes(TimeSeries, []Kind{Scalar}), eval: timeSeries},
	}
	for name, f := range map[string]func(float64) float64{
		"ABS": math.Abs, "CEIL": math.Ceil, "FLOOR": math.Floor, "LOG": math.Log, "LOG10": math.Log10,
	} {
		t[name] = mapped(func(s Series) Series { return s.each(func(p Point) float64 { return f(p.Value) }) })
	}
	for name, f := range map[string]func(Series) Series{
		"DIFF": diff, "DIFF_TIME": diffTime, "RATE": rate, "RUNNING_SUM": runningSum,
	} {
		t[name] = mapped(f)
	}
	for name, s := range summaries {
		t[name] = summary(s)
	}
	for name, f := range clockFunctions {
		t[name] = clock(f)
	}
	for name, why := range unsupported {
		t[name] = &function{most: many, unsupported: why}
	}
	return t
}

// unsupported are the functions that need what tocsin does not have.
var unsupported = map[string]string{
	"ANOMALY_DETECTION_BAND": "tocsin trains no models; compare with a threshold, or with an expression such as AVG(m1) + 2 * STDDEV(m1)",
	"DB_PERF_INSIGHTS":       "it reads counters of Amazon RDS; publish them as metrics with PutMetricData",
	"INSIGHT_RULE_METRIC":    "there are no Contributor Insights rules; count with a metric filter",
	"LAMBDA":                 "queries run no code; publish the values as a metric with PutMetricData",
	"SERVICE_QUOTA":          "AWS's service quotas are not known here; write the quota as a number",
}

// takes is the check of a function with arguments of these kinds.
func takes(result Kind, kinds ...[]Kind) func(*checker, *Call) (Kind, error) {
	return func(c *checker, n *Call) (Kind, error) {
		_, err := c.args(n, kinds...)
		return result, err
	}
}

// mapped is a function that makes one time series of another, and so of each of an array.
func mapped(f func(Series) Series) *function {
	return &function{
		least: 1, most: 1,
		check: func(c *checker, n *Call) (Kind, error) {
			kinds, err := c.args(n, []Kind{TimeSeries, Array})
			if err != nil {
				return 0, err
			}
			return kinds[0], nil
		},
		eval: func(e *evaluation, n *Call) value {
			v := e.of(n.Args[0])
			out := value{kind: v.kind}
			for _, s := range v.series {
				out.series = append(out.series, f(s))
			}
			return out
		},
	}
}

// pick is FIRST or LAST; of no series the one is empty.
func pick(f func([]Series) Series) *function {
	return &function{
		least: 1, most: 1, check: takes(TimeSeries, []Kind{Array}),
		eval: func(e *evaluation, n *Call) value {
			all := e.of(n.Args[0]).series
			if len(all) == 0 {
				return one(Series{Period: e.period})
			}
			return one(f(all))
		},
	}
}

func metricCount(e *evaluation, n *Call) value {
	return scalar(float64(len(e.of(n.Args[0]).series)))
}

func removeEmpty(e *evaluation, n *Call) value {
	out := value{kind: Array}
	for _, s := range e.of(n.Args[0]).series {
		if len(s.Points) > 0 {
			out.series = append(out.series, s)
		}
	}
	return out
}

// slice is SLICE(array, start) or SLICE(array, start, end), counted from 0. Bounds
// outside of the array are its own.
func slice(e *evaluation, n *Call) value {
	all := e.of(n.Args[0]).series
	bound := func(i, otherwise int) int {
		if i >= len(n.Args) {
			return otherwise
		}
		v := e.of(n.Args[i]).number
		if math.IsNaN(v) {
			return otherwise
		}
		return int(min(max(v, 0), float64(len(all))))
	}
	from, to := bound(1, 0), bound(2, len(all))
	return value{kind: Array, series: all[min(from, to):to]}
}

// timeSeries is a value in every period.
func timeSeries(e *evaluation, n *Call) value {
	return one(e.constant(e.of(n.Args[0]).number, e.period))
}

// checkPeriod: only a metric has a period of its own.
func checkPeriod(c *checker, n *Call) (Kind, error) {
	if r, ok := n.Args[0].(*Ref); !ok || !c.metric(r.ID) {
		return 0, c.refuse(n.Args[0], "PERIOD takes the id of a metric, not the result of an expression")
	}
	return Scalar, nil
}

func period(e *evaluation, n *Call) value {
	return scalar(e.of(n.Args[0]).series[0].Period.Seconds())
}

func checkMetrics(c *checker, n *Call) (Kind, error) {
	if len(n.Args) == 1 {
		if _, ok := n.Args[0].(*Text); !ok {
			return 0, c.refuse(n.Args[0], `METRICS takes a part of ids in quotes, such as METRICS("errors")`)
		}
	}
	return Array, nil
}

// metrics is METRICS(), all metrics of the request, or METRICS("text"), those with
// the text in their ids.
func metrics(e *evaluation, n *Call) value {
	part := ""
	if len(n.Args) == 1 {
		part = n.Args[0].(*Text).Value
	}
	return value{kind: Array, series: e.metrics(part)}
}
