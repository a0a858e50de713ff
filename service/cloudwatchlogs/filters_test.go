package cloudwatchlogs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
)

// counting is a filter that counts what a pattern matches.
func counting(group, name, pattern string) *cloudwatchlogs.PutMetricFilterInput {
	return &cloudwatchlogs.PutMetricFilterInput{LogGroupName: &group, FilterName: &name, FilterPattern: &pattern, MetricTransformations: []types.MetricTransformation{{
		MetricName: &name, MetricNamespace: aws.String("App"), MetricValue: aws.String("1"),
	}}}
}

func TestMetricFilters(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.group(t, "other")
		created := aws.Int64(w.Now().UnixMilli())
		full := counting("app", "latency", "{ $.latency > 1 }")
		full.MetricTransformations[0] = types.MetricTransformation{
			MetricName: aws.String("latency"), MetricNamespace: aws.String("App"), MetricValue: aws.String("$.latency"),
			Dimensions: map[string]string{"Route": "$.route"}, Unit: types.StandardUnitMilliseconds,
		}
		full.EmitSystemFieldDimensions = []string{"@aws.account"}
		for _, in := range []*cloudwatchlogs.PutMetricFilterInput{counting("other", "b", "B"), full, counting("app", "errors", "ERROR"), counting("other", "errors", "ERROR")} {
			must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, in))
		}
		w.Advance(time.Hour)
		must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", "errors", "Error")))
		item := func(in *cloudwatchlogs.PutMetricFilterInput) types.MetricFilter {
			return types.MetricFilter{
				FilterName: in.FilterName, FilterPattern: in.FilterPattern, LogGroupName: in.LogGroupName, CreationTime: created,
				MetricTransformations: in.MetricTransformations, EmitSystemFieldDimensions: in.EmitSystemFieldDimensions,
			}
		}
		describe := func(in cloudwatchlogs.DescribeMetricFiltersInput) (out []types.MetricFilter) {
			t.Helper()
			in.Limit = aws.Int32(1)
			pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(w.client, &in)
			for pages.HasMorePages() {
				out = append(out, must[*cloudwatchlogs.DescribeMetricFiltersOutput](t)(pages.NextPage(w.ctx)).MetricFilters...)
			}
			return out
		}
		errors, othersErrors, b := item(counting("app", "errors", "Error")), item(counting("other", "errors", "ERROR")), item(counting("other", "b", "B"))
		for name, test := range map[string]struct {
			in   cloudwatchlogs.DescribeMetricFiltersInput
			want []types.MetricFilter
		}{
			"of a group":     {cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("app")}, []types.MetricFilter{errors, item(full)}},
			"of a prefix":    {cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("app"), FilterNamePrefix: aws.String("e")}, []types.MetricFilter{errors}},
			"of all groups":  {cloudwatchlogs.DescribeMetricFiltersInput{FilterNamePrefix: aws.String("e")}, []types.MetricFilter{errors, othersErrors}},
			"of a metric":    {cloudwatchlogs.DescribeMetricFiltersInput{MetricName: aws.String("b"), MetricNamespace: aws.String("App")}, []types.MetricFilter{b}},
			"of no metric":   {cloudwatchlogs.DescribeMetricFiltersInput{MetricName: aws.String("b"), MetricNamespace: aws.String("app")}, nil},
			"of all filters": {cloudwatchlogs.DescribeMetricFiltersInput{}, []types.MetricFilter{b, errors, othersErrors, item(full)}},
		} {
			if d := cmp.Diff(test.want, describe(test.in), sdk); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		gone := &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: aws.String("app"), FilterName: aws.String("errors")}
		must[*cloudwatchlogs.DeleteMetricFilterOutput](t)(w.DeleteMetricFilter(w.ctx, gone))
		_, err := w.DeleteMetricFilter(w.ctx, gone)
		refusal(t, err, "ResourceNotFoundException", "The specified metric filter does not exist.")
	})
}

func TestQuotasOfMetricFilters(t *testing.T) {
	w := newWorld(t)
	w.client, w.ctx = w.service, w.Context(t)
	w.group(t, "app")
	for i := range 5 {
		must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", fmt.Sprint("regex", i), []string{"%ERR%", "{ $.a = %b% }", "[a=%b%]", "{ $.a = 1 && $.b = %c% }", "%x%"}[i])))
	}
	_, err := w.PutMetricFilter(w.ctx, counting("app", "one more", "%ERR%"))
	refusal(t, err, "LimitExceededException", "Resource limit exceeded.")
	must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", "regex0", "%other%")))
	for i := range 95 {
		must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", fmt.Sprint(i), "ERROR")))
	}
	_, err = w.PutMetricFilter(w.ctx, counting("app", "one more", "ERROR"))
	refusal(t, err, "LimitExceededException", "Resource limit exceeded.")
	must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", "7", "Error")))
}

func TestTestMetricFilter(t *testing.T) {
	var vectors []struct {
		Pattern, Event  string
		ExtractedValues map[string]string
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "core", "pattern", "testdata", "vectors", "extracted_values.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	twice(t, func(t *testing.T, w *world) {
		for _, v := range vectors {
			out := must[*cloudwatchlogs.TestMetricFilterOutput](t)(w.TestMetricFilter(w.ctx, &cloudwatchlogs.TestMetricFilterInput{
				FilterPattern: &v.Pattern, LogEventMessages: []string{v.Event},
			}))
			want := []types.MetricFilterMatchRecord{{EventNumber: 1, EventMessage: &v.Event, ExtractedValues: v.ExtractedValues}}
			if v.ExtractedValues == nil {
				want = []types.MetricFilterMatchRecord{}
			}
			if d := cmp.Diff(want, out.Matches, sdk); d != "" {
				t.Errorf("%s on %s: %s", v.Pattern, v.Event, d)
			}
		}
		out := must[*cloudwatchlogs.TestMetricFilterOutput](t)(w.TestMetricFilter(w.ctx, &cloudwatchlogs.TestMetricFilterInput{
			FilterPattern: aws.String("ERROR"), LogEventMessages: []string{"fine", "ERROR", "x", "an ERROR"},
		}))
		if len(out.Matches) != 2 || out.Matches[0].EventNumber != 2 || out.Matches[1].EventNumber != 4 {
			t.Errorf("%+v", out.Matches)
		}
	})
}
