package cloudwatch_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
)

// statistics asks for a metric of the namespace App in minutes.
func (b *bench) statistics(t *testing.T, name string, ask func(*api.GetMetricStatisticsInput)) []types.Datapoint {
	t.Helper()
	in := &api.GetMetricStatisticsInput{
		Namespace: aws.String("App"), MetricName: &name, Period: aws.Int32(60),
		StartTime: aws.Time(b.world.Now().Add(-time.Hour)), EndTime: aws.Time(b.world.Now().Add(time.Hour)),
	}
	ask(in)
	out := must[*api.GetMetricStatisticsOutput](t)(b.GetMetricStatistics(b.ctx, in))
	if *out.Label != name {
		t.Errorf("the label of %s is %s", name, *out.Label)
	}
	return out.Datapoints
}

func TestMetricData(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		now := b.world.Now()
		must[*api.PutMetricDataOutput](t)(b.PutMetricData(b.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{
			{MetricName: aws.String("m"), Values: []float64{1, 10}, Counts: []float64{2, 4}},
			{MetricName: aws.String("m"), Value: aws.Float64(7), Timestamp: aws.Time(now.Add(-90 * time.Second)), Unit: types.StandardUnitNone},
			{MetricName: aws.String("m"), Value: aws.Float64(3), Unit: types.StandardUnitBytes},
			{MetricName: aws.String("m"), Value: aws.Float64(9), Dimensions: []types.Dimension{dim("b", "2"), dim("a", "1")}},
			{MetricName: aws.String("set"), StatisticValues: &types.StatisticSet{
				SampleCount: aws.Float64(4), Sum: aws.Float64(10), Minimum: aws.Float64(1), Maximum: aws.Float64(5),
			}},
		}}))
		if b.woken == 0 {
			t.Error("nobody was woken")
		}
		every := []types.Statistic{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
		point := func(at time.Time, unit types.StandardUnit, count, sum, low, high float64) types.Datapoint {
			return types.Datapoint{
				Timestamp: &at, Unit: unit, SampleCount: &count, Sum: &sum, Minimum: &low, Maximum: &high, Average: aws.Float64(sum / count),
			}
		}
		all := b.statistics(t, "m", func(in *api.GetMetricStatisticsInput) { in.Statistics = every })
		want := []types.Datapoint{
			point(now, "Bytes", 1, 3, 3, 3),
			point(now.Add(-2*time.Minute), "None", 1, 7, 7, 7),
			point(now, "None", 6, 42, 1, 10),
		}
		same(t, want, all)
		bytes := b.statistics(t, "m", func(in *api.GetMetricStatisticsInput) { in.Statistics, in.Unit = every, "Bytes" })
		same(t, want[:1], bytes)
		set := b.statistics(t, "set", func(in *api.GetMetricStatisticsInput) { in.Statistics = every })
		same(t, []types.Datapoint{point(now, "None", 4, 10, 1, 5)}, set)
		with := b.statistics(t, "m", func(in *api.GetMetricStatisticsInput) {
			in.Statistics, in.Dimensions = every, []types.Dimension{dim("a", "1"), dim("b", "2")}
		})
		same(t, []types.Datapoint{point(now, "None", 1, 9, 9, 9)}, with)
		extended := b.statistics(t, "m", func(in *api.GetMetricStatisticsInput) {
			in.ExtendedStatistics, in.Unit = []string{"p100", "tc50"}, "None"
		})
		if len(extended) != 2 || extended[1].ExtendedStatistics["p100"] != 10 || extended[1].Sum != nil {
			t.Errorf("extended: %+v", extended)
		}
		for name, ask := range map[string]func(*api.GetMetricStatisticsInput){
			"none":   func(in *api.GetMetricStatisticsInput) { in.Statistics = every },
			"set":    func(in *api.GetMetricStatisticsInput) { in.ExtendedStatistics = []string{"p90"} },
			"absent": func(in *api.GetMetricStatisticsInput) { in.Statistics, in.Unit = every, "Percent" },
		} {
			if got := b.statistics(t, name, ask); len(got) != 0 {
				t.Errorf("%s: %+v", name, got)
			}
		}
	})
}

func same[T any](t *testing.T, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, document); diff != "" {
		t.Error(diff)
	}
}

func TestHighResolution(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		for second := range 20 {
			must[*api.PutMetricDataOutput](t)(b.PutMetricData(b.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{{
				MetricName: aws.String("m"), Value: aws.Float64(1), StorageResolution: aws.Int32(1),
				Timestamp: aws.Time(b.world.Now().Add(time.Duration(second) * time.Second)),
			}}}))
		}
		got := b.statistics(t, "m", func(in *api.GetMetricStatisticsInput) {
			in.Statistics, in.Period = []types.Statistic{"Sum"}, aws.Int32(10)
			in.StartTime = aws.Time(b.world.Now().Add(3 * time.Second))
		})
		var sums []string
		for _, p := range got {
			sums = append(sums, fmt.Sprint(p.Timestamp.Sub(b.world.Now()), " ", *p.Sum))
		}
		same(t, []string{"0s 10", "10s 10"}, sums)
	})
}

// TestOldStarts: far back only longer periods are told.
func TestOldStarts(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.publish(t, "m", 1, b.world.Now())
		b.world.Advance(20 * 24 * time.Hour)
		for period, want := range map[int32]int{60: 0, 300: 1, 3600: 1} {
			got := b.statistics(t, "m", func(in *api.GetMetricStatisticsInput) {
				in.Statistics, in.Period = []types.Statistic{"Sum"}, &period
				in.StartTime = aws.Time(b.world.Now().Add(-20*24*time.Hour - time.Hour))
				in.EndTime = aws.Time(in.StartTime.Add(2 * time.Hour))
			})
			if len(got) != want {
				t.Errorf("in periods of %d s there are %d datapoints, want %d", period, len(got), want)
			}
		}
	})
}

func TestGetMetricData(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		now := b.world.Now()
		for minute := range 5 {
			b.publish(t, "m", float64(minute), now.Add(time.Duration(minute)*time.Minute))
		}
		b.publish(t, "n", 10, now)
		stat := func(id, name, stat string) types.MetricDataQuery {
			return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: aws.String("App"), MetricName: &name}, Period: aws.Int32(60), Stat: &stat,
			}}
		}
		hidden := stat("h", "n", "Sum")
		hidden.ReturnData = aws.Bool(false)
		in := &api.GetMetricDataInput{
			StartTime: aws.Time(now), EndTime: aws.Time(now.Add(5 * time.Minute)), ScanBy: types.ScanByTimestampAscending,
			MetricDataQueries: []types.MetricDataQuery{
				stat("a", "m", "Sum"), hidden,
				{Id: aws.String("e"), Expression: aws.String("a*2 + SUM(h)"), Label: aws.String("twice")},
				stat("none", "none", "Sum"),
			},
		}
		tell := func(r types.MetricDataResult) string {
			return fmt.Sprint(*r.Id, " ", *r.Label, " ", r.Values, " ", r.StatusCode)
		}
		var got []string
		out := must[*api.GetMetricDataOutput](t)(b.GetMetricData(b.ctx, in))
		for _, r := range out.MetricDataResults {
			got = append(got, tell(r))
			if len(r.Timestamps) != len(r.Values) {
				t.Errorf("%d timestamps of %d values", len(r.Timestamps), len(r.Values))
			}
		}
		same(t, []string{"a m [0 1 2 3 4] Complete", "e twice [10 12 14 16 18] Complete", "none none [] Complete"}, got)

		in.ScanBy, in.MaxDatapoints = "", aws.Int32(3)
		got = nil
		for pages := 1; ; pages++ {
			out := must[*api.GetMetricDataOutput](t)(b.GetMetricData(b.ctx, in))
			for _, r := range out.MetricDataResults {
				got = append(got, fmt.Sprint(pages, " ", tell(r)))
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		same(t, []string{
			"1 a m [4 3 2] PartialData", "2 a m [1 0] Complete", "2 e twice [18] PartialData",
			"3 e twice [16 14 12] PartialData", "4 e twice [10] Complete", "4 none none [] Complete",
		}, got)
	})
}

func TestMultipleUnits(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		now := b.world.Now()
		must[*api.PutMetricDataOutput](t)(b.PutMetricData(b.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{
			{MetricName: aws.String("m"), Value: aws.Float64(1), Unit: types.StandardUnitCount},
			{MetricName: aws.String("m"), Value: aws.Float64(2), Unit: types.StandardUnitBytes},
		}}))
		query := types.MetricDataQuery{Id: aws.String("a"), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("App"), MetricName: aws.String("m")}, Period: aws.Int32(60), Stat: aws.String("Sum"),
		}}
		in := &api.GetMetricDataInput{StartTime: aws.Time(now), EndTime: aws.Time(now.Add(time.Minute)), MetricDataQueries: []types.MetricDataQuery{query}}
		r := must[*api.GetMetricDataOutput](t)(b.GetMetricData(b.ctx, in)).MetricDataResults[0]
		same(t, []float64{2}, r.Values)
		if len(r.Messages) != 1 || *r.Messages[0].Code != "MultipleUnits" || *r.Messages[0].Value != "Multiple units returned: '[Bytes, Count]'" {
			t.Errorf("messages: %+v", r.Messages)
		}
		query.MetricStat.Unit = types.StandardUnitCount
		r = must[*api.GetMetricDataOutput](t)(b.GetMetricData(b.ctx, in)).MetricDataResults[0]
		same(t, []float64{1}, r.Values)
		if len(r.Messages) != 0 {
			t.Errorf("messages: %+v", r.Messages)
		}
	})
}

func TestListMetrics(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		now := b.world.Now()
		b.publish(t, "old", 1, now)
		b.world.Advance(10 * time.Hour)
		now = b.world.Now()
		b.publish(t, "new", 1, now, dim("host", "a"))
		b.publish(t, "new", 1, now, dim("host", "b"), dim("disk", "c"))
		ask := func(change func(*api.ListMetricsInput)) (names []string) {
			in := &api.ListMetricsInput{}
			change(in)
			out := must[*api.ListMetricsOutput](t)(b.ListMetrics(b.ctx, in))
			for _, m := range out.Metrics {
				name := *m.MetricName
				for _, d := range m.Dimensions {
					name += " " + *d.Name + "=" + *d.Value
				}
				names = append(names, name)
			}
			return names
		}
		for name, c := range map[string]struct {
			change func(*api.ListMetricsInput)
			want   []string
		}{
			"all":       {func(*api.ListMetricsInput) {}, []string{"old", "new host=a", "new disk=c host=b"}},
			"name":      {func(in *api.ListMetricsInput) { in.MetricName = aws.String("old") }, []string{"old"}},
			"namespace": {func(in *api.ListMetricsInput) { in.Namespace = aws.String("Ap") }, nil},
			"active":    {func(in *api.ListMetricsInput) { in.RecentlyActive = "PT3H" }, []string{"new host=a", "new disk=c host=b"}},
			"some": {
				func(in *api.ListMetricsInput) { in.Dimensions = []types.DimensionFilter{{Name: aws.String("disk")}} },
				[]string{"new disk=c host=b"},
			},
			"value": {func(in *api.ListMetricsInput) {
				in.Dimensions = []types.DimensionFilter{{Name: aws.String("host"), Value: aws.String("a")}}
			}, []string{"new host=a"}},
			"others": {func(in *api.ListMetricsInput) {
				in.OwningAccount, in.IncludeLinkedAccounts = aws.String("1"), aws.Bool(true)
			}, nil},
		} {
			if diff := cmp.Diff(c.want, ask(c.change)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		b.world.Advance(14*24*time.Hour - time.Hour)
		same(t, []string{"new host=a", "new disk=c host=b"}, ask(func(*api.ListMetricsInput) {}))
		b.world.Advance(2 * time.Hour)
		same(t, nil, ask(func(*api.ListMetricsInput) {}))
	})
}

func TestListMetricsPages(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		const metrics = 1201
		for from := 0; from < metrics; from += 1000 {
			in := &api.PutMetricDataInput{Namespace: aws.String("App")}
			for i := from; i < min(metrics, from+1000); i++ {
				in.MetricData = append(in.MetricData, types.MetricDatum{MetricName: aws.String(fmt.Sprintf("m%04d", i)), Value: aws.Float64(1)})
			}
			must[*api.PutMetricDataOutput](t)(b.PutMetricData(b.ctx, in))
		}
		var names []string
		in := &api.ListMetricsInput{}
		var sizes []int
		for {
			out := must[*api.ListMetricsOutput](t)(b.ListMetrics(b.ctx, in))
			sizes = append(sizes, len(out.Metrics))
			for _, m := range out.Metrics {
				names = append(names, *m.MetricName)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		slices.Sort(names)
		if n := len(slices.Compact(names)); n != metrics || !slices.Equal(sizes, []int{500, 500, 201}) {
			t.Errorf("%d different metrics in pages of %v", n, sizes)
		}
	})
}

func TestMetricErrors(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		now := b.world.Now()
		datum := func(change func(*types.MetricDatum)) error {
			d := types.MetricDatum{MetricName: aws.String("m"), Value: aws.Float64(1)}
			change(&d)
			_, err := b.PutMetricData(b.ctx, &api.PutMetricDataInput{Namespace: aws.String("App"), MetricData: []types.MetricDatum{d}})
			return err
		}
		statistics := func(change func(*api.GetMetricStatisticsInput)) error {
			in := &api.GetMetricStatisticsInput{
				Namespace: aws.String("App"), MetricName: aws.String("m"), Period: aws.Int32(60), Statistics: []types.Statistic{"Sum"},
				StartTime: aws.Time(now.Add(-time.Hour)), EndTime: aws.Time(now),
			}
			change(in)
			_, err := b.GetMetricStatistics(b.ctx, in)
			return err
		}
		for _, c := range []struct {
			want string
			err  error
		}{
			// Recorded.
			{
				"InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.",
				datum(func(d *types.MetricDatum) { d.Values = []float64{1} }),
			},
			{
				"InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.",
				datum(func(d *types.MetricDatum) { d.StatisticValues = &types.StatisticSet{Sum: aws.Float64(1)} }),
			},
			{
				"InvalidParameterValue: The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
				datum(func(d *types.MetricDatum) { d.Value, d.Values, d.Counts = nil, []float64{1, 2}, []float64{1} }),
			},
			{
				"InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
				datum(func(d *types.MetricDatum) { d.Timestamp = aws.Time(now.Add(-15 * 24 * time.Hour)) }),
			},
			{
				"InvalidParameterValue: The collection MetricData.member.1.Values must not have a size greater than 150.",
				datum(func(d *types.MetricDatum) { d.Value, d.Values = nil, make([]float64, 151) }),
			},
			{
				"InvalidParameterCombination: You have requested up to 1500 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
				statistics(func(in *api.GetMetricStatisticsInput) { in.StartTime = aws.Time(now.Add(-25 * time.Hour)) }),
			},
			{
				"InvalidParameterValue: The parameter StartTime must be less than the parameter EndTime.",
				statistics(func(in *api.GetMetricStatisticsInput) { in.StartTime = in.EndTime }),
			},
			{
				"InvalidParameterCombination: Must specify either Statistics or ExtendedStatistics",
				statistics(func(in *api.GetMetricStatisticsInput) { in.Statistics = nil }),
			},
			// In their manner.
			{
				"InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
				datum(func(d *types.MetricDatum) { d.Timestamp = aws.Time(now.Add(3 * time.Hour)) }),
			},
			{
				"InvalidParameterValue: The value +Inf for parameter MetricData.member.1.Value is invalid.",
				datum(func(d *types.MetricDatum) { d.Value = aws.Float64(math.Inf(1)) }),
			},
			{
				"InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid.",
				datum(func(d *types.MetricDatum) { d.Value = aws.Float64(math.NaN()) }),
			},
			{
				"MissingParameter: The parameter MetricData.member.1.MetricName is required.",
				datum(func(d *types.MetricDatum) { d.MetricName = nil }),
			},
			{
				"InvalidParameterValue: The value ä for parameter MetricData.member.1.Dimensions.member.1.Name is invalid.",
				datum(func(d *types.MetricDatum) { d.Dimensions = []types.Dimension{dim("ä", "x")} }),
			},
			{
				"InvalidParameterValue: The value   for parameter MetricData.member.1.Dimensions.member.1.Value is invalid.",
				datum(func(d *types.MetricDatum) { d.Dimensions = []types.Dimension{dim("a", " ")} }),
			},
			{
				"InvalidParameterValue: The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
				datum(func(d *types.MetricDatum) { d.Dimensions = slices.Repeat([]types.Dimension{dim("a", "b")}, 31) }),
			},
			{
				"InvalidParameterValue: The parameter MetricData.member.1.StorageResolution must be 1 or 60.",
				datum(func(d *types.MetricDatum) { d.StorageResolution = aws.Int32(5) }),
			},
			{
				"InvalidParameterValue: The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
				statistics(func(in *api.GetMetricStatisticsInput) { in.Period = aws.Int32(90) }),
			},
			{
				"InvalidParameterValue: The value p101 for parameter ExtendedStatistics.member.1 is not supported.",
				statistics(func(in *api.GetMetricStatisticsInput) { in.Statistics, in.ExtendedStatistics = nil, []string{"p101"} }),
			},
			{"InvalidNextToken: The value of NextToken is not one that this operation gave: x", func() error {
				_, err := b.ListMetrics(b.ctx, &api.ListMetricsInput{NextToken: aws.String("x")})
				return err
			}()},
		} {
			if got := fault(c.err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		}
		out := must[*api.ListMetricsOutput](t)(b.ListMetrics(b.ctx, &api.ListMetricsInput{}))
		if len(out.Metrics) != 0 {
			t.Errorf("something refused was published: %+v", out.Metrics)
		}
	})
}
