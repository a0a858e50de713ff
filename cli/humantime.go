package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A window is a stretch of time, both bounds inclusive; a zero bound is open.
type window struct{ since, until time.Time }

const timeForms = `write 2h, 3d or 1w (ago), 2023-07-10, 2023-07-10T12:00, 2023-07-10T12:00:00Z, ` +
	`now, today or yesterday;
--since also takes a range: 3d-1d, or 2023-07-10..2023-07-12. Times are UTC unless they say otherwise`

// parseWindow reads the --since and --until flags. All that names a day means
// the whole of it: since its beginning, until its end.
func parseWindow(since, until string, now time.Time) (window, error) {
	var w window
	from, to, isRange := cutRange(since)
	if isRange {
		if until != "" {
			return w, usagef("--since %s already says until when; leave --until out", clean(since))
		}
		since, until = from, to
	}
	if since != "" {
		begin, _, ok := moment(since, now)
		if !ok {
			return w, usagef("--since: %q is no time; %s", since, timeForms)
		}
		w.since = begin
	}
	if until != "" {
		_, end, ok := moment(until, now)
		if !ok {
			return w, usagef("--until: %q is no time; %s", until, timeForms)
		}
		w.until = end
	}
	if !w.since.IsZero() && !w.until.IsZero() && w.until.Before(w.since) {
		return w, usagef("nothing lies between since %s and until %s: the first must be the earlier",
			w.since.Format(time.RFC3339), w.until.Format(time.RFC3339))
	}
	return w, nil
}

// cutRange splits a range: a..b, or two durations joined by a hyphen.
func cutRange(text string) (from, to string, ok bool) {
	if from, to, ok = strings.Cut(text, ".."); ok {
		return strings.TrimSpace(from), strings.TrimSpace(to), true
	}
	from, to, ok = strings.Cut(text, "-")
	if !ok {
		return "", "", false
	}
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	if _, ok = ago(from); !ok {
		return "", "", false
	}
	if _, ok = ago(to); !ok && to != "now" {
		return "", "", false
	}
	return from, to, true
}

// moment reads a time: as a beginning, and as the last millisecond of the stretch
// that it names, if it names one. (CloudTrail has no finer times.)
func moment(text string, now time.Time) (begin, end time.Time, ok bool) {
	text = strings.TrimSpace(text)
	now = now.UTC()
	today := now.Truncate(24 * time.Hour)
	day := func(begin time.Time) (time.Time, time.Time, bool) {
		return begin, begin.AddDate(0, 0, 1).Add(-time.Millisecond), true
	}
	switch text {
	case "now":
		return now, now, true
	case "today":
		return day(today)
	case "yesterday":
		return day(today.AddDate(0, 0, -1))
	}
	if d, ok := ago(text); ok {
		t := now.Add(-d)
		return t, t, true
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return day(t)
	}
	for _, form := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04Z07:00",
	} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), t.UTC(), true
		}
	}
	return time.Time{}, time.Time{}, false
}

// ago reads how long ago: 90s, 30m, 2h, 3d, 1w, or several such, 1d12h.
func ago(text string) (time.Duration, bool) {
	text = strings.TrimSpace(strings.TrimSuffix(text, " ago"))
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	const most = 100 * 365 * 24 * time.Hour
	var sum time.Duration
	for text != "" {
		digits := 0
		for digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
			digits++
		}
		if digits == 0 || digits > 9 || digits == len(text) {
			return 0, false
		}
		n, err := strconv.Atoi(text[:digits])
		unit, known := units[text[digits]]
		if err != nil || !known || time.Duration(n) > most/unit {
			return 0, false
		}
		sum += time.Duration(n) * unit
		if sum > most {
			return 0, false
		}
		text = text[digits+1:]
		if text == "" {
			return sum, true
		}
	}
	return 0, false
}

// spanText writes a stretch of time as briefly as it can be understood.
func spanText(first, last time.Time) string {
	first, last = first.UTC(), last.UTC()
	if first.IsZero() {
		return "no times"
	}
	if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return fmt.Sprintf("%s – %s", first.Format("2006-01-02 15:04:05"), last.Format("15:04:05"))
	}
	return fmt.Sprintf("%s – %s", first.Format("2006-01-02 15:04"), last.Format("2006-01-02 15:04"))
}
