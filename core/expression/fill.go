package expression

import (
	"slices"
	"sort"
)

// checkFill: FILL(TS or TS[], S, TS, REPEAT or LINEAR).
func checkFill(c *checker, n *Call) (Kind, error) {
	first := &Call{at: n.at, Name: n.Name, Args: n.Args[:1]}
	kinds, err := c.args(first, []Kind{TimeSeries, Array})
	if err != nil {
		return 0, err
	}
	if w, ok := n.Args[1].(*Word); ok && slices.Contains([]string{"REPEAT", "LINEAR"}, w.Name) {
		return kinds[0], nil
	}
	k, err := c.of(n.Args[1])
	switch {
	case err != nil:
		return 0, err
	case k == Array:
		return 0, c.refuse(n.Args[1], "FILL fills with a scalar, one time series, REPEAT or LINEAR, not with an array")
	}
	return kinds[0], nil
}

// fill gives each period of the range a value: the series' own, or where it has
// none the scalar, the value of the other series if it has one, the last value
// before (REPEAT), or what lies on the line between the values on both sides of the
// gap (LINEAR).
func fill(e *evaluation, n *Call) value {
	var other func(s Series) func(t int64) (float64, bool)
	if w, ok := n.Args[1].(*Word); ok && w.Name == "REPEAT" {
		other = repeat
	} else if ok {
		other = linear
	} else if v := e.of(n.Args[1]); v.kind == Scalar {
		other = func(Series) func(int64) (float64, bool) {
			return func(int64) (float64, bool) { return v.number, true }
		}
	} else {
		other = func(Series) func(int64) (float64, bool) { return v.series[0].at }
	}
	return e.of(n.Args[0]).each(func(s Series) Series {
		period := e.periodOf(s)
		filler := other(s)
		out := Series{Label: s.Label, Stat: s.Stat, Period: period}
		all := append(e.starts(period), times(s)...) // also what is off the grid
		slices.Sort(all)
		for _, t := range slices.Compact(all) {
			v, ok := s.at(t)
			if !ok {
				v, ok = filler(t)
			}
			if ok {
				out.add(t, v)
			}
		}
		return out
	})
}

// around are the points before and after a time at which there is none.
func around(s Series, t int64) (before, after *Point) {
	i := sort.Search(len(s.Points), func(i int) bool { return s.Points[i].Time >= t })
	if i > 0 {
		before = &s.Points[i-1]
	}
	if i < len(s.Points) {
		after = &s.Points[i]
	}
	return before, after
}

func repeat(s Series) func(int64) (float64, bool) {
	return func(t int64) (float64, bool) {
		before, _ := around(s, t)
		if before == nil {
			return 0, false
		}
		return before.Value, true
	}
}

func linear(s Series) func(int64) (float64, bool) {
	return func(t int64) (float64, bool) {
		before, after := around(s, t)
		if before == nil || after == nil {
			return 0, false
		}
		share := float64(t-before.Time) / float64(after.Time-before.Time)
		return before.Value + (after.Value-before.Value)*share, true
	}
}
