package cloudwatch

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/metric"
	"tocsin/store/state"
)

// Limits of PutMetricData (CloudWatch API Reference).
const (
	maxData   = 1000
	maxValues = 150
	oldest    = 14 * 24 * time.Hour
	newest    = 2 * time.Hour
)

// maxMagnitude bounds values on both sides of zero.
var maxMagnitude = math.Pow(2, 360)

// PutMetricData adds samples to metrics and makes the alarms on them due, in one
// transaction. A point is a minute, or with StorageResolution 1 a second.
func (s *Service) PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error) {
	points, touched, err := published(in, scope(ctx), s.now())
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		if err := tx.AddPoints(ctx, points); err != nil {
			return err
		}
		return tx.MarkDue(ctx, touched)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// published is what a request publishes. The texts for mutually exclusive and
// unequal members, for the timestamp and for the sizes were recorded; the others are
// like them. UNSURE
func published(in *cloudwatch.PutMetricDataInput, at state.Scope, now time.Time) ([]state.Points, []state.Touch, error) {
	var f faults
	f.checkNamespace(in.Namespace)
	switch {
	case len(in.EntityMetricData) > 0:
		f.add(invalid("The parameter EntityMetricData is not supported by tocsin, which knows no entities; publish the same metrics as MetricData."))
	case len(in.MetricData) == 0:
		f.add(missing("The parameter MetricData is required."))
	case len(in.MetricData) > maxData:
		f.add(invalid("The collection MetricData must not have a size greater than %d.", maxData))
	}
	if err := f.err(); err != nil {
		return nil, nil, err
	}
	var points []state.Points
	var touched []state.Touch
	for i, d := range in.MetricData {
		member := fmt.Sprintf("MetricData.member.%d.", i+1)
		id := f.identity(in.Namespace, d.MetricName, d.Dimensions, member)
		f.checkUnit(d.Unit, member+"Unit")
		t := f.timestamp(d, member, now)
		samples := f.samples(d, member)
		if samples.Empty() {
			continue // all counts are zero
		}
		points = append(points, state.Points{Scope: at, Metric: id, Unit: string(d.Unit), Points: []metric.Point{{Time: t, Samples: samples}}})
		touched = append(touched, state.Touch{Scope: at, Metric: id, Minute: metric.Minute(t)})
	}
	return points, touched, f.err()
}

// timestamp is the time of a datum's point.
func (f *faults) timestamp(d types.MetricDatum, member string, now time.Time) int64 {
	t := now
	if d.Timestamp != nil {
		t = *d.Timestamp
	}
	switch {
	case t.Before(now.Add(-oldest)):
		f.add(invalid("The parameter %sTimestamp must specify a time within the past two weeks.", member))
	case t.After(now.Add(newest)):
		f.add(invalid("The parameter %sTimestamp must specify a time no more than two hours in the future.", member))
	}
	switch aws.ToInt32(d.StorageResolution) {
	case 1:
		return metric.Align(t.UnixMilli(), time.Second)
	case 0, 60:
	default:
		f.add(invalid("The parameter %sStorageResolution must be 1 or 60.", member))
	}
	return metric.Minute(t.UnixMilli())
}

// samples are a datum's. Values together with StatisticValues were seen to pass,
// and count both.
func (f *faults) samples(d types.MetricDatum, member string) metric.Samples {
	exclusive := func(a, b string) {
		f.add(combination("The parameters %s%s and %s%s are mutually exclusive and you have specified both.", member, a, member, b))
	}
	switch {
	case d.Value != nil && len(d.Values) > 0:
		exclusive("Value", "Values")
	case d.Value != nil && d.StatisticValues != nil:
		exclusive("Value", "StatisticValues")
	case d.Value == nil && len(d.Values) == 0 && d.StatisticValues == nil:
		f.add(missing("At least one of the parameters %sValue, %sValues or %sStatisticValues must be specified.", member, member, member))
	case len(d.Values) > maxValues:
		f.add(invalid("The collection %sValues must not have a size greater than %d.", member, maxValues))
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		f.add(invalid("The parameters %sValues and %sCounts must be of the same size.", member, member))
	}
	var out metric.Samples
	add := func(v, n float64, name string) {
		f.checkNumber(v, member+name)
		out.Add(v, n)
	}
	if d.Value != nil {
		add(*d.Value, 1, "Value")
	}
	for i, v := range d.Values {
		n := 1.0
		if i < len(d.Counts) {
			n = d.Counts[i]
			if !(n >= 0 && n <= maxMagnitude) {
				f.add(invalid("The value %v for parameter %sCounts.member.%d is invalid.", n, member, i+1))
			}
		}
		add(v, n, fmt.Sprintf("Values.member.%d", i+1))
	}
	if set := d.StatisticValues; set != nil {
		out.Merge(f.statisticSet(*set, member+"StatisticValues."))
	}
	return out
}

func (f *faults) statisticSet(set types.StatisticSet, member string) metric.Samples {
	complete := true
	for _, m := range []struct {
		name  string
		value *float64
	}{{"Maximum", set.Maximum}, {"Minimum", set.Minimum}, {"SampleCount", set.SampleCount}, {"Sum", set.Sum}} {
		if m.value == nil {
			complete = false
			f.add(missing("The parameter %s%s is required.", member, m.name))
			continue
		}
		f.checkNumber(*m.value, member+m.name)
	}
	switch {
	case !complete:
		return metric.Samples{}
	case *set.Maximum < *set.Minimum:
		f.add(invalid("The parameter %sMaximum must be greater than or equal to %sMinimum.", member, member))
	case *set.SampleCount <= 0:
		f.add(invalid("The parameter %sSampleCount must be greater than 0.", member))
	}
	return metric.StatisticSet(*set.SampleCount, *set.Sum, *set.Minimum, *set.Maximum)
}

func (f *faults) checkNumber(v float64, name string) {
	if !(math.Abs(v) <= maxMagnitude) { // nor is NaN
		f.add(invalid("The value %v for parameter %s is invalid.", v, name))
	}
}
