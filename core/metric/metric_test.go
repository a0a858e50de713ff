package metric

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestIdentity(t *testing.T) {
	a := NewIdentity("ns", "m", Dimension{"b", "2"}, Dimension{"a", "1"})
	b := NewIdentity("ns", "m", Dimension{"a", "1"}, Dimension{"b", "2"})
	if a.Key() != b.Key() || !a.Equal(b) || a.String() != "ns/m{a=1,b=2}" {
		t.Errorf("%v and %v are not the same", a, b)
	}
	for _, other := range []Identity{
		NewIdentity("ns", "m"),
		NewIdentity("ns", "m", Dimension{"a", "1"}),
		NewIdentity("ns", "m", Dimension{"a", "11:b1:2"}),
		NewIdentity("nsm", ""),
		NewIdentity("n", "sm", Dimension{"a", "1"}, Dimension{"b", "2"}),
	} {
		if other.Key() == a.Key() || other.Equal(a) {
			t.Errorf("%v passes for %v", other, a)
		}
	}
}

// TestPutMetricData has the recorded sum of Values and Counts.
func TestPutMetricData(t *testing.T) {
	var s Samples
	s.Add(1, 2)
	s.Add(10, 4)
	if s.SampleCount != 6 || s.Sum != 42 || s.Maximum != 10 || s.Minimum != 1 {
		t.Errorf("%+v", s)
	}
	s.Add(math.NaN(), 1)
	s.Add(math.Inf(1), 1)
	s.Add(3, 0)
	s.Add(3, -1)
	if s.SampleCount != 6 {
		t.Errorf("what is no sample was counted: %+v", s)
	}
}

func TestStatistics(t *testing.T) {
	oneToTen := Of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	var weighted Samples
	weighted.Add(2, 2)
	weighted.Add(10, 3)
	for _, c := range []struct {
		statistic string
		samples   Samples
		want      float64 // NaN for none
	}{
		{"Sum", oneToTen, 55},
		{"Average", oneToTen, 5.5},
		{"SampleCount", oneToTen, 10},
		{"Minimum", oneToTen, 1},
		{"Maximum", oneToTen, 10},
		{"p0", oneToTen, 1},
		{"p50", oneToTen, 5.5},
		{"p100", oneToTen, 10},
		{"p90", oneToTen, 9.1},
		{"p50", weighted, 10},
		{"p10", weighted, 2},
		{"tm90", oneToTen, 5},
		{"TM(10%:90%)", oneToTen, 5.5},
		{"TM(:5)", oneToTen, 3},
		{"TM(5:)", oneToTen, 8},
		{"TM(50:60)", oneToTen, math.NaN()},
		{"IQM", oneToTen, 5.5},
		{"tc90", oneToTen, 9},
		{"tc85", oneToTen, 8.5},
		{"TC(2:5)", oneToTen, 3},
		{"TC(50:60)", oneToTen, 0},
		{"ts90", oneToTen, 45},
		{"TS(2:5)", oneToTen, 12},
		{"WM(2:8)", oneToTen, 5.3},
		{"PR(:3)", oneToTen, 30},
		{"PR(3:7)", oneToTen, 40},
		{"PR(9:)", oneToTen, 10},
		{"Sum", Samples{}, math.NaN()},
		{"p50", Samples{}, math.NaN()},
		{"p50", Of(-1, 1), math.NaN()},
		{"TM(:5)", Of(-1, 1), math.NaN()},
		{"Sum", Of(-1, 1), 0},
		{"p50", StatisticSet(3, 15, 1, 9), math.NaN()},
		{"Average", StatisticSet(3, 15, 1, 9), 5},
		{"p50", StatisticSet(3, 21, 7, 7), 7},
		{"p50", StatisticSet(3, 22, 7, 7), math.NaN()},
		{"p99", Of(0.1, 0.1, 0.1), 0.1},
	} {
		got, ok := MustStatistic(c.statistic).Of(c.samples)
		if ok == math.IsNaN(c.want) || ok && math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s of %+v is %v %v, want %v", c.statistic, c.samples, got, ok, c.want)
		}
	}
}

// TestMixedSets: percentiles vanish when a general statistic set is merged in.
func TestMixedSets(t *testing.T) {
	s := Of(2, 10)
	s.Merge(StatisticSet(3, 15, 1, 9))
	if _, ok := MustStatistic("p50").Of(s); ok || s.SampleCount != 5 || s.Sum != 27 || s.Minimum != 1 || s.Maximum != 10 {
		t.Errorf("%+v", s)
	}
	s = Of(2, 10)
	s.Merge(StatisticSet(3, 21, 7, 7))
	if got, ok := MustStatistic("p50").Of(s); !ok || got != 7 {
		t.Errorf("p50 is %v %v of %+v", got, ok, s)
	}
}

// TestSamplesAreBounded: many values stay within MaxValues and about right.
func TestSamplesAreBounded(t *testing.T) {
	var s Samples
	const n = 3 * MaxValues
	for i := range n {
		s.Add(float64(i*7919%n), 1)
	}
	values, ok := s.Distribution()
	if !ok || len(values) > MaxValues || s.SampleCount != n || s.Maximum != n-1 {
		t.Fatalf("%d values, %v, %v samples", len(values), ok, s.SampleCount)
	}
	if got, _ := MustStatistic("p50").Of(s); math.Abs(got-n/2) > n/100 {
		t.Errorf("p50 is %v of 0..%d", got, n)
	}
}

// TestMerge: merging is adding, in whatever order and grouping.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.IntRange(-3, 9)).Draw(t, "values")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		var whole, left, right Samples
		for i, v := range values {
			whole.Add(float64(v), 1)
			if i < cut {
				left.Add(float64(v), 1)
			} else {
				right.Add(float64(v), 1)
			}
		}
		before := right.Clone()
		right.Merge(left)
		left.Merge(before)
		for _, merged := range []Samples{left, right} {
			a, _ := merged.Distribution()
			b, _ := whole.Distribution()
			if diff := cmp.Diff(a, b); diff != "" || merged.SampleCount != whole.SampleCount || merged.Sum != whole.Sum ||
				merged.Minimum != whole.Minimum || merged.Maximum != whole.Maximum {
				t.Fatalf("%+v, not %+v", merged, whole)
			}
		}
	})
}

func TestPeriods(t *testing.T) {
	minute := time.Minute.Milliseconds()
	points := []Point{{0, Of(1)}, {minute, Of(2, 3)}, {4 * minute, Of(4)}, {5 * minute, Of(5)}, {11 * minute, Of(6)}}
	var got []float64
	for _, p := range Aggregate(points, 5*time.Minute) {
		got = append(got, float64(p.Time/minute), p.Samples.Sum)
	}
	if diff := cmp.Diff([]float64{0, 10, 5, 5, 10, 6}, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ start, end, want int64 }{{0, 5, 10}, {1, 6, 14}, {2, 4, 0}, {4, 5, 4}, {12, 20, 0}, {-5, 100, 21}} {
		if s := Window(points, c.start*minute, c.end*minute); int64(s.Sum) != c.want {
			t.Errorf("window %v has %v", c, s.Sum)
		}
	}
	if Align(-1, time.Minute) != -minute || Minute(minute) != minute || Minute(minute-1) != 0 {
		t.Error("alignment")
	}
	if points[1].Samples.SampleCount != 2 {
		t.Error("aggregation changed its input")
	}
}

func TestParseStatistic(t *testing.T) {
	for _, text := range []string{
		"Sum", "Average", "p90", "p99.9", "p0.0000000001", "p100", "tm90", "TM(10%:90%)", "TM(:90%)", "TM(10%:)", "TM(0.5:1.5)",
		"wm98", "WM(:98%)", "tc90", "TC(:0.03)", "ts90", "TS(80%:)", "IQM", "PR(:300)", "PR(100:2000)", "PR(100:)",
	} {
		st, err := ParseStatistic(text)
		if err != nil || st.String() != text {
			t.Errorf("%s: %q %v", text, st, err)
		}
	}
	for _, text := range []string{
		"", "sum", "SUM", "p", "p101", "p-1", "p1e1", "p.5", "p1.", "p0.00000000001", "P90", "TM90", "tm(10%:90%)", "TM(:)", "TM(10%:90)",
		"TM(10:90%)", "TM(90%:10%)", "TM(10%:90%", "TM(10%)", "PR(10%:90%)", "PR(5:5)", "pr90", "IQM(1:2)", "TM(-1:2)", "p99 ",
	} {
		if st, err := ParseStatistic(text); err == nil {
			t.Errorf("%q passed as %+v", text, st)
		}
	}
}

// FuzzStatistic: nothing panics, what is accepted prints as it was written, its
// usual form means the same, and the statistic lies where it must.
func FuzzStatistic(f *testing.F) {
	for _, s := range []string{"Sum", "p99.9", "tm90", "TM(10%:90%)", "WM(2:9)", "TC(:5)", "IQM", "PR(:300)", "SampleCount"} {
		f.Add(s, 1.0, 2.0, 7.5)
	}
	f.Fuzz(func(t *testing.T, text string, a, b, c float64) {
		st, err := ParseStatistic(text)
		if err != nil {
			return
		}
		if st.String() != text {
			t.Fatalf("%q prints as %q", text, st)
		}
		usual := st
		usual.text = ""
		if again, err := ParseStatistic(usual.String()); err != nil {
			t.Fatalf("%q has the usual form %q: %v", text, usual, err)
		} else if again.text = ""; again != usual {
			t.Fatalf("%q has the usual form %q, which means %+v, not %+v", text, usual, again, usual)
		}
		var s Samples
		for _, v := range []float64{a, b, c, b} {
			if math.Abs(v) <= maxValue {
				s.Add(v, 1)
			}
		}
		got, ok := st.Of(s)
		if !ok {
			return
		}
		if math.IsNaN(got) {
			t.Fatalf("%s of %+v is not a number", st, s)
		}
		slack := 1e-9 * math.Abs(s.Maximum)
		switch st.Kind {
		case Average, Minimum, Maximum, Percentile, TrimmedMean:
			if got < s.Minimum-slack || got > s.Maximum+slack {
				t.Fatalf("%s of %+v is %v", st, s, got)
			}
		case PercentileRank:
			if got < 0 || got > 100 {
				t.Fatalf("%s of %+v is %v", st, s, got)
			}
		case TrimmedCount:
			if got < 0 || got > s.SampleCount {
				t.Fatalf("%s of %+v is %v", st, s, got)
			}
		}
	})
}
