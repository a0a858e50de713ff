//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"tocsin/internal/freeport"
	"tocsin/internal/sdkhttp"
	"tocsin/store/state"
)

// A customer makes things, one after another, and knows which were acknowledged.
type customer struct {
	config          aws.Config
	n               int
	there, gone     []int // objects that were acknowledged to be there, and to be gone
	topics, members []int
}

func (c *customer) s3() *s3.Client {
	return s3.NewFromConfig(c.config, func(o *s3.Options) { o.UsePathStyle = true })
}

// again gives nil, too, for the errors of what a call before the kill did already.
func again(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "BucketAlreadyOwnedByYou", "EntityAlreadyExists", "ResourceAlreadyExistsException", "NoSuchEntity", "ResourceNotFoundException", "NotFound":
			return nil
		}
	}
	return err
}

func content(n int) string { return strings.Repeat(fmt.Sprintf("object %d. ", n), 1+n%7*20000) }

// round makes and deletes things until something fails.
func (c *customer) round(ctx context.Context) error {
	topics, people, groups := sns.NewFromConfig(c.config), iam.NewFromConfig(c.config), cloudwatchlogs.NewFromConfig(c.config)
	if _, err := c.s3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("bucket")}); again(err) != nil {
		return err
	}
	for ; ; c.n++ {
		name := aws.String(fmt.Sprint("thing-", c.n))
		if _, err := c.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: name, Body: strings.NewReader(content(c.n))}); err != nil {
			return err
		}
		c.there = append(c.there, c.n)
		topic, err := topics.CreateTopic(ctx, &sns.CreateTopicInput{Name: name})
		if err != nil {
			return err
		}
		c.topics = append(c.topics, c.n)
		if _, err := topics.Subscribe(ctx, &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("a@example.com")}); err != nil {
			return err
		}
		if _, err := groups.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, Tags: map[string]string{"a": "b"}}); again(err) != nil {
			return err
		}
		if _, err := people.CreateUser(ctx, &iam.CreateUserInput{UserName: name}); again(err) != nil {
			return err
		}
		c.members = append(c.members, c.n)
		if c.n%3 != 2 {
			continue
		}
		last := aws.String(fmt.Sprint("thing-", c.n-2))
		if _, err := c.s3().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: last}); err != nil {
			return err
		}
		c.gone = append(c.gone, c.n-2)
		arn := strings.TrimSuffix(*topic.TopicArn, *name) + *last
		if _, err := topics.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &arn}); err != nil {
			return err
		}
		if _, err := groups.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: last}); again(err) != nil {
			return err
		}
	}
}

// check finds what was acknowledged, and nothing half-made.
func (c *customer) check(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	gone := map[int]bool{}
	for _, n := range c.gone {
		gone[n] = true
	}
	topics := map[string]bool{}
	pages := sns.NewListTopicsPaginator(sns.NewFromConfig(c.config), &sns.ListTopicsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Topics {
			topics[*one.TopicArn] = true
		}
	}
	subscriptions := sns.NewListSubscriptionsPaginator(sns.NewFromConfig(c.config), &sns.ListSubscriptionsInput{})
	for subscriptions.HasMorePages() {
		page, err := subscriptions.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Subscriptions {
			if !topics[*one.TopicArn] {
				t.Errorf("%s is subscribed and not there", *one.TopicArn)
			}
		}
	}
	objects := map[string]bool{}
	list := s3.NewListObjectsV2Paginator(c.s3(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if again(err) != nil && c.n == 0 {
			return // it was killed before there was a bucket
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			objects[*o.Key] = true
			var n int
			if _, err := fmt.Sscanf(*o.Key, "thing-%d", &n); err != nil {
				t.Fatal(err)
			}
			got, err := c.s3().GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: o.Key})
			if err != nil {
				t.Errorf("%s is listed and cannot be read: %v", *o.Key, err)
				continue
			}
			text, err := io.ReadAll(got.Body)
			got.Body.Close()
			if err != nil || string(text) != content(n) {
				t.Errorf("%s has %d bytes: %v", *o.Key, len(text), err)
			}
		}
	}
	for _, n := range c.there {
		// The deletion of the last may be on its way.
		if key := fmt.Sprint("thing-", n); objects[key] == gone[n] && n != c.n-2 {
			t.Errorf("%s: there %v, deleted %v", key, objects[key], gone[n])
		}
	}
	people := iam.NewFromConfig(c.config)
	for _, n := range c.members {
		if _, err := people.GetUser(ctx, &iam.GetUserInput{UserName: aws.String(fmt.Sprint("thing-", n))}); err != nil {
			t.Error(err)
		}
	}
}

// recorded finds the events of all that was acknowledged.
func (c *customer) recorded(t *testing.T, dsn string) {
	t.Helper()
	found := map[string]bool{}
	add := func(record []byte) {
		var event struct {
			EventName         string
			RequestParameters struct{ Name string }
		}
		// Parameters of other calls may have another form.
		if err := json.Unmarshal(record, &event); err == nil && event.EventName == "CreateTopic" {
			found[event.RequestParameters.Name] = true
		}
	}
	// What a killed process had in hand another takes up when its lease is over: first
	// what waits, which can only go to where events are looked up, and then that.
	db, err := state.OpenReader(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var waiting []state.OwnRecord
	err = db.View(t.Context(), func(tx *state.Tx) (err error) {
		waiting, err = tx.OwnRecords(t.Context(), 0, 1e6)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range waiting {
		add(r.Body)
	}
	pages := cloudtrail.NewLookupEventsPaginator(cloudtrail.NewFromConfig(c.config), &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: aws.String("CreateTopic")}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			add([]byte(*e.CloudTrailEvent))
		}
	}
	for _, n := range c.topics {
		if name := fmt.Sprint("thing-", n); !found[name] {
			t.Errorf("no event tells of %s", name)
		}
	}
}

// Killed at any instant, the endpoint has all that it acknowledged, nothing
// half-made, and takes a call that is made again as AWS does.
func TestEndpointKilled(t *testing.T) {
	address := freeport.Address(t)
	t.Setenv("TOCSIN_ROOT_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("TOCSIN_ROOT_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	folder := t.TempDir()
	c := &customer{config: aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + address), RetryMaxAttempts: 1, HTTPClient: sdkhttp.Client(nil),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
	}}
	start := func() *exec.Cmd {
		cmd := process(t, "serve", "--listen", address, "--console", "127.0.0.1:0", "--data", folder, "--account", "123456789012", "--pack", "none")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if _, err := sts.NewFromConfig(c.config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err == nil {
				return cmd
			} else if time.Now().After(end) {
				t.Fatal(err)
			}
		}
	}
	// Eight times, and more often where it has hardly begun until then.
	const kills = 8
	for n := 0; n < kills || len(c.there) < kills && n < 10*kills; n++ {
		cmd := start()
		c.check(t)
		var working sync.WaitGroup
		working.Go(func() {
			err := c.round(t.Context())
			if api := smithy.APIError(nil); errors.As(err, &api) {
				t.Errorf("refused: %v", err)
			}
		})
		time.Sleep(time.Duration(100+rand.IntN(900)) * time.Millisecond) // at any instant
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		working.Wait()
	}
	cmd := start()
	c.check(t)
	c.recorded(t, "sqlite:"+filepath.Join(folder, "tocsin.db"))
	if len(c.there) < kills {
		t.Errorf("only %d things were made", len(c.there))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}
