package alarm

import (
	"math"
	"strconv"
	"strings"
)

// A double is a number that prints as AWS's services print it, which is Java's
// Double.toString: the shortest digits that read back as the same number, at
// least one decimal, and an exponent below a thousandth and from ten million
// on, 1.0E7.
type double float64

func (d double) String() string {
	f := float64(d)
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs == 0 || 1e-3 <= abs && abs < 1e7:
		return withDecimal(strconv.FormatFloat(f, 'f', -1, 64))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	sign := ""
	if strings.HasPrefix(exponent, "-") {
		sign = "-"
	}
	return withDecimal(mantissa) + "E" + sign + strings.TrimLeft(exponent, "+-0")
}

func withDecimal(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}

// MarshalJSON writes the number, and what JSON has no number for as a string.
func (d double) MarshalJSON() ([]byte, error) {
	text := d.String()
	if math.IsNaN(float64(d)) || math.IsInf(float64(d), 0) {
		text = strconv.Quote(text)
	}
	return []byte(text), nil
}
