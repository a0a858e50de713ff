package metric

import (
	"slices"
	"time"
)

// A Point is what was published for one metric in the minute (or, of a
// high-resolution metric, the second) that begins at Time.
type Point struct {
	Time    int64 // milliseconds since 1970
	Samples Samples
}

// Minute is the start of the minute in which t lies, both in milliseconds. A
// datapoint belongs to the minute of its log event's own timestamp.
func Minute(t int64) int64 { return Align(t, time.Minute) }

// Align is the start of the period in which t (milliseconds) lies, with
// periods counted from 1970.
func Align(t int64, period time.Duration) int64 {
	p := period.Milliseconds()
	r := t % p
	if r < 0 {
		r += p
	}
	return t - r
}

// Window is all samples of the points from start on and before end
// (milliseconds). Points are in ascending order of time.
//
// This is what an alarm looks at: its periods slide with the clock instead of
// standing on multiples of the period, so that a 300 s alarm sees any five
// consecutive minutes (CloudWatch User Guide, "Alarm evaluation").
func Window(points []Point, start, end int64) Samples {
	var s Samples
	for i := search(points, start); i < len(points) && points[i].Time < end; i++ {
		s.Merge(points[i].Samples)
	}
	return s
}

// search is the index of the first point at or after t.
func search(points []Point, t int64) int {
	i, _ := slices.BinarySearchFunc(points, t, func(p Point, t int64) int {
		switch {
		case p.Time < t:
			return -1
		case p.Time > t:
			return 1
		}
		return 0
	})
	return i
}

// Aggregate is the points as GetMetricStatistics and GetMetricData read them:
// one per period that has samples, stamped with the period's start, where
// periods stand on multiples of their length. Points are in ascending order of time.
func Aggregate(points []Point, period time.Duration) []Point {
	var out []Point
	for _, p := range points {
		start := Align(p.Time, period)
		if n := len(out); n == 0 || out[n-1].Time != start {
			out = append(out, Point{Time: start})
		}
		out[len(out)-1].Samples.Merge(p.Samples)
	}
	return out
}
