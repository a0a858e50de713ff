package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
)

// What a policy forbids by a condition key stays forbidden, whichever way it is asked
// for; what differs in the key only is allowed.
func TestDenyByConditionKey(t *testing.T) {
	w := newWorld(t)
	ctx, text, call := t.Context(), aws.String, func(_ any, err error) error { return err }
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root := w.config(testRoot)
	alarms, storage := awscloudwatch.NewFromConfig(root), w.s3(testRoot)
	for name, tags := range map[string][]cwtypes.Tag{"kept": {{Key: text("keep"), Value: text("yes")}}, "plain": nil} {
		must(alarms.PutMetricAlarm(ctx, &awscloudwatch.PutMetricAlarmInput{
			AlarmName: &name, Namespace: text("n"), MetricName: text("m"), Statistic: cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
			Threshold: aws.Float64(1), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Tags: tags,
		}))
	}
	must(storage.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: text("trails"), CreateBucketConfiguration: bucketIn()}))
	must(storage.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: text("trails"), Policy: text(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::trails","arn:aws:s3:::trails/*"]}]}`)}))
	for name, tags := range map[string][]cttypes.Tag{"kept": {{Key: text("keep"), Value: text("yes")}}, "plain": nil} {
		must(awscloudtrail.NewFromConfig(root).CreateTrail(ctx, &awscloudtrail.CreateTrailInput{Name: &name, S3BucketName: text("trails"), TagsList: tags}))
	}
	for key, tags := range map[string]string{"secret": "class=secret", "open": "class=open"} {
		must(storage.PutObject(ctx, &awss3.PutObjectInput{Bucket: text("trails"), Key: &key, Body: strings.NewReader("x"), Tagging: &tags}))
	}
	must(awslogs.NewFromConfig(root).CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: text("group")}))
	must(w.iam().CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: text("writer"), AssumeRolePolicyDocument: text(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))

	key := w.user("bound", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":["cloudwatch:*","cloudtrail:*"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/keep":"yes"}}},
		{"Effect":"Deny","Action":"s3:GetObject*","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}},
		{"Effect":"Deny","Action":"s3:PutObjectTagging","Resource":"*","Condition":{"StringEquals":{"s3:RequestObjectTag/class":"public"}}},
		{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NumericGreaterThan":{"s3:signatureAge":"600000"}}},
		{"Effect":"Deny","Action":"s3:CreateBucket","Resource":"*","Condition":{"StringEquals":{"s3:LocationConstraint":"ap-south-1"}}},
		{"Effect":"Deny","Action":"logs:Tag*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/class":"public"}}},
		{"Effect":"Deny","Action":"logs:Untag*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"keep"}}},
		{"Effect":"Deny","Action":"logs:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-central-1"}}}]}`)
	config := w.config(key)
	own, trails, files := awscloudwatch.NewFromConfig(config), awscloudtrail.NewFromConfig(config), w.s3(key)
	abroad := config.Copy()
	abroad.Region = "us-east-1"
	logs := awslogs.NewFromConfig(abroad)
	must(logs.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: text("abroad")}))
	group := "arn:aws:logs:" + testRegion + ":123456789012:log-group:group"
	tag := func(name, class string) error {
		return call(files.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: text("trails"), Key: &name, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: text("class"), Value: &class}}}}))
	}
	copied := func(from string) error {
		return call(files.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: text("trails"), Key: text("copy"), CopySource: text("trails/" + from), TaggingDirective: s3types.TaggingDirectiveReplace}))
	}
	link := func(age time.Duration) string {
		if o := w.send(t, s3Call("GET", "/trails/open", "").as(key).old(age).good(24*time.Hour).request(t, w.host)); o.status != 200 {
			return o.body[strings.Index(o.body, "<Code>")+6 : strings.Index(o.body, "</Code>")]
		}
		return ""
	}
	bucket := func(region string) error {
		return call(files.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: text("in-" + region), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}}))
	}
	session := func() aws.Config {
		out, err := awssts.NewFromConfig(config).GetSessionToken(ctx, &awssts.GetSessionTokenInput{})
		must(out, err)
		c := config.Copy()
		c.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
		return c
	}
	for _, c := range []struct {
		name string
		do   func(context.Context) error
		want string
	}{
		{"an alarm by its tag", func(ctx context.Context) error {
			return call(own.DeleteAlarms(ctx, &awscloudwatch.DeleteAlarmsInput{AlarmNames: []string{"plain", "kept"}}))
		}, "AccessDenied"},
		{"its actions", func(ctx context.Context) error {
			return call(own.DisableAlarmActions(ctx, &awscloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"kept"}}))
		}, "AccessDenied"},
		{"the tag itself", func(ctx context.Context) error {
			return call(own.UntagResource(ctx, &awscloudwatch.UntagResourceInput{ResourceARN: text("arn:aws:cloudwatch:" + testRegion + ":123456789012:alarm:kept"), TagKeys: []string{"keep"}}))
		}, "AccessDenied"},
		{"another alarm", func(ctx context.Context) error {
			return call(own.DeleteAlarms(ctx, &awscloudwatch.DeleteAlarmsInput{AlarmNames: []string{"plain"}}))
		}, ""},
		{"a trail by its tag", func(ctx context.Context) error {
			return call(trails.StopLogging(ctx, &awscloudtrail.StopLoggingInput{Name: text("kept")}))
		}, "AccessDeniedException"},
		{"by its ARN", func(ctx context.Context) error {
			return call(trails.DeleteTrail(ctx, &awscloudtrail.DeleteTrailInput{Name: text("arn:aws:cloudtrail:" + testRegion + ":123456789012:trail/kept")}))
		}, "AccessDeniedException"},
		{"another trail", func(ctx context.Context) error {
			return call(trails.DeleteTrail(ctx, &awscloudtrail.DeleteTrailInput{Name: text("plain")}))
		}, ""},
		{"a copy of what may not be read", func(context.Context) error { return copied("secret") }, "AccessDenied"},
		{"a copy of another object", func(context.Context) error { return copied("open") }, ""},
		{"tags in a body", func(context.Context) error { return tag("open", "public") }, "AccessDenied"},
		{"other tags", func(context.Context) error { return tag("open", "dull") }, ""},
		{"a bucket elsewhere", func(context.Context) error { return bucket("ap-south-1") }, "AccessDenied"},
		{"a bucket here", func(context.Context) error { return bucket(testRegion) }, ""},
		{"a log group of another Region, by its ARN", func(ctx context.Context) error {
			return call(logs.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupIdentifier: &group}))
		}, "InvalidParameterException"},
		{"its streams", func(ctx context.Context) error {
			return call(logs.DescribeLogStreams(ctx, &awslogs.DescribeLogStreamsInput{LogGroupIdentifier: &group}))
		}, "InvalidParameterException"},
		{"its protection", func(ctx context.Context) error {
			return call(logs.PutLogGroupDeletionProtection(ctx, &awslogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: &group, DeletionProtectionEnabled: aws.Bool(false)}))
		}, "InvalidParameterException"},
		{"its tags", func(ctx context.Context) error {
			return call(logs.TagResource(ctx, &awslogs.TagResourceInput{ResourceArn: &group, Tags: map[string]string{"a": "b"}}))
		}, "InvalidParameterException"},
		{"tags in the older way", func(ctx context.Context) error {
			//lint:ignore SA1019 clients still call it
			return call(logs.TagLogGroup(ctx, &awslogs.TagLogGroupInput{LogGroupName: text("abroad"), Tags: map[string]string{"class": "public"}}))
		}, "AccessDeniedException"},
		{"and without them", func(ctx context.Context) error {
			//lint:ignore SA1019 clients still call it
			return call(logs.UntagLogGroup(ctx, &awslogs.UntagLogGroupInput{LogGroupName: text("abroad"), Tags: []string{"keep"}}))
		}, "AccessDeniedException"},
		{"a role that a plain session passes", func(ctx context.Context) error {
			return call(awscloudtrail.NewFromConfig(session()).UpdateTrail(ctx, &awscloudtrail.UpdateTrailInput{
				Name: text("none"), CloudWatchLogsLogGroupArn: text(group + ":*"), CloudWatchLogsRoleArn: text("arn:aws:iam::123456789012:role/writer"),
			}))
		}, "TrailNotFoundException"},
		{"IAM, by a plain session", func(ctx context.Context) error {
			return call(awsiam.NewFromConfig(session()).ListUsers(ctx, &awsiam.ListUsersInput{}))
		}, "InvalidClientTokenId"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := codeOfError(c.do(t.Context())); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	if got := []string{link(time.Minute), link(time.Hour)}; got[0] != "" || got[1] != "AccessDenied" {
		t.Errorf("links of a minute and of an hour: %q", got)
	}
}
