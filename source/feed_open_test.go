package source_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/source"
)

func TestParseFeed(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs("logs")
	if err != nil {
		t.Fatal(err)
	}
	const queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/trail"
	for text, want := range map[string]source.FeedSpec{
		"-":                     {Kind: source.InputFeed},
		"dir:logs/":             {Kind: source.FolderFeed, Path: here},
		"dir:/var/log/a:b":      {Kind: source.FolderFeed, Path: "/var/log/a:b"},
		"s3://bucket":           {Kind: source.BucketFeed, Bucket: "bucket"},
		"s3://bucket/":          {Kind: source.BucketFeed, Bucket: "bucket"},
		"s3://bucket/a/AWSLogs": {Kind: source.BucketFeed, Bucket: "bucket", Prefix: "a/AWSLogs/"},
		"sqs:" + queue:          {Kind: source.QueueFeed, URL: queue},
	} {
		got, err := source.ParseFeed(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		if again, err := source.ParseFeed(got.String()); err != nil || again != got {
			t.Errorf("%s is written %s, which reads %+v, %v", text, got, again, err)
		}
		if feed, err := source.OpenFeed(t.Context(), got, source.FeedOptions{Stdin: strings.NewReader("")}); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.Kind != source.InputFeed && feed.Name() != got.String() || feed.Status().Name != feed.Name() {
			t.Errorf("%s is named %s, its status %s", text, feed.Name(), feed.Status().Name)
		}
	}
}

func TestParseFeedErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "a source is empty",
		"logs":                         "a folder is dir:logs",
		"dir:":                         "nothing follows",
		"dirr:/x":                      `did you mean "dir"?`,
		"sq:https://x/y":               `did you mean "sqs"?`,
		"S3://bucket":                  "s3",
		"s3:bucket":                    "s3://BUCKET/PREFIX",
		"s3:///x":                      "bucket's name is missing",
		"sqs:queue":                    "get-queue-url",
		"sqs:https://host/":            "get-queue-url",
		"sqs:https://a:secret@x/y":     "credentials belong into",
		"sqs:https://x/y?token=secret": "nothing after its path",
		"https://x/y?token=secret":     "a queue is sqs:https:",
		"kafka:x":                      "no kind of source",
	} {
		_, err := source.ParseFeed(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the secret: %v", text, err)
		}
	}
	if _, err := source.OpenFeed(t.Context(), source.FeedSpec{Kind: source.InputFeed}, source.FeedOptions{}); err == nil {
		t.Error("standard input was opened without one")
	}
	if _, err := source.OpenFeed(t.Context(), source.FeedSpec{}, source.FeedOptions{}); err == nil {
		t.Error("no kind at all was opened")
	}
}
