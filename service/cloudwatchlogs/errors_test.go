package cloudwatchlogs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Whatever is wrong is refused with AWS's code and text where they are known.
func TestRefusals(t *testing.T) {
	const invalid, notFound = "InvalidParameterException", "ResourceNotFoundException"
	const noGroup, noStream = "The specified log group does not exist.", "The specified log stream does not exist."
	long := strings.Repeat("x", 513)
	app, s, none := aws.String("app"), aws.String("s"), aws.String("none")
	events := func(w *world, offsets ...time.Duration) (list []types.InputLogEvent) {
		for _, d := range offsets {
			list = append(list, types.InputLogEvent{Timestamp: aws.Int64(w.Now().Add(d).UnixMilli()), Message: aws.String("x")})
		}
		return list
	}
	put := func(list []types.InputLogEvent) *cloudwatchlogs.PutLogEventsInput {
		return &cloudwatchlogs.PutLogEventsInput{LogGroupName: app, LogStreamName: s, LogEvents: list}
	}
	of := func(size, n int) (list []types.InputLogEvent) {
		message := strings.Repeat("x", size)
		for range n {
			list = append(list, types.InputLogEvent{Timestamp: aws.Int64(0), Message: &message})
		}
		return list
	}
	filter := func(change func(*types.MetricTransformation)) *cloudwatchlogs.PutMetricFilterInput {
		in := counting("app", "f", "{ $.a = 1 }")
		change(&in.MetricTransformations[0])
		return in
	}
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.stream(t, "app", "s")
		must[*cloudwatchlogs.CreateLogGroupOutput](t)(w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("rare"), LogGroupClass: types.LogGroupClassInfrequentAccess}))
		for _, test := range []struct {
			name       string
			call       func() (any, error)
			code, text string
		}{
			{"name of a group", func() (any, error) {
				return w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("a b")})
			}, invalid, `1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`},
			{"long name of a group", func() (any, error) {
				return w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &long})
			}, invalid, "Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
			{"class", func() (any, error) {
				return w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: none, LogGroupClass: "x"})
			}, invalid, "1 validation error detected: Value 'x' at 'logGroupClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]"},
			{"key", func() (any, error) {
				return w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: none, KmsKeyId: aws.String("alias")})
			}, invalid, "The specified KMS Key Id could not be found."},
			{"retention", func() (any, error) {
				return w.PutRetentionPolicy(w.ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: app, RetentionInDays: aws.Int32(2)})
			}, invalid, "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]"},
			{"retention of no group", func() (any, error) {
				return w.PutRetentionPolicy(w.ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: none, RetentionInDays: aws.Int32(1)})
			}, notFound, noGroup},
			{"deletion of no group", func() (any, error) {
				return w.DeleteLogGroup(w.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: none})
			}, notFound, noGroup},
			{"prefix and pattern", func() (any, error) {
				return w.DescribeLogGroups(w.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: app, LogGroupNamePattern: app})
			}, invalid, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."},
			{"limit", func() (any, error) {
				return w.DescribeLogGroups(w.ctx, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(51)})
			}, invalid, "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"},
			{"limit of none", func() (any, error) {
				return w.DescribeLogGroups(w.ctx, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(0)})
			}, invalid, "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
			{"token", func() (any, error) {
				return w.DescribeLogGroups(w.ctx, &cloudwatchlogs.DescribeLogGroupsInput{NextToken: aws.String("???")})
			}, invalid, "The specified nextToken is invalid."},
			{"name of a stream", func() (any, error) {
				return w.CreateLogStream(w.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: app, LogStreamName: aws.String("a:b")})
			}, invalid, "1 validation error detected: Value 'a:b' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*"},
			{"stream of no group", func() (any, error) {
				return w.CreateLogStream(w.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: none, LogStreamName: s})
			}, notFound, noGroup},
			{"name and ARN", func() (any, error) {
				return w.DescribeLogStreams(w.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: app, LogGroupIdentifier: app})
			}, "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."},
			{"prefix by time", func() (any, error) {
				return w.DescribeLogStreams(w.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: app, LogStreamNamePrefix: s, OrderBy: types.OrderByLastEventTime})
			}, invalid, "Cannot order by LastEventTime with a logStreamNamePrefix."},
			{"put to no group", func() (any, error) {
				return w.PutLogEvents(w.ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: none, LogStreamName: s, LogEvents: events(w, 0)})
			}, notFound, noGroup},
			{"put to no stream", func() (any, error) {
				return w.PutLogEvents(w.ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: app, LogStreamName: none, LogEvents: events(w, 0)})
			}, notFound, noStream},
			{
				"out of order", func() (any, error) { return w.PutLogEvents(w.ctx, put(events(w, time.Second, 0))) },
				invalid, "Log events in a single PutLogEvents request must be in chronological order.",
			},
			{
				"long span", func() (any, error) { return w.PutLogEvents(w.ctx, put(events(w, -24*time.Hour, time.Millisecond))) },
				invalid, "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
			},
			{
				"none", func() (any, error) { return w.PutLogEvents(w.ctx, put([]types.InputLogEvent{})) },
				invalid, "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
			},
			{
				"many", func() (any, error) { return w.PutLogEvents(w.ctx, put(of(1, 10_001))) },
				invalid, "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000",
			},
			{
				"empty", func() (any, error) { return w.PutLogEvents(w.ctx, put(of(0, 1))) },
				invalid, "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1",
			},
			{
				"large event", func() (any, error) { return w.PutLogEvents(w.ctx, put(of(1<<20-25, 1))) },
				invalid, "Log event too large: 1048577 bytes exceeds limit of 1048576",
			},
			{
				"large batch", func() (any, error) { return w.PutLogEvents(w.ctx, put(of(1<<19, 2))) },
				invalid, "Upload too large: 1048628 bytes exceeds limit of 1048576",
			},
			{"get of no stream", func() (any, error) {
				return w.GetLogEvents(w.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: app, LogStreamName: none})
			}, notFound, noStream},
			{"get with a bad token", func() (any, error) {
				return w.GetLogEvents(w.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: app, LogStreamName: s, NextToken: aws.String("f/1/s")})
			}, invalid, "The specified nextToken is invalid."},
			{"filter of no group", func() (any, error) {
				return w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: none})
			}, notFound, noGroup},
			{"filter of no stream", func() (any, error) {
				return w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: app, LogStreamNames: []string{"none"}})
			}, notFound, noStream},
			{"filter by too many", func() (any, error) {
				return w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: app, Limit: aws.Int32(10001)})
			}, invalid, "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"},
			{"filter with a bad token", func() (any, error) {
				return w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: app, NextToken: aws.String("x")})
			}, invalid, "The specified nextToken is invalid."},
			{"filter by a bad pattern", func() (any, error) {
				return w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: app, FilterPattern: aws.String("ERR*")})
			}, invalid, "Invalid filter pattern"},
			{"filter of no group at all", func() (any, error) {
				return w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{})
			}, "ValidationException", "Either LogGroup name or LogGroup ARN is required."},
			{"metric filter of no group", func() (any, error) { return w.PutMetricFilter(w.ctx, counting("none", "f", "ERROR")) }, notFound, noGroup},
			{
				"metric filter of another class", func() (any, error) { return w.PutMetricFilter(w.ctx, counting("rare", "f", "ERROR")) },
				"InvalidOperationException", "This operation is not supported for log groups of the class INFREQUENT_ACCESS.",
			},
			{"pattern", func() (any, error) { return w.PutMetricFilter(w.ctx, counting("app", "f", "{ $.a = }")) }, invalid, "Invalid metric filter pattern"},
			{
				"long pattern", func() (any, error) { return w.PutMetricFilter(w.ctx, counting("app", "f", strings.Repeat("x", 1025))) },
				invalid, "1 validation error detected: Value '" + strings.Repeat("x", 1025) + "' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024",
			},
			{
				"long name of a filter", func() (any, error) { return w.PutMetricFilter(w.ctx, counting("app", long, "x")) },
				invalid, "1 validation error detected: Value '" + long + "' at 'filterName' failed to satisfy constraint: Member must have length less than or equal to 512",
			},
			{"value", func() (any, error) {
				return w.PutMetricFilter(w.ctx, filter(func(m *types.MetricTransformation) { m.MetricValue = aws.String("not-a-number") }))
			}, invalid, "Invalid metric transformation: metric value not-a-number must be a valid number"},
			{"default and dimensions", func() (any, error) {
				return w.PutMetricFilter(w.ctx, filter(func(m *types.MetricTransformation) {
					m.DefaultValue, m.Dimensions = aws.Float64(0), map[string]string{"a": "$.a"}
				}))
			}, invalid, "Invalid metric transformation: dimensions and default value are mutually exclusive properties"},
			{"dimension", func() (any, error) {
				return w.PutMetricFilter(w.ctx, filter(func(m *types.MetricTransformation) { m.Dimensions = map[string]string{"a": "literal"} }))
			}, invalid, "Invalid metric transformation: dimension value must be valid selector"},
			{"two transformations", func() (any, error) {
				in := counting("app", "f", "ERROR")
				in.MetricTransformations = append(in.MetricTransformations, in.MetricTransformations[0])
				return w.PutMetricFilter(w.ctx, in)
			}, invalid, "1 validation error detected: Value at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1"},
			{"system field", func() (any, error) {
				in := counting("app", "f", "ERROR")
				in.EmitSystemFieldDimensions = []string{"@x"}
				return w.PutMetricFilter(w.ctx, in)
			}, invalid, "The provided system fields are invalid. The supported system fields are - [@aws.region, @aws.account, @source.log]"},
			{"criteria", func() (any, error) {
				in := counting("app", "f", "ERROR")
				in.FieldSelectionCriteria = aws.String("x")
				return w.PutMetricFilter(w.ctx, in)
			}, invalid, "fieldSelectionCriteria is not supported here: select by the filter pattern, and leave it out."},
			{"half a metric", func() (any, error) {
				return w.DescribeMetricFilters(w.ctx, &cloudwatchlogs.DescribeMetricFiltersInput{MetricName: s})
			}, invalid, "Describe Metric Filters request must contain either logGroupName or metricName and metricNamespace"},
			{"token of metric filters", func() (any, error) {
				return w.DescribeMetricFilters(w.ctx, &cloudwatchlogs.DescribeMetricFiltersInput{NextToken: aws.String("?")})
			}, invalid, "Pagination token in request is invalid. Only token from previous list call or null is valid."},
			{"deletion with a long name", func() (any, error) {
				return w.DeleteMetricFilter(w.ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: &long, FilterName: s})
			}, invalid, "Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
			{"regular expression", func() (any, error) {
				return w.TestMetricFilter(w.ctx, &cloudwatchlogs.TestMetricFilterInput{FilterPattern: aws.String("%[abc%"), LogEventMessages: []string{"x"}})
			}, invalid, "Failed to compile regular expression."},
			{"no messages", func() (any, error) {
				return w.TestMetricFilter(w.ctx, &cloudwatchlogs.TestMetricFilterInput{FilterPattern: app, LogEventMessages: []string{}})
			}, invalid, "1 validation error detected: Value '[]' at 'logEventMessages' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		} {
			t.Run(test.name, func(t *testing.T) {
				_, err := test.call()
				refusal(t, err, test.code, test.text)
			})
		}
		if got := w.filter(t, cloudwatchlogs.FilterLogEventsInput{LogGroupName: app}); got != "" {
			t.Errorf("stored all the same: %s", got)
		}
	})
}
