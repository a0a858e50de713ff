package expression

import "time"

// clockFunctions make a value of the time of each period, in UTC.
var clockFunctions = map[string]func(time.Time) float64{
	"MINUTE": func(t time.Time) float64 { return float64(t.Minute()) },
	"HOUR":   func(t time.Time) float64 { return float64(t.Hour()) },
	"DAY":    func(t time.Time) float64 { return float64((int(t.Weekday())+6)%7 + 1) }, // 1 is Monday
	"DATE":   func(t time.Time) float64 { return float64(t.Day()) },
	"MONTH":  func(t time.Time) float64 { return float64(t.Month()) },
	"YEAR":   func(t time.Time) float64 { return float64(t.Year()) },
	"EPOCH":  func(t time.Time) float64 { return float64(t.Unix()) },
}

// clock is a function that takes the period and the range of a time series and has
// a value for each period in it, whether or not the series has.
func clock(f func(time.Time) float64) *function {
	return &function{
		least: 1, most: 1, check: takes(TimeSeries, []Kind{TimeSeries}),
		eval: func(e *evaluation, n *Call) value {
			s := e.of(n.Args[0]).series[0]
			out := together(s)
			out.Period = e.periodOf(s)
			for _, t := range e.starts(out.Period) {
				out.add(t, f(time.UnixMilli(t).UTC()))
			}
			return one(out)
		},
	}
}

// Clocked tells whether the expression's values change as time passes, even when
// no metric has any.
func (e *Expression) Clocked() bool {
	for name := range clockFunctions {
		if e.Calls(name) {
			return true
		}
	}
	return false
}
