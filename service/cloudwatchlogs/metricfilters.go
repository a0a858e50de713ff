package cloudwatchlogs

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/core/metric"
	"tocsin/core/pattern"
	"tocsin/store/state"
)

// Quotas of a log group. [API, CloudWatch Logs quotas]
const (
	maxMetricFilters = 100
	maxRegexFilters  = 5
)

// PutMetricFilter makes a metric filter or replaces the one of that name. It counts
// events that come in from now on.
func (s *Service) PutMetricFilter(ctx context.Context, in *cloudwatchlogs.PutMetricFilterInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutMetricFilterOutput, error) {
	d, err := definition(in)
	if err != nil {
		return nil, err
	}
	f, err := metric.NewFilter(d)
	if err != nil {
		return nil, refused(err)
	}
	err = s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		if err := onlyStandard(g); err != nil {
			return err
		}
		if err := filterQuota(ctx, tx, g, d.FilterName, f.Pattern); err != nil {
			return err
		}
		_, err := tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: g.ID, Definition: d, Created: s.now()})
		return otherwise(err, noGroup())
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.PutMetricFilterOutput{}, nil
}

// onlyStandard refuses what log groups of other classes do not have.
func onlyStandard(g state.LogGroup) error {
	if g.Class == string(types.LogGroupClassStandard) {
		return nil
	}
	text := "This operation is not supported for log groups of the class " + g.Class + "."
	return &types.InvalidOperationException{Message: &text}
}

// definition is the metric filter that a request is about, not checked yet.
func definition(in *cloudwatchlogs.PutMetricFilterInput) (d metric.Definition, err error) {
	switch {
	case in.FilterName == nil:
		return d, missing("filterName")
	case in.FilterPattern == nil:
		return d, missing("filterPattern")
	case in.MetricTransformations == nil:
		return d, missing("metricTransformations")
	case in.ApplyOnTransformedLogs:
		return d, invalid("applyOnTransformedLogs is not supported: there are no log transformers here, so leave it out.")
	case in.FieldSelectionCriteria != nil:
		return d, invalid("fieldSelectionCriteria is not supported here: select by the filter pattern, and leave it out.")
	}
	d = metric.Definition{FilterName: *in.FilterName, FilterPattern: *in.FilterPattern, SystemFields: in.EmitSystemFieldDimensions}
	for _, t := range in.MetricTransformations {
		one := metric.Transformation{
			MetricName: aws.ToString(t.MetricName), MetricNamespace: aws.ToString(t.MetricNamespace), MetricValue: aws.ToString(t.MetricValue),
			DefaultValue: t.DefaultValue, Unit: string(t.Unit),
		}
		for _, name := range slices.Sorted(maps.Keys(t.Dimensions)) {
			one.Dimensions = append(one.Dimensions, metric.Dimension{Name: name, Value: t.Dimensions[name]})
		}
		d.Transformations = append(d.Transformations, one)
	}
	return d, nil
}

// filterQuota refuses one filter too many.
func filterQuota(ctx context.Context, tx *state.Tx, g state.LogGroup, name string, p *pattern.Pattern) error {
	all, err := tx.MetricFilters(ctx, g.ID)
	if err != nil {
		return err
	}
	others, regexes := 0, 0
	for _, f := range all {
		if f.Definition.FilterName == name {
			continue
		}
		others++
		if other, err := pattern.Parse(f.Definition.FilterPattern); err == nil && hasRegex(other) {
			regexes++
		}
	}
	if others >= maxMetricFilters || hasRegex(p) && regexes >= maxRegexFilters {
		return limitExceeded()
	}
	return nil
}

// hasRegex tells whether a pattern has a regular expression.
func hasRegex(p *pattern.Pattern) bool {
	return slices.ContainsFunc(p.Terms, func(t pattern.Term) bool { return t.Regex != nil }) || nodeHasRegex(p.Condition) ||
		slices.ContainsFunc(p.Columns, func(c pattern.Column) bool { return nodeHasRegex(c.Condition) })
}

func nodeHasRegex(n pattern.Node) bool {
	switch n := n.(type) {
	case *pattern.And:
		return slices.ContainsFunc(n.Nodes, nodeHasRegex)
	case *pattern.Or:
		return slices.ContainsFunc(n.Nodes, nodeHasRegex)
	case *pattern.Comparison:
		return n.Value.Kind == pattern.Regexp
	}
	return false
}

// DescribeMetricFilters lists metric filters by name: those of a group, or those
// that publish a metric.
func (s *Service) DescribeMetricFilters(ctx context.Context, in *cloudwatchlogs.DescribeMetricFiltersInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeMetricFiltersOutput, error) {
	limit, err := checkLimit(in.Limit, describePage, describePage)
	if err != nil {
		return nil, err
	}
	ofMetric := in.MetricName != nil || in.MetricNamespace != nil
	if ofMetric && (in.LogGroupName != nil || in.MetricName == nil || in.MetricNamespace == nil) {
		return nil, invalid("Describe Metric Filters request must contain either logGroupName or metricName and metricNamespace")
	}
	if in.LogGroupName != nil {
		if err := checkGroupName(in.LogGroupName, "logGroupName"); err != nil {
			return nil, err
		}
	}
	var found []describedFilter
	err = s.state.View(ctx, func(tx *state.Tx) (err error) {
		found, err = describedFilters(ctx, tx, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	page, next, ok := pageOf(found, in.NextToken, limit, false, describedFilter.key)
	if !ok {
		return nil, invalid("Pagination token in request is invalid. Only token from previous list call or null is valid.")
	}
	out := &cloudwatchlogs.DescribeMetricFiltersOutput{MetricFilters: []types.MetricFilter{}, NextToken: next}
	for _, f := range page {
		out.MetricFilters = append(out.MetricFilters, f.describe())
	}
	return out, nil
}

// A describedFilter is a metric filter with the name of its group.
type describedFilter struct {
	group string
	state.MetricFilter
}

// key is in the order of the filters' names; no name of a filter or group has a zero byte.
func (f describedFilter) key() string { return f.Definition.FilterName + "\x00" + f.group }

func (f describedFilter) describe() types.MetricFilter {
	d := f.Definition
	out := types.MetricFilter{
		FilterName: &d.FilterName, FilterPattern: &d.FilterPattern, LogGroupName: &f.group,
		CreationTime: aws.Int64(f.Created.UnixMilli()), EmitSystemFieldDimensions: d.SystemFields,
	}
	for _, t := range d.Transformations {
		one := types.MetricTransformation{
			MetricName: &t.MetricName, MetricNamespace: &t.MetricNamespace, MetricValue: &t.MetricValue,
			DefaultValue: t.DefaultValue, Unit: types.StandardUnit(t.Unit),
		}
		for _, dimension := range t.Dimensions {
			if one.Dimensions == nil {
				one.Dimensions = map[string]string{}
			}
			one.Dimensions[dimension.Name] = dimension.Value
		}
		out.MetricTransformations = append(out.MetricTransformations, one)
	}
	return out
}

// describedFilters are the filters that a request is about, in order.
func describedFilters(ctx context.Context, tx *state.Tx, in *cloudwatchlogs.DescribeMetricFiltersInput) ([]describedFilter, error) {
	scope := scopeOf(ctx)
	groups := map[int64]string{}
	if in.LogGroupName != nil {
		g, err := groupName{scope, *in.LogGroupName}.read(ctx, tx)
		if err != nil {
			return nil, err
		}
		groups[g.ID] = g.Name
	} else {
		all, err := tx.LogGroups(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range all {
			if g.Scope == scope {
				groups[g.ID] = g.Name
			}
		}
	}
	all, err := tx.MetricFilters(ctx, 0)
	if err != nil {
		return nil, err
	}
	var found []describedFilter
	for _, f := range all {
		name, ours := groups[f.LogGroup]
		publishes := func(t metric.Transformation) bool {
			return in.MetricName == nil || t.MetricName == *in.MetricName && t.MetricNamespace == *in.MetricNamespace
		}
		if ours && strings.HasPrefix(f.Definition.FilterName, aws.ToString(in.FilterNamePrefix)) && slices.ContainsFunc(f.Definition.Transformations, publishes) {
			found = append(found, describedFilter{name, f})
		}
	}
	slices.SortFunc(found, func(a, b describedFilter) int { return strings.Compare(a.key(), b.key()) })
	return found, nil
}

// DeleteMetricFilter deletes a metric filter; what it counted stays.
func (s *Service) DeleteMetricFilter(ctx context.Context, in *cloudwatchlogs.DeleteMetricFilterInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteMetricFilterOutput, error) {
	if in.FilterName == nil {
		return nil, missing("filterName")
	}
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		return otherwise(tx.DeleteMetricFilter(ctx, g.ID, *in.FilterName), notFound("The specified metric filter does not exist."))
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteMetricFilterOutput{}, nil
}

// TestMetricFilter matches a pattern with messages. Events are numbered from 1. [recorded]
func (s *Service) TestMetricFilter(_ context.Context, in *cloudwatchlogs.TestMetricFilterInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TestMetricFilterOutput, error) {
	switch {
	case in.FilterPattern == nil:
		return nil, missing("filterPattern")
	case in.LogEventMessages == nil:
		return nil, missing("logEventMessages")
	case len(in.LogEventMessages) == 0:
		return nil, constraint("[]", "logEventMessages", "Member must have length greater than or equal to 1")
	case len(in.LogEventMessages) > 50:
		return nil, invalid("1 validation error detected: Value at 'logEventMessages' failed to satisfy constraint: Member must have length less than or equal to 50")
	case slices.Contains(in.LogEventMessages, ""):
		return nil, invalid("1 validation error detected: Value at 'logEventMessages' failed to satisfy constraint: Member must satisfy constraint: [Member must have length greater than or equal to 1]")
	}
	p, err := pattern.Parse(*in.FilterPattern)
	if err != nil {
		return nil, refused(err)
	}
	out := &cloudwatchlogs.TestMetricFilterOutput{Matches: []types.MetricFilterMatchRecord{}}
	for i, m := range in.LogEventMessages {
		if values := p.Extract([]byte(m)); values != nil {
			out.Matches = append(out.Matches, types.MetricFilterMatchRecord{EventNumber: int64(i + 1), EventMessage: &m, ExtractedValues: values})
		}
	}
	return out, nil
}
