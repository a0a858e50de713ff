package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"time"

	"tocsin/core/metric"
	"tocsin/store/state"
)

// Since when points of a start are told only in longer periods (CloudWatch API
// Reference, GetMetricStatistics).
const (
	minutesKept = 15 * 24 * time.Hour
	fivesKept   = 63 * 24 * time.Hour
)

// resolution is the shortest period that is told of a time as old as start.
func resolution(start, now time.Time) time.Duration {
	switch age := now.Sub(start); {
	case age > fivesKept:
		return time.Hour
	case age > minutesKept:
		return 5 * time.Minute
	}
	return time.Minute
}

// isPeriod tells whether metrics can be read in periods of this length.
func isPeriod(seconds int32) bool {
	switch seconds {
	case 1, 5, 10, 20, 30:
		return true
	}
	return seconds > 0 && seconds%60 == 0
}

// told tells whether there are points of that period for a start.
func told(start, now time.Time, period time.Duration) bool {
	r := resolution(start, now)
	return r == time.Minute || period%r == 0
}

// roundStart rounds a start down: to the resolution of its age, or for shorter
// periods to theirs.
func roundStart(start, now time.Time, period time.Duration) int64 {
	r := resolution(start, now)
	if period < r && r == time.Minute {
		r = period
	}
	return metric.Align(start.UnixMilli(), r)
}

// series are a metric's points from from on and before to, by unit; of one unit
// only when that is given.
func series(ctx context.Context, tx *state.Tx, in state.Scope, m metric.Identity, unit string, from, to int64) (map[string][]metric.Point, error) {
	points, err := tx.UnitPoints(ctx, in, m, from, to)
	if unit != "" {
		maps.DeleteFunc(points, func(u string, _ []metric.Point) bool { return u != unit })
	}
	return points, err
}

// unitsOf are the units of series, in order.
func unitsOf(series map[string][]metric.Point) []string { return slices.Sorted(maps.Keys(series)) }
