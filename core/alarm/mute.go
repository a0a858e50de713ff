package alarm

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Mute is an alarm mute rule (PutAlarmMuteRule): a schedule of windows in
// which the actions of some alarms do not run. The alarms are evaluated as ever.
//
// An alarm that came into its state during a window, and is still in it when the
// window ends, has its actions run then, and the notice says so by
// ActionExecutedAfterMuteWindow. UNSURE: what of an alarm that left its state
// and came back to it within one window; here its actions run too.
type Mute struct {
	Name   string
	Alarms []string // MuteTargets, by name
	// Start and Expire bound the time in which the rule has effect; zero for open.
	Start, Expire time.Time
	Schedule      Schedule
}

// How long a window may last (CloudWatch API Reference, Schedule).
const (
	minMuteDuration = time.Minute
	maxMuteDuration = 15 * 24 * time.Hour
)

// A Schedule is when the windows of a mute rule begin, and how long each lasts.
type Schedule struct {
	Expression string // as it was written
	Duration   time.Duration
	// Zone is where the expression's clock hangs.
	Zone *time.Location

	recurring bool
	cron      cron
	once      time.Time
}

// ParseSchedule reads the schedule of a mute rule: cron(0 2 * * SUN) or
// at(2026-05-10T14:00), and an ISO 8601 duration from PT1M to P15D. A nil zone
// is UTC. To find the zone of a name is the caller's work, as it takes files.
func ParseSchedule(expression, duration string, zone *time.Location) (Schedule, error) {
	if zone == nil {
		zone = time.UTC
	}
	s := Schedule{Expression: expression, Zone: zone}
	var err error
	if s.Duration, err = parseDuration(duration); err != nil {
		return Schedule{}, err
	}
	if inner, ok := cutCall(expression, "cron"); ok {
		s.recurring = true
		s.cron, err = parseCron(inner)
	} else if inner, ok := cutCall(expression, "at"); ok {
		if s.once, err = time.ParseInLocation("2006-01-02T15:04", inner, zone); err != nil {
			err = fmt.Errorf("at needs a time such as 2026-05-10T14:00, not %q", inner)
		}
	} else {
		err = fmt.Errorf("a schedule is cron(...) or at(...), not %q", expression)
	}
	if err != nil {
		return Schedule{}, err
	}
	return s, nil
}

func cutCall(text, name string) (inner string, ok bool) {
	inner, ok = strings.CutPrefix(text, name+"(")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, ")")
}

var durationSyntax = regexp.MustCompile(`^P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?$`)

// parseDuration reads an ISO 8601 duration of days, hours and minutes: P2DT12H.
func parseDuration(text string) (time.Duration, error) {
	parts := durationSyntax.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, fmt.Errorf("a duration is written like PT4H or P2DT12H, not %q", text)
	}
	var total time.Duration
	for i, unit := range [...]time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(parts[i+1])
		if err != nil {
			return 0, fmt.Errorf("duration %q: %w", text, err)
		}
		total += time.Duration(n) * unit
	}
	if total < minMuteDuration || total > maxMuteDuration {
		return 0, fmt.Errorf("a duration must be from 1 minute to 15 days; %q is not", text)
	}
	return total, nil
}

// Recurring tells a schedule with any number of windows from one with a single
// window (MuteType RECURRING and ONE_TIME).
func (s Schedule) Recurring() bool { return s.recurring }

// window is the latest window that began at or before t, if it still lasts.
func (s Schedule) window(t time.Time) (end time.Time, ok bool) {
	begin := s.once
	if s.recurring {
		if begin, ok = s.cron.last(t.In(s.Zone), t.Add(-s.Duration)); !ok {
			return time.Time{}, false
		}
	}
	end = begin.Add(s.Duration)
	return end, !t.Before(begin) && t.Before(end)
}

// At tells whether the rule mutes at t, and if so when the window ends. Where
// windows overlap, another one may then still last; ask again at the end.
func (m Mute) At(t time.Time) (end time.Time, muted bool) {
	if t.Before(m.Start) || !m.Expire.IsZero() && !t.Before(m.Expire) {
		return time.Time{}, false
	}
	end, muted = m.Schedule.window(t)
	if muted && !m.Expire.IsZero() && m.Expire.Before(end) {
		end = m.Expire
	}
	return end, muted
}

// Status is the rule's status at t: SCHEDULED, ACTIVE or EXPIRED. A single
// window that is over counts as expired. UNSURE
func (m Mute) Status(t time.Time) string {
	if _, muted := m.At(t); muted {
		return "ACTIVE"
	}
	over := !m.Expire.IsZero() && !t.Before(m.Expire)
	if over || !m.Schedule.recurring && !t.Before(m.Schedule.once.Add(m.Schedule.Duration)) {
		return "EXPIRED"
	}
	return "SCHEDULED"
}

// Muted tells whether any of the rules mutes the alarm at t, and if so when the
// last of their windows ends.
func Muted(rules []Mute, alarmName string, t time.Time) (end time.Time, muted bool) {
	for _, m := range rules {
		if !slices.Contains(m.Alarms, alarmName) {
			continue
		}
		if e, ok := m.At(t); ok {
			muted = true
			if e.After(end) {
				end = e
			}
		}
	}
	return end, muted
}
