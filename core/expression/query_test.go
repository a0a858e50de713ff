package expression

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/core/metric"
)

func TestRefusals(t *testing.T) {
	m := func(id string) Query { return Query{ID: id, Stat: stat("x")} }
	for _, c := range []struct {
		name    string
		queries []Query
		want    string
	}{
		{"none", nil, "The collection MetricDataQueries must have between 1 and 500 members; it has 0."},
		{"too many", slices.Repeat([]Query{m("m1")}, 501), "The collection MetricDataQueries must have between 1 and 500 members; it has 501."},
		{
			"ids",
			[]Query{m("5xx_error"), m("M1"), m("a-b"), m("")},
			"The value 5xx_error for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\n" +
				"The value M1 for parameter MetricDataQueries.member.2.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\n" +
				"The value a-b for parameter MetricDataQueries.member.3.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\n" +
				"The value  for parameter MetricDataQueries.member.4.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
		},
		{"twice", []Query{m("m1"), m("m1")}, "The values for parameter Id in MetricDataQueries are not unique: m1 occurs twice."},
		{"both", []Query{{ID: "a", Stat: stat("x"), Expression: "5"}}, "The parameters MetricDataQueries.member.1.Expression and MetricDataQueries.member.1.MetricStat are mutually exclusive and you have specified both."},
		{"neither", []Query{{ID: "a"}}, "Either MetricDataQueries.member.1.Expression or MetricDataQueries.member.1.MetricStat must be specified."},
		{"period", []Query{{ID: "a", Stat: &Stat{Period: 7 * time.Second}}}, "The parameter MetricDataQueries.member.1.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60."},
		{"period of an expression", []Query{{ID: "a", Expression: "TIME_SERIES(1)", Period: 61 * time.Second}}, "The parameter MetricDataQueries.member.1.Period must be 1, 5, 10, 20, 30 or a multiple of 60."},
		{"unknown", []Query{m("m1"), {ID: "e1", Expression: "m1 / m2"}}, "Error in expression 'e1': there is no query with the Id 'm2'"},
		{"itself", []Query{{ID: "e1", Expression: "e1 + 1"}}, "Error in expression 'e1': it refers to itself: e1 -> e1"},
		{"circle", []Query{m("m1"), {ID: "e1", Expression: "e2 + m1"}, {ID: "e2", Expression: "e3"}, {ID: "e3", Expression: "2 * e1"}}, "Error in expression 'e1': it refers to itself: e1 -> e2 -> e3 -> e1"},
		{"syntax", []Query{{ID: "expr_1", Expression: "5 +"}}, "Error in expression 'expr_1': Invalid syntax: expected a value at character 4"},
		{"function", []Query{m("m1"), {ID: "e1", Expression: "ANOMALY_DETECTOR(m1)"}}, "Error in expression 'e1': Function 'ANOMALY_DETECTOR' not found: expected a function of metric math at character 1"},
		{"arrays of others", []Query{m("m1"), {ID: "e1", Expression: "METRICS()"}, {ID: "e2", Expression: "e1 * e1"}}, "Error in expression 'e2': Unsupported operand type(s) for *: '[TS[], TS[]]'; at most one of them may be an array of time series"},
	} {
		_, err := NewSet(c.queries)
		var refused *InvalidError
		if !errors.As(err, &refused) || refused.Code != "ValidationError" {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, refused.Message); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestQueries: expressions refer to each other in any order, hidden ones are not
// told, and an array is several results.
func TestQueries(t *testing.T) {
	set, err := NewSet([]Query{
		{ID: "rate", Expression: "100 * errors / total", Label: "Rate"},
		{ID: "total", Expression: "SUM(METRICS())", Hidden: true},
		{ID: "mean", Expression: "AVG(total)", Hidden: true},
		{ID: "above", Expression: "IF(total > mean, 1, 0)"},
		{ID: "errors", Stat: stat("errors"), Hidden: true},
		{ID: "fine", Stat: stat("fine"), Label: "Fine"},
		{ID: "all", Expression: "METRICS() * 2", Label: "Twice"},
		{ID: "unnamed", Expression: "-METRICS()"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := []Kind{set.Kind("rate"), set.Kind("mean"), set.Kind("all"), set.Kind("none")}; !slices.Equal(got, []Kind{TimeSeries, Scalar, Array, 0}) {
		t.Errorf("kinds %v", got)
	}
	r := Range{Start: noon, End: noon + 180_000}
	results, err := set.Evaluate(Request{Range: r, Reader: reader(map[string][]Point{"errors": values(t, "1 _ 2"), "fine": values(t, "3 6 _")})})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, each := range results {
		got = append(got, fmt.Sprintf("%s %q: %s", each.ID, each.Label, show(each.Series, r)))
	}
	if diff := cmp.Diff([]string{
		`rate "Rate": 25 0 100`,
		`above "above": 0 1 0`,
		`fine "Fine": 3 6 _`,
		`all "Twice errors": 2 _ 4`,
		`all "Twice Fine": 6 12 _`,
		`unnamed "errors": -1 _ -2`,
		`unnamed "Fine": -3 -6 _`,
	}, got); diff != "" {
		t.Error(diff)
	}
	if stats := set.Stats(); len(stats) != 2 || stats[0].Metric.Name != "errors" {
		t.Errorf("%+v", stats)
	}
}

// TestReaderFails: nothing is told when a metric cannot be read.
func TestReaderFails(t *testing.T) {
	broken := errors.New("broken")
	fails := Reader{
		Series:  func(Stat, Range) (Series, []Message, error) { return Series{}, nil, broken },
		Metrics: func(string) ([]metric.Identity, error) { return []metric.Identity{{Name: "x"}}, nil },
	}
	for _, q := range []Query{{ID: "m1", Stat: stat("x")}, {ID: "e1", Expression: "SUM(SEARCH('x', 'Sum', 60))"}} {
		set, err := NewSet([]Query{q})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := set.Evaluate(Request{Range: Range{Start: noon, End: noon + 60_000}, Reader: fails}); !errors.Is(err, broken) || got != nil {
			t.Errorf("%s: %v, %v", q.ID, got, err)
		}
	}
}

// TestBounds: what would be too much is refused.
func TestBounds(t *testing.T) {
	day := Range{Start: noon, End: noon + 200*86400_000}
	set, err := NewSet([]Query{{ID: "e1", Expression: "TIME_SERIES(1)"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.Evaluate(Request{Range: day})
	if err == nil || err.Error() != "The time range has more than 100800 periods of 60 seconds; make it shorter or the period longer" {
		t.Error(err)
	}
	queries := []Query{{ID: "m1", Stat: stat("x")}, {ID: "a0", Expression: "[m1, m1]"}}
	for i := range 20 {
		queries = append(queries, Query{ID: fmt.Sprintf("a%d", i+1), Expression: fmt.Sprintf("[a%d, a%d]", i, i)})
	}
	_, err = NewSet(queries)
	if err == nil || err.Error() != "Error in expression 'a13': it may come to 16384 time series, and 10000 is the most" {
		t.Error(err)
	}
}

// TestWork: few short texts cannot ask for any amount of memory.
func TestWork(t *testing.T) {
	for _, expressions := range [][]string{
		{"[METRICS(), METRICS(), METRICS(), METRICS(), METRICS()]", "FILL(e0, 0)"},
		{"FILL(METRICS(), 0)", "[e0, e0, e0, e0, e0]", "[e1, e1]", "SUM(e2 * 2 + 1)", "AVG(e2 * 3) / 0", "MAX(-e2)"},
	} {
		var queries []Query
		for i := range 100 {
			queries = append(queries, Query{ID: fmt.Sprint("m", i), Stat: stat("none"), Hidden: true})
		}
		for i, text := range expressions {
			queries = append(queries, Query{ID: fmt.Sprint("e", i), Expression: text, Hidden: true})
		}
		set, err := NewSet(queries)
		if err != nil {
			t.Fatal(err)
		}
		_, err = set.Evaluate(Request{Range: Range{Start: noon, End: noon + 100_800*60_000}, Reader: reader(nil)})
		if err == nil || err.Error() != "The expressions come to more than 50000000 values; use fewer, a shorter time range or a longer period" {
			t.Errorf("%q: %v", expressions, err)
		}
	}
}

// TestPeriods: what has no period by its metrics takes that of the query, of the
// metrics that it refers to, or of all.
func TestPeriods(t *testing.T) {
	five := stat("five")
	five.Period = 5 * time.Minute
	set, err := NewSet([]Query{
		{ID: "m1", Stat: stat("one"), Hidden: true},
		{ID: "m5", Stat: five, Hidden: true},
		{ID: "own", Expression: "TIME_SERIES(1)", Period: 2 * time.Minute},
		{ID: "referred", Expression: "TIME_SERIES(SUM(m5))"},
		{ID: "through", Expression: "TIME_SERIES(SUM(referred))"},
		{ID: "any", Expression: "TIME_SERIES(3)"},
		{ID: "filled", Expression: "FILL(m5, 0)"},
		{ID: "hour", Expression: "HOUR(m5)"},
	})
	if err != nil {
		t.Fatal(err)
	}
	results, err := set.Evaluate(Request{Range: Range{Start: noon + 60_000, End: noon + 600_000}, Reader: reader(nil)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, each := range results {
		for _, p := range each.Series.Points {
			got[each.ID] += time.UnixMilli(p.Time).UTC().Format(" 04")
		}
	}
	if diff := cmp.Diff(map[string]string{
		"own": " 00 02 04 06 08", "referred": " 00 05", "through": " 00 05", "any": " 01 02 03 04 05 06 07 08 09",
		"filled": " 00 05", "hour": " 00 05",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRead(t *testing.T) {
	var points []metric.Point
	for i := range 12 {
		points = append(points, metric.Point{Time: noon + int64(i)*60_000, Samples: metric.Of(float64(i))})
	}
	st := *stat("x")
	st.Period = 5 * time.Minute
	for _, c := range []struct {
		r    Range
		want []Point
	}{
		{Range{Start: noon, End: noon + 720_000}, []Point{{noon, 10}, {noon + 300_000, 35}, {noon + 600_000, 21}}},
		{Range{Start: noon + 420_000, End: noon + 600_000}, []Point{{noon + 300_000, 35}}},
		{Range{Start: noon + 120_000, End: noon + 720_000, Anchor: noon + 720_000}, []Point{{noon + 120_000, 20}, {noon + 420_000, 45}}},
		{Range{Start: noon + 7200_000, End: noon + 7500_000}, nil},
	} {
		if diff := cmp.Diff(c.want, Read(points, st, c.r).Points); diff != "" {
			t.Errorf("%+v: %s", c.r, diff)
		}
	}
}

// TestLaws of sums and of filling, whatever the values.
func TestLaws(t *testing.T) {
	series := rapid.SliceOfN(rapid.SampledFrom([]string{"_", "0", "1", "-2.5", "7", "1000"}), 6, 6)
	rapid.Check(t, func(rt *rapid.T) {
		data := map[string][]Point{}
		for _, id := range []string{"m1", "m2"} {
			data[id] = values(t, strings.Join(series.Draw(rt, id), " "))
		}
		r := Range{Start: noon, End: noon + 360_000}
		ask := func(text string) string { return answer(text, []string{"m1", "m2"}, data, r) }
		same := func(a, b string) {
			if x, y := ask(a), ask(b); x != y {
				rt.Errorf("%s is %s, %s is %s", a, x, b, y)
			}
		}
		same("m1 + m2", "m2 + m1")
		same("m1 + m2", "SUM([m1, m2])")
		same("AVG([m1, m2])", "SUM([m1, m2]) / 2")
		same("m1 - m2", "m1 + -m2")
		same("FILL(FILL(m1, 0), 5)", "FILL(m1, 0)")
		same("FILL(m1, 0) + FILL(m2, 0)", "FILL(m1 + m2, 0)")
		same("m1 < m2", "m2 > m1")
		same("m1 <= m2", "1 - (m1 > m2)")
		same("IF(m1 > 0, m1)", "IF(m1 > 0, m1, FIRST(METRICS(\"none\")))")
		same("MAX([m1, m2]) - MIN([m1, m2])", "ABS(MAX([m1, m2]) - MIN([m1, m2]))")
		same("SORT(METRICS(), SUM, ASC, 1)", "SLICE(SORT(METRICS(), SUM, ASC), 0, 1)")
		for _, p := range data["m1"] {
			if math.IsNaN(p.Value) {
				rt.Fatal("no number")
			}
		}
	})
}
