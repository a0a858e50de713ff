package cloudtrail_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/service"
)

const (
	arn      = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/main"
	roleARN  = "arn:aws:iam::123456789012:role/trail"
	groupARN = "arn:aws:logs:eu-central-1:123456789012:log-group:trails:*"
)

var ignore = cmpopts.IgnoreUnexported(types.Trail{}, types.EventSelector{}, types.AdvancedEventSelector{}, types.AdvancedFieldSelector{},
	types.InsightSelector{}, types.Tag{}, types.ResourceTag{}, types.DataResource{}, types.TrailInfo{}, types.Resource{}, types.Event{}, types.Channel{}, types.Destination{})

func TestTrailFromCradleToGrave(t *testing.T) {
	twice(t, func(t *testing.T, ctx context.Context, w *world, c api) {
		w.group(t, "trails")
		topic := w.topic(t, "files")
		made := must[*sdk.CreateTrailOutput](t)(c.CreateTrail(ctx, &sdk.CreateTrailInput{
			Name: aws.String("main"), S3BucketName: aws.String("logs"), S3KeyPrefix: aws.String("audit"), SnsTopicName: aws.String("files"),
			IsMultiRegionTrail: aws.Bool(true), EnableLogFileValidation: aws.Bool(true), KmsKeyId: aws.String("alias/trails"),
			CloudWatchLogsLogGroupArn: aws.String(groupARN), CloudWatchLogsRoleArn: aws.String(roleARN),
			TagsList: []types.Tag{{Key: aws.String("team"), Value: aws.String("security")}},
		}))
		if *made.TrailARN != arn || *made.SnsTopicARN != topic || !*made.IncludeGlobalServiceEvents || *made.IsOrganizationTrail {
			t.Errorf("made %+v", made)
		}
		want := types.Trail{
			Name: aws.String("main"), TrailARN: aws.String(arn), HomeRegion: aws.String("eu-central-1"), S3BucketName: aws.String("logs"), S3KeyPrefix: aws.String("audit"),
			//lint:ignore SA1019 AWS still gives it
			SnsTopicName: aws.String("files"),
			SnsTopicARN:  &topic, IsMultiRegionTrail: aws.Bool(true), IncludeGlobalServiceEvents: aws.Bool(true),
			IsOrganizationTrail: aws.Bool(false), LogFileValidationEnabled: aws.Bool(true), KmsKeyId: aws.String("arn:aws:kms:eu-central-1:123456789012:alias/trails"),
			CloudWatchLogsLogGroupArn: aws.String(groupARN), CloudWatchLogsRoleArn: aws.String(roleARN), HasCustomEventSelectors: aws.Bool(false), HasInsightSelectors: aws.Bool(false),
		}
		for _, name := range []string{"main", arn} {
			equal(t, name, want, *must[*sdk.GetTrailOutput](t)(c.GetTrail(ctx, &sdk.GetTrailInput{Name: &name})).Trail, ignore)
			equal(t, name, []types.Trail{want}, must[*sdk.DescribeTrailsOutput](t)(c.DescribeTrails(ctx, &sdk.DescribeTrailsInput{TrailNameList: []string{name, "other"}})).TrailList, ignore)
		}
		equal(t, "list", []types.TrailInfo{{Name: aws.String("main"), TrailARN: aws.String(arn), HomeRegion: aws.String("eu-central-1")}},
			must[*sdk.ListTrailsOutput](t)(c.ListTrails(ctx, &sdk.ListTrailsInput{})).Trails, ignore)

		status := must[*sdk.GetTrailStatusOutput](t)(c.GetTrailStatus(ctx, &sdk.GetTrailStatusInput{Name: aws.String("main")}))
		if *status.IsLogging || status.StartLoggingTime != nil || *status.TimeLoggingStarted != "" {
			t.Errorf("status of a new trail: %+v", status)
		}
		for range 2 { // to start again does nothing
			must[*sdk.StartLoggingOutput](t)(c.StartLogging(ctx, &sdk.StartLoggingInput{Name: aws.String(arn)}))
			status = must[*sdk.GetTrailStatusOutput](t)(c.GetTrailStatus(ctx, &sdk.GetTrailStatusInput{Name: aws.String("main")}))
			if !*status.IsLogging || *status.TimeLoggingStarted != "2026-07-01T12:00:00Z" || !status.StartLoggingTime.Equal(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)) {
				t.Errorf("status of a trail that logs: %+v", status)
			}
		}
		w.Advance(time.Minute)
		if _, direct := c.(interface{ Wake() }); direct {
			ctx = w.Context(t)
		}
		must[*sdk.StopLoggingOutput](t)(c.StopLogging(ctx, &sdk.StopLoggingInput{Name: aws.String("main")}))
		status = must[*sdk.GetTrailStatusOutput](t)(c.GetTrailStatus(ctx, &sdk.GetTrailStatusInput{Name: aws.String("main")}))
		if *status.IsLogging || *status.TimeLoggingStopped != "2026-07-01T12:01:00Z" {
			t.Errorf("status of a stopped trail: %+v", status)
		}

		cleared := must[*sdk.UpdateTrailOutput](t)(c.UpdateTrail(ctx, &sdk.UpdateTrailInput{
			Name: aws.String("main"), S3KeyPrefix: aws.String(""), SnsTopicName: aws.String(""), KmsKeyId: aws.String(""),
			CloudWatchLogsLogGroupArn: aws.String(""), CloudWatchLogsRoleArn: aws.String(""),
		}))
		if cleared.S3KeyPrefix != nil || cleared.SnsTopicARN != nil || cleared.KmsKeyId != nil || cleared.CloudWatchLogsRoleArn != nil || !*cleared.IsMultiRegionTrail || *cleared.S3BucketName != "logs" {
			t.Errorf("cleared %+v", cleared)
		}

		must[*sdk.AddTagsOutput](t)(c.AddTags(ctx, &sdk.AddTagsInput{ResourceId: aws.String(arn), TagsList: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}))
		must[*sdk.RemoveTagsOutput](t)(c.RemoveTags(ctx, &sdk.RemoveTagsInput{ResourceId: aws.String(arn), TagsList: []types.Tag{{Key: aws.String("team")}, {Key: aws.String("none")}}}))
		equal(t, "tags", []types.ResourceTag{{ResourceId: aws.String(arn), TagsList: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}},
			must[*sdk.ListTagsOutput](t)(c.ListTags(ctx, &sdk.ListTagsInput{ResourceIdList: []string{arn}})).ResourceTagList, ignore)

		must[*sdk.DeleteTrailOutput](t)(c.DeleteTrail(ctx, &sdk.DeleteTrailInput{Name: aws.String("main")}))
		if _, err := c.GetTrail(ctx, &sdk.GetTrailInput{Name: aws.String("main")}); code(err) != "TrailNotFoundException" {
			t.Errorf("a trail that is gone: %v", err)
		}
	})
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestSelectors(t *testing.T) {
	twice(t, func(t *testing.T, ctx context.Context, w *world, c api) {
		create(t, ctx, c, "main")
		name := aws.String("main")
		custom := func() bool {
			return *must[*sdk.GetTrailOutput](t)(c.GetTrail(ctx, &sdk.GetTrailInput{Name: name})).Trail.HasCustomEventSelectors
		}
		standard := types.EventSelector{ReadWriteType: types.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true), DataResources: []types.DataResource{}, ExcludeManagementEventSources: []string{}}
		equal(t, "default", []types.EventSelector{standard}, must[*sdk.GetEventSelectorsOutput](t)(c.GetEventSelectors(ctx, &sdk.GetEventSelectorsInput{TrailName: name})).EventSelectors, ignore)

		put := must[*sdk.PutEventSelectorsOutput](t)(c.PutEventSelectors(ctx, &sdk.PutEventSelectorsInput{TrailName: name, EventSelectors: []types.EventSelector{{}}}))
		equal(t, "filled in", []types.EventSelector{standard}, put.EventSelectors, ignore)
		if *put.TrailARN != arn || custom() {
			t.Error("the default selector is custom, or", *put.TrailARN)
		}
		basic := []types.EventSelector{{
			ReadWriteType: types.ReadWriteTypeWriteOnly, IncludeManagementEvents: aws.Bool(true), ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
			DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3:::b/"}}},
		}}
		must[*sdk.PutEventSelectorsOutput](t)(c.PutEventSelectors(ctx, &sdk.PutEventSelectorsInput{TrailName: name, EventSelectors: basic}))
		got := must[*sdk.GetEventSelectorsOutput](t)(c.GetEventSelectors(ctx, &sdk.GetEventSelectorsInput{TrailName: name}))
		equal(t, "basic", basic, got.EventSelectors, ignore)
		if !custom() {
			t.Error("these selectors are custom")
		}
		advanced := []types.AdvancedEventSelector{{Name: aws.String("writes"), FieldSelectors: []types.AdvancedFieldSelector{
			{Field: aws.String("eventCategory"), Equals: []string{"Management"}}, {Field: aws.String("readOnly"), Equals: []string{"false"}},
		}}}
		must[*sdk.PutEventSelectorsOutput](t)(c.PutEventSelectors(ctx, &sdk.PutEventSelectorsInput{TrailName: name, AdvancedEventSelectors: advanced}))
		got = must[*sdk.GetEventSelectorsOutput](t)(c.GetEventSelectors(ctx, &sdk.GetEventSelectorsInput{TrailName: name}))
		equal(t, "advanced", advanced, got.AdvancedEventSelectors, ignore)
		if got.EventSelectors != nil || !custom() {
			t.Error("advanced selectors replace basic ones")
		}

		if _, err := c.GetInsightSelectors(ctx, &sdk.GetInsightSelectorsInput{TrailName: name}); code(err) != "InsightNotEnabledException" {
			t.Error(err)
		}
		insights := []types.InsightSelector{{InsightType: types.InsightTypeApiCallRateInsight}}
		must[*sdk.PutInsightSelectorsOutput](t)(c.PutInsightSelectors(ctx, &sdk.PutInsightSelectorsInput{TrailName: name, InsightSelectors: insights}))
		equal(t, "insights", insights, must[*sdk.GetInsightSelectorsOutput](t)(c.GetInsightSelectors(ctx, &sdk.GetInsightSelectorsInput{TrailName: name})).InsightSelectors, ignore)
		must[*sdk.PutInsightSelectorsOutput](t)(c.PutInsightSelectors(ctx, &sdk.PutInsightSelectorsInput{TrailName: name, InsightSelectors: []types.InsightSelector{}}))
		if _, err := c.GetInsightSelectors(ctx, &sdk.GetInsightSelectorsInput{TrailName: name}); code(err) != "InsightNotEnabledException" {
			t.Error("an empty list switches Insights off:", err)
		}
	})
}

func create(t testing.TB, ctx context.Context, c api, name string, change ...func(*sdk.CreateTrailInput)) {
	t.Helper()
	in := &sdk.CreateTrailInput{Name: &name, S3BucketName: aws.String("logs")}
	for _, f := range change {
		f(in)
	}
	must[*sdk.CreateTrailOutput](t)(c.CreateTrail(ctx, in))
}

// AWS's errors: codes and texts, where they are known.
func TestRefusals(t *testing.T) {
	type call func(ctx context.Context, w *world, c api) error
	creates := func(change func(*sdk.CreateTrailInput)) call {
		return func(ctx context.Context, w *world, c api) error {
			in := &sdk.CreateTrailInput{Name: aws.String("new"), S3BucketName: aws.String("logs")}
			change(in)
			_, err := c.CreateTrail(ctx, in)
			return err
		}
	}
	named := func(name string) call { return creates(func(in *sdk.CreateTrailInput) { in.Name = &name }) }
	selects := func(s ...types.EventSelector) call {
		return func(ctx context.Context, _ *world, c api) error {
			_, err := c.PutEventSelectors(ctx, &sdk.PutEventSelectorsInput{TrailName: aws.String("main"), EventSelectors: s})
			return err
		}
	}
	advanced := func(fields ...types.AdvancedFieldSelector) call {
		return func(ctx context.Context, _ *world, c api) error {
			_, err := c.PutEventSelectors(ctx, &sdk.PutEventSelectorsInput{TrailName: aws.String("main"), AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: fields}}})
			return err
		}
	}
	field := func(name string, equals ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: equals}
	}
	looksUp := func(in sdk.LookupEventsInput) call {
		return func(ctx context.Context, _ *world, c api) error { _, err := c.LookupEvents(ctx, &in); return err }
	}
	gets := func(name string) call {
		return func(ctx context.Context, _ *world, c api) error {
			_, err := c.GetTrail(ctx, &sdk.GetTrailInput{Name: &name})
			return err
		}
	}
	management := field("eventCategory", "Management")
	cases := []struct {
		name string
		call call
		want string // code: text, or its beginning with ... behind it
	}{
		{"short", named("ab"), "InvalidTrailNameException: Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."},
		{"long", named(strings.Repeat("a", 129)), "InvalidTrailNameException: Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters."},
		{"start", named("-abc"), "InvalidTrailNameException: Trail name must starts with a letter or number."},
		{"end", named("abc-"), "InvalidTrailNameException: Trail name must ends with a letter or number."},
		{"characters", named("a b"), "InvalidTrailNameException: Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_)."},
		{"adjacent", named("my-_name"), "InvalidTrailNameException: ..."},
		{"address", named("192.168.5.4"), "InvalidTrailNameException: ..."},
		{"twice", named("main"), "TrailAlreadyExistsException: Trail main already exists for customer: 123456789012"},
		{"no bucket", creates(func(in *sdk.CreateTrailInput) { in.S3BucketName = aws.String("nowhere") }), "S3BucketDoesNotExistException: S3 bucket nowhere does not exist!"},
		{"bucket's name", creates(func(in *sdk.CreateTrailInput) { in.S3BucketName = aws.String("No_Bucket") }), "InvalidS3BucketNameException: ..."},
		{"prefix", creates(func(in *sdk.CreateTrailInput) { in.S3KeyPrefix = aws.String(strings.Repeat("p", 201)) }), "InvalidS3PrefixException: ..."},
		{"bucket policy", func(ctx context.Context, w *world, c api) error {
			w.deny["s3:PutObject"] = true
			return named("new")(ctx, w, c)
		}, "InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: logs"},
		{"no topic", creates(func(in *sdk.CreateTrailInput) { in.SnsTopicName = aws.String("none") }), "InsufficientSnsTopicPolicyException: SNS Topic does not exist or the topic policy is incorrect!"},
		{"topic policy", func(ctx context.Context, w *world, c api) error {
			w.deny["sns:Publish"] = true
			return creates(func(in *sdk.CreateTrailInput) { in.SnsTopicName = aws.String("files") })(ctx, w, c)
		}, "InsufficientSnsTopicPolicyException: SNS Topic does not exist or the topic policy is incorrect!"},
		{"topic's name", creates(func(in *sdk.CreateTrailInput) { in.SnsTopicName = aws.String("a b") }), "InvalidSnsTopicNameException: ..."},
		{"key", creates(func(in *sdk.CreateTrailInput) { in.KmsKeyId = aws.String("a key") }), "InvalidKmsKeyIdException: ..."},
		{"group alone", creates(func(in *sdk.CreateTrailInput) { in.CloudWatchLogsLogGroupArn = aws.String(groupARN) }), "InvalidCloudWatchLogsRoleArnException: You must specify a role ARN as well as a log group."},
		{"role alone", creates(func(in *sdk.CreateTrailInput) { in.CloudWatchLogsRoleArn = aws.String(roleARN) }), "InvalidCloudWatchLogsLogGroupArnException: ..."},
		{"group without star", creates(logsTo(strings.TrimSuffix(groupARN, ":*"))), "InvalidCloudWatchLogsLogGroupArnException: ..."},
		{"no group", creates(logsTo("arn:aws:logs:eu-central-1:123456789012:log-group:none:*")), "InvalidCloudWatchLogsLogGroupArnException: ..."},
		{"trust", func(ctx context.Context, w *world, c api) error {
			w.distrust = true
			return creates(logsTo(groupARN))(ctx, w, c)
		}, "InvalidCloudWatchLogsRoleArnException: Access denied. Check the trust relationships for your role."},
		{"permissions", func(ctx context.Context, w *world, c api) error {
			w.deny["logs:PutLogEvents"] = true
			return creates(logsTo(groupARN))(ctx, w, c)
		}, "InvalidCloudWatchLogsLogGroupArnException: Access denied. Check the permissions for your role."},
		{"global", creates(func(in *sdk.CreateTrailInput) {
			in.IsMultiRegionTrail, in.IncludeGlobalServiceEvents = aws.Bool(true), aws.Bool(false)
		}), "InvalidParameterCombinationException: Multi-Region trail must include global service events."},
		{"organization", creates(func(in *sdk.CreateTrailInput) { in.IsOrganizationTrail = aws.Bool(true) }), "OrganizationsNotInUseException: ..."},
		{"tag", creates(func(in *sdk.CreateTrailInput) {
			in.TagsList = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}
		}), "InvalidTagParameterException: ..."},
		{"unknown", gets("other"), "TrailNotFoundException: Unknown trail: arn:aws:cloudtrail:eu-central-1:123456789012:trail/other for the user: 123456789012"},
		{"unknown by ARN", gets("arn:aws:cloudtrail:eu-central-1:123456789012:trail/other"), "TrailNotFoundException: Unknown trail: arn:aws:cloudtrail:eu-central-1:123456789012:trail/other for the user: 123456789012"},
		{"another Region", gets("arn:aws:cloudtrail:eu-west-1:123456789012:trail/main"), "CloudTrailARNInvalidException: Region in ARN is wrong, you can only access resources in region eu-central-1."},
		{"another account", gets("arn:aws:cloudtrail:eu-central-1:111122223333:trail/main"), "TrailNotFoundException: ..."},
		{"no ARN", gets("arn:aws:s3:::b"), "CloudTrailARNInvalidException: ..."},
		{"start", func(ctx context.Context, _ *world, c api) error {
			_, err := c.StartLogging(ctx, &sdk.StartLoggingInput{Name: aws.String("other")})
			return err
		}, "TrailNotFoundException: ..."},
		{"both kinds", func(ctx context.Context, _ *world, c api) error {
			_, err := c.PutEventSelectors(ctx, &sdk.PutEventSelectorsInput{TrailName: aws.String("main"), EventSelectors: []types.EventSelector{{}}, AdvancedEventSelectors: []types.AdvancedEventSelector{{FieldSelectors: []types.AdvancedFieldSelector{management}}}})
			return err
		}, "InvalidEventSelectorsException: ..."},
		{"six selectors", selects(make([]types.EventSelector, 6)...), "InvalidEventSelectorsException: ..."},
		{"excluded source", selects(types.EventSelector{ExcludeManagementEventSources: []string{"s3.amazonaws.com"}}), "InvalidEventSelectorsException: ..."},
		{"wildcard", selects(types.EventSelector{DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3:::*"}}}}), "InvalidEventSelectorsException: Value arn:aws:s3:::* for DataResources.Values is invalid."},
		{"wildcard for functions", selects(types.EventSelector{DataResources: []types.DataResource{{Type: aws.String("AWS::Lambda::Function"), Values: []string{"arn:aws:lambda:*"}}}}), "InvalidEventSelectorsException: Value arn:aws:lambda:* for DataResources.Values is invalid."},
		{"kind", selects(types.EventSelector{DataResources: []types.DataResource{{Type: aws.String("AWS::X"), Values: []string{"arn:aws:s3"}}}}), "InvalidEventSelectorsException: ..."},
		{"no category", advanced(field("readOnly", "true")), "InvalidEventSelectorsException: ..."},
		{"data without type", advanced(field("eventCategory", "Data")), "InvalidEventSelectorsException: ..."},
		{"field", advanced(management, field("color", "red")), "InvalidEventSelectorsException: ..."},
		{"field of data", advanced(management, field("resources.ARN", "x")), "InvalidEventSelectorsException: ..."},
		{"no operator", advanced(management, field("eventName")), "InvalidEventSelectorsException: ..."},
		{"no flag", advanced(management, field("readOnly", "yes")), "InvalidEventSelectorsException: ..."},
		{"field twice", advanced(management, field("eventName", "a"), field("eventName", "b")), "InvalidEventSelectorsException: ..."},
		{"two attributes", looksUp(sdk.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{AttributeKey: "EventName", AttributeValue: aws.String("a")}, {AttributeKey: "EventId", AttributeValue: aws.String("b")}}}), "InvalidLookupAttributesException: ..."},
		{"times", looksUp(sdk.LookupEventsInput{StartTime: aws.Time(time.Unix(2, 0)), EndTime: aws.Time(time.Unix(1, 0))}), "InvalidTimeRangeException: ..."},
		{"results", looksUp(sdk.LookupEventsInput{MaxResults: aws.Int32(51)}), "InvalidMaxResultsException: ..."},
		{"token", looksUp(sdk.LookupEventsInput{NextToken: aws.String("abc")}), "InvalidNextTokenException: ..."},
		{"category", looksUp(sdk.LookupEventsInput{EventCategory: "data"}), "InvalidEventCategoryException: ..."},
		{"attribute of Insights", looksUp(sdk.LookupEventsInput{EventCategory: "insight", LookupAttributes: []types.LookupAttribute{{AttributeKey: "Username", AttributeValue: aws.String("a")}}}), "InvalidLookupAttributesException: ..."},
		{"keys' times", func(ctx context.Context, _ *world, c api) error {
			_, err := c.ListPublicKeys(ctx, &sdk.ListPublicKeysInput{StartTime: aws.Time(time.Unix(2, 0)), EndTime: aws.Time(time.Unix(1, 0))})
			return err
		}, "InvalidTimeRangeException: ..."},
		{"tags of nothing", func(ctx context.Context, _ *world, c api) error {
			_, err := c.AddTags(ctx, &sdk.AddTagsInput{ResourceId: aws.String("arn:aws:cloudtrail:eu-central-1:123456789012:trail/other"), TagsList: []types.Tag{{Key: aws.String("k")}}})
			return err
		}, "ResourceNotFoundException: ..."},
		// The last one, as it leaves trails behind.
		{"too many", func(ctx context.Context, w *world, c api) error {
			for i := range 4 {
				if err := named(fmt.Sprint("more", i))(ctx, w, c); err != nil {
					return err
				}
			}
			return named("new")(ctx, w, c)
		}, "MaximumNumberOfTrailsExceededException: User: 123456789012 already has 5 trails in eu-central-1."},
	}
	twice(t, func(t *testing.T, ctx context.Context, w *world, a api) {
		w.group(t, "trails")
		w.topic(t, "files")
		create(t, ctx, a, "main")
		for _, c := range cases {
			clear(w.deny)
			w.distrust = false
			err := c.call(ctx, w, a)
			var api smithy.APIError
			if !errors.As(err, &api) {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
				continue
			}
			got := api.ErrorCode() + ": " + api.ErrorMessage()
			if begin, open := strings.CutSuffix(c.want, "..."); got != c.want && !(open && strings.HasPrefix(got, begin) && len(got) > len(begin)) {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	})
}

func logsTo(group string) func(*sdk.CreateTrailInput) {
	return func(in *sdk.CreateTrailInput) {
		in.CloudWatchLogsLogGroupArn, in.CloudWatchLogsRoleArn = &group, aws.String(roleARN)
	}
}

// A multi-Region trail is seen everywhere and changed at home.
func TestShadowTrails(t *testing.T) {
	w := newWorld(t)
	here := w.Context(t)
	create(t, here, w, "main", func(in *sdk.CreateTrailInput) { in.IsMultiRegionTrail = aws.Bool(true) })
	create(t, here, w, "local")
	caller := w.Caller()
	caller.Region = "eu-west-1"
	there := service.WithCaller(t.Context(), caller)

	names := func(in *sdk.DescribeTrailsInput) (names []string) {
		for _, tr := range must[*sdk.DescribeTrailsOutput](t)(w.DescribeTrails(there, in)).TrailList {
			names = append(names, *tr.Name+"@"+*tr.HomeRegion)
		}
		return names
	}
	equal(t, "all", []string{"main@eu-central-1"}, names(&sdk.DescribeTrailsInput{}))
	equal(t, "no shadows", []string(nil), names(&sdk.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}))
	equal(t, "by name", []string(nil), names(&sdk.DescribeTrailsInput{TrailNameList: []string{"main"}}))
	equal(t, "by ARN", []string{"main@eu-central-1"}, names(&sdk.DescribeTrailsInput{TrailNameList: []string{arn}}))
	if got := len(must[*sdk.ListTrailsOutput](t)(w.ListTrails(there, &sdk.ListTrailsInput{})).Trails); got != 2 {
		t.Error(got, "trails listed")
	}
	must[*sdk.GetTrailStatusOutput](t)(w.GetTrailStatus(there, &sdk.GetTrailStatusInput{Name: aws.String(arn)}))
	for name, want := range map[string]string{"main": "TrailNotFoundException", arn: "InvalidHomeRegionException", strings.Replace(arn, "main", "local", 1): "CloudTrailARNInvalidException"} {
		if _, err := w.StopLogging(there, &sdk.StopLoggingInput{Name: &name}); code(err) != want {
			t.Errorf("StopLogging of %s: %v, want %s", name, err, want)
		}
	}
}
