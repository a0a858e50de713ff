package cloudwatchlogs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	logs "tocsin/service/cloudwatchlogs"
)

// A destination takes messages, or fails.
type destination struct {
	mu   sync.Mutex
	fail error    // guarded by mu
	got  []string // messages of events, or CONTROL; guarded by mu
}

func (d *destination) take(_ context.Context, f logs.Forward) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	z, err := gzip.NewReader(bytes.NewReader(f.Data))
	if err != nil {
		return err
	}
	var m struct {
		MessageType string
		LogEvents   []struct{ Message string }
	}
	if err := json.NewDecoder(z).Decode(&m); err != nil {
		return err
	}
	for _, e := range m.LogEvents {
		text := e.Message
		if m.MessageType == "CONTROL_MESSAGE" {
			text = "CONTROL"
		}
		d.got = append(d.got, f.Destination[strings.LastIndexByte(f.Destination, ':')+1:]+" "+text)
	}
	return nil
}

func (d *destination) failWith(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = err
}

func (d *destination) taken() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	got := d.got
	d.got = nil
	return got
}

const function = "arn:aws:lambda:eu-central-1:123456789012:function:logs"

func subscription(name, pattern string) *cloudwatchlogs.PutSubscriptionFilterInput {
	return &cloudwatchlogs.PutSubscriptionFilterInput{
		LogGroupName: aws.String("app"), FilterName: &name, FilterPattern: &pattern, DestinationArn: aws.String(function),
	}
}

// Tick is called by Run, and by who moves a manual clock: each message goes once.
func TestTicksAtOnce(t *testing.T) {
	w := newWorld(t)
	w.client, w.ctx = w.service, w.Context(t)
	w.group(t, "app")
	w.stream(t, "app", "s")
	must[*cloudwatchlogs.PutSubscriptionFilterOutput](t)(w.PutSubscriptionFilter(w.ctx, subscription("all", "")))
	w.destination.taken()
	var want []string
	for i := range 30 {
		text := "event " + string(rune('A'+i))
		w.say(t, "app", "s", 0, text)
		want = append(want, "logs "+text)
	}
	var ticks sync.WaitGroup
	for range 8 {
		ticks.Go(func() {
			if err := w.service.Tick(w.ctx, w.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	ticks.Wait()
	if d := cmp.Diff(want, w.destination.taken()); d != "" {
		t.Error(d)
	}
}

func TestSubscriptionFilters(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.stream(t, "app", "s")
		must[*cloudwatchlogs.PutSubscriptionFilterOutput](t)(w.PutSubscriptionFilter(w.ctx, subscription("problems", "ERROR")))
		stream := &cloudwatchlogs.PutSubscriptionFilterInput{
			LogGroupName: aws.String("app"), FilterName: aws.String("all"), FilterPattern: aws.String(""), Distribution: types.DistributionRandom,
			DestinationArn: aws.String("arn:aws:firehose:eu-central-1:123456789012:deliverystream/x"), RoleArn: aws.String("arn:aws:iam::123456789012:role/r"),
		}
		must[*cloudwatchlogs.PutSubscriptionFilterOutput](t)(w.PutSubscriptionFilter(w.ctx, stream))
		if d := cmp.Diff([]string{"logs CONTROL", "deliverystream/x CONTROL"}, w.destination.taken()); d != "" {
			t.Error(d)
		}
		_, err := w.PutSubscriptionFilter(w.ctx, subscription("third", ""))
		refusal(t, err, "LimitExceededException", "Resource limit exceeded.")
		got := must[*cloudwatchlogs.DescribeSubscriptionFiltersOutput](t)(w.DescribeSubscriptionFilters(w.ctx, &cloudwatchlogs.DescribeSubscriptionFiltersInput{LogGroupName: aws.String("app")}))
		created := aws.Int64(w.Now().UnixMilli())
		want := []types.SubscriptionFilter{
			{FilterName: stream.FilterName, FilterPattern: stream.FilterPattern, LogGroupName: aws.String("app"), DestinationArn: stream.DestinationArn, RoleArn: stream.RoleArn, Distribution: types.DistributionRandom, CreationTime: created},
			{FilterName: aws.String("problems"), FilterPattern: aws.String("ERROR"), LogGroupName: aws.String("app"), DestinationArn: aws.String(function), Distribution: types.DistributionByLogStream, CreationTime: created},
		}
		if d := cmp.Diff(want, got.SubscriptionFilters, cmpopts.IgnoreUnexported(types.SubscriptionFilter{})); d != "" {
			t.Error(d)
		}
		tick := func() []string {
			t.Helper()
			if err := w.service.Tick(t.Context(), w.Now()); err != nil && w.destination.fail == nil {
				t.Errorf("tick: %v", err)
			}
			got := w.destination.taken()
			slices.Sort(got)
			return got
		}
		w.say(t, "app", "s", 0, "ERROR 1", "fine")
		if d := cmp.Diff([]string{"deliverystream/x ERROR 1", "deliverystream/x fine", "logs ERROR 1"}, tick()); d != "" {
			t.Error(d)
		}
		if got := tick(); len(got) > 0 {
			t.Errorf("twice: %v", got)
		}
		// What fails is tried again later, in order.
		w.destination.failWith(errors.New("no"))
		w.say(t, "app", "s", 0, "ERROR 2")
		w.say(t, "app", "s", 0, "ERROR 3")
		tick()
		w.destination.failWith(nil)
		if got := tick(); len(got) > 0 {
			t.Errorf("too soon: %v", got)
		}
		w.Advance(time.Second)
		if d := cmp.Diff([]string{"deliverystream/x ERROR 2", "deliverystream/x ERROR 3", "logs ERROR 2", "logs ERROR 3"}, tick()); d != "" {
			t.Error(d)
		}
		// After a day it is given up.
		w.destination.failWith(errors.New("no"))
		w.say(t, "app", "s", 0, "ERROR 4")
		tick()
		w.Advance(24 * time.Hour)
		tick()
		w.destination.failWith(nil)
		w.say(t, "app", "s", 0, "fine")
		w.Advance(time.Hour)
		if d := cmp.Diff([]string{"deliverystream/x fine"}, tick()); d != "" {
			t.Error(d)
		}

		gone := &cloudwatchlogs.DeleteSubscriptionFilterInput{LogGroupName: aws.String("app"), FilterName: aws.String("all")}
		must[*cloudwatchlogs.DeleteSubscriptionFilterOutput](t)(w.DeleteSubscriptionFilter(w.ctx, gone))
		_, err = w.DeleteSubscriptionFilter(w.ctx, gone)
		refusal(t, err, "ResourceNotFoundException", "The specified subscription filter does not exist.")
		w.say(t, "app", "s", 0, "fine")
		if got := tick(); len(got) > 0 {
			t.Errorf("of a filter that is gone: %v", got)
		}
	})
}

func TestSubscriptionFiltersAreRefused(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		with := func(change func(*cloudwatchlogs.PutSubscriptionFilterInput)) *cloudwatchlogs.PutSubscriptionFilterInput {
			in := subscription("f", "ERROR")
			change(in)
			return in
		}
		for _, test := range []struct {
			name string
			in   *cloudwatchlogs.PutSubscriptionFilterInput
			code string
			text string
		}{
			{"no group", with(func(in *cloudwatchlogs.PutSubscriptionFilterInput) { in.LogGroupName = aws.String("none") }), "ResourceNotFoundException", "The specified log group does not exist."},
			{"pattern", with(func(in *cloudwatchlogs.PutSubscriptionFilterInput) { in.FilterPattern = aws.String("{ $.a = }") }), "InvalidParameterException", "Invalid metric filter pattern"},
			{"vendor", with(func(in *cloudwatchlogs.PutSubscriptionFilterInput) { in.DestinationArn = aws.String("arn:aws:s3:::b") }), "InvalidParameterException", "PutSubscriptionFilter operation cannot work with destinationArn for vendor s3"},
			{"no ARN", with(func(in *cloudwatchlogs.PutSubscriptionFilterInput) { in.DestinationArn = aws.String("b") }), "InvalidParameterException", "Invalid destinationArn: it is the ARN of a Lambda function or of a Firehose stream, or an http or https URL."},
			{"role", with(func(in *cloudwatchlogs.PutSubscriptionFilterInput) { in.RoleArn = aws.String("r") }), "InvalidParameterException", "destinationArn for vendor lambda cannot be used with roleArn"},
			{"no role", with(func(in *cloudwatchlogs.PutSubscriptionFilterInput) {
				in.DestinationArn = aws.String("arn:aws:firehose:eu-central-1:123456789012:deliverystream/x")
			}), "InvalidParameterException", "destinationArn for vendor firehose cannot be used without roleArn"},
		} {
			_, err := w.PutSubscriptionFilter(w.ctx, test.in)
			refusal(t, err, test.code, test.text)
		}
		w.destination.failWith(errors.New("no"))
		_, err := w.PutSubscriptionFilter(w.ctx, subscription("f", "ERROR"))
		refusal(t, err, "InvalidParameterException", "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
		got := must[*cloudwatchlogs.DescribeSubscriptionFiltersOutput](t)(w.DescribeSubscriptionFilters(w.ctx, &cloudwatchlogs.DescribeSubscriptionFiltersInput{LogGroupName: aws.String("app")}))
		if len(got.SubscriptionFilters) > 0 {
			t.Errorf("%+v", got.SubscriptionFilters)
		}
	})
}
