package event

import "time"

// lastYear is the last one that a time may lie in; endOfTime is what follows it.
const lastYear = 9998

var endOfTime = time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// Time reads an eventTime, in milliseconds since 1970. CloudTrail writes
// 2023-07-10T11:42:18Z; also read are a fraction of a second, an offset, a
// blank for the T (the AWS CLI), the basic form 20131102T010628Z, and a number
// of seconds since 1970 (LookupEvents). What lies after the year 9998 is no
// time: with a made-up one like that, what follows it, such as the end of an
// alarm, could not be written with a year of four digits.
func Time(v Value) (unixMilli int64, ok bool) {
	if v.Kind == Number {
		return numberTime(v.Raw)
	}
	if v.Kind != String {
		return 0, false
	}
	s := v.Raw
	if v.Escaped {
		s = v.AppendText(nil)
	}
	if len(s) == len("20131102T010628Z") && s[8] == 'T' && s[15] == 'Z' {
		return seconds(s[0:4], s[4:6], s[6:8], s[9:11], s[11:13], s[13:15])
	}
	if len(s) < len("2023-07-10T11:42:18Z") ||
		s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	if unixMilli, ok = seconds(s[0:4], s[5:7], s[8:10], s[11:13], s[14:16], s[17:19]); !ok {
		return 0, false
	}
	s = s[19:]
	if s[0] == '.' {
		unit, digits := int64(100), 1
		for ; digits < len(s) && '0' <= s[digits] && s[digits] <= '9'; digits++ {
			unixMilli += unit * int64(s[digits]-'0')
			unit /= 10
		}
		if digits == 1 {
			return 0, false
		}
		s = s[digits:]
	}
	if len(s) == 1 && s[0] == 'Z' {
		return unixMilli, true
	}
	offset, ok := zone(s)
	return unixMilli - offset, ok
}

// zone reads +hh:mm or -hh:mm as milliseconds.
func zone(s []byte) (int64, bool) {
	if len(s) != len("+11:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, minutes := number(s[1:3]), number(s[4:6])
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	offset := int64(hours*60+minutes) * 60_000
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// seconds is the time of a calendar date and time of day in UTC, in milliseconds.
func seconds(year, month, day, hour, minute, second []byte) (int64, bool) {
	y, m, d := number(year), number(month), number(day)
	h, mi, s := number(hour), number(minute), number(second)
	if y < 1 || y > lastYear || m < 1 || m > 12 || d < 1 || d > monthDays(y, m) || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60 {
		return 0, false
	}
	// Days since 1970: years are counted from March, so that the leap day is
	// the last of its year and a month's first day is a straight line.
	if m <= 2 {
		y, m = y-1, m+12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*m-457)/5 + d - 719469
	return (int64(days)*86400 + int64(h*3600+mi*60+s)) * 1000, true
}

// monthDays is how many days a month has.
func monthDays(year, month int) int {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// number reads decimal digits, -1 when there is anything else.
func number(s []byte) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// numberTime reads seconds since 1970, perhaps with a fraction; a number of
// twelve digits and more is milliseconds.
func numberTime(s []byte) (int64, bool) {
	whole, fraction := s, []byte(nil)
	for i, c := range s {
		if c == '.' {
			whole, fraction = s[:i], s[i+1:]
			break
		}
	}
	if len(whole) == 0 || len(whole) > 15 {
		return 0, false
	}
	n := int64(number(whole))
	if n < 0 || number(fraction) < 0 {
		return 0, false
	}
	if len(whole) >= 12 {
		return n, n < endOfTime
	}
	n *= 1000
	for i, unit := 0, int64(100); i < len(fraction) && unit > 0; i, unit = i+1, unit/10 {
		n += unit * int64(fraction[i]-'0')
	}
	return n, n < endOfTime
}
