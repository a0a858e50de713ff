package flow

import (
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
)

// report tells what a watch saw, and lets its alarm judge it on a clock made of
// the events' own times.
func (c *counter) report(w *Watch) ControlReport {
	points := c.points()
	r := ControlReport{
		ID: w.ID, Title: w.Title, Severity: w.Severity.String(), Pattern: w.Pattern.Text,
		Matches: c.matches, Events: c.events, Periods: breaching(&w.Alarm, points), Span: c.extent.span(),
		Alarms: rings(&w.Alarm, points), Evidence: c.newest.report(), Minutes: c.perMinute(),
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
func rings(a *alarm.Alarm, points []metric.Point) []Alarm {
	stays := []Alarm{}
	for _, t := range alarm.Replay(*a, points, time.Time{}, time.Time{}) {
		switch {
		case t.To == alarm.InAlarm:
			stays = append(stays, Alarm{At: t.At.UTC(), From: t.At.UTC(), Reason: t.Verdict.Reason(*a)})
		case t.From == alarm.InAlarm:
			stays[len(stays)-1].To = t.At.UTC()
		}
	}
	return stays
}
