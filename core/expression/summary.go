package expression

import (
	"math"
	"slices"
)

// A summarized makes one number of several. Of a time series it gets the values of
// all points; of an array, for each time, the values that the series have then, and
// how many series there are.
type summarized func(values []float64, series int) float64

// summaries are the functions that make a scalar of a time series and a time series
// of an array. A time at which no series has a value has no result.
var summaries = map[string]summarized{
	"SUM":             func(v []float64, _ int) float64 { return sum(v) },
	"AVG":             average,
	"MIN":             func(v []float64, _ int) float64 { return extreme(v, slices.Min[[]float64]) },
	"MAX":             func(v []float64, _ int) float64 { return extreme(v, slices.Max[[]float64]) },
	"STDDEV":          func(v []float64, _ int) float64 { return deviation(v) },
	"DATAPOINT_COUNT": func(v []float64, _ int) float64 { return float64(len(v)) },
}

func summary(f summarized) *function {
	return &function{
		least: 1, most: 1,
		check: func(c *checker, n *Call) (Kind, error) {
			kinds, err := c.args(n, []Kind{TimeSeries, Array})
			if err != nil {
				return 0, err
			}
			return kinds[0] - 1, nil // TS to S, TS[] to TS
		},
		eval: func(e *evaluation, n *Call) value {
			v := e.of(n.Args[0])
			if v.kind == TimeSeries {
				return scalar(f(v.series[0].values(), 1))
			}
			out := together(v.series...)
			out.Label, out.Stat = "", nil
			if out.Period == 0 {
				out.Period = e.period
			}
			for _, t := range times(v.series...) {
				var values []float64
				for _, s := range v.series {
					if x, ok := s.at(t); ok {
						values = append(values, x)
					}
				}
				out.add(t, f(values, len(v.series)))
			}
			return one(out)
		},
	}
}

func sum(values []float64) float64 {
	var total float64
	for _, v := range values {
		total += v
	}
	return total
}

// average counts what series of an array lack at a time as 0 ("Missing values are
// treated as 0"); of one time series it is that of its points.
func average(values []float64, series int) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	return sum(values) / float64(max(series, len(values)))
}

func extreme(values []float64, f func([]float64) float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	return f(values)
}

// deviation is the standard deviation of all values; UNSURE whether AWS takes them
// as a sample of more, which would divide by one less.
func deviation(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	mean := sum(values) / float64(len(values))
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(values)))
}
