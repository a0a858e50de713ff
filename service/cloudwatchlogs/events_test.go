package cloudwatchlogs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

// filter are the messages of all pages, with blanks between them.
func (w *world) filter(t testing.TB, in cloudwatchlogs.FilterLogEventsInput) string {
	t.Helper()
	var out []string
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(w.client, &in)
	for pages.HasMorePages() {
		for _, e := range must[*cloudwatchlogs.FilterLogEventsOutput](t)(pages.NextPage(w.ctx)).Events {
			out = append(out, *e.Message)
		}
	}
	return strings.Join(out, " ")
}

func TestPutAndFilter(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		for _, s := range []string{"web-1", "web-2", "db"} {
			w.stream(t, "app", s)
		}
		out := w.say(t, "app", "web-1", 10*time.Second, "a", "ERROR-c", `{"n":1}`)
		if out.NextSequenceToken == nil || len(*out.NextSequenceToken) != 56 || out.RejectedLogEventsInfo != nil {
			t.Errorf("%+v", out)
		}
		w.say(t, "app", "web-2", 9500*time.Millisecond, "b", "ERROR-d")
		w.say(t, "app", "db", 9900*time.Millisecond, "x")
		at := w.Now().UnixMilli()
		group := aws.String("app")
		for name, test := range map[string]struct {
			in   cloudwatchlogs.FilterLogEventsInput
			want string
		}{
			"all, interleaved": {cloudwatchlogs.FilterLogEventsInput{}, `a x b ERROR-c ERROR-d {"n":1}`},
			"one stream":       {cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"web-2"}}, "b ERROR-d"},
			"two streams":      {cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{"web-2", "db"}}, "x b ERROR-d"},
			"prefix":           {cloudwatchlogs.FilterLogEventsInput{LogStreamNamePrefix: aws.String("web-")}, `a b ERROR-c ERROR-d {"n":1}`},
			"no such prefix":   {cloudwatchlogs.FilterLogEventsInput{LogStreamNamePrefix: aws.String("none")}, ""},
			"terms":            {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String(`"ERROR"`)}, "ERROR-c ERROR-d"},
			"JSON":             {cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String(`{ $.n = 1 }`)}, `{"n":1}`},
			"times":            {cloudwatchlogs.FilterLogEventsInput{StartTime: aws.Int64(at - 9900), EndTime: aws.Int64(at - 9000)}, "x b ERROR-c"},
			"newest first":     {cloudwatchlogs.FilterLogEventsInput{StartFromHead: aws.Bool(false), LogStreamNames: []string{"web-1"}}, `{"n":1} ERROR-c a`},
		} {
			for _, limit := range []int32{1, 2, 10_000} {
				test.in.LogGroupName, test.in.Limit = group, &limit
				if got := w.filter(t, test.in); got != test.want {
					t.Errorf("%s, %d at a time: %s", name, limit, got)
				}
			}
		}
		first := must[*cloudwatchlogs.FilterLogEventsOutput](t)(w.FilterLogEvents(w.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupIdentifier: aws.String(arn + "app"), Limit: aws.Int32(1)}))
		if len(first.Events) != 1 || len(first.SearchedLogStreams) != 0 || first.NextToken == nil {
			t.Fatalf("%+v", first)
		}
		e := first.Events[0]
		if len(*e.EventId) != 56 || *e.LogStreamName != "web-1" || *e.Timestamp != at-10_000 || *e.IngestionTime != at {
			t.Errorf("%+v", e)
		}
		// Events of one time come in the order in which they were put.
		w.stream(t, "app", "same")
		same := &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: aws.String("same")}
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprint(i))
			same.LogEvents = append(same.LogEvents, types.InputLogEvent{Timestamp: &at, Message: &want[i]})
		}
		must[*cloudwatchlogs.PutLogEventsOutput](t)(w.PutLogEvents(w.ctx, same))
		if got := w.filter(t, cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, LogStreamNames: []string{"same"}}); got != strings.Join(want, " ") {
			t.Errorf("of one time: %s", got)
		}
	})
}

func TestGetLogEvents(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.stream(t, "app", "s")
		w.stream(t, "app", "other")
		get := func(in cloudwatchlogs.GetLogEventsInput) (string, *cloudwatchlogs.GetLogEventsOutput) {
			t.Helper()
			in.LogGroupName, in.LogStreamName = aws.String("app"), aws.String("s")
			if in.Limit == nil {
				in.Limit = aws.Int32(3)
			}
			out := must[*cloudwatchlogs.GetLogEventsOutput](t)(w.GetLogEvents(w.ctx, &in))
			var messages []string
			for _, e := range out.Events {
				messages = append(messages, *e.Message)
			}
			return strings.Join(messages, " "), out
		}
		// A stream without events has tokens too, from which what comes later is found.
		_, empty := get(cloudwatchlogs.GetLogEventsInput{})
		if _, again := get(cloudwatchlogs.GetLogEventsInput{NextToken: empty.NextForwardToken}); *again.NextForwardToken != *empty.NextForwardToken {
			t.Errorf("the token of nothing changes: %s, %s", *empty.NextForwardToken, *again.NextForwardToken)
		}
		w.say(t, "app", "other", time.Minute, "x", "y")
		w.say(t, "app", "s", time.Minute, "0", "1", "2", "3", "4", "5", "6")
		if got, _ := get(cloudwatchlogs.GetLogEventsInput{NextToken: empty.NextForwardToken}); got != "0 1 2" {
			t.Errorf("after nothing: %s", got)
		}

		walk := func(first cloudwatchlogs.GetLogEventsInput, next func(*cloudwatchlogs.GetLogEventsOutput) *string) (pages []string) {
			t.Helper()
			got, out := get(first)
			for {
				pages = append(pages, got)
				token := next(out)
				got, out = get(cloudwatchlogs.GetLogEventsInput{NextToken: token})
				if *next(out) == *token {
					if got != "" {
						t.Errorf("the token stays although there is %s", got)
					}
					return pages
				}
			}
		}
		forward := func(o *cloudwatchlogs.GetLogEventsOutput) *string { return o.NextForwardToken }
		backward := func(o *cloudwatchlogs.GetLogEventsOutput) *string { return o.NextBackwardToken }
		if d := cmp.Diff([]string{"0 1 2", "3 4 5", "6"}, walk(cloudwatchlogs.GetLogEventsInput{StartFromHead: aws.Bool(true)}, forward)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"4 5 6", "1 2 3", "0"}, walk(cloudwatchlogs.GetLogEventsInput{}, backward)); d != "" {
			t.Error(d)
		}
		// There and back again.
		_, first := get(cloudwatchlogs.GetLogEventsInput{StartFromHead: aws.Bool(true)})
		_, second := get(cloudwatchlogs.GetLogEventsInput{NextToken: first.NextForwardToken})
		if got, _ := get(cloudwatchlogs.GetLogEventsInput{NextToken: second.NextBackwardToken}); got != "0 1 2" {
			t.Errorf("back: %s", got)
		}
		// What comes in later is behind the last token.
		_, last := get(cloudwatchlogs.GetLogEventsInput{})
		w.say(t, "app", "s", 0, "7")
		if got, _ := get(cloudwatchlogs.GetLogEventsInput{NextToken: last.NextForwardToken}); got != "7" {
			t.Errorf("later: %s", got)
		}
		at := w.Now().Add(-time.Minute).UnixMilli()
		if got, _ := get(cloudwatchlogs.GetLogEventsInput{StartTime: aws.Int64(at + 1000), EndTime: aws.Int64(at + 3000)}); got != "1 2" {
			t.Errorf("of a time: %s", got)
		}
		if len(*first.NextForwardToken) != 60 || !strings.HasPrefix(*first.NextBackwardToken, "b/") {
			t.Errorf("tokens %s and %s", *first.NextForwardToken, *first.NextBackwardToken)
		}
		want := types.OutputLogEvent{Timestamp: &at, Message: aws.String("0"), IngestionTime: aws.Int64(w.Now().UnixMilli())}
		if d := cmp.Diff(want, first.Events[0], sdk); d != "" {
			t.Error(d)
		}
	})
}

// Events that are too old or too new are passed over. [recorded]
func TestRejectedEvents(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.stream(t, "app", "s")
		must[*cloudwatchlogs.PutRetentionPolicyOutput](t)(w.PutRetentionPolicy(w.ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("app"), RetentionInDays: aws.Int32(7)}))
		put := func(offsets ...time.Duration) *types.RejectedLogEventsInfo {
			t.Helper()
			in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("s"), SequenceToken: aws.String("any")}
			for i, d := range offsets {
				in.LogEvents = append(in.LogEvents, types.InputLogEvent{Timestamp: aws.Int64(w.Now().Add(d).UnixMilli()), Message: aws.String(fmt.Sprint(i))})
			}
			return must[*cloudwatchlogs.PutLogEventsOutput](t)(w.PutLogEvents(w.ctx, in)).RejectedLogEventsInfo
		}
		const day = 24 * time.Hour
		for name, test := range map[string]struct {
			offsets []time.Duration
			want    *types.RejectedLogEventsInfo
		}{
			"of each kind": {
				[]time.Duration{-16 * day, -15 * day, -9 * day, -8 * day, -time.Hour, 0, 3 * time.Hour, 4 * time.Hour},
				&types.RejectedLogEventsInfo{TooOldLogEventEndIndex: aws.Int32(2), ExpiredLogEventEndIndex: aws.Int32(4), TooNewLogEventStartIndex: aws.Int32(6)},
			},
			"at the bounds": {[]time.Duration{-22 * time.Hour, 2 * time.Hour}, nil},
			"too new":       {[]time.Duration{2*time.Hour + time.Millisecond}, &types.RejectedLogEventsInfo{TooNewLogEventStartIndex: aws.Int32(0)}},
			"too old":       {[]time.Duration{-15 * day}, &types.RejectedLogEventsInfo{TooOldLogEventEndIndex: aws.Int32(1)}},
			"expired":       {[]time.Duration{-7*day - time.Millisecond, 0}, &types.RejectedLogEventsInfo{ExpiredLogEventEndIndex: aws.Int32(1)}},
		} {
			if d := cmp.Diff(test.want, put(test.offsets...), sdk); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		got := strings.Fields(w.filter(t, cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app")}))
		slices.Sort(got)
		if d := cmp.Diff([]string{"0", "1", "1", "4", "5"}, got); d != "" {
			t.Error(d)
		}
	})
}

// An event that is put counts, and makes the alarm on its metric due.
func TestFromEventToAlarm(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.stream(t, "app", "s")
		must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", "errors", "ERROR")))
		ctx := t.Context()
		if err := w.State.Update(ctx, func(tx *state.Tx) error {
			_, _, err := tx.PutAlarm(ctx, state.Alarm{Scope: servicetest.Scope, Definition: alarm.Alarm{
				Name: "a", ARN: "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a", Namespace: "App", MetricName: "errors",
				Statistic: metric.MustStatistic("Sum"), Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: alarm.GreaterThanOrEqualToThreshold,
			}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.say(t, "app", "s", time.Minute, "ERROR 1", "fine", "ERROR 2")
		var points []metric.Point
		var due []state.DueAlarm
		if err := w.State.Update(ctx, func(tx *state.Tx) (err error) {
			if points, err = tx.Points(ctx, servicetest.Scope, metric.NewIdentity("App", "errors"), 0, 1<<62); err != nil {
				return err
			}
			due, err = tx.LeaseAlarms(ctx, "test", w.Now().Add(time.Hour), w.Now().Add(2*time.Hour), 10)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(points) != 1 || points[0].Samples.Sum != 2 {
			t.Errorf("counted %+v", points)
		}
		if len(due) != 1 || len(due[0].Touched) != 1 || due[0].Touched[0] != w.Now().Add(-time.Minute).UnixMilli() {
			t.Errorf("due: %+v", due)
		}
	})
}

// What is put while somebody follows, as "aws logs tail --follow" does, is seen once.
func TestFollowing(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		seen := map[string]int{}
		var from *int64
		follow := func() {
			t.Helper()
			ids := map[string]bool{}
			//lint:ignore SA1019 the AWS CLI still gives it
			in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app"), StartTime: from, Interleaved: aws.Bool(true), Limit: aws.Int32(7)}
			for {
				out := must[*cloudwatchlogs.FilterLogEventsOutput](t)(w.FilterLogEvents(w.ctx, in))
				for _, e := range out.Events {
					if ids[*e.EventId] {
						t.Errorf("%s came twice", *e.Message)
					}
					ids[*e.EventId] = true
					seen[*e.EventId]++
					from = e.Timestamp
				}
				if out.NextToken == nil {
					return
				}
				in.NextToken = out.NextToken
			}
		}
		for _, s := range []string{"a", "b", "c"} {
			w.stream(t, "app", s)
		}
		want := 0
		for round := range 6 {
			for _, s := range []string{"a", "b", "c"} {
				w.say(t, "app", s, 0, "x", "y", "z")
				want += 3
			}
			if round == 3 {
				if err := w.store.Seal(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			follow()
			w.Advance(2 * time.Second)
		}
		if len(seen) != want {
			t.Errorf("%d of %d events were seen", len(seen), want)
		}
	})
}
