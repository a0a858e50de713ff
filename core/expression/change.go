package expression

// fromBefore is what f makes of each point and the one before it; the first point
// has none. Gaps do not count: before is the preceding value that there is.
func fromBefore(s Series, f func(before, p Point) float64) Series {
	out := s
	out.Points = nil
	for i := 1; i < len(s.Points); i++ {
		out.add(s.Points[i].Time, f(s.Points[i-1], s.Points[i]))
	}
	return out
}

func seconds(before, p Point) float64 { return float64(p.Time-before.Time) / 1000 }

// diff is DIFF.
func diff(s Series) Series {
	return fromBefore(s, func(before, p Point) float64 { return p.Value - before.Value })
}

// diffTime is DIFF_TIME, in seconds.
func diffTime(s Series) Series { return fromBefore(s, seconds) }

// rate is RATE, per second.
func rate(s Series) Series {
	return fromBefore(s, func(before, p Point) float64 { return (p.Value - before.Value) / seconds(before, p) })
}

// runningSum is RUNNING_SUM.
func runningSum(s Series) Series {
	var total float64
	return s.each(func(p Point) float64 {
		total += p.Value
		return total
	})
}
