package cloudtrail_test

import (
	"context"
	"encoding/xml"
	"fmt"
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

	"tocsin/service"
	"tocsin/wire"
)

// ServeHTTP is as much of S3 as `aws cloudtrail validate-logs` reads.
func (b *buckets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	switch {
	case key != "":
		o, ok := b.objects[bucket+"/"+key]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `<Error><Code>NoSuchKey</Code></Error>`)
			return
		}
		for name, v := range o.header {
			w.Header()[name] = []string{v} // S3 writes names in small letters, and clients look for them
		}
		_, _ = w.Write(o.body)
	case q.Has("location"):
		fmt.Fprint(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-central-1</LocationConstraint>`)
	default:
		type entry struct{ Key string }
		var list struct {
			XMLName  xml.Name `xml:"ListBucketResult"`
			Name     string
			Contents []entry
		}
		list.Name = bucket
		var keys []string
		for at := range b.objects {
			if _, key, _ := strings.Cut(at, "/"); strings.HasPrefix(at, bucket+"/") && strings.HasPrefix(key, q.Get("prefix")) && key > q.Get("marker") {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			list.Contents = append(list.Contents, entry{key})
		}
		if err := xml.NewEncoder(w).Encode(list); err != nil {
			panic(err)
		}
	}
}

// awsCLI runs the AWS CLI against the world.
func (w *world) awsCLI(t *testing.T) func(args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("there is no AWS CLI here (aws): its validate-logs was not tried")
	}
	h, err := wire.New(wire.Options{Services: []wire.Service{w.served()}, Admit: func(r *http.Request, call *wire.Call) (context.Context, error) {
		return service.WithCaller(r.Context(), w.Caller()), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	trail, s3 := httptest.NewServer(h), httptest.NewServer(w.bucket)
	t.Cleanup(trail.Close)
	t.Cleanup(s3.Close)
	return func(args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), path, append([]string{"cloudtrail", "--endpoint-url", trail.URL}, args...)...)
		c.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1",
			"AWS_ENDPOINT_URL_S3="+s3.URL, "AWS_CONFIG_FILE="+t.TempDir()+"/config", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
		out, err := c.CombinedOutput()
		return string(out), err
	}
}

// The AWS CLI finds what a trail delivers valid, and what was changed not.
func TestTheAWSCLIFindsLogFilesValid(t *testing.T) {
	w := newWorld(t)
	run := w.awsCLI(t)
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

	validate := []string{"validate-logs", "--trail-arn", arn, "--start-time", "2026-07-01T11:00:00Z", "--end-time", w.Now().Format(time.RFC3339), "--verbose"}
	out, err := run(validate...)
	if err != nil || !strings.Contains(out, "6/6 digest files valid\n5/5 log files valid") || strings.Contains(out, "INVALID") || !strings.Contains(out, "No log files were delivered by CloudTrail between") {
		t.Errorf("%v:\n%s", err, out)
	}
	at := w.bucket.keys("/CloudTrail/")[0]
	delete(w.bucket.objects, at)
	out, err = run(validate...)
	if err == nil || !strings.Contains(out, at+"\tINVALID: not found") || !strings.Contains(out, "4/5 log files valid, 1/5 log files INVALID") {
		t.Errorf("a log file is gone: %v:\n%s", err, out)
	}

	out, err = run("lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=StopLogging", "--query", "Events[].[EventName,Username,EventTime]", "--output", "text")
	if err != nil || !strings.HasPrefix(out, "StopLogging\troot\t") {
		t.Errorf("%v: %s", err, out)
	}
}
