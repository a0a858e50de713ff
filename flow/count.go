package flow

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tocsin/core/event"
	"tocsin/core/evidence"
	"tocsin/core/metric"
)

// A counter is what one worker counts for one watch.
type counter struct {
	matches, events int64
	extent          extent
	minutes         map[int64]*cell
	lastMinute      int64
	lastCell        *cell
	top             [topKinds]tally
	newest          exhibits
}

// What the tops are made of.
const (
	topPrincipals = iota
	topAddresses
	topAccounts
	topRegions
	topErrorCodes
	topActions
	topKinds
)

// A cell is one minute of a metric.
type cell struct {
	matches int64
	// The first value and how often it came are kept apart, since most filters
	// publish the same value, 1, every time.
	value   float64
	repeats int64
	others  metric.Samples
}

// add counts one match that publishes value, if it has one.
func (c *cell) add(value float64, has bool) {
	c.matches++
	switch {
	case !has:
	case c.repeats == 0:
		c.value, c.repeats = value, 1
	case c.value == value:
		c.repeats++
	default:
		c.others.Add(value, 1)
	}
}

// samples is all that was published in the minute.
func (c *cell) samples() metric.Samples {
	var s metric.Samples
	s.Add(c.value, float64(c.repeats))
	s.Merge(c.others)
	return s
}

// A match is one record that a watch's pattern matches.
type match struct {
	time     int64 // milliseconds since 1970, UTC
	dated    bool  // whether the event says when it was
	id       event.ID
	known    bool // whether the event has an id
	fresh    bool // whether this watch sees the event for the first time
	value    float64
	hasValue bool
	detail   *evidence.Reader
	file     string
	offset   int64
}

// add counts a match. An event without a time is counted and shown, but it
// belongs to no minute and so cannot ring.
func (c *counter) add(m match) {
	c.matches++
	if m.fresh {
		c.events++
	}
	if m.dated {
		c.extent.widen(m.time)
		c.minute(metric.Minute(m.time)).add(m.value, m.hasValue)
	}
	d := m.detail
	c.top[topPrincipals].add(d.Text(evidence.Principal))
	c.top[topAddresses].add(d.Text(evidence.Address))
	c.top[topAccounts].add(d.Text(evidence.Account))
	c.top[topRegions].add(d.Text(evidence.Region))
	c.top[topErrorCodes].add(d.Text(evidence.ErrorCode))
	c.top[topActions].add(d.Text(evidence.Action))
	c.newest.add(m)
}

// minute is the cell of the minute that begins at start.
func (c *counter) minute(start int64) *cell {
	if c.lastCell != nil && c.lastMinute == start {
		return c.lastCell
	}
	if c.minutes == nil {
		c.minutes = make(map[int64]*cell)
	}
	found := c.minutes[start]
	if found == nil {
		found = new(cell)
		c.minutes[start] = found
	}
	c.lastMinute, c.lastCell = start, found
	return found
}

// merge adds what another worker counted for the same watch.
func (c *counter) merge(other *counter) {
	c.matches += other.matches
	c.events += other.events
	c.extent.merge(other.extent)
	for start, theirs := range other.minutes {
		mine := c.minute(start)
		if mine.matches == 0 {
			*mine = *theirs
			continue
		}
		mine.matches += theirs.matches
		if mine.repeats == 0 || mine.value == theirs.value {
			mine.value = theirs.value
			mine.repeats += theirs.repeats
		} else {
			mine.others.Add(theirs.value, float64(theirs.repeats))
		}
		mine.others.Merge(theirs.others)
	}
	for i := range c.top {
		c.top[i].merge(&other.top[i])
	}
	c.newest.merge(&other.newest)
}

// points is the metric, a point for each minute with samples, ascending.
func (c *counter) points() []metric.Point {
	points := make([]metric.Point, 0, len(c.minutes))
	for start, cell := range c.minutes {
		if s := cell.samples(); !s.Empty() {
			points = append(points, metric.Point{Time: start, Samples: s})
		}
	}
	slices.SortFunc(points, func(a, b metric.Point) int { return cmp.Compare(a.Time, b.Time) })
	return points
}

// perMinute is the number of matches by minute, ascending.
func (c *counter) perMinute() []MinuteCount {
	out := make([]MinuteCount, 0, len(c.minutes))
	for _, start := range slices.Sorted(maps.Keys(c.minutes)) {
		out = append(out, MinuteCount{Minute: time.UnixMilli(start).UTC(), Count: c.minutes[start].matches})
	}
	return out
}
