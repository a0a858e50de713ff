package cloudwatchlogs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const arn = "arn:aws:logs:eu-central-1:123456789012:log-group:"

// sdk leaves out what the SDK's structures hold besides their members.
var sdk = cmpopts.IgnoreUnexported(
	types.LogGroup{}, types.LogStream{}, types.MetricFilter{}, types.MetricTransformation{}, types.FilteredLogEvent{}, types.OutputLogEvent{},
	types.RejectedLogEventsInfo{}, types.MetricFilterMatchRecord{}, types.LogGroupSummary{}, types.ResourcePolicy{},
)

func TestLogGroups(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		describe := func(in cloudwatchlogs.DescribeLogGroupsInput) []types.LogGroup {
			t.Helper()
			return must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(w.DescribeLogGroups(w.ctx, &in)).LogGroups
		}
		if got := describe(cloudwatchlogs.DescribeLogGroupsInput{}); len(got) != 0 {
			t.Errorf("at first: %+v", got)
		}
		created := w.Now()
		key := "arn:aws:kms:eu-central-1:123456789012:key/1"
		must[*cloudwatchlogs.CreateLogGroupOutput](t)(w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: aws.String("CloudTrail/Logs"), KmsKeyId: &key, Tags: map[string]string{"a": "b"}, DeletionProtectionEnabled: aws.Bool(true),
		}))
		w.group(t, "app")
		_, err := w.CreateLogGroup(w.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("app")})
		refusal(t, err, "ResourceAlreadyExistsException", "The specified log group already exists")
		must[*cloudwatchlogs.PutRetentionPolicyOutput](t)(w.PutRetentionPolicy(w.ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("app"), RetentionInDays: aws.Int32(30)}))
		w.stream(t, "app", "s")
		w.say(t, "app", "s", 0, "hello")
		must[*cloudwatchlogs.PutMetricFilterOutput](t)(w.PutMetricFilter(w.ctx, counting("app", "errors", "ERROR")))
		trail := types.LogGroup{
			LogGroupName: aws.String("CloudTrail/Logs"), Arn: aws.String(arn + "CloudTrail/Logs:*"), LogGroupArn: aws.String(arn + "CloudTrail/Logs"),
			CreationTime: aws.Int64(created.UnixMilli()), MetricFilterCount: aws.Int32(0), LogGroupClass: "STANDARD", KmsKeyId: &key,
			StoredBytes: aws.Int64(0), DeletionProtectionEnabled: aws.Bool(true), BearerTokenAuthenticationEnabled: aws.Bool(false),
		}
		app := types.LogGroup{
			LogGroupName: aws.String("app"), Arn: aws.String(arn + "app:*"), LogGroupArn: aws.String(arn + "app"),
			CreationTime: aws.Int64(created.UnixMilli()), MetricFilterCount: aws.Int32(1), LogGroupClass: "STANDARD", RetentionInDays: aws.Int32(30),
			StoredBytes: aws.Int64(5), DeletionProtectionEnabled: aws.Bool(false), BearerTokenAuthenticationEnabled: aws.Bool(false),
		}
		brief := app
		brief.StoredBytes, brief.DeletionProtectionEnabled, brief.BearerTokenAuthenticationEnabled = nil, nil, nil
		for name, test := range map[string]struct {
			in   cloudwatchlogs.DescribeLogGroupsInput
			want []types.LogGroup
		}{
			"all":          {cloudwatchlogs.DescribeLogGroupsInput{}, []types.LogGroup{trail, app}},
			"prefix":       {cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("Cloud")}, []types.LogGroup{trail}},
			"pattern":      {cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("pp")}, []types.LogGroup{brief}},
			"case matters": {cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("PP")}, []types.LogGroup{}},
			"identifiers":  {cloudwatchlogs.DescribeLogGroupsInput{LogGroupIdentifiers: []string{arn + "app", "none"}}, []types.LogGroup{app}},
			"class":        {cloudwatchlogs.DescribeLogGroupsInput{LogGroupClass: types.LogGroupClassInfrequentAccess}, []types.LogGroup{}},
		} {
			if d := cmp.Diff(test.want, describe(test.in), sdk, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		listed := must[*cloudwatchlogs.ListLogGroupsOutput](t)(w.ListLogGroups(w.ctx, &cloudwatchlogs.ListLogGroupsInput{
			LogGroupNamePattern: aws.String("xyz|^Cloud"), LogGroupTags: []types.TagFilter{{Key: aws.String("a"), Values: []string{"x", "b*"}}},
		}))
		if len(listed.LogGroups) != 1 || *listed.LogGroups[0].LogGroupArn != arn+"CloudTrail/Logs" {
			t.Errorf("listed %+v", listed.LogGroups)
		}

		_, err = w.DeleteLogGroup(w.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("CloudTrail/Logs")})
		refusal(t, err, "ValidationException", "The specified log group has deletion protection enabled. Disable deletion protection before you delete the log group.")
		must[*cloudwatchlogs.PutLogGroupDeletionProtectionOutput](t)(w.PutLogGroupDeletionProtection(w.ctx, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{
			LogGroupIdentifier: aws.String(arn + "CloudTrail/Logs"), DeletionProtectionEnabled: aws.Bool(false),
		}))
		must[*cloudwatchlogs.DisassociateKmsKeyOutput](t)(w.DisassociateKmsKey(w.ctx, &cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: aws.String("CloudTrail/Logs")}))
		must[*cloudwatchlogs.AssociateKmsKeyOutput](t)(w.AssociateKmsKey(w.ctx, &cloudwatchlogs.AssociateKmsKeyInput{ResourceIdentifier: aws.String(arn + "app"), KmsKeyId: &key}))
		must[*cloudwatchlogs.DeleteRetentionPolicyOutput](t)(w.DeleteRetentionPolicy(w.ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("app")}))
		must[*cloudwatchlogs.DeleteRetentionPolicyOutput](t)(w.DeleteRetentionPolicy(w.ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("app")}))
		trail.KmsKeyId, trail.DeletionProtectionEnabled, app.KmsKeyId, app.RetentionInDays = nil, aws.Bool(false), &key, nil
		if d := cmp.Diff([]types.LogGroup{trail, app}, describe(cloudwatchlogs.DescribeLogGroupsInput{}), sdk); d != "" {
			t.Error(d)
		}
		for _, name := range []string{"CloudTrail/Logs", "app"} {
			must[*cloudwatchlogs.DeleteLogGroupOutput](t)(w.DeleteLogGroup(w.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name}))
		}
		if got := describe(cloudwatchlogs.DescribeLogGroupsInput{}); len(got) != 0 {
			t.Errorf("at last: %+v", got)
		}
		// Nothing of it is left for another of that name.
		w.group(t, "CloudTrail/Logs")
		if tags := must[*cloudwatchlogs.ListTagsForResourceOutput](t)(w.ListTagsForResource(w.ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(arn + "CloudTrail/Logs")})); len(tags.Tags) != 0 {
			t.Errorf("tags: %v", tags.Tags)
		}
	})
}

// Pages hold all groups, each once.
func TestPagesOfLogGroups(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		var want, got []string
		for i := range 7 {
			want = append(want, fmt.Sprint("g", i))
			w.group(t, want[i])
		}
		pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(w.client, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(3)})
		for pages.HasMorePages() {
			page := must[*cloudwatchlogs.DescribeLogGroupsOutput](t)(pages.NextPage(w.ctx))
			for _, g := range page.LogGroups {
				got = append(got, *g.LogGroupName)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestTags(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		resource, name := aws.String(arn+"app"), aws.String("app")
		must[*cloudwatchlogs.TagResourceOutput](t)(w.TagResource(w.ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: resource, Tags: map[string]string{"a": "1", "b": "2"}}))
		must[*cloudwatchlogs.TagLogGroupOutput](t)(w.TagLogGroup(w.ctx, &cloudwatchlogs.TagLogGroupInput{LogGroupName: name, Tags: map[string]string{"b": "3", "c": ""}}))
		must[*cloudwatchlogs.UntagResourceOutput](t)(w.UntagResource(w.ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: resource, TagKeys: []string{"a", "none"}}))
		want := map[string]string{"b": "3", "c": ""}
		if d := cmp.Diff(want, must[*cloudwatchlogs.ListTagsForResourceOutput](t)(w.ListTagsForResource(w.ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: resource})).Tags); d != "" {
			t.Error(d)
		}
		must[*cloudwatchlogs.UntagLogGroupOutput](t)(w.UntagLogGroup(w.ctx, &cloudwatchlogs.UntagLogGroupInput{LogGroupName: name, Tags: []string{"b"}}))
		delete(want, "b")
		if d := cmp.Diff(want, must[*cloudwatchlogs.ListTagsLogGroupOutput](t)(w.ListTagsLogGroup(w.ctx, &cloudwatchlogs.ListTagsLogGroupInput{LogGroupName: name})).Tags); d != "" {
			t.Error(d)
		}
		many := map[string]string{}
		for i := range 50 {
			many[fmt.Sprint("k", i)] = ""
		}
		_, err := w.TagResource(w.ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: resource, Tags: many})
		refusal(t, err, "TooManyTagsException", "The resource has too many tags: it may have 50.")
		_, err = w.TagResource(w.ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String(arn + "app:*"), Tags: want})
		refusal(t, err, "InvalidParameterException", "The specified resource ARN is invalid: it is the one of a log group, without :* at its end.")
		_, err = w.ListTagsForResource(w.ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(arn + "none")})
		refusal(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
	})
}

func TestLogStreams(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		created := w.Now()
		for _, s := range []string{"b", "a", "ab"} {
			w.stream(t, "app", s)
		}
		_, err := w.CreateLogStream(w.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("a")})
		refusal(t, err, "ResourceAlreadyExistsException", "The specified log stream already exists")
		w.Advance(time.Minute)
		w.say(t, "app", "a", 10*time.Second, "one", "two")
		w.say(t, "app", "b", 30*time.Second, "three")
		names := func(in cloudwatchlogs.DescribeLogStreamsInput) (out []string) {
			t.Helper()
			in.Limit = aws.Int32(2)
			if in.LogGroupIdentifier == nil {
				in.LogGroupName = aws.String("app")
			}
			pages := cloudwatchlogs.NewDescribeLogStreamsPaginator(w.client, &in)
			for pages.HasMorePages() {
				for _, s := range must[*cloudwatchlogs.DescribeLogStreamsOutput](t)(pages.NextPage(w.ctx)).LogStreams {
					out = append(out, *s.LogStreamName)
				}
			}
			return out
		}
		for name, test := range map[string]struct {
			in   cloudwatchlogs.DescribeLogStreamsInput
			want string
		}{
			"by name":            {cloudwatchlogs.DescribeLogStreamsInput{}, "a ab b"},
			"by name, backward":  {cloudwatchlogs.DescribeLogStreamsInput{Descending: aws.Bool(true)}, "b ab a"},
			"prefix":             {cloudwatchlogs.DescribeLogStreamsInput{LogStreamNamePrefix: aws.String("a")}, "a ab"},
			"by time":            {cloudwatchlogs.DescribeLogStreamsInput{OrderBy: types.OrderByLastEventTime}, "ab b a"},
			"by time, backward":  {cloudwatchlogs.DescribeLogStreamsInput{OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)}, "a b ab"},
			"of a group's ARN":   {cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: aws.String(arn + "app")}, "a ab b"},
			"of a group's ARN:*": {cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: aws.String(arn + "app:*")}, "a ab b"},
		} {
			if got := strings.Join(names(test.in), " "); got != test.want {
				t.Errorf("%s: %s", name, got)
			}
		}
		got := must[*cloudwatchlogs.DescribeLogStreamsOutput](t)(w.DescribeLogStreams(w.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("app")})).LogStreams
		at := w.Now().UnixMilli()
		want := []types.LogStream{
			{
				LogStreamName: aws.String("a"), Arn: aws.String(arn + "app:log-stream:a"), CreationTime: aws.Int64(created.UnixMilli()), StoredBytes: aws.Int64(0),
				FirstEventTimestamp: aws.Int64(at - 10_000), LastEventTimestamp: aws.Int64(at - 9000), LastIngestionTime: aws.Int64(at), UploadSequenceToken: aws.String(fmt.Sprintf("%056d", at)),
			},
			{LogStreamName: aws.String("ab"), Arn: aws.String(arn + "app:log-stream:ab"), CreationTime: aws.Int64(created.UnixMilli()), StoredBytes: aws.Int64(0)},
		}
		if d := cmp.Diff(want, got[:2], sdk); d != "" {
			t.Error(d)
		}

		// A stream's events go with it, and another of its name does not have them.
		must[*cloudwatchlogs.DeleteLogStreamOutput](t)(w.DeleteLogStream(w.ctx, &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("a")}))
		_, err = w.DeleteLogStream(w.ctx, &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("a")})
		refusal(t, err, "ResourceNotFoundException", "The specified log stream does not exist.")
		if got := w.filter(t, cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app")}); got != "three" {
			t.Errorf("left: %s", got)
		}
		w.stream(t, "app", "a")
		w.say(t, "app", "a", 0, "four")
		if got := w.filter(t, cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app"), LogStreamNames: []string{"a"}}); got != "four" {
			t.Errorf("of the new stream: %s", got)
		}
		if got := w.filter(t, cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app")}); got != "three four" {
			t.Errorf("of all streams: %s", got)
		}
	})
}

func TestRetentionHidesWhatIsOlder(t *testing.T) {
	twice(t, func(t *testing.T, w *world) {
		w.group(t, "app")
		w.stream(t, "app", "s")
		w.say(t, "app", "s", 0, "old")
		w.Advance(36 * time.Hour)
		w.say(t, "app", "s", 0, "new")
		all := cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("app")}
		if got := w.filter(t, all); got != "old new" {
			t.Errorf("kept for ever: %s", got)
		}
		must[*cloudwatchlogs.PutRetentionPolicyOutput](t)(w.PutRetentionPolicy(w.ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("app"), RetentionInDays: aws.Int32(1)}))
		if got := w.filter(t, all); got != "new" {
			t.Errorf("kept for a day: %s", got)
		}
	})
}
