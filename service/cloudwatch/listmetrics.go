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

const (
	metricsPage    = 500
	maxFilters     = 10
	hiddenAfter    = 14 * 24 * time.Hour // without a point a metric is not listed
	recentlyActive = 3 * time.Hour
)

// metricPlace is where ListMetrics goes on: behind the metric with that id.
type metricPlace struct {
	After int64 `json:"m"`
}

// ListMetrics lists the metrics that got points in the last two weeks, 500 at a time,
// in the order in which they first did. Other accounts are none that this one monitors.
func (s *Service) ListMetrics(ctx context.Context, in *cloudwatch.ListMetricsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error) {
	q, err := s.metricQuery(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	if in.OwningAccount != nil && *in.OwningAccount != q.Account {
		return out, nil
	}
	var found []state.StoredMetric
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		found, err = tx.FindMetrics(ctx, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) > metricsPage {
		found = found[:metricsPage]
		out.NextToken = token(metricPlace{found[metricsPage-1].ID})
	}
	for _, m := range found {
		out.Metrics = append(out.Metrics, types.Metric{
			Namespace: aws.String(m.Namespace), MetricName: aws.String(m.Name), Dimensions: sdkDimensions(m.Dimensions),
		})
		if aws.ToBool(in.IncludeLinkedAccounts) {
			out.OwningAccounts = append(out.OwningAccounts, q.Account)
		}
	}
	return out, nil
}

func (s *Service) metricQuery(ctx context.Context, in *cloudwatch.ListMetricsInput) (q state.MetricQuery, err error) {
	var f faults
	if in.Namespace != nil {
		f.checkText(in.Namespace, "Namespace", maxNamespace)
	}
	if in.MetricName != nil {
		f.checkText(in.MetricName, "MetricName", maxMetricName)
	}
	if len(in.Dimensions) > maxFilters {
		f.add(invalid("The collection Dimensions must not have a size greater than %d.", maxFilters))
	}
	for i, d := range in.Dimensions {
		f.checkText(d.Name, fmt.Sprintf("Dimensions.member.%d.Name", i+1), maxDimensionName)
		q.Dimensions = append(q.Dimensions, metric.Dimension{Name: aws.ToString(d.Name), Value: aws.ToString(d.Value)})
	}
	silent := hiddenAfter
	switch in.RecentlyActive {
	case "":
	case types.RecentlyActivePt3h:
		silent = recentlyActive
	default:
		f.add(invalid("The parameter RecentlyActive must be a value in the set [ PT3H ]."))
	}
	if err := f.err(); err != nil {
		return q, err
	}
	from, err := place[metricPlace](in.NextToken)
	if err != nil {
		return q, err
	}
	q.Scope, q.Namespace, q.Name = scope(ctx), aws.ToString(in.Namespace), aws.ToString(in.MetricName)
	q.Since = s.now().Add(-silent).UnixMilli()
	q.After, q.Limit = from.After, metricsPage+1
	return q, nil
}
