package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/core/metric"
)

// A desk plays the part of whoever keeps an alarm and calls Judge when it is due.
type desk struct {
	Case
	due    int64
	points []metric.Point // all there are; Judge gets those within Reach
	nextID int64
	told   []telling
	judged int // calls
}

// A telling is a step with when it was told.
type telling struct {
	At int64
	Step
}

// fatal is what a test ends with, drawn or not.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newDesk(a Alarm, at time.Time) *desk {
	return &desk{Case: Case{Alarm: a, Record: NewRecord(at)}, due: at.UnixMilli()}
}

// add publishes samples in a minute, which becomes due.
func (d *desk) add(minute int64, samples metric.Samples) {
	i, found := slices.BinarySearchFunc(d.points, minute, func(p metric.Point, m int64) int { return cmp.Compare(p.Time, m) })
	if !found {
		d.points = slices.Insert(d.points, i, metric.Point{Time: minute})
	}
	d.points[i].Samples.Merge(samples)
	if i, found := slices.BinarySearch(d.Touched, minute); !found {
		d.Touched = slices.Insert(d.Touched, i, minute)
	}
}

// run judges at every time that the alarm is due before a time.
func (d *desk) run(t fatal, before int64) {
	now := int64(0)
	for calls := 0; d.due < before; calls++ {
		if calls > 5_000 {
			t.Fatalf("due again and again at %s", clock(d.due))
		}
		now = max(now, d.due)
		d.judge(t, now)
	}
}

// judge judges once and takes over what comes of it.
func (d *desk) judge(t fatal, now int64) Judgement {
	t.Helper()
	d.judged++
	at := time.UnixMilli(now)
	c := d.Case
	reach := c.Reach(at)
	within := func(from, to int64) bool {
		return slices.ContainsFunc(reach, func(s Stretch) bool { return from <= s.To && to >= s.From })
	}
	c.Points, c.Stays = nil, nil
	for _, p := range d.points {
		if within(p.Time, p.Time) {
			c.Points = append(c.Points, p)
		}
	}
	for _, s := range d.Stays {
		if within(s.From, s.To) || s.To == Never || s.Told == 0 || s.Told >= c.Record.Transitioned.UnixMilli() {
			c.Stays = append(c.Stays, s)
		}
	}
	j := c.Judge(at)
	if again := c.Judge(at); fmt.Sprint(again) != fmt.Sprint(j) {
		t.Fatalf("judged differently the second time:\n%+v\n%+v", j, again)
	}
	d.check(t, now, j)
	d.Record, d.EvaluatedTo, d.due = j.Record, j.EvaluatedTo, j.Due
	d.Touched = slices.DeleteFunc(d.Touched, func(m int64) bool { return slices.Contains(j.Settled, m) })
	d.Stays = slices.DeleteFunc(d.Stays, func(s Stay) bool {
		return slices.Contains(j.Dropped, s.ID) || slices.ContainsFunc(j.Stays, func(n Stay) bool { return n.ID == s.ID })
	})
	for _, s := range j.Stays {
		if s.ID == 0 {
			d.nextID++
			s.ID = d.nextID
		}
		d.Stays = append(d.Stays, s)
	}
	slices.SortFunc(d.Stays, func(a, b Stay) int { return cmp.Compare(a.From, b.From) })
	for _, s := range j.Steps {
		d.told = append(d.told, telling{now, s})
	}
	d.checkStays(t, now)
	return j
}

// check holds a judgement against what is true of every one.
func (d *desk) check(t fatal, now int64, j Judgement) {
	t.Helper()
	r, keys := d.Record, map[string]bool{}
	for _, s := range slices.Backward(d.told) {
		if !s.Repeated {
			break
		}
		keys[s.Key] = true
	}
	for _, s := range j.Steps {
		switch {
		case s.Before != r:
			t.Fatalf("%s: a step from %+v after %+v", clock(now), s.Before, r)
		case s.Repeated != (s.Before.State == s.After.State):
			t.Fatalf("%s: from %s to %s, repeated %v", clock(now), s.Before.State, s.After.State, s.Repeated)
		case s.After.Reason == "":
			t.Fatalf("%s: no reason: %+v", clock(now), s)
		case keys[s.Key]:
			t.Fatalf("%s: the key %q twice", clock(now), s.Key)
		case s.From > s.To:
			t.Fatalf("%s: data from %s to %s", clock(now), clock(s.From), clock(s.To))
		}
		keys[s.Key] = true
		if !s.Repeated {
			r = s.After
		}
	}
	if r != j.Record {
		t.Fatalf("%s: record %+v after %+v", clock(now), j.Record, r)
	}
	if j.Due < now || j.Due == now && len(j.Settled) == 0 && len(d.Touched) > 0 {
		t.Fatalf("%s: due at %s with nothing done", clock(now), clock(j.Due))
	}
	if len(j.Steps) > 4 {
		t.Fatalf("%s: a storm of %d steps", clock(now), len(j.Steps))
	}
}

// checkStays holds the stays against the state.
func (d *desk) checkStays(t fatal, now int64) {
	t.Helper()
	open := 0
	for i, s := range d.Stays {
		switch {
		case s.From >= s.To:
			t.Fatalf("%s: an empty stay: %s", clock(now), d.stays())
		case s.To == Never:
			open++
		case i > 0 && s.From <= d.Stays[i-1].From:
			t.Fatalf("%s: two stays begin at once: %s", clock(now), d.stays())
		}
	}
	if open > 1 || open == 1 && d.Record.State != InAlarm {
		t.Fatalf("%s: %s with stays %s", clock(now), d.Record.State, d.stays())
	}
}

// stays are the stays in ALARM as from-to, "" for a To that is open.
func (d *desk) stays() string {
	var out []string
	for _, s := range d.Stays {
		out = append(out, span(s.From, s.To))
	}
	return strings.Join(out, " ")
}

func span(from, to int64) string {
	if to == Never {
		return clock(from) + "-"
	}
	return clock(from) + "-" + clock(to)
}

// clock is a time of the day, with the days that it is away from the epoch of the tests.
func clock(t int64) string {
	if t == Never {
		return "never"
	}
	at := time.UnixMilli(t).UTC()
	text := at.Format("15:04:05")
	if days := at.Truncate(24*time.Hour).Sub(epoch.Truncate(24*time.Hour)) / (24 * time.Hour); days != 0 {
		text = fmt.Sprintf("%+dd%s", days, text)
	}
	return strings.TrimSuffix(text, ":00")
}

// replayed are the stays in ALARM that Replay finds.
func replayed(a Alarm, points []metric.Point, from, to time.Time) []Stay {
	var out []Stay
	for t := range Replay(a, points, from, to) {
		switch {
		case t.To == InAlarm:
			out = append(out, Stay{From: t.At.UnixMilli(), To: Never})
		case t.From == InAlarm:
			out[len(out)-1].To = t.At.UnixMilli()
		}
	}
	return out
}
