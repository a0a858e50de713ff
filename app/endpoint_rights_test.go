package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/iam"
	"tocsin/store/state"
)

// stranger is a user of another account who may do everything there.
func (w *world) stranger() RootKey {
	w.t.Helper()
	ctx := service.WithCaller(w.t.Context(), service.Caller{
		Scope:     state.Scope{Partition: "aws", Account: "210987654321"},
		Principal: policy.Principal{Type: policy.Root, ARN: "arn:aws:iam::210987654321:root", ID: "210987654321"},
	})
	users := iam.New(iam.Options{State: w.app.db, Now: w.app.o.Now})
	name := aws.String("stranger")
	if _, err := users.CreateUser(ctx, &awsiam.CreateUserInput{UserName: name}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := users.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: name, PolicyName: name, PolicyDocument: aws.String(allowAll)}); err != nil {
		w.t.Fatal(err)
	}
	made, err := users.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return RootKey{*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey}
}

func codeOfError(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	return err.Error()
}

// Whoever may do little finds no way around by what he may do.
func TestNoMoreThanAllowed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root := w.config(testRoot)
	storage, stranger := w.s3(testRoot), w.stranger()
	for _, bucket := range []string{"open", "secret"} {
		must(storage.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: &bucket, CreateBucketConfiguration: bucketIn()}))
		for _, key := range []string{"keep", "gone", "tagged"} {
			must(storage.PutObject(ctx, &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("secret"), Tagging: aws.String("a=b")}))
		}
	}
	must(w.s3(stranger).CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("theirs"), CreateBucketConfiguration: bucketIn()}))
	const account = "123456789012"
	made, err := w.sns(testRoot).CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("t")})
	must(made, err)
	subscribed, err := w.sns(testRoot).Subscribe(ctx, &awssns.SubscribeInput{TopicArn: made.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("a@example.com"), ReturnSubscriptionArn: true})
	must(subscribed, err)
	theirs, err := w.sns(stranger).CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("silent")})
	must(theirs, err)
	logs := awslogs.NewFromConfig(root)
	for _, group := range []string{"open", "secret"} {
		must(logs.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: &group}))
		must(logs.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: aws.String("s")}))
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `","Service":["cloudtrail.amazonaws.com","logs.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
	must(w.iam().CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("admin"), AssumeRolePolicyDocument: &trust}))
	must(w.iam().PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("admin"), PolicyName: aws.String("all"), PolicyDocument: aws.String(allowAll)}))
	bounding, err := w.iam().CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: aws.String("bounding"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sns:*","iam:PutUserPolicy"],"Resource":"*"}]}`)})
	must(bounding, err)

	limited := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["cloudwatch:PutMetricAlarm","cloudtrail:*","sns:CreateTopic","sns:Subscribe","logs:CreateLogGroup","s3:CreateBucket","iam:CreateUser","iam:List*","cloudwatch:PutCompositeAlarm"],"Resource":"*"},
		{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::open","arn:aws:s3:::open/*"]},
		{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::open/keep"},
		{"Effect":"Deny","Action":"s3:GetObjectTagging","Resource":"arn:aws:s3:::open/tagged"},
		{"Effect":"Allow","Action":["logs:PutLogEvents","logs:PutSubscriptionFilter","logs:FilterLogEvents","logs:GetLogEvents"],"Resource":"arn:aws:logs:*:*:log-group:open:*"},
		{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::` + account + `:user/${aws:username}"}]}`
	user := w.user("limited", limited)
	w.user("limited2", "")
	bounded := w.user("bounded", allowAll)
	must(w.iam().PutUserPermissionsBoundary(ctx, &awsiam.PutUserPermissionsBoundaryInput{UserName: aws.String("bounded"), PermissionsBoundary: bounding.Policy.Arn}))
	upload, err := w.s3(user).CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: aws.String("open"), Key: aws.String("up")})
	must(upload, err)

	config := w.config(user)
	cloudwatch, trails := awscloudwatch.NewFromConfig(config), awscloudtrail.NewFromConfig(config)
	ownLogs, ownIAM, ownSNS, ownS3 := awslogs.NewFromConfig(config), awsiam.NewFromConfig(config), w.sns(user), w.s3(user)
	now := aws.Int64(w.app.o.Now().UnixMilli())
	call := func(_ any, err error) error { return err }
	text, tag := aws.String, snstypes.Tag{Key: aws.String("a"), Value: aws.String("b")}
	role := text("arn:aws:iam::" + account + ":role/admin")
	before := w.things()
	for _, c := range []struct {
		name string
		do   func(context.Context) error
		want string
	}{
		{"a copy's source", func(ctx context.Context) error {
			return call(ownS3.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: text("open"), Key: text("copy"), CopySource: text("secret/keep")}))
		}, "AccessDenied"},
		{"a part's source", func(ctx context.Context) error {
			return call(ownS3.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{Bucket: text("open"), Key: text("up"), UploadId: upload.UploadId, PartNumber: aws.Int32(1), CopySource: text("secret/keep")}))
		}, "AccessDenied"},
		{"a copy's target", func(ctx context.Context) error {
			return call(ownS3.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: text("secret"), Key: text("copy"), CopySource: text("open/keep")}))
		}, "AccessDenied"},
		{"a copy's tags", func(ctx context.Context) error {
			return call(ownS3.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: text("open"), Key: text("copy"), CopySource: text("open/tagged")}))
		}, "AccessDenied"},
		{"an upload of another bucket", func(ctx context.Context) error {
			return call(ownS3.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: text("secret"), Key: text("up"), UploadId: upload.UploadId}))
		}, "AccessDenied"},
		{"a path into another bucket", func(ctx context.Context) error {
			return call(ownS3.GetObject(ctx, &awss3.GetObjectInput{Bucket: text("open"), Key: text("../secret/keep")}))
		}, "NoSuchKey"},
		{"tags of a new bucket", func(ctx context.Context) error {
			in := bucketIn()
			in.Tags = []s3types.Tag{{Key: text("a"), Value: text("b")}}
			return call(ownS3.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: text("fresh"), CreateBucketConfiguration: in}))
		}, "AccessDenied"},
		{"a bucket of another account", func(ctx context.Context) error {
			return call(w.s3(testRoot).ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: text("theirs")}))
		}, "AccessDenied"},
		{"a bucket of ours, from another account", func(ctx context.Context) error {
			return call(w.s3(stranger).GetObject(ctx, &awss3.GetObjectInput{Bucket: text("open"), Key: text("keep")}))
		}, "AccessDenied"},

		{"tags of a new topic", func(ctx context.Context) error {
			return call(ownSNS.CreateTopic(ctx, &awssns.CreateTopicInput{Name: text("fresh"), Tags: []snstypes.Tag{tag}}))
		}, "AuthorizationError"},
		{"a subscription that is not his to change", func(ctx context.Context) error {
			return call(ownSNS.SetSubscriptionAttributes(ctx, &awssns.SetSubscriptionAttributesInput{SubscriptionArn: subscribed.SubscriptionArn, AttributeName: text("FilterPolicy"), AttributeValue: text(`{"a":["b"]}`)}))
		}, "AuthorizationError"},
		{"a subscription of another account's", func(ctx context.Context) error {
			return call(w.sns(stranger).SetSubscriptionAttributes(ctx, &awssns.SetSubscriptionAttributesInput{SubscriptionArn: subscribed.SubscriptionArn, AttributeName: text("FilterPolicy"), AttributeValue: text(`{"a":["b"]}`)}))
		}, "AuthorizationError"},
		{"a subscription of another account's, read", func(ctx context.Context) error {
			return call(w.sns(stranger).GetSubscriptionAttributes(ctx, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: subscribed.SubscriptionArn}))
		}, "AuthorizationError"},
		{"a topic of ours, from another account", func(ctx context.Context) error {
			return call(w.sns(stranger).Publish(ctx, &awssns.PublishInput{TopicArn: made.TopicArn, Message: text("m")}))
		}, "AuthorizationError"},

		{"events of a log group that is not his", func(ctx context.Context) error {
			return call(ownLogs.PutLogEvents(ctx, &awslogs.PutLogEventsInput{LogGroupName: text("secret"), LogStreamName: text("s"), LogEvents: []logtypes.InputLogEvent{{Timestamp: now, Message: text("m")}}}))
		}, "AccessDeniedException"},
		{"a log group by its ARN", func(ctx context.Context) error {
			return call(ownLogs.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupIdentifier: text("arn:aws:logs:" + testRegion + ":" + account + ":log-group:secret")}))
		}, "AccessDeniedException"},
		{"a log group by name and another by identifier", func(ctx context.Context) error {
			return call(ownLogs.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupName: text("open"), LogGroupIdentifier: text("secret")}))
		}, "ValidationException"},
		{"a role for a subscription filter", func(ctx context.Context) error {
			return call(ownLogs.PutSubscriptionFilter(ctx, &awslogs.PutSubscriptionFilterInput{LogGroupName: text("open"), FilterName: text("f"), FilterPattern: text(""), DestinationArn: text("arn:aws:firehose:" + testRegion + ":" + account + ":deliverystream/d"), RoleArn: role}))
		}, "AccessDeniedException"},
		{"tags of a new log group", func(ctx context.Context) error {
			return call(ownLogs.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: text("fresh"), Tags: map[string]string{"a": "b"}}))
		}, "AccessDeniedException"},

		{"tags of a new alarm", func(ctx context.Context) error {
			return call(cloudwatch.PutMetricAlarm(ctx, &awscloudwatch.PutMetricAlarmInput{
				AlarmName: text("fresh"), Namespace: text("n"), MetricName: text("m"), Statistic: cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
				Threshold: aws.Float64(1), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Tags: []cwtypes.Tag{{Key: text("a"), Value: text("b")}},
			}))
		}, "AccessDenied"},
		{"metrics", func(ctx context.Context) error {
			return call(cloudwatch.GetMetricData(ctx, &awscloudwatch.GetMetricDataInput{StartTime: aws.Time(w.app.o.Now()), EndTime: aws.Time(w.app.o.Now()), MetricDataQueries: []cwtypes.MetricDataQuery{{Id: text("a"), Expression: text("1")}}}))
		}, "AccessDenied"},
		{"metrics of another account", func(ctx context.Context) error {
			return call(awscloudwatch.NewFromConfig(w.config(stranger)).GetMetricData(ctx, &awscloudwatch.GetMetricDataInput{StartTime: aws.Time(w.app.o.Now().Add(-1e12)), EndTime: aws.Time(w.app.o.Now()), MetricDataQueries: []cwtypes.MetricDataQuery{{Id: text("a"), AccountId: text(account), Expression: text("1"), Period: aws.Int32(60)}}}))
		}, "ValidationError"},

		{"a role for a trail", func(ctx context.Context) error {
			return call(trails.CreateTrail(ctx, &awscloudtrail.CreateTrailInput{Name: text("fresh"), S3BucketName: text("open"), CloudWatchLogsRoleArn: role, CloudWatchLogsLogGroupArn: text("arn:aws:logs:" + testRegion + ":" + account + ":log-group:secret:*")}))
		}, "AccessDeniedException"},
		{"a trail into a bucket of another account", func(ctx context.Context) error {
			return call(trails.CreateTrail(ctx, &awscloudtrail.CreateTrailInput{Name: text("fresh"), S3BucketName: text("theirs")}))
		}, "InsufficientS3BucketPolicyException"},
		{"a trail's topic of another account", func(ctx context.Context) error {
			return call(trails.CreateTrail(ctx, &awscloudtrail.CreateTrailInput{Name: text("fresh"), S3BucketName: text("open"), SnsTopicName: theirs.TopicArn}))
		}, "InsufficientS3BucketPolicyException"},

		{"a role", func(ctx context.Context) error {
			return call(awssts.NewFromConfig(config).AssumeRole(ctx, &awssts.AssumeRoleInput{RoleArn: role, RoleSessionName: text("session")}))
		}, "AccessDenied"},
		{"another user", func(ctx context.Context) error {
			return call(ownIAM.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: text("limited2")}))
		}, "AccessDenied"},
		{"another user, by a path", func(ctx context.Context) error {
			return call(ownIAM.UpdateUser(ctx, &awsiam.UpdateUserInput{UserName: text("limited"), NewUserName: text("limited3"), NewPath: text("/admins/")}))
		}, "AccessDenied"},
		{"a managed policy", func(ctx context.Context) error {
			return call(ownIAM.CreatePolicy(ctx, &awsiam.CreatePolicyInput{PolicyName: text("p"), PolicyDocument: text(allowAll)}))
		}, "AccessDenied"},
		{"a policy of a role", func(ctx context.Context) error {
			return call(ownIAM.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: text("admin"), PolicyName: text("p"), PolicyDocument: text(allowAll)}))
		}, "AccessDenied"},
		{"what the boundary leaves out", func(ctx context.Context) error {
			return call(w.s3(bounded).ListBuckets(ctx, &awss3.ListBucketsInput{}))
		}, "AccessDenied"},
		{"the boundary itself", func(ctx context.Context) error {
			return call(awsiam.NewFromConfig(w.config(bounded)).DeleteUserPermissionsBoundary(ctx, &awsiam.DeleteUserPermissionsBoundaryInput{UserName: text("bounded")}))
		}, "AccessDenied"},
		{"more than the boundary, by a policy", func(ctx context.Context) error {
			if err := call(awsiam.NewFromConfig(w.config(bounded)).PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: text("bounded"), PolicyName: text("more"), PolicyDocument: text(allowAll)})); err != nil {
				return err
			}
			return call(w.s3(bounded).ListBuckets(ctx, &awss3.ListBucketsInput{}))
		}, "AccessDenied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := codeOfError(c.do(t.Context())); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	if after := w.things(); after != before {
		t.Errorf("there was\n%s\nand now is\n%s", before, after)
	}

	// Many keys at once: each is asked for.
	out, err := ownS3.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: text("open"), Delete: &s3types.Delete{Objects: []s3types.ObjectIdentifier{{Key: text("keep")}, {Key: text("gone")}}}})
	if err != nil || len(out.Errors) != 1 || *out.Errors[0].Key != "keep" || *out.Errors[0].Code != "AccessDenied" || len(out.Deleted) != 1 {
		t.Errorf("deleted %+v: %v", out, err)
	}
	out, err = w.s3(stranger).DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: text("open"), Delete: &s3types.Delete{Objects: []s3types.ObjectIdentifier{{Key: text("keep")}}}})
	if err == nil && (len(out.Errors) != 1 || len(out.Deleted) != 0) {
		t.Errorf("a stranger deleted %+v", out)
	}
	w.sessionIsNarrow(user, *role)
	w.alarmsAreNotHeardElsewhere(*theirs.TopicArn)
}

// sessionIsNarrow assumes a role for less than it may do.
func (w *world) sessionIsNarrow(user RootKey, role string) {
	w.t.Helper()
	ctx, allow := w.t.Context(), `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`
	if _, err := w.iam().PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: aws.String("limited"), PolicyName: aws.String("assume"), PolicyDocument: &allow}); err != nil {
		w.t.Fatal(err)
	}
	out, err := awssts.NewFromConfig(w.config(user)).AssumeRole(ctx, &awssts.AssumeRoleInput{
		RoleArn: &role, RoleSessionName: aws.String("session"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	config := w.config(user)
	config.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	if _, err := awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, &awss3.ListBucketsInput{}); err != nil {
		w.t.Error(err)
	}
	if _, err := awsiam.NewFromConfig(config).ListUsers(ctx, &awsiam.ListUsersInput{}); codeOfError(err) != "AccessDenied" {
		w.t.Errorf("a narrow session may list users: %v", err)
	}
	config.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, "")
	if _, err := awssts.NewFromConfig(config).GetCallerIdentity(ctx, &awssts.GetCallerIdentityInput{}); codeOfError(err) != "InvalidClientTokenId" {
		w.t.Errorf("without its token a session is %v", err)
	}
}

// alarmsAreNotHeardElsewhere rings an alarm whose topic is another account's.
func (w *world) alarmsAreNotHeardElsewhere(topic string) {
	w.t.Helper()
	ctx, client := w.t.Context(), awscloudwatch.NewFromConfig(w.config(testRoot))
	_, err := client.PutMetricAlarm(ctx, &awscloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("loud"), Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
		Threshold: aws.Float64(1), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, AlarmActions: []string{topic},
	})
	if err != nil {
		return // refused at once, too, is no way in
	}
	if _, err := client.SetAlarmState(ctx, &awscloudwatch.SetAlarmStateInput{AlarmName: aws.String("loud"), StateValue: cwtypes.StateValueAlarm, StateReason: aws.String("test")}); err != nil {
		w.t.Fatal(err)
	}
	eventually(w.t, "the action fails", func() bool {
		history, err := client.DescribeAlarmHistory(ctx, &awscloudwatch.DescribeAlarmHistoryInput{AlarmName: aws.String("loud"), HistoryItemType: cwtypes.HistoryItemTypeAction})
		return err == nil && slices.ContainsFunc(history.AlarmHistoryItems, func(i cwtypes.AlarmHistoryItem) bool { return strings.Contains(*i.HistorySummary, "Failed") })
	})
	if n := w.app.ring.Stats().Published; n != 0 {
		w.t.Errorf("%d messages were published", n)
	}
}
