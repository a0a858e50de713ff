package audit

import (
	"fmt"
	"slices"
	"time"

	"tocsin/core/alarm"
)

// mutedAhead is how far ahead of the audit mute rules are looked at.
const mutedAhead = 28 * 24 * time.Hour

// muted tells whether mute rules hold the actions of an alarm back, and how much of
// the time to come. An alarm that is still in ALARM when the window ends acts then,
// but one that an event rang has left ALARM by that time.
func (a *Account) muted(set *AlarmSet, name string) (string, Rank) {
	var rules []alarm.Mute
	var first Mute
	for _, m := range set.Mutes {
		if !slices.Contains(m.Alarms, name) {
			continue
		}
		if m.Odd != "" {
			return "mute rule " + m.Name + " cannot be read: " + m.Odd, Unknown
		}
		if rules = append(rules, m.Mute); len(rules) == 1 {
			first = m
		}
	}
	hours, total := 0, int(mutedAhead/time.Hour)
	for i := range total {
		if _, muted := alarm.Muted(rules, name, a.At.Add(time.Duration(i)*time.Hour)); muted {
			hours++
		}
	}
	end, now := alarm.Muted(rules, name, a.At)
	switch {
	case hours == total:
		return fmt.Sprintf("mute rule %s holds its actions back all of the next %d days", first.Name, total/24), Broken
	case now:
		return fmt.Sprintf("mute rule %s holds its actions back until %s", first.Name, end.UTC().Format(time.RFC3339)), Restricted
	case hours > 0:
		return fmt.Sprintf("mute rule %s holds its actions back in %d of the next %d hours", first.Name, hours, total), Restricted
	case len(rules) > 0:
		return fmt.Sprintf("mute rule %s holds its actions back at times (%s)", first.Name, first.Schedule.Expression), Restricted
	case !set.MutesRead:
		return "whether a mute rule holds its actions back is " + a.unreadMutes(set), Unknown
	}
	return "", Holds
}

// unreadMutes names what kept the mute rules from being read.
func (a *Account) unreadMutes(set *AlarmSet) string {
	for _, m := range a.Missing {
		if m.Account == set.Account && m.Region == set.Region && (m.Action == "cloudwatch:ListAlarmMuteRules" || m.Action == "cloudwatch:GetAlarmMuteRule") {
			return m.Text()
		}
	}
	return a.unread("cloudwatch:ListAlarmMuteRules", placeText(set.Account, set.Region))
}
