package cloudtrail_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"tocsin/service"
	"tocsin/service/cloudtrail"
	"tocsin/service/servicetest"
	"tocsin/wire"
)

// awsCLI runs the AWS CLI against the world.
func (w *world) awsCLI(t *testing.T, buckets string) func(args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("there is no AWS CLI here (aws): it was not tried")
	}
	admit := func(r *http.Request) (context.Context, error) {
		return service.WithCaller(r.Context(), w.Caller()), nil
	}
	h, err := wire.New(wire.Options{Services: []wire.Service{w.served()}, Admit: func(r *http.Request, _ *wire.Call) (context.Context, error) { return admit(r) }})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/PutAuditEvents", w.AuditEvents(cloudtrail.AuditOptions{Admit: admit}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return func(args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), path, append(args, "--endpoint-url", server.URL)...)
		c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }) // such as a profile
		c.Env = append(c.Env, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1",
			"AWS_ENDPOINT_URL_S3="+buckets, "AWS_CONFIG_FILE="+t.TempDir()+"/config", "AWS_SHARED_CREDENTIALS_FILE="+t.TempDir()+"/credentials", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
		out, err := c.CombinedOutput()
		return string(out), err
	}
}

// The AWS CLI finds what a trail delivers valid, and what was changed not.
func TestTheAWSCLIFindsLogFilesValid(t *testing.T) {
	w, buckets, _, server := together(t)
	run := w.awsCLI(t, server.URL)
	must[*awss3.CreateBucketOutput](t)(buckets.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("logs"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: servicetest.Region}}))
	must[*awss3.PutBucketPolicyOutput](t)(buckets.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}]}`)}))
	w.start(t, "main", func(in *sdk.CreateTrailInput) {
		in.EnableLogFileValidation, in.S3KeyPrefix = aws.Bool(true), aws.String("audit")
	})
	for range 3 {
		w.called(t, "CreateTopic", "DeleteTopic")
		w.pass(t, time.Hour)
	}
	// Stopped and started again, a new chain begins.
	must[*sdk.StopLoggingOutput](t)(w.StopLogging(w.Context(t), &sdk.StopLoggingInput{Name: aws.String("main")}))
	w.called(t, "cloudtrail:StopLogging")
	w.pass(t, time.Hour)
	must[*sdk.StartLoggingOutput](t)(w.StartLogging(w.Context(t), &sdk.StartLoggingInput{Name: aws.String("main")}))
	w.called(t, "CreateTopic")
	w.pass(t, 2*time.Hour)

	validate := []string{"cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2026-07-01T11:00:00Z", "--end-time", w.Now().Format(time.RFC3339), "--verbose"}
	out, err := run(validate...)
	if err != nil || !strings.Contains(out, "6/6 digest files valid\n5/5 log files valid") || strings.Contains(out, "INVALID") || !strings.Contains(out, "No log files were delivered by CloudTrail between") {
		t.Errorf("%v:\n%s", err, out)
	}
	list := must[*awss3.ListObjectsV2Output](t)(buckets.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: aws.String("audit/AWSLogs/123456789012/CloudTrail/")}))
	at := *list.Contents[0].Key
	must[*awss3.DeleteObjectOutput](t)(buckets.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("logs"), Key: &at}))
	out, err = run(validate...)
	if err == nil || !strings.Contains(out, "/"+at+"\tINVALID: not found") || !strings.Contains(out, "4/5 log files valid, 1/5 log files INVALID") {
		t.Errorf("a log file is gone: %v:\n%s", err, out)
	}

	out, err = run("cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=StopLogging", "--query", "Events[].[EventName,Username,EventTime]", "--output", "text")
	if err != nil || !strings.HasPrefix(out, "StopLogging\troot\t") {
		t.Errorf("%v: %s", err, out)
	}
}

// The AWS CLI puts events from outside into a channel.
func TestTheAWSCLIPutsAuditEvents(t *testing.T) {
	w := newWorld(t)
	run := w.awsCLI(t, "")
	arn, err := run("cloudtrail", "create-channel", "--name", "outside", "--source", "Custom", "--destinations", "Type=EVENT_DATA_STORE,Location=store", "--query", "ChannelArn", "--output", "text")
	if err != nil {
		t.Fatal(err, arn)
	}
	put := func(channel string) (string, error) {
		return run("cloudtrail-data", "put-audit-events", "--channel-arn", channel, "--audit-events",
			`[{"id":"1","eventData":"{\"version\":\"1\",\"UID\":\"u\",\"eventTime\":\"2026-07-01T11:00:00Z\",\"eventName\":\"Login\",\"eventSource\":\"door.example\",\"userIdentity\":{}}"},{"id":"2","eventData":"{}"}]`,
			"--query", "[successful[].id, failed[].errorCode]", "--output", "text")
	}
	if out, err := put(strings.TrimSpace(arn)); err != nil || strings.Join(strings.Fields(out), " ") != "1 FieldNotFound" {
		t.Error(err, out)
	}
	if out, err := put("arn:aws:cloudtrail:eu-central-1:123456789012:channel/none"); err == nil || !strings.Contains(out, "ChannelNotFound") {
		t.Error(err, out)
	}
}
