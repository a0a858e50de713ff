package cloudwatch

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/metric"
	"tocsin/store/state"
)

// Limits of GetMetricStatistics (CloudWatch API Reference).
const (
	maxDatapoints = 1440
	maxStatistics = 5
	maxExtended   = 10
)

// GetMetricStatistics are the statistics of a metric, a point for each period and
// unit, ascending.
func (s *Service) GetMetricStatistics(ctx context.Context, in *cloudwatch.GetMetricStatisticsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricStatisticsOutput, error) {
	q, err := statisticsQuery(in, s.now())
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	if !told(*in.StartTime, s.now(), q.period) {
		return out, nil
	}
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		points, err := series(ctx, tx, scope(ctx), q.metric, string(in.Unit), q.from, q.to)
		if err != nil {
			return err
		}
		for _, unit := range unitsOf(points) {
			for _, p := range metric.Aggregate(points[unit], q.period) {
				if d, ok := q.datapoint(p, unit); ok {
					out.Datapoints = append(out.Datapoints, d)
				}
			}
		}
		return nil
	})
	return out, err
}

// A statisticsRequest is a GetMetricStatistics that has been checked.
type statisticsRequest struct {
	metric   metric.Identity
	period   time.Duration
	from, to int64
	plain    []types.Statistic
	extended map[string]metric.Statistic
}

// statisticsQuery checks a request. The texts about the times and the number of
// datapoints were recorded. UNSURE about the others.
func statisticsQuery(in *cloudwatch.GetMetricStatisticsInput, now time.Time) (q statisticsRequest, err error) {
	var f faults
	f.checkText(in.Namespace, "Namespace", maxNamespace)
	q.metric = f.identity(in.Namespace, in.MetricName, in.Dimensions, "")
	f.checkUnit(in.Unit, "Unit")
	for _, p := range []struct {
		name    string
		missing bool
	}{{"StartTime", in.StartTime == nil}, {"EndTime", in.EndTime == nil}, {"Period", in.Period == nil}} {
		if p.missing {
			f.add(missing("The parameter %s is required.", p.name))
		}
	}
	if err := f.err(); err != nil {
		return q, err
	}
	q.period = time.Duration(*in.Period) * time.Second
	switch {
	case *in.Period < 1:
		f.add(invalid("The parameter Period must be greater than or equal to 1."))
	case !isPeriod(*in.Period):
		f.add(invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."))
	case !in.StartTime.Before(*in.EndTime):
		f.add(invalid("The parameter StartTime must be less than the parameter EndTime."))
	}
	f.statistics(&q, in)
	if err := f.err(); err != nil {
		return q, err
	}
	if n := (in.EndTime.Sub(*in.StartTime) + q.period - 1) / q.period; n > maxDatapoints {
		return q, combination("You have requested up to %d datapoints, which exceeds the limit of %d. "+
			"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", n, maxDatapoints)
	}
	q.from = metric.Align(roundStart(*in.StartTime, now, q.period), q.period)
	q.to = metric.Align(in.EndTime.UnixMilli()-1, q.period) + q.period.Milliseconds() // all of the last period
	return q, nil
}

func (f *faults) statistics(q *statisticsRequest, in *cloudwatch.GetMetricStatisticsInput) {
	switch {
	case len(in.Statistics) == 0 && len(in.ExtendedStatistics) == 0:
		f.add(combination("Must specify either Statistics or ExtendedStatistics"))
	case len(in.Statistics) > 0 && len(in.ExtendedStatistics) > 0:
		f.add(combination("The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both."))
	case len(in.Statistics) > maxStatistics:
		f.add(invalid("The collection Statistics must not have a size greater than %d.", maxStatistics))
	case len(in.ExtendedStatistics) > maxExtended:
		f.add(invalid("The collection ExtendedStatistics must not have a size greater than %d.", maxExtended))
	}
	for i, name := range in.Statistics {
		if st, err := metric.ParseStatistic(string(name)); err != nil || st.Extended() {
			f.add(invalid("The parameter Statistics.member.%d must be a value in the set [ Average, Sum, SampleCount, Maximum, Minimum ].", i+1))
		}
	}
	q.plain, q.extended = in.Statistics, map[string]metric.Statistic{}
	for i, name := range in.ExtendedStatistics {
		st, err := metric.ParseStatistic(name)
		if err != nil || !st.Extended() {
			f.add(invalid("The value %s for parameter ExtendedStatistics.member.%d is not supported.", name, i+1))
		}
		q.extended[name] = st
	}
}

// datapoint is what was asked for of a point; false when nothing of it exists.
func (q statisticsRequest) datapoint(p metric.Point, unit string) (types.Datapoint, bool) {
	d := types.Datapoint{Timestamp: aws.Time(time.UnixMilli(p.Time).UTC()), Unit: types.StandardUnit(unit)}
	some := false
	for _, name := range q.plain {
		v, ok := metric.MustStatistic(string(name)).Of(p.Samples)
		if !ok {
			continue
		}
		some = true
		switch name {
		case types.StatisticSampleCount:
			d.SampleCount = &v
		case types.StatisticAverage:
			d.Average = &v
		case types.StatisticSum:
			d.Sum = &v
		case types.StatisticMinimum:
			d.Minimum = &v
		case types.StatisticMaximum:
			d.Maximum = &v
		default:
			panic(fmt.Sprintf("statistic %q was checked", name))
		}
	}
	for name, st := range q.extended {
		if v, ok := st.Of(p.Samples); ok {
			if d.ExtendedStatistics == nil {
				d.ExtendedStatistics = map[string]float64{}
			}
			d.ExtendedStatistics[name], some = v, true
		}
	}
	return d, some
}
