package cloudwatchlogs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go"

	"tocsin/flow/ingest"
	logs "tocsin/service/cloudwatchlogs"
	"tocsin/service/servicetest"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/wire"
	"tocsin/wire/model"
)

// A client is what the service and the SDK's client have in common.
type client interface {
	AssociateKmsKey(context.Context, *cloudwatchlogs.AssociateKmsKeyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.AssociateKmsKeyOutput, error)
	CreateLogGroup(context.Context, *cloudwatchlogs.CreateLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error)
	CreateLogStream(context.Context, *cloudwatchlogs.CreateLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error)
	DeleteLogGroup(context.Context, *cloudwatchlogs.DeleteLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogGroupOutput, error)
	DeleteLogStream(context.Context, *cloudwatchlogs.DeleteLogStreamInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogStreamOutput, error)
	DeleteMetricFilter(context.Context, *cloudwatchlogs.DeleteMetricFilterInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteMetricFilterOutput, error)
	DeleteResourcePolicy(context.Context, *cloudwatchlogs.DeleteResourcePolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteResourcePolicyOutput, error)
	DeleteRetentionPolicy(context.Context, *cloudwatchlogs.DeleteRetentionPolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteRetentionPolicyOutput, error)
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
	DescribeLogStreams(context.Context, *cloudwatchlogs.DescribeLogStreamsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogStreamsOutput, error)
	DescribeMetricFilters(context.Context, *cloudwatchlogs.DescribeMetricFiltersInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeMetricFiltersOutput, error)
	DeleteSubscriptionFilter(context.Context, *cloudwatchlogs.DeleteSubscriptionFilterInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteSubscriptionFilterOutput, error)
	DescribeSubscriptionFilters(context.Context, *cloudwatchlogs.DescribeSubscriptionFiltersInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeSubscriptionFiltersOutput, error)
	PutSubscriptionFilter(context.Context, *cloudwatchlogs.PutSubscriptionFilterInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutSubscriptionFilterOutput, error)
	DescribeResourcePolicies(context.Context, *cloudwatchlogs.DescribeResourcePoliciesInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeResourcePoliciesOutput, error)
	DisassociateKmsKey(context.Context, *cloudwatchlogs.DisassociateKmsKeyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DisassociateKmsKeyOutput, error)
	FilterLogEvents(context.Context, *cloudwatchlogs.FilterLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error)
	ListLogGroups(context.Context, *cloudwatchlogs.ListLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListLogGroupsOutput, error)
	ListTagsForResource(context.Context, *cloudwatchlogs.ListTagsForResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error)
	ListTagsLogGroup(context.Context, *cloudwatchlogs.ListTagsLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsLogGroupOutput, error)
	PutLogEvents(context.Context, *cloudwatchlogs.PutLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error)
	PutLogGroupDeletionProtection(context.Context, *cloudwatchlogs.PutLogGroupDeletionProtectionInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogGroupDeletionProtectionOutput, error)
	PutMetricFilter(context.Context, *cloudwatchlogs.PutMetricFilterInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutMetricFilterOutput, error)
	PutResourcePolicy(context.Context, *cloudwatchlogs.PutResourcePolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutResourcePolicyOutput, error)
	PutRetentionPolicy(context.Context, *cloudwatchlogs.PutRetentionPolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutRetentionPolicyOutput, error)
	TagLogGroup(context.Context, *cloudwatchlogs.TagLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TagLogGroupOutput, error)
	TagResource(context.Context, *cloudwatchlogs.TagResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TagResourceOutput, error)
	TestMetricFilter(context.Context, *cloudwatchlogs.TestMetricFilterInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TestMetricFilterOutput, error)
	UntagLogGroup(context.Context, *cloudwatchlogs.UntagLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.UntagLogGroupOutput, error)
	UntagResource(context.Context, *cloudwatchlogs.UntagResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.UntagResourceOutput, error)
}

var (
	_ client = (*logs.Service)(nil)
	_ client = (*cloudwatchlogs.Client)(nil)
)

// A world is the service with all that it stands on.
type world struct {
	*servicetest.World
	store   *events.Store
	service *logs.Service
	put     func(context.Context, int64, string, []logs.Event) error
	// destination is where subscription filters send to.
	destination destination
	client      // that of the run
	ctx         context.Context
}

// twice runs a story on the service itself and through the SDK's client.
func twice(t *testing.T, story func(t *testing.T, w *world)) {
	t.Run("direct", func(t *testing.T) {
		w := newWorld(t)
		w.client, w.ctx = w.service, w.Context(t)
		story(t, w)
	})
	t.Run("client", func(t *testing.T) {
		w := newWorld(t)
		w.client = cloudwatchlogs.NewFromConfig(w.serve(t))
		w.ctx = t.Context()
		story(t, w)
	})
}

func (w *world) serve(t testing.TB) aws.Config {
	return w.Serve(t, wire.Service{Model: model.CloudWatchLogs(), Methods: w.service})
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: servicetest.New(t)}
	w.store = events.New(events.Options{State: w.State, Blobs: blob.NewMemory(), Owner: "test", Now: w.Now})
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	in, err := ingest.New(ingest.Options{State: w.State, Events: w.store, Now: w.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { in.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	w.put = func(ctx context.Context, group int64, stream string, list []logs.Event) error {
		p := ingest.Put{Group: group, Stream: stream}
		for _, e := range list {
			p.Events = append(p.Events, ingest.PutEvent{Time: e.Time, Message: e.Message})
		}
		return in.Put(ctx, p)
	}
	w.service = logs.New(logs.Options{State: w.State, Events: w.store, Now: w.Now, Put: w.put, Owner: "test", Forward: w.destination.take})
	return w
}

// must is a call's output.
func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refusal holds an error against a code and a text.
func refusal(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || api.ErrorMessage() != text {
		t.Errorf("got %v, want %s: %s", err, code, text)
	}
}

func (w *world) group(t testing.TB, name string) {
	t.Helper()
	if _, err := w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) stream(t testing.TB, group, stream string) {
	t.Helper()
	if _, err := w.CreateLogStream(w.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
		t.Fatal(err)
	}
}

// say puts messages into a stream, from some time before now on, a second apart.
func (w *world) say(t testing.TB, group, stream string, ago time.Duration, messages ...string) *cloudwatchlogs.PutLogEventsOutput {
	t.Helper()
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream}
	for i, m := range messages {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{
			Message: &m, Timestamp: aws.Int64(w.Now().Add(time.Duration(i)*time.Second - ago).UnixMilli()),
		})
	}
	out, err := w.PutLogEvents(w.ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
