package flow

import (
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// report tells what a watch saw, and lets its alarm judge it on a clock made of
// the events' own times. read is the time that all events of the scan span.
func (c *counter) report(w *Watch, read extent) ControlReport {
	points := c.points()
	r := ControlReport{
		ID: w.ID, Title: w.Title, Severity: w.Severity.String(), Pattern: w.Pattern.Text,
		Matches: c.matches, Events: c.events, Periods: breaching(&w.Alarm, points), Span: c.extent.span(),
		Alarms: rings(&w.Alarm, points, read), Evidence: c.newest.report(), Minutes: c.perMinute(),
	}
	for kind, to := range map[int]*[]Count{
		topPrincipals: &r.Top.Principals, topAddresses: &r.Top.Addresses, topAccounts: &r.Top.Accounts,
		topRegions: &r.Top.Regions, topErrorCodes: &r.Top.ErrorCodes, topActions: &r.Top.Actions,
	} {
		*to = c.top[kind].top()
	}
	return r
}

// breaching counts the periods, aligned to the clock, that cross the threshold.
func breaching(a *alarm.Alarm, points []metric.Point) int64 {
	n := int64(0)
	for _, p := range metric.Aggregate(points, time.Duration(a.Period)*time.Second) {
		if value, ok := a.Statistic.Of(p.Samples); ok && a.Breaches(alarm.Datapoint{Value: value}) {
			n++
		}
	}
	return n
}

// rings is every stay in ALARM.
//
// Of an alarm for which silence breaches, only what lies within the scan's
// events counts as silence: what was before and after them nobody has read. Its
// first evaluation is the first whose periods all lie there, the last one that
// at the end of the last event's minute.
func rings(a *alarm.Alarm, points []metric.Point, read extent) []Alarm {
	stays := []Alarm{}
	var from, to time.Time
	if a.TreatMissingData == alarm.Breaching {
		if !read.dated {
			return stays
		}
		periods := time.Duration(a.EvaluationPeriods*a.Period) * time.Second
		from, to = time.UnixMilli(read.first).Add(periods), time.UnixMilli(metric.Minute(read.last)).Add(time.Minute)
	}
	for t := range alarm.Replay(*a, points, from, to) {
		switch {
		case t.To == alarm.InAlarm:
			stays = append(stays, Alarm{At: t.At.UTC(), From: t.At.UTC(), Reason: t.Verdict.Reason(*a)})
		case t.From == alarm.InAlarm:
			stays[len(stays)-1].To = t.At.UTC()
		}
	}
	return stays
}
