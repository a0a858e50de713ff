package cloudtrail_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tocsin/service"
	"tocsin/service/access"
	"tocsin/service/cloudtrail"
	"tocsin/service/iam"
	"tocsin/service/s3"
	"tocsin/service/servicetest"
	"tocsin/store/blob"
)

// together is a world whose buckets and policies are the real ones, with a
// client of S3 and IAM.
func together(t *testing.T) (*world, *awss3.Client, *iam.Service, *httptest.Server) {
	t.Helper()
	w := newWorld(t)
	gate := access.New(access.Options{State: w.State, Now: w.Now})
	buckets := s3.New(s3.Options{State: w.State, Blobs: blob.NewMemory(), Now: w.Now, Spool: t.TempDir(), Admit: func(r *http.Request) (context.Context, error) {
		return service.WithCaller(r.Context(), w.Caller()), nil
	}})
	w.options.Buckets, w.options.CanAssume, w.options.ServiceMay = buckets, gate.Role, gate.Service
	w.Service = cloudtrail.New(w.options)
	server := httptest.NewServer(buckets)
	t.Cleanup(server.Close)
	config := servicetest.Config(t, buckets)
	client := awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true })
	return w, client, iam.New(iam.Options{State: w.State, Now: w.Now}), server
}

// The policies that AWS's guide tells to write are those that let a trail be
// made; without them it is refused as AWS refuses it.
func TestTrailWithRealPolicies(t *testing.T) {
	w, buckets, roles, _ := together(t)
	w.group(t, "trails")
	ctx := w.Context(t)
	must[*awss3.CreateBucketOutput](t)(buckets.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("logs"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: servicetest.Region}}))
	in := &sdk.CreateTrailInput{
		Name: aws.String("main"), S3BucketName: aws.String("logs"), S3KeyPrefix: aws.String("audit"), EnableLogFileValidation: aws.Bool(true),
		CloudWatchLogsLogGroupArn: aws.String(groupARN), CloudWatchLogsRoleArn: aws.String(roleARN),
	}
	refused := func(want string) {
		t.Helper()
		if _, err := w.CreateTrail(ctx, in); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	policy := func(folder, source string) {
		t.Helper()
		must[*awss3.PutBucketPolicyOutput](t)(buckets.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::logs","Condition":{"StringEquals":{"aws:SourceArn":"` + source + `"}}},
			{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/` + folder + `",
			 "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":"` + source + `"}}}]}`)}))
	}
	refused("InsufficientS3BucketPolicyException")
	policy("AWSLogs/123456789012/*", arn) // the prefix is missing
	refused("InsufficientS3BucketPolicyException")
	policy("audit/AWSLogs/123456789012/*", arn+"-other")
	refused("InsufficientS3BucketPolicyException")
	policy("audit/AWSLogs/123456789012/*", arn)
	refused("InvalidCloudWatchLogsRoleArnException") // no role

	must[*awsiam.CreateRoleOutput](t)(roles.CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("trail"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))
	refused("InvalidCloudWatchLogsLogGroupArnException") // it may do nothing
	must[*awsiam.PutRolePolicyOutput](t)(roles.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: aws.String("trail"), PolicyName: aws.String("deliver"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:eu-central-1:123456789012:log-group:trails:log-stream:123456789012_CloudTrail_eu-central-1*"}]}`)}))
	must[*sdk.CreateTrailOutput](t)(w.CreateTrail(ctx, in))

	must[*sdk.StartLoggingOutput](t)(w.StartLogging(ctx, &sdk.StartLoggingInput{Name: aws.String("main")}))
	w.called(t, "CreateTopic")
	w.pass(t, time.Hour+time.Minute)
	if st := status(t, w, "main"); st.LatestDeliveryError != nil || st.LatestCloudWatchLogsDeliveryError != nil || st.LatestDigestDeliveryError != nil {
		t.Errorf("%q %q %q", value(st.LatestDeliveryError), value(st.LatestCloudWatchLogsDeliveryError), value(st.LatestDigestDeliveryError))
	}
	list := must[*awss3.ListObjectsV2Output](t)(buckets.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: aws.String("audit/AWSLogs/123456789012/")}))
	if len(list.Contents) != 2 {
		t.Errorf("%d objects", len(list.Contents))
	}
	// The policy is taken away, and the status tells.
	must[*awss3.DeleteBucketPolicyOutput](t)(buckets.DeleteBucketPolicy(ctx, &awss3.DeleteBucketPolicyInput{Bucket: aws.String("logs")}))
	w.called(t, "CreateTopic")
	w.pass(t, 10*time.Minute)
	if st := status(t, w, "main"); value(st.LatestDeliveryError) != "AccessDenied" {
		t.Errorf("%q", value(st.LatestDeliveryError))
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
