package expression

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
)

// TestDefaultLabels: the first four were recorded.
func TestDefaultLabels(t *testing.T) {
	s := func(name, statistic string, period time.Duration, dimensions ...metric.Dimension) Query {
		return Query{Stat: &Stat{Metric: metric.NewIdentity("N", name, dimensions...), Statistic: metric.MustStatistic(statistic), Period: period}}
	}
	const m, f = time.Minute, 5 * time.Minute
	group := func(v string) metric.Dimension { return metric.Dimension{Name: "Group", Value: v} }
	for _, c := range []struct {
		queries []Query
		want    []string
	}{
		{[]Query{s("metric1", "Sum", m), s("metric2", "Sum", m)}, []string{"metric1", "metric2"}},
		{[]Query{s("metric1", "Sum", m), s("metric1", "Average", m)}, []string{"metric1 Sum", "metric1 Average"}},
		{[]Query{s("metric1", "Sum", m), s("metric1", "Sum", f)}, []string{"metric1 60", "metric1 300"}},
		{[]Query{s("metric1", "Sum", m), s("metric2", "p99", f)}, []string{"metric1 Sum 60", "metric2 p99 300"}},
		{[]Query{s("x", "Sum", m, group("a")), s("x", "Sum", m, group("b"))}, []string{"x a", "x b"}},
		{[]Query{s("x", "Sum", m, group("a")), s("y", "Sum", m, group("a"))}, []string{"x", "y"}},
	} {
		for i := range c.queries {
			c.queries[i].ID = string(rune('a' + i))
		}
		set, err := NewSet(c.queries)
		if err != nil {
			t.Fatal(err)
		}
		results, err := set.Evaluate(Request{Range: Range{Start: noon, End: noon + 60_000}, Reader: reader(nil)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			got = append(got, r.Label)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDynamicLabels(t *testing.T) {
	st := &Stat{
		Metric:    metric.NewIdentity("AWS/Logs", "Hits", metric.Dimension{Name: "Group", Value: "trail"}),
		Statistic: metric.MustStatistic("Sum"), Period: time.Minute,
	}
	for _, c := range []struct{ label, points, want string }{
		{"plain", "1", "plain"},
		{"${LABEL}", "1", "Hits"},
		{"${LABEL} [avg: ${AVG}, max: ${MAX}, min: ${MIN}]", "1 2 _ 7", "Hits [avg: 3.333, max: 7, min: 1]"},
		{"${FIRST} ${LAST} ${SUM} ${DATAPOINT_COUNT}", "1 2 _ 7", "1 7 10 3"},
		{"${FIRST_LAST_RANGE} ${MIN_MAX_RANGE}", "5 9 3", "-2 6"},
		{"${FIRST_TIME} / ${MAX_TIME}", "_ 9 3", "2026-09-14 14:01:00 / 2026-09-14 14:01:00"},
		{"${LAST_TIME_RELATIVE} ago, ${MIN_TIME_RELATIVE}, ${MIN_MAX_TIME_RANGE} ${FIRST_LAST_TIME_RANGE}", "5 9 3", "3h 58m ago, 3h 58m, 1m 2m"},
		{"${PROP('MetricName')} ${PROP('Namespace')} ${PROP(\"Stat\")} ${PROP('Period')} ${PROP('Region')} ${PROP('AccountId')}", "1", "Hits AWS/Logs Sum 60 eu-central-1 123456789012"},
		{"${PROP('Dim.Group')}${PROP('Dim.None')}", "1", "trail"},
		{"${NOTHING} ${PROP('x')} ${PROP} ${ ${} $x ${AVG", "1", "${NOTHING} ${PROP('x')} ${PROP} ${ ${} $x ${AVG"},
		{"${AVG} ${LAST_TIME} ${SUM}", "_", "-- -- 0"},
	} {
		set, err := NewSet([]Query{{ID: "m1", Stat: st, Label: c.label}})
		if err != nil {
			t.Fatal(err)
		}
		results, err := set.Evaluate(Request{
			Range: Range{Start: noon, End: noon + 600_000}, Reader: reader(map[string][]Point{"Hits": values(t, c.points)}),
			Now: time.UnixMilli(noon).Add(4 * time.Hour), Zone: time.FixedZone("", 7200), Region: "eu-central-1", Account: "123456789012",
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := results[0].Label; got != c.want {
			t.Errorf("%s: %s, want %s", c.label, got, c.want)
		}
	}
}
