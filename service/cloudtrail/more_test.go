package cloudtrail_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"tocsin/core/event"
	"tocsin/service"
	"tocsin/service/cloudtrail"
)

// Run delivers what is recorded soon after it is, and ends with its context.
func TestRun(t *testing.T) {
	stored := make(chan string, 10)
	w := newWorld(t, func(o *cloudtrail.Options) {
		o.Put = func(_ context.Context, _ int64, _ string, events []cloudtrail.LogEvent) error {
			for _, e := range events {
				stored <- nameIn(e.Message)
			}
			return nil
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	for _, name := range []string{"First", "Second"} {
		w.called(t, name)
		if got := <-stored; got != name {
			t.Errorf("%s, want %s", got, name)
		}
	}
	stop()
	<-ended
}

// What cannot be delivered for a month is given up, and new records go on.
func TestGivingUp(t *testing.T) {
	w := newWorld(t)
	group := w.group(t, "trails")
	w.start(t, "main", logsTo(groupARN))
	w.deny["s3:PutObject"], w.deny["logs:PutLogEvents"] = true, true
	w.called(t, "Lost")
	w.pass(t, 10*time.Minute)
	w.Advance(31 * 24 * time.Hour)
	w.tick(t)
	clear(w.deny)
	w.called(t, "Kept")
	w.pass(t, 10*time.Minute)
	equal(t, "files", [][]string{{"Kept"}}, w.files(t))
	equal(t, "log group", []string{"Kept"}, w.logs.of(group.ID))
}

func TestUpdates(t *testing.T) {
	w := newWorld(t)
	ctx := w.Context(t)
	update := func(change func(*sdk.UpdateTrailInput)) {
		t.Helper()
		in := &sdk.UpdateTrailInput{Name: aws.String("main")}
		change(in)
		must[*sdk.UpdateTrailOutput](t)(w.UpdateTrail(ctx, in))
	}
	w.start(t, "main")
	w.called(t, "Before")
	w.pass(t, 10*time.Minute)
	// Digests begin when they are asked for, and end when they are not any more.
	update(func(in *sdk.UpdateTrailInput) { in.EnableLogFileValidation = aws.Bool(true) })
	w.called(t, "Within")
	w.pass(t, 2*time.Hour)
	update(func(in *sdk.UpdateTrailInput) { in.EnableLogFileValidation = aws.Bool(false) })
	w.called(t, "After")
	w.pass(t, 2*time.Hour)
	digests := w.bucket.keys("/CloudTrail-Digest/")
	if len(digests) != 3 { // two hours, and the last one
		t.Errorf("%d digests", len(digests))
	}
	// The trail moves to another bucket and becomes one of all Regions.
	w.bucket.policies["other"] = nil
	update(func(in *sdk.UpdateTrailInput) {
		in.S3BucketName, in.IsMultiRegionTrail = aws.String("other"), aws.Bool(true)
	})
	w.called(t, "iam:CreateUser")
	w.pass(t, 10*time.Minute)
	if n := len(w.bucket.keys("other/AWSLogs/123456789012/CloudTrail/us-east-1/")); n != 1 {
		t.Errorf("%d files in the other bucket", n)
	}
	// There is no room for a sixth in the Regions of a trail for all of them.
	for i := range 4 {
		create(t, ctx, w, fmt.Sprint("more", i))
	}
	caller := w.Caller()
	caller.Region = "eu-west-1"
	there := service.WithCaller(t.Context(), caller)
	create(t, there, w, "there")
	_, err := w.UpdateTrail(there, &sdk.UpdateTrailInput{Name: aws.String("there"), IsMultiRegionTrail: aws.Bool(true)})
	if code(err) != "MaximumNumberOfTrailsExceededException" {
		t.Error(err)
	}
}

func TestTagBounds(t *testing.T) {
	w := newWorld(t)
	ctx := w.Context(t)
	create(t, ctx, w, "main")
	tags := func(from, to int) (tags []types.Tag) {
		for i := from; i < to; i++ {
			tags = append(tags, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("v")})
		}
		return tags
	}
	long := []types.Tag{{Key: aws.String(strings.Repeat("ä", 128)), Value: aws.String(strings.Repeat("ä", 256))}}
	must[*sdk.AddTagsOutput](t)(w.AddTags(ctx, &sdk.AddTagsInput{ResourceId: aws.String(arn), TagsList: long}))
	must[*sdk.RemoveTagsOutput](t)(w.RemoveTags(ctx, &sdk.RemoveTagsInput{ResourceId: aws.String(arn), TagsList: long}))
	must[*sdk.AddTagsOutput](t)(w.AddTags(ctx, &sdk.AddTagsInput{ResourceId: aws.String(arn), TagsList: tags(0, 50)}))
	for _, c := range []struct {
		in   sdk.AddTagsInput
		want string
	}{
		{sdk.AddTagsInput{ResourceId: aws.String(arn), TagsList: tags(50, 51)}, "TagsLimitExceededException"},
		{sdk.AddTagsInput{ResourceId: aws.String(arn), TagsList: tags(0, 51)}, "TagsLimitExceededException"},
		{sdk.AddTagsInput{ResourceId: aws.String(arn), TagsList: append(tags(0, 1), tags(0, 1)...)}, "InvalidTagParameterException"},
		{sdk.AddTagsInput{ResourceId: aws.String("main"), TagsList: tags(0, 1)}, "CloudTrailARNInvalidException"},
		{sdk.AddTagsInput{ResourceId: aws.String("arn:aws:cloudtrail:eu-west-1:123456789012:trail/main"), TagsList: tags(0, 1)}, "CloudTrailARNInvalidException"},
		{sdk.AddTagsInput{ResourceId: aws.String("arn:aws:cloudtrail:eu-central-1:123456789012:dashboard/x"), TagsList: tags(0, 1)}, "ResourceTypeNotSupportedException"},
		{sdk.AddTagsInput{ResourceId: aws.String("arn:aws:cloudtrail:eu-central-1:123456789012:channel/x"), TagsList: tags(0, 1)}, "ChannelNotFoundException"},
		{sdk.AddTagsInput{ResourceId: aws.String("arn:aws:cloudtrail:eu-central-1:111122223333:trail/main"), TagsList: tags(0, 1)}, "ResourceNotFoundException"},
	} {
		if _, err := w.AddTags(ctx, &c.in); code(err) != c.want {
			t.Errorf("%s: %v, want %s", *c.in.ResourceId, err, c.want)
		}
	}
	if _, err := w.ListTags(ctx, &sdk.ListTagsInput{ResourceIdList: make([]string, 21)}); code(err) != "InvalidParameterException" {
		t.Error(err)
	}
}

// Every input and output of every service becomes JSON, whatever is in it.
func TestParametersOfEverything(t *testing.T) {
	n := 0
	for _, client := range []any{(*sdk.Client)(nil), (*sns.Client)(nil), (*iam.Client)(nil), (*sts.Client)(nil), (*cloudwatch.Client)(nil), (*cloudwatchlogs.Client)(nil)} {
		ty := reflect.TypeOf(client)
		for i := range ty.NumMethod() {
			m := ty.Method(i).Type
			for _, of := range []reflect.Type{m.In(min(2, m.NumIn()-1)), m.Out(0)} {
				if of.Kind() != reflect.Pointer || of.Elem().Kind() != reflect.Struct || !strings.HasSuffix(of.Elem().Name(), "put") {
					continue
				}
				v := reflect.New(of.Elem())
				fill(v.Elem(), 0)
				shown, err := json.Marshal(cloudtrail.Parameters(v.Interface()))
				if err != nil || string(shown) != "null" && !event.Valid(shown) {
					t.Errorf("%s: %v: %.200s", of, err, shown)
				}
				n++
			}
		}
	}
	if n < 800 {
		t.Errorf("only %d types", n)
	}
}

// fill puts something everywhere.
func fill(v reflect.Value, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(callTime))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Map:
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("a \"key\"\xff").Convert(v.Type().Key()), one)
	case reflect.String:
		v.SetString("a <text>\x00\xff")
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1e300 * 1e300 / 1e300)
	case reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Interface:
		if union := reflect.ValueOf(&logtypes.IntegrationDetailsMemberOpenSearchIntegrationDetails{}); union.Type().Implements(v.Type()) && v.NumMethod() > 0 {
			v.Set(union)
		}
	}
}
