package alarm

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core/metric"
)

// oracle is the decision of the specification, written down step by step
// without regard for anything else. It returns the state.
func oracle(a Alarm, was State, datapoints []Datapoint) State {
	n := a.EvaluationPeriods
	m := n
	if a.DatapointsToAlarm != 0 {
		m = a.DatapointsToAlarm
	}
	var realPoints []int // indexes, newest first
	for i := len(datapoints) - 1; i >= 0; i-- {
		if !datapoints[i].Missing {
			realPoints = append(realPoints, i)
		}
	}
	used := realPoints
	if len(used) > n {
		used = used[:n]
	}
	k := n - len(used)
	b, g := 0, 0
	for _, i := range used {
		v, t, breaching := datapoints[i].Value, a.Threshold, false
		switch a.ComparisonOperator {
		case "GreaterThanThreshold":
			breaching = v > t
		case "GreaterThanOrEqualToThreshold":
			breaching = v >= t
		case "LessThanThreshold":
			breaching = v < t
		case "LessThanOrEqualToThreshold":
			breaching = v <= t
		}
		if breaching {
			b++
		} else {
			g++
		}
	}
	if a.TreatMissingData == "breaching" {
		if b+k >= m {
			return "ALARM"
		}
		return "OK"
	}
	if a.TreatMissingData == "notBreaching" {
		if b >= m {
			return "ALARM"
		}
		return "OK"
	}
	ignore := a.TreatMissingData == "ignore"
	if len(used) == 0 {
		if ignore {
			return was
		}
		return "INSUFFICIENT_DATA"
	}
	if b >= m {
		return "ALARM"
	}
	if g >= 1 {
		return "OK"
	}
	if ignore {
		return was
	}
	oldestUsed := used[len(used)-1]
	age := len(datapoints) - oldestUsed // the newest period is 1 old
	if age >= m {
		return "ALARM"
	}
	return was
}

var (
	states    = []State{OK, InAlarm, InsufficientData}
	treats    = []TreatMissingData{"", Missing, Ignore, Breaching, NotBreaching}
	compares  = []Operator{GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold}
	summation = metric.MustStatistic("Sum")
)

// FuzzEvaluate holds Evaluate against the oracle. Each byte of data is a period:
// a multiple of three is one without data.
func FuzzEvaluate(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0, 2}, uint8(3), uint8(2), uint8(1), uint8(0), uint8(0), 1.5)
	f.Add([]byte{0, 0, 0, 0, 2}, uint8(3), uint8(3), uint8(0), uint8(2), uint8(1), 1.5)
	f.Add([]byte{}, uint8(1), uint8(0), uint8(3), uint8(1), uint8(2), 0.0)
	f.Fuzz(func(t *testing.T, data []byte, n, m, treat, compare, was uint8, threshold float64) {
		if len(data) > 2000 {
			return
		}
		a := Alarm{
			Name: "f", Namespace: "n", MetricName: "m", Statistic: summation,
			Period: 60, EvaluationPeriods: 1 + int(n)%100, Threshold: threshold,
			ComparisonOperator: compares[int(compare)%len(compares)],
			TreatMissingData:   treats[int(treat)%len(treats)],
		}
		a.DatapointsToAlarm = int(m) % (a.EvaluationPeriods + 1)
		prior := states[int(was)%len(states)]
		values := make([]*float64, len(data))
		for i, c := range data {
			if v := float64(c); c%3 != 0 {
				values[i] = &v
			}
		}
		check(t, a, prior, slots(a, values))
	})
}

type failer interface{ Fatalf(string, ...any) }

// check evaluates and holds the verdict against the oracle and against itself.
func check(t failer, a Alarm, was State, datapoints []Datapoint) {
	v := Evaluate(a, was, datapoints)
	if want := oracle(a, was, datapoints); v.State != want {
		t.Fatalf("%s, not %s: %+v of %+v after %s", v.State, want, v, a, was)
	}
	if !v.State.Valid() || v.Cause.Kept() && v.State != was {
		t.Fatalf("state %q after %q by %s", v.State, was, v.Cause)
	}
	if v.Breaching+v.Good+v.Filled != a.EvaluationPeriods || v.Breaching < 0 || v.Good < 0 || v.Filled < 0 {
		t.Fatalf("%d breaching, %d good and %d filled of %d", v.Breaching, v.Good, v.Filled, a.EvaluationPeriods)
	}
	if a.TreatMissingData == Ignore && v.State == InsufficientData && was != InsufficientData {
		t.Fatalf("ignored data became %s", v.State)
	}
	if v.Cause.Kept() && (a.TreatMissingData == Breaching || a.TreatMissingData == NotBreaching) {
		t.Fatalf("%s does not decide", a.TreatMissingData)
	}
	if again := Evaluate(a, v.State, datapoints); again.State != v.State {
		t.Fatalf("the same datapoints lead on from %s to %s", v.State, again.State)
	}
	if (v.Reason(a) == "") != v.Cause.Kept() || (v.ReasonData(a, epoch) == "") != v.Cause.Kept() {
		t.Fatalf("reason %q of %s", v.Reason(a), v.Cause)
	}
	for i := range datapoints {
		if i > 0 && !datapoints[i-1].Timestamp.Before(datapoints[i].Timestamp) {
			t.Fatalf("the datapoints were put in another order")
		}
	}
}

// TestLowSamples has the bounds of the user guide: p90 needs 100 samples, p99
// 1000, p10 100, p50 20.
func TestLowSamples(t *testing.T) {
	for statistic, enough := range map[string]float64{"p90": 100, "p99": 1000, "p10": 100, "p50": 20, "p49": 10 / 0.49, "p99.9": 10000} {
		for _, mode := range []LowSampleCount{"", EvaluateLowSamples, IgnoreLowSamples} {
			for _, samples := range []float64{enough - 1, enough} {
				a := Alarm{
					Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: GreaterThanThreshold,
					Statistic: metric.MustStatistic(statistic), EvaluateLowSampleCountPercentile: mode,
				}
				v := Evaluate(a, OK, []Datapoint{{Timestamp: epoch, Value: 10, SampleCount: samples}})
				want := InAlarm
				if mode == IgnoreLowSamples && samples < enough {
					want = OK
				}
				if v.State != want {
					t.Errorf("%s of %v samples, %q: %s", statistic, samples, mode, v.State)
				}
			}
		}
	}
}

// TestReplay holds Replay against an evaluation at every tick.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Alarm{
			Name: "r", Namespace: "n", MetricName: "m", Statistic: summation,
			Period:             rapid.SampledFrom([]int{10, 20, 30, 60, 120, 300, 900, 3600, 86400}).Draw(t, "period"),
			EvaluationPeriods:  rapid.IntRange(1, 5).Draw(t, "N"),
			Threshold:          float64(rapid.IntRange(0, 3).Draw(t, "threshold")),
			ComparisonOperator: rapid.SampledFrom(compares).Draw(t, "compare"),
			TreatMissingData:   rapid.SampledFrom(treats).Draw(t, "treat"),
		}
		a.DatapointsToAlarm = rapid.IntRange(0, a.EvaluationPeriods).Draw(t, "M")
		var points []metric.Point
		at := epoch
		for range rapid.IntRange(0, 8).Draw(t, "points") {
			gap := rapid.SampledFrom([]int{1, 1, 1, 2, 5, 20, 90, 500}).Draw(t, "gap")
			at = at.Add(time.Duration(gap) * time.Minute)
			points = append(points, metric.Point{Time: at.UnixMilli(), Samples: metric.Of(float64(rapid.IntRange(0, 4).Draw(t, "value")))})
		}
		from := epoch.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "from")) * time.Second)
		to := from.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "span")) * time.Minute)

		var want []Transition
		state := InsufficientData
		cadence := Cadence(a)
		for end := from.Truncate(cadence); !end.After(to); end = end.Add(cadence) {
			if end.Before(from) {
				continue
			}
			v := Evaluate(a, state, Datapoints(a, points, end))
			if v.State != state {
				want = append(want, Transition{At: end, From: state, To: v.State})
				state = v.State
			}
		}
		got := slices.Collect(Replay(a, points, from, to))
		if len(got) != len(want) {
			t.Fatalf("%d transitions, not %d:\n got  %+v\n want %+v", len(got), len(want), got, want)
		}
		for i := range want {
			if !got[i].At.Equal(want[i].At) || got[i].From != want[i].From || got[i].To != want[i].To {
				t.Fatalf("transition %d:\n got  %+v\n want %+v", i, got[i], want[i])
			}
			// Each verdict has the datapoints of its own time, not of a later one.
			v := Evaluate(a, got[i].From, got[i].Verdict.Datapoints)
			if v.State != got[i].To || !v.Datapoints[len(v.Datapoints)-1].Timestamp.Add(time.Duration(a.Period)*time.Second).Equal(got[i].At) {
				t.Fatalf("transition %d does not follow from its own datapoints: %+v", i, got[i])
			}
		}
		// Without bounds the replay ends by itself, with the same beginning.
		if len(points) > 0 {
			open := slices.Collect(Replay(a, points, from, time.Time{}))
			if len(open) < len(got) {
				t.Fatalf("%d transitions without an end, %d with one", len(open), len(got))
			}
		}
	})
}

// TestReplayOfYears: years of silence cost nothing, and the alarm still rings.
func TestReplayOfYears(t *testing.T) {
	a := Alarm{
		Name: "y", Namespace: "n", MetricName: "m", Statistic: summation, Period: 300, EvaluationPeriods: 1,
		Threshold: 1, ComparisonOperator: GreaterThanOrEqualToThreshold, TreatMissingData: NotBreaching,
	}
	var points []metric.Point
	for year := range 1000 {
		points = append(points, metric.Point{Time: epoch.AddDate(year, 0, 0).UnixMilli(), Samples: metric.Of(1)})
	}
	got := slices.Collect(Replay(a, points, time.Time{}, time.Time{}))
	if len(got) != 2*len(points)+1 {
		t.Fatalf("%d transitions", len(got))
	}
	// The first minute has no data yet; the point is seen a minute after it
	// began, and for three periods.
	if got[0].To != OK || got[1].To != InAlarm || got[1].At.Sub(epoch) != time.Minute || got[2].At.Sub(epoch) != 16*time.Minute {
		t.Errorf("%+v", got[:3])
	}
	if got := slices.Collect(Replay(a, nil, time.Time{}, time.Time{})); got != nil {
		t.Errorf("out of nothing came %v", got)
	}
	if got := slices.Collect(Replay(a, nil, epoch, time.Time{})); len(got) != 1 || got[0].To != OK || got[0].Verdict.Reason(a) != "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]." {
		t.Errorf("silence: %+v", got)
	}
}

// TestCadence has the rows of "Evaluation cadence and windows" and the known
// evaluation ranges.
func TestCadence(t *testing.T) {
	for _, c := range []struct {
		period, n int
		cadence   time.Duration
		reach     int
	}{
		{300, 3, time.Minute, 5},
		{900, 1, time.Minute, 3},
		{10, 3, 10 * time.Second, 9},
		{86400, 1, time.Minute, 3},
		{86400, 2, time.Hour, 4},
		{3600, 25, time.Hour, 27},
	} {
		a := Alarm{Period: c.period, EvaluationPeriods: c.n}
		if Cadence(a) != c.cadence || EvaluationRange(a) != c.reach {
			t.Errorf("%d s x %d: every %v, range %d", c.period, c.n, Cadence(a), EvaluationRange(a))
		}
	}
}

// TestSlidingWindows: at 12:16 a five-minute alarm looks at the periods that
// begin at 12:01, 12:06 and 12:11 (user guide).
func TestSlidingWindows(t *testing.T) {
	a := Alarm{Period: 300, EvaluationPeriods: 1, Statistic: summation}
	noon := time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)
	var points []metric.Point
	for minute := range 30 {
		points = append(points, metric.Point{Time: noon.Add(time.Duration(minute) * time.Minute).UnixMilli(), Samples: metric.Of(float64(minute))})
	}
	got := Datapoints(a, points, noon.Add(16*time.Minute))
	for i, want := range []struct {
		minute int
		sum    float64
	}{{1, 15}, {6, 40}, {11, 65}} {
		if got[i].Missing || !got[i].Timestamp.Equal(noon.Add(time.Duration(want.minute)*time.Minute)) || got[i].Value != want.sum || got[i].SampleCount != 5 {
			t.Errorf("period %d: %+v", i, got[i])
		}
	}
}
