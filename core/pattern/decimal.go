package pattern

import "bytes"

// A decimal is a number as it is written, taken exactly: 0.1 is a tenth, and
// integers of any length keep all their digits, so account numbers and
// timestamps never become equal by rounding. Its value is
// 0.d1d2d3... × 10^point, with the digits running through whole and then fraction.
type decimal struct {
	negative        bool
	whole, fraction []byte // no leading zero in whole; none in fraction when whole is empty
	point           int
}

// maxExponent bounds exponents, far beyond what anything writes; numbers beyond
// it compare as if they had it.
const maxExponent = 1 << 40

// parseDecimal reads a sign, digits with at most one dot that has a digit after
// it, and an exponent. Every JSON number is a decimal.
// The decimal keeps parts of text.
func parseDecimal(s []byte) (decimal, bool) {
	var d decimal
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		d.negative = s[0] == '-'
		s = s[1:]
	}
	d.whole, s = cutDigits(s)
	if len(s) > 0 && s[0] == '.' {
		d.fraction, s = cutDigits(s[1:])
		if len(d.fraction) == 0 {
			return d, false
		}
	}
	if len(d.whole) == 0 && len(d.fraction) == 0 {
		return d, false
	}
	exponent := 0
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		negative := false
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			negative = s[0] == '-'
			s = s[1:]
		}
		var digits []byte
		if digits, s = cutDigits(s); len(digits) == 0 {
			return d, false
		}
		for _, c := range digits {
			exponent = min(exponent*10+int(c-'0'), maxExponent)
		}
		if negative {
			exponent = -exponent
		}
	}
	if len(s) > 0 {
		return d, false
	}
	d.whole = bytes.TrimLeft(d.whole, "0")
	d.point = len(d.whole) + exponent
	if len(d.whole) == 0 {
		n := len(d.fraction)
		d.fraction = bytes.TrimLeft(d.fraction, "0")
		d.point -= n - len(d.fraction)
	}
	return d, true
}

func cutDigits(s []byte) (digits, rest []byte) {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return s[:n], s[n:]
}

// zero tells whether the number is 0, however written.
func (d decimal) zero() bool { return len(d.whole) == 0 && len(d.fraction) == 0 }

// digit is the i-th digit after leading zeros, and 0 beyond the last.
func (d decimal) digit(i int) byte {
	if i < len(d.whole) {
		return d.whole[i]
	}
	if i -= len(d.whole); i < len(d.fraction) {
		return d.fraction[i]
	}
	return '0'
}

// compare is -1, 0 or +1 as d is less than, equal to or greater than e.
func (d decimal) compare(e decimal) int {
	switch {
	case d.zero() && e.zero():
		return 0
	case d.zero():
		return -e.sign()
	case e.zero() || d.negative != e.negative:
		return d.sign()
	}
	return d.sign() * d.compareSize(e)
}

func (d decimal) sign() int {
	if d.negative {
		return -1
	}
	return 1
}

// compareSize compares what remains of two numbers without their signs, neither being zero.
func (d decimal) compareSize(e decimal) int {
	if d.point != e.point {
		if d.point < e.point {
			return -1
		}
		return 1
	}
	for i := range max(len(d.whole)+len(d.fraction), len(e.whole)+len(e.fraction)) {
		if a, b := d.digit(i), e.digit(i); a != b {
			if a < b {
				return -1
			}
			return 1
		}
	}
	return 0
}
