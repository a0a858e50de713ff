package cloudwatch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/expression"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// GetMetricData evaluates metrics and expressions over them. A page ends when it
// holds MaxDatapoints; its results are in the order of the queries, and those that
// go on behind it are PartialData.
func (s *Service) GetMetricData(ctx context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	now := s.now()
	q, err := dataQuery(ctx, in, now)
	if err != nil {
		return nil, err
	}
	from, err := place[dataPlace](in.NextToken)
	if err != nil {
		return nil, err
	}
	var results []expression.Result
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		results, err = q.set.Evaluate(expression.Request{
			Range: q.period, Now: now, Zone: q.zone, Region: scope(ctx).Region, Account: scope(ctx).Account,
			Reader: reader(ctx, tx, scope(ctx), *in.StartTime, now),
		})
		return err
	})
	if err != nil {
		return nil, refusal(err)
	}
	if in.ScanBy != types.ScanByTimestampAscending {
		for i := range results {
			slices.Reverse(results[i].Series.Points)
		}
	}
	return dataPage(results, from, q.limit), nil
}

// A dataRequest is a GetMetricData that has been checked.
type dataRequest struct {
	set    *expression.Set
	period expression.Range
	zone   *time.Location
	limit  int // datapoints of a page
}

func dataQuery(ctx context.Context, in *cloudwatch.GetMetricDataInput, now time.Time) (q dataRequest, err error) {
	switch {
	case in.StartTime == nil:
		return q, validation("The parameter StartTime is required.")
	case in.EndTime == nil:
		return q, validation("The parameter EndTime is required.")
	case !in.StartTime.Before(*in.EndTime):
		return q, validation("The parameter StartTime must be less than the parameter EndTime.")
	}
	switch in.ScanBy {
	case "", types.ScanByTimestampAscending, types.ScanByTimestampDescending:
	default:
		return q, constraint(string(in.ScanBy), "scanBy", "Member must satisfy enum value set: [TimestampDescending, TimestampAscending]")
	}
	q.limit = expression.MaxPoints
	if in.MaxDatapoints != nil {
		if q.limit = int(*in.MaxDatapoints); q.limit < 1 || q.limit > expression.MaxPoints {
			return q, validation("The parameter MaxDatapoints must be between 1 and %d.", expression.MaxPoints)
		}
	}
	if in.LabelOptions != nil {
		if q.zone, err = zoneOf(aws.ToString(in.LabelOptions.Timezone)); err != nil {
			return q, err
		}
	}
	if q.set, err = dataSet(ctx, in.MetricDataQueries); err != nil {
		return q, err
	}
	shortest := time.Minute
	for _, st := range q.set.Stats() {
		shortest = min(shortest, st.Period)
	}
	q.period = expression.Range{Start: roundStart(*in.StartTime, now, shortest), End: in.EndTime.UnixMilli()}
	return q, nil
}

// dataSet are the queries of a request as package expression knows them.
func dataSet(ctx context.Context, given []types.MetricDataQuery) (*expression.Set, error) {
	var queries []expression.Query
	var f faults
	for i, q := range given {
		if id := aws.ToString(q.AccountId); id != "" && id != scope(ctx).Account {
			return nil, elsewhere(id)
		}
		query := expression.Query{
			ID: aws.ToString(q.Id), Expression: aws.ToString(q.Expression), Label: aws.ToString(q.Label),
			Hidden: q.ReturnData != nil && !*q.ReturnData, Period: time.Duration(aws.ToInt32(q.Period)) * time.Second,
		}
		if q.MetricStat != nil {
			query.Stat = f.stat(*q.MetricStat, "MetricDataQueries.member."+itoa(i+1)+".MetricStat.")
		}
		queries = append(queries, query)
	}
	if err := f.err(); err != nil {
		return nil, validation("%s", strings.Join(f.lines, "\n"))
	}
	set, err := expression.NewSet(queries)
	return set, refusal(err)
}

// elsewhere is the refusal of another account's metrics: no account here
// is a source account of another.
func elsewhere(account string) error {
	return validation("The account %s shares no metrics with this one; AccountId must be your own.", account)
}

// stat is how a query reads a metric.
func (f *faults) stat(m types.MetricStat, member string) *expression.Stat {
	if m.Metric == nil {
		f.add(missing("The parameter %sMetric is required.", member))
		return &expression.Stat{}
	}
	f.checkText(m.Metric.Namespace, member+"Metric.Namespace", maxNamespace)
	st := &expression.Stat{
		Metric: f.identity(m.Metric.Namespace, m.Metric.MetricName, m.Metric.Dimensions, member+"Metric."),
		Period: time.Duration(aws.ToInt32(m.Period)) * time.Second, Unit: string(m.Unit),
	}
	f.checkUnit(m.Unit, member+"Unit")
	var err error
	if st.Statistic, err = metric.ParseStatistic(aws.ToString(m.Stat)); err != nil {
		f.add(invalid("The value %s for parameter %sStat is not supported.", aws.ToString(m.Stat), member))
	}
	return st
}

// reader reads what queries ask for from the database.
func reader(ctx context.Context, tx *state.Tx, in state.Scope, start, now time.Time) expression.Reader {
	return expression.Reader{
		Series: func(st expression.Stat, r expression.Range) (expression.Series, []expression.Message, error) {
			if !told(start, now, st.Period) {
				return expression.Read(nil, st, r), nil, nil
			}
			from := r.Anchor + metric.Align(r.Start-r.Anchor, st.Period)
			to := r.Anchor + metric.Align(r.End-1-r.Anchor, st.Period) + st.Period.Milliseconds() // all of the last period
			points, err := series(ctx, tx, in, st.Metric, st.Unit, from, to)
			if err != nil {
				return expression.Series{}, nil, err
			}
			units := unitsOf(points)
			var messages []expression.Message
			var read []metric.Point
			if len(units) > 0 {
				read = points[units[0]]
			}
			if len(units) > 1 {
				messages = append(messages, expression.Message{Code: "MultipleUnits", Value: "Multiple units returned: '[" + strings.Join(units, ", ") + "]'"})
			}
			return expression.Read(read, st, r), messages, nil
		},
		Metrics: func(namespace string) ([]metric.Identity, error) {
			found, err := tx.FindMetrics(ctx, state.MetricQuery{Scope: in, Namespace: namespace, Since: now.Add(-hiddenAfter).UnixMilli()})
			var out []metric.Identity
			for _, m := range found {
				out = append(out, m.Identity)
			}
			return out, err
		},
	}
}

// dataPlace is where GetMetricData goes on: in the result of that index, behind the
// point of that time; at its beginning when Points is false.
type dataPlace struct {
	Result int   `json:"r"`
	After  int64 `json:"t,omitempty"`
	Points bool  `json:"p,omitempty"`
}

// dataPage is as much of the results from a place on as a page holds.
func dataPage(results []expression.Result, from dataPlace, limit int) *cloudwatch.GetMetricDataOutput {
	out := &cloudwatch.GetMetricDataOutput{Messages: []types.MessageData{}, MetricDataResults: []types.MetricDataResult{}}
	for i := max(0, from.Result); i < len(results); i++ {
		points := results[i].Series.Points
		if i == from.Result && from.Points {
			points = behind(points, from.After)
		}
		if limit == 0 && len(points) > 0 {
			out.NextToken = token(dataPlace{Result: i})
			break
		}
		page := points[:min(limit, len(points))]
		limit -= len(page)
		r := dataResult(results[i], page)
		if len(page) < len(points) {
			r.StatusCode = types.StatusCodePartialData
			out.NextToken = token(dataPlace{Result: i, After: page[len(page)-1].Time, Points: true})
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
		if out.NextToken != nil {
			break
		}
	}
	return out
}

// behind are the points that come after the one of that time, in either order.
func behind(points []expression.Point, t int64) []expression.Point {
	descending := len(points) > 1 && points[0].Time > points[1].Time
	i := slices.IndexFunc(points, func(p expression.Point) bool { return p.Time > t && !descending || p.Time < t && descending })
	if i < 0 {
		return nil
	}
	return points[i:]
}

func dataResult(r expression.Result, points []expression.Point) types.MetricDataResult {
	out := types.MetricDataResult{
		Id: aws.String(r.ID), Label: aws.String(r.Label), StatusCode: types.StatusCodeComplete,
		Timestamps: []time.Time{}, Values: []float64{},
	}
	for _, p := range points {
		out.Timestamps = append(out.Timestamps, time.UnixMilli(p.Time).UTC())
		out.Values = append(out.Values, p.Value)
	}
	for _, m := range r.Messages {
		out.Messages = append(out.Messages, types.MessageData{Code: aws.String(m.Code), Value: aws.String(m.Value)})
	}
	return out
}
