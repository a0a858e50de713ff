package expression

import (
	"math"
	"slices"
	"sort"
	"time"

	"tocsin/core/metric"
)

// A Point is one value of a time series.
type Point struct {
	Time  int64 // the start of its period, in milliseconds since 1970
	Value float64
}

// A Series is a time series (TS): the values of a metric, or of an expression, at
// most one for each period.
type Series struct {
	// Label is what the series is called when it is one of several.
	Label string
	// Stat is the metric that it comes from; nil where there is not just one.
	Stat   *Stat
	Period time.Duration
	Points []Point // ascending
}

// A Stat is a metric and how it is read (MetricStat).
type Stat struct {
	Metric    metric.Identity
	Statistic metric.Statistic
	Period    time.Duration
	Unit      string // "" for any
	AccountID string // "" for one's own
}

// A Range is the time that is looked at, from Start on and before End, both in
// milliseconds since 1970. Periods stand on multiples of their length, counted
// from Anchor; those of a request from 1970, those of an alarm from its tick.
type Range struct {
	Start, End, Anchor int64
}

// Periods are the starts of the periods in the range, of which the first may begin
// before it.
func (r Range) Periods(period time.Duration) []int64 {
	step := period.Milliseconds()
	if step <= 0 {
		return nil
	}
	var starts []int64
	for t := r.Anchor + metric.Align(r.Start-r.Anchor, period); t < r.End; t += step {
		starts = append(starts, t)
	}
	return starts
}

// Read is the series of a statistic over a metric's points, which are in ascending
// order of time.
func Read(points []metric.Point, s Stat, r Range) Series {
	out := Series{Stat: &s, Period: s.Period}
	step := s.Period.Milliseconds()
	if step <= 0 {
		return out
	}
	start := r.Anchor + metric.Align(r.Start-r.Anchor, s.Period)
	for i := sort.Search(len(points), func(i int) bool { return points[i].Time >= start }); i < len(points); {
		from := r.Anchor + metric.Align(points[i].Time-r.Anchor, s.Period)
		if from >= r.End {
			break
		}
		var samples metric.Samples
		for ; i < len(points) && points[i].Time < from+step; i++ {
			samples.Merge(points[i].Samples)
		}
		if v, ok := s.Statistic.Of(samples); ok {
			out.Points = append(out.Points, Point{from, v})
		}
	}
	return out
}

// at is the value at a time.
func (s Series) at(t int64) (float64, bool) {
	i, ok := slices.BinarySearchFunc(s.Points, t, func(p Point, t int64) int {
		switch {
		case p.Time < t:
			return -1
		case p.Time > t:
			return 1
		}
		return 0
	})
	if !ok {
		return 0, false
	}
	return s.Points[i].Value, true
}

// each is the series of what f makes of each point; no number is no point.
func (s Series) each(f func(Point) float64) Series {
	points := s.Points
	s.Points = make([]Point, 0, len(points))
	for _, p := range points {
		s.add(p.Time, f(p))
	}
	return s
}

// add adds a point, unless the value is no finite number.
func (s *Series) add(t int64, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		s.Points = append(s.Points, Point{t, v})
	}
}

// values are the values of the points.
func (s Series) values() []float64 {
	out := make([]float64, len(s.Points))
	for i, p := range s.Points {
		out[i] = p.Value
	}
	return out
}

// times are the times at which any of the series has a point, ascending.
func times(series ...Series) []int64 {
	var out []int64
	for _, s := range series {
		for _, p := range s.Points {
			out = append(out, p.Time)
		}
	}
	if len(series) > 1 {
		slices.Sort(out)
		out = slices.Compact(out)
	}
	return out
}

// together is an empty series for what is made of several: they share a name and a
// metric as far as these are the same.
//
// UNSURE: which period the result of metrics with different periods has. Here it
// is the shortest, on whose grid all of them lie.
func together(series ...Series) Series {
	var out Series
	for i, s := range series {
		switch {
		case i == 0:
			out = Series{Label: s.Label, Stat: s.Stat, Period: s.Period}
		case s.Period > 0 && (out.Period == 0 || s.Period < out.Period):
			out.Period = s.Period
		}
		if out.Label == "" {
			out.Label = s.Label
		}
		if i > 0 && out.Stat != s.Stat {
			out.Stat = nil
		}
	}
	return out
}
