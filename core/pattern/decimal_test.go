package pattern

import (
	"math/big"
	"strings"
	"testing"
)

func TestDecimalOrder(t *testing.T) {
	// Each line is one value in several spellings; the lines ascend.
	lines := []string{
		"-1e999999999999999999999999",
		"-10 -1e1 -1.0E+1",
		"-0.5 -.5 -5e-1",
		"0 -0 +0 0.0 0e99 000 .0 0e-7",
		"1e-400 0.1e-399",
		"0.001 1e-3 .001 1.000e-3",
		"1 1.0 1e0 1e+0 +1 01 0.1e1 100e-2",
		"9 9.0",
		"9.5",
		"10",
		"123456789012 1.23456789012e11",
		"9007199254740992",
		"9007199254740993 9007199254740993.0",
		"1e308",
		"1e309 10e308",
	}
	var values [][]decimal
	for _, line := range lines {
		var same []decimal
		for _, text := range strings.Fields(line) {
			d, ok := parseDecimal([]byte(text))
			if !ok {
				t.Fatalf("%s is not taken for a number", text)
			}
			same = append(same, d)
		}
		values = append(values, same)
	}
	for i := range values {
		for j := range values {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			for a, x := range values[i] {
				for b, y := range values[j] {
					if got := x.compare(y); got != want {
						t.Errorf("spelling %d of %q against spelling %d of %q: %d, want %d", a, lines[i], b, lines[j], got, want)
					}
				}
			}
		}
	}
}

func TestNotDecimal(t *testing.T) {
	for _, text := range []string{"", "+", "-", ".", "5.", "1e", "1e+", "e5", "1.2.3", "0x10", "1_000", "NaN", "Infinity", "1 ", "--1", "١"} {
		if _, ok := parseDecimal([]byte(text)); ok {
			t.Errorf("%q is taken for a number", text)
		}
	}
}

// FuzzDecimal holds the comparison against math/big.
func FuzzDecimal(f *testing.F) {
	f.Add("1", "1.0")
	f.Add("-0.05e2", "+5")
	f.Add("123456789012345678901234567890", "1.2345678901234567890123456789e29")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, ok := parseDecimal([]byte(a))
		y, ok2 := parseDecimal([]byte(b))
		if !ok || !ok2 || max(x.point, -x.point, y.point, -y.point) > 1000 {
			t.Skip()
		}
		p, ok := new(big.Rat).SetString(a)
		q, ok2 := new(big.Rat).SetString(b)
		if !ok || !ok2 {
			t.Fatalf("math/big does not read %q or %q", a, b)
		}
		if got, want := x.compare(y), p.Cmp(q); got != want {
			t.Errorf("%s against %s: %d, want %d", a, b, got, want)
		}
	})
}
