package metric

import (
	"fmt"
	"strconv"
	"strings"
)

// A Kind is the family of a Statistic.
type Kind uint8

const (
	NoStatistic Kind = iota
	SampleCount
	Average
	Sum
	Minimum
	Maximum
	Percentile     // p90
	TrimmedMean    // tm90, TM(10%:90%), IQM
	WinsorizedMean // wm90, WM(10%:90%)
	TrimmedCount   // tc90, TC(10%:90%)
	TrimmedSum     // ts90, TS(10%:90%)
	PercentileRank // PR(:300)
)

// A Bound is one end of the range of an extended statistic.
type Bound struct {
	Value float64
	// Set says that the bound was given; an open end is not set.
	Set bool
}

// A Statistic is a way to make one number of Samples. Statistics can be
// compared with ==; the zero value is none.
type Statistic struct {
	Kind Kind
	// Percent says that the bounds are percentiles and not values.
	Percent bool
	// Low and High bound the range of the trimmed kinds, of which Low does not
	// belong to it and High does. High alone is the NN of a Percentile.
	Low, High Bound
	// text is the name as it was written.
	text string
}

var plainStatistics = map[string]Kind{
	"SampleCount": SampleCount, "Average": Average, "Sum": Sum, "Minimum": Minimum, "Maximum": Maximum,
}

// ParseStatistic reads a statistic as PutMetricAlarm and GetMetricData spell
// it: Sum, p99.9, tm90, TM(10%:90%), PR(:300), IQM. Names are case sensitive:
// the short form is lower case, the form with a range upper case.
func ParseStatistic(text string) (Statistic, error) {
	st, err := parseStatistic(text)
	if err != nil {
		return Statistic{}, fmt.Errorf("statistic %q: %w", text, err)
	}
	st.text = text
	return st, nil
}

// MustStatistic is ParseStatistic for a text that is part of the program; it
// panics when the text is wrong.
func MustStatistic(text string) Statistic {
	st, err := ParseStatistic(text)
	if err != nil {
		panic(err)
	}
	return st
}

func parseStatistic(text string) (Statistic, error) {
	if kind, ok := plainStatistics[text]; ok {
		return Statistic{Kind: kind}, nil
	}
	if text == "IQM" {
		return Statistic{Kind: TrimmedMean, Percent: true, Low: Bound{25, true}, High: Bound{75, true}}, nil
	}
	if rest, ok := strings.CutPrefix(text, "PR("); ok {
		return parseRange(PercentileRank, rest)
	}
	for _, f := range [...]struct {
		short, long string
		kind        Kind
	}{
		{"tm", "TM(", TrimmedMean},
		{"wm", "WM(", WinsorizedMean},
		{"tc", "TC(", TrimmedCount},
		{"ts", "TS(", TrimmedSum},
		{"p", "", Percentile},
	} {
		if rest, ok := strings.CutPrefix(text, f.long); ok && f.long != "" {
			return parseRange(f.kind, rest)
		}
		if rest, ok := strings.CutPrefix(text, f.short); ok {
			n, err := parsePercent(rest)
			return Statistic{Kind: f.kind, Percent: true, High: Bound{n, true}}, err
		}
	}
	return Statistic{}, fmt.Errorf("not a statistic; use SampleCount, Average, Sum, Minimum, Maximum, pNN, tmNN, wmNN, tcNN, tsNN, IQM, or TM, WM, TC, TS, PR with a range such as (10%%:90%%)")
}

// parseRange reads "a%:b%)" or "a:b)", where either number may be missing.
func parseRange(kind Kind, text string) (Statistic, error) {
	inner, ok := strings.CutSuffix(text, ")")
	if !ok {
		return Statistic{}, fmt.Errorf("the range has no closing parenthesis")
	}
	low, high, ok := strings.Cut(inner, ":")
	if !ok {
		return Statistic{}, fmt.Errorf("a range is two numbers with a colon between them")
	}
	st := Statistic{Kind: kind, Percent: strings.HasSuffix(low, "%") || strings.HasSuffix(high, "%")}
	if st.Percent && kind == PercentileRank {
		return Statistic{}, fmt.Errorf("PR takes values, not percentages")
	}
	var err error
	if st.Low, err = parseBound(low, st.Percent); err != nil {
		return Statistic{}, err
	}
	if st.High, err = parseBound(high, st.Percent); err != nil {
		return Statistic{}, err
	}
	switch {
	case !st.Low.Set && !st.High.Set:
		return Statistic{}, fmt.Errorf("a range needs at least one number")
	case st.Low.Set && st.High.Set && st.Low.Value >= st.High.Value:
		return Statistic{}, fmt.Errorf("the range's first number must be less than its second")
	}
	return st, nil
}

func parseBound(text string, percent bool) (Bound, error) {
	if text == "" {
		return Bound{}, nil
	}
	if percent {
		number, ok := strings.CutSuffix(text, "%")
		if !ok {
			return Bound{}, fmt.Errorf("%q has no %% while the other number has", text)
		}
		n, err := parsePercent(number)
		return Bound{n, true}, err
	}
	n, err := parseNumber(text)
	return Bound{n, true}, err
}

// parsePercent reads a number between 0 and 100 with at most ten decimals.
func parsePercent(text string) (float64, error) {
	n, err := parseNumber(text)
	if err != nil {
		return 0, err
	}
	if _, decimals, _ := strings.Cut(text, "."); len(decimals) > 10 {
		return 0, fmt.Errorf("%q has more than 10 decimals", text)
	}
	if n < 0 || n > 100 {
		return 0, fmt.Errorf("%q is not between 0 and 100", text)
	}
	return n, nil
}

// parseNumber reads plain decimal digits with or without a fraction: no sign,
// as no such statistic exists over negative values, and no exponent.
func parseNumber(text string) (float64, error) {
	whole, fraction, dot := strings.Cut(text, ".")
	if !digits(whole) || dot && !digits(fraction) {
		return 0, fmt.Errorf("%q is not a number such as 90 or 99.9", text)
	}
	return strconv.ParseFloat(text, 64)
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// String is the statistic as it was written, or of one put together by hand its usual form.
func (st Statistic) String() string {
	if st.text != "" {
		return st.text
	}
	short := func(prefix string) string {
		if st.Percent && !st.Low.Set {
			return prefix + strconv.FormatFloat(st.High.Value, 'f', -1, 64)
		}
		return strings.ToUpper(prefix) + "(" + st.bound(st.Low) + ":" + st.bound(st.High) + ")"
	}
	switch st.Kind {
	case Percentile:
		return short("p")
	case TrimmedMean:
		return short("tm")
	case WinsorizedMean:
		return short("wm")
	case TrimmedCount:
		return short("tc")
	case TrimmedSum:
		return short("ts")
	case PercentileRank:
		return short("pr")
	}
	for name, kind := range plainStatistics {
		if kind == st.Kind {
			return name
		}
	}
	return ""
}

func (st Statistic) bound(b Bound) string {
	if !b.Set {
		return ""
	}
	n := strconv.FormatFloat(b.Value, 'f', -1, 64)
	if st.Percent {
		n += "%"
	}
	return n
}

// Extended tells whether this is an ExtendedStatistic of PutMetricAlarm, which
// is every one but the five plain ones.
func (st Statistic) Extended() bool { return st.Kind >= Percentile }
