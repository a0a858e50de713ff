package alarm

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A cron is the five fields of a recurring schedule as sets of numbers: bit n
// of a field is set when n is in it.
type cron struct {
	minutes, hours, days, months, weekdays uint64
	// anyDay and anyWeekday say that the field is *.
	anyDay, anyWeekday bool
}

// parseCron reads "Minutes Hours Day-of-month Month Day-of-week" (API
// Reference, Schedule): *, numbers, ranges and lists in all fields, English
// names for months and days of the week, no steps.
//
// UNSURE: the numbers of the days of the week; here 0 to 6 from Sunday on, and
// 7 is Sunday too, as crontab has it.
func parseCron(text string) (cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return cron{}, fmt.Errorf("cron needs 5 fields: minutes, hours, day of month, month, day of week; %q has %d", text, len(fields))
	}
	c := cron{anyDay: fields[2] == "*", anyWeekday: fields[4] == "*"}
	for i, f := range [...]struct {
		name     string
		into     *uint64
		min, max int
		names    []string // of the numbers from min on
	}{
		{"minutes", &c.minutes, 0, 59, nil},
		{"hours", &c.hours, 0, 23, nil},
		{"day of month", &c.days, 1, 31, nil},
		{"month", &c.months, 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
		{"day of week", &c.weekdays, 0, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	} {
		for _, item := range strings.Split(fields[i], ",") {
			low, high, err := parseCronItem(item, f.min, f.max, f.names)
			if err != nil {
				return cron{}, fmt.Errorf("cron field %q: %w", f.name, err)
			}
			for n := low; n <= high; n++ {
				*f.into |= 1 << n
			}
		}
	}
	c.weekdays |= c.weekdays >> 7 & 1
	return c, nil
}

func parseCronItem(item string, low, high int, names []string) (from, to int, err error) {
	if item == "*" {
		return low, high, nil
	}
	number := func(text string) (int, error) {
		for i, name := range names {
			if strings.EqualFold(text, name) {
				return low + i, nil
			}
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high || text[0] == '+' {
			return 0, fmt.Errorf("%q is not a number from %d to %d%s", text, low, high, orName(names))
		}
		return n, nil
	}
	first, last, isRange := strings.Cut(item, "-")
	if from, err = number(first); err != nil || !isRange {
		return from, from, err
	}
	if to, err = number(last); err != nil {
		return 0, 0, err
	}
	if to == 0 && high == 7 {
		to = 7 // FRI-SUN
	}
	if from > to {
		return 0, 0, fmt.Errorf("the range %q runs backwards", item)
	}
	return from, to, nil
}

func orName(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " or a name such as " + names[1]
}

// onDay tells whether the schedule has times on this day.
//
// UNSURE: a day of month and a day of week together; here, as in crontab,
// either is enough.
func (c cron) onDay(day time.Time) bool {
	if c.months>>uint(day.Month())&1 == 0 {
		return false
	}
	inMonth := c.days>>uint(day.Day())&1 == 1
	inWeek := c.weekdays>>uint(day.Weekday())&1 == 1
	switch {
	case c.anyDay:
		return inWeek
	case c.anyWeekday:
		return inMonth
	}
	return inMonth || inWeek
}

// last is the schedule's latest time at or before t and after earliest, on the
// clocks of t's zone.
//
// UNSURE: times that a change to or from daylight saving skips or repeats. A
// skipped one is moved by the width of the gap, of a repeated one the first counts.
func (c cron) last(t, earliest time.Time) (time.Time, bool) {
	year, month, date := t.Date()
	for back := 0; ; back++ {
		// Noon is the same day whatever the zone does to its clocks.
		noon := time.Date(year, month, date-back, 12, 0, 0, 0, t.Location())
		if noon.AddDate(0, 0, 2).Before(earliest) {
			return time.Time{}, false
		}
		if !c.onDay(noon) {
			continue
		}
		var best time.Time
		for hour := range 24 {
			if c.hours>>uint(hour)&1 == 0 {
				continue
			}
			for minute := range 60 {
				if c.minutes>>uint(minute)&1 == 0 {
					continue
				}
				at := time.Date(noon.Year(), noon.Month(), noon.Day(), hour, minute, 0, 0, t.Location())
				if !at.After(t) && at.After(best) {
					best = at
				}
			}
		}
		if !best.IsZero() {
			return best, best.After(earliest)
		}
	}
}
