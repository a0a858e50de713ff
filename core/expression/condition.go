package expression

// checkIf: IF(S or TS, S or TS) and IF(S or TS, S or TS, S or TS), of which at least
// one is a time series, as the result is.
func checkIf(c *checker, n *Call) (Kind, error) {
	either := []Kind{Scalar, TimeSeries}
	kinds, err := c.args(n, either, either, either)
	if err != nil {
		return 0, err
	}
	if !contains(kinds, TimeSeries) {
		return 0, c.refuse(n, "IF needs a time series among its arguments; write TIME_SERIES(...) to make one of a scalar")
	}
	return TimeSeries, nil
}

// choose is IF. With a time series as its condition the result has points only
// where that has them. Where it is true and the second argument has no point the
// value is 0; where it is false and the third has none, or is left out, there is
// no point.
//
// UNSURE: a scalar condition that chooses a scalar, which the guide does not list.
// Here it is one for each period.
func choose(e *evaluation, n *Call) value {
	condition, yes := e.of(n.Args[0]), e.of(n.Args[1])
	no := one(Series{})
	if len(n.Args) == 3 {
		no = e.of(n.Args[2])
	}
	if condition.kind == Scalar {
		chosen := yes
		if condition.number == 0 {
			chosen = no
		}
		if chosen.kind == Scalar {
			return one(e.constant(chosen.number, e.period))
		}
		return chosen
	}
	s := condition.series[0]
	out := together(s)
	for _, p := range s.Points {
		if p.Value == 0 {
			if v, ok := no.at(p.Time); ok {
				out.add(p.Time, v)
			}
			continue
		}
		v, _ := yes.at(p.Time) // 0 where there is no point
		out.add(p.Time, v)
	}
	return one(out)
}

// at is the value at a time; a scalar has it always.
func (v value) at(t int64) (float64, bool) {
	if v.kind == Scalar {
		return v.number, true
	}
	return v.series[0].at(t)
}
