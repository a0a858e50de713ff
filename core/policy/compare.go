package policy

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// isDate tells whether the test compares dates.
func (t Test) isDate() bool { return t >= DateEquals && t <= DateGreaterThanEquals }

// hasVariables tells whether variables are replaced in the values of a test: of
// String and Arn operators only [IAM User Guide, variables].
func (t Test) hasVariables() bool {
	return t >= StringEquals && t <= StringNotLike || t >= ARNEquals && t <= ARNNotLike
}

// compare tells whether a value of the request satisfies a value of the policy
// under a test that is not negated. Values that are not of the operator's type
// satisfy nothing.
func (t Test) compare(got string, want pattern) bool {
	switch t {
	case StringLike:
		return want.match(got)
	case ARNEquals, ARNLike: // both take wildcards and behave alike
		return strings.HasPrefix(got, "arn:") && strings.Count(got, ":") >= 5 &&
			want.segments() == 6 && want.segmented(false).match(got)
	}
	value := want.spelled()
	switch t {
	case StringEquals:
		return got == value
	case StringEqualsIgnoreCase, Bool:
		return strings.EqualFold(got, value)
	case BinaryEquals:
		a, errA := base64.StdEncoding.DecodeString(got)
		b, errB := base64.StdEncoding.DecodeString(value)
		return errA == nil && errB == nil && string(a) == string(b)
	case IPAddress:
		return inNetwork(got, value)
	}
	order, ok := 0, false
	if t.isDate() {
		order, ok = compareDates(got, value)
	} else {
		order, ok = compareNumbers(got, value)
	}
	if !ok {
		return false
	}
	switch t {
	case NumericLessThan, DateLessThan:
		return order < 0
	case NumericLessThanEquals, DateLessThanEquals:
		return order <= 0
	case NumericGreaterThan, DateGreaterThan:
		return order > 0
	case NumericGreaterThanEquals, DateGreaterThanEquals:
		return order >= 0
	}
	return order == 0
}

// spelled is the pattern as text; its wildcards mean themselves.
func (p pattern) spelled() string {
	var b strings.Builder
	for _, t := range p {
		switch t.kind {
		case one:
			b.WriteByte('?')
		case many:
			b.WriteByte('*')
		default:
			b.WriteRune(t.r)
		}
	}
	return b.String()
}

func inNetwork(address, network string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	if p, err := netip.ParsePrefix(network); err == nil {
		return p.Contains(a.Unmap().WithZone(""))
	}
	n, err := netip.ParseAddr(network)
	return err == nil && n.Unmap() == a.Unmap()
}

// maxDigits bounds the numbers that are compared.
const maxDigits = 64

func compareNumbers(a, b string) (int, bool) {
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

// number reads an integer or a decimal number.
func number(text string) (*big.Rat, bool) {
	digits := strings.TrimLeft(text, "+-")
	if len(text) > maxDigits || len(text)-len(digits) > 1 || strings.Trim(digits, "0123456789.") != "" || strings.Trim(digits, ".") == "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

func compareDates(a, b string) (int, bool) {
	x, okX := parseDate(a)
	y, okY := parseDate(b)
	if !okX || !okY {
		return 0, false
	}
	return x.Compare(y), true
}

// maxSeconds bounds dates to what time.Time can hold.
const maxSeconds = 1 << 50

// parseDate reads what IAM takes as a date: seconds since 1970, or the profile of
// ISO 8601 that the W3C describes. What its parser accepts beyond that (a year of
// any length, one digit for an hour, an offset of hours only) was seen in moto's
// recordings.
func parseDate(text string) (time.Time, bool) {
	lower := strings.ToLower(text)
	if !strings.ContainsAny(lower, "t-") {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(min(seconds, maxSeconds), 0).UTC(), err == nil && seconds >= 0 && text[0] != '+'
	}
	date, clock, _ := strings.Cut(lower, "t")
	day, ok := calendar(date)
	if !ok {
		return time.Time{}, false
	}
	since, offset, ok := clockTime(clock)
	return day.Add(since - offset), ok
}

// calendar reads year, year-month or year-month-day; the year may be negative.
func calendar(text string) (time.Time, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	parts := strings.Split(digits, "-")
	ymd := [3]int{0, 1, 1}
	limits := [3][2]int{{0, 292278993}, {1, 12}, {1, 31}}
	if len(parts) > len(ymd) {
		return time.Time{}, false
	}
	for i, p := range parts {
		n, ok := within(p, limits[i][0], limits[i][1])
		if !ok {
			return time.Time{}, false
		}
		ymd[i] = n
	}
	if negative {
		ymd[0] = -ymd[0]
	}
	return time.Date(ymd[0], time.Month(ymd[1]), ymd[2], 0, 0, 0, 0, time.UTC), ymd[0] >= -292275054
}

// clockTime reads hh:mm:ss.fraction with Z or an offset, or any beginning of it.
func clockTime(text string) (since, offset time.Duration, ok bool) {
	if text == "" {
		return 0, 0, true
	}
	clock, zone := text, ""
	if i := strings.IndexAny(text, "z+-"); i >= 0 {
		clock, zone = text[:i], text[i:]
	}
	parts := strings.Split(clock, ":")
	if len(parts) > 3 {
		return 0, 0, false
	}
	units := [3]time.Duration{time.Hour, time.Minute, time.Second}
	limits := [3]int{23, 59, 59}
	for i, p := range parts {
		fraction := ""
		if i == 2 {
			p, fraction, _ = strings.Cut(p, ".")
		}
		n, ok := within(p, 0, limits[i])
		if !ok || len(fraction) > 9 {
			return 0, 0, false
		}
		since += time.Duration(n) * units[i]
		if fraction != "" {
			nanos, ok := within((fraction + "00000000")[:9], 0, 999999999)
			if !ok {
				return 0, 0, false
			}
			since += time.Duration(nanos)
		}
	}
	if zone == "" || zone == "z" {
		return since, 0, true
	}
	hours, minutes, hasMinutes := strings.Cut(zone[1:], ":")
	h, okH := within(hours, 0, 23)
	m, okM := within(minutes, 0, 59)
	if !okH || len(hours) != 2 || hasMinutes && (!okM || len(minutes) != 2) {
		return 0, 0, false
	}
	offset = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if zone[0] == '-' {
		offset = -offset
	}
	return since, offset, zone[0] != 'z'
}

// within reads a number of digits only.
func within(text string, low, high int) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && low <= n && n <= high
}
