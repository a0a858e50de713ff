package source_test

import (
	"bufio"
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tocsin/internal/freeport"
	"tocsin/internal/sdkhttp"
	"tocsin/source"
)

// Somebody else's idea of S3 and SQS, where it is installed.
func TestQueueOfMoto(t *testing.T) {
	path, err := exec.LookPath("moto_server")
	if err != nil || testing.Short() {
		t.Skip("moto_server is not on the PATH, or the test is to be short")
	}
	_, port, err := net.SplitHostPort(freeport.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	server := exec.CommandContext(ctx, path, "-p", port)
	out, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Skip(err)
	}
	defer func() {
		cancel()
		_ = server.Wait() // it was killed
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "Running on") {
	}
	if lines.Err() != nil || ctx.Err() != nil {
		t.Skip("moto_server does not start")
	}
	go func() {
		for lines.Scan() { // or it would block
		}
	}()

	endpoint, keys := "http://127.0.0.1:"+port, credentials.NewStaticCredentialsProvider("a", "b", "")
	bucket := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true, Credentials: keys, HTTPClient: sdkhttp.Client(nil), DisableLogOutputChecksumValidationSkipped: true})
	queues := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: keys, HTTPClient: sdkhttp.Client(nil)})
	name, key := "trail", logKey("us-east-1", time.Now().UTC(), "a")
	if _, err := bucket.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Skipf("moto_server does not answer: %v", err)
	}
	if _, err := bucket.PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: &key, Body: strings.NewReader("text")}); err != nil {
		t.Fatal(err)
	}
	queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	body := inSNS(announce(key))
	if _, err := queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
	o := source.FeedOptions{
		S3:  func(context.Context, string) (source.S3Client, error) { return bucket, nil },
		SQS: func(context.Context, string) (source.SQSClient, error) { return queues, nil },
	}
	k := newTaker(t)
	listing, f := source.NewS3Feed(name, "", o), source.NewSQSFeed(*queue.QueueUrl, o)
	for _, feed := range []ticker{listing, f} {
		k.tick(feed, time.Now())
		got := k.taken()
		if len(got) != 1 || got[0].Source != "s3://trail" || got[0].Key != key {
			t.Fatalf("%+v, %+v, %+v", got, listing.Status(), f.Status())
		}
		if text, version := read(t, got[0]); text != "text" || len(version) != 32 {
			t.Errorf("read %q, version %q", text, version)
		}
		got[0].Done(ctx, nil)
	}
	k.tick(f, time.Now())
	left, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil || left.Attributes["ApproximateNumberOfMessages"] != "0" || left.Attributes["ApproximateNumberOfMessagesNotVisible"] != "0" {
		t.Errorf("left in the queue: %v, %v", left, err)
	}
}
