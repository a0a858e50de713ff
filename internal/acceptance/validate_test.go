package acceptance

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// program runs a command as the root and gives what it printed.
func (s *server) program(name string, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Env = append(s.environ(), "XDG_CACHE_HOME="+s.t.TempDir())
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), string(out), string(exit.Stderr)
	} else if err != nil {
		s.t.Fatal(err)
	}
	return 0, string(out), ""
}

// A trail of the endpoint delivers log files and digests into a bucket of the
// endpoint; tocsin validate-logs asks there for the bucket, the keys and the
// objects, and says what the AWS CLI says.
func TestValidateLogsByTrail(t *testing.T) {
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, "--clock", "manual")
	ctx, buckets, trails := t.Context(), s3.NewFromConfig(s.root(), func(o *s3.Options) { o.UsePathStyle = true }), cloudtrail.NewFromConfig(s.root())
	done := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	done(buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("logs")}))
	done(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}]}`)}))
	made, err := trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String("main"), S3BucketName: aws.String("logs"), S3KeyPrefix: aws.String("audit"), EnableLogFileValidation: aws.Bool(true)})
	done(made, err)
	done(trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: made.TrailARN}))
	delivered := func(folder string) (keys []string) {
		list, err := buckets.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: aws.String("audit/AWSLogs/" + account + "/" + folder + "/")})
		done(list, err)
		for _, o := range list.Contents {
			keys = append(keys, *o.Key)
		}
		return keys
	}
	began := time.Now().UTC().Add(-time.Minute)
	for hour := range 3 {
		// What is called is delivered, and the next digest lists it.
		done(trails.AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: made.TrailARN, TagsList: []types.Tag{{Key: aws.String("hour"), Value: aws.String(strconv.Itoa(hour))}}}))
		s.advance("15m")
		eventually(t, "the next log file", func() bool { return len(delivered("CloudTrail")) > hour })
		s.advance("46m")
		eventually(t, "the next digest", func() bool { return len(delivered("CloudTrail-Digest")) > hour })
	}
	args := []string{"--trail-arn", *made.TrailARN, "--start-time", began.Format(time.RFC3339), "--end-time", began.Add(4 * time.Hour).Format(time.RFC3339)}
	ours := append([]string{"validate-logs", "--format", "aws", "--verbose"}, args...)
	theirs := append([]string{"cloudtrail", "validate-logs", "--verbose"}, args...)
	theirProgram, err := exec.LookPath("aws")
	if err != nil {
		t.Log("there is no AWS CLI here (aws): it was not compared with")
	}
	agree := func(want int, has string) {
		t.Helper()
		code, out, errs := s.program(bin, ours...)
		if code != want || !strings.Contains(out+errs, has) {
			t.Errorf("exit code %d, want %d, and %q in\n%s%s", code, want, has, out, errs)
		}
		if theirProgram == "" {
			return
		}
		if theirCode, theirOut, theirErrs := s.program(theirProgram, theirs...); theirCode != code || theirOut != out || theirErrs != errs {
			t.Errorf("the AWS CLI: %d\n%s%s\nours: %d\n%s%s", theirCode, theirOut, theirErrs, code, out, errs)
		}
	}
	agree(0, "log files valid\n")
	table := append([]string{"validate-logs"}, args...)
	if code, out, errs := s.program(bin, table...); code != 0 || !strings.Contains(out, "valid: ") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	gone := delivered("CloudTrail")[0]
	done(buckets.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: made.S3BucketName, Key: &gone}))
	agree(1, "/"+gone+"\tINVALID: not found")
	if code, out, errs := s.program(bin, table...); code != 3 || !strings.Contains(out, gone) || !strings.Contains(out, "missing") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}
