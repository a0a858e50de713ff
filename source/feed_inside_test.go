package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

var start = time.Date(2024, 3, 7, 12, 0, 0, 0, time.UTC)

// When a file can be given, by what was seen of it.
func TestReady(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		what                      string
		size                      int64
		modified, changed, since  time.Duration // before now
		refused, again, ready, mg bool
	}{
		{what: "just written", size: 1, mg: true},
		{what: "written a second ago, by a clock like ours", size: 1, modified: second, changed: second, mg: true},
		{what: "unchanged since the last round", size: 1, modified: second, changed: second, since: second / 5, ready: true, mg: true},
		{what: "renamed after it was written", size: 1, modified: second, ready: true, mg: true},
		{what: "of an hour ago", size: 1, modified: time.Hour, changed: time.Hour, ready: true},
		{what: "of the future", size: 1, modified: -time.Hour, changed: -time.Hour, mg: true},
		{what: "of the future, unchanged for a minute", size: 1, modified: -time.Hour, changed: -time.Hour, since: time.Minute, ready: true},
		{what: "empty, unchanged", modified: second, since: second, mg: true},
		{what: "empty, renamed", modified: second, mg: true},
		{what: "empty for a minute", modified: time.Minute, since: second, ready: true},
		{what: "refused", size: 1, modified: second, since: second, refused: true, mg: true},
		{what: "refused a minute ago", size: 1, modified: time.Minute, since: second, refused: true, ready: true},
		{what: "given before", size: 1, again: true, ready: true, mg: true},
	} {
		w := &found{
			stamp: stamp{c.size, start.Add(-c.modified), start.Add(-c.changed)},
			since: start.Add(-c.since), refused: c.refused, again: c.again,
		}
		if w.ready(start) != c.ready || w.mayGrow(start) != c.mg {
			t.Errorf("%s: ready %v, may grow %v", c.what, w.ready(start), w.mayGrow(start))
		}
	}
}

func TestOldestKeepsTheOldest(t *testing.T) {
	q := oldest{room: 10}
	for i := range 100 {
		q.add(&found{key: fmt.Sprint(i), when: start.Add(time.Duration(i*37%100) * time.Minute)})
	}
	if len(q.found) != 10 || !q.dropped {
		t.Errorf("%d, %v", len(q.found), q.dropped)
	}
	for _, w := range q.found {
		if !w.when.Before(start.Add(10 * time.Minute)) {
			t.Errorf("%s of %v was kept", w.key, w.when)
		}
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent()
	for i := range 3 * maxRecent {
		r.put(fmt.Sprint(i), "v")
		if i%1000 == 0 && !r.same("0", "v") { // asked for again and again
			t.Fatalf("after %d: what is asked for is forgotten", i)
		}
	}
	if r.has("1") || !r.has(fmt.Sprint(3*maxRecent-1)) || r.same("0", "w") {
		t.Error("the oldest is known, or the newest is not")
	}
	if len(r.new)+len(r.old) > 2*maxRecent {
		t.Errorf("%d are kept", len(r.new)+len(r.old))
	}
	if r.drop("0"); r.has("0") {
		t.Error("what was dropped is known")
	}
}

func TestAgainIsBounded(t *testing.T) {
	var a again[int]
	for i := range maxAgain + 1 {
		if fits := a.failed(fmt.Sprint(i), i, start); fits != (i < maxAgain) {
			t.Fatalf("%d fits: %v", i, fits)
		}
	}
	if !a.overflowed() || a.overflowed() {
		t.Error("the overflow is not told once")
	}
	if n := len(a.take(start)); n != 0 {
		t.Errorf("%d at once", n)
	}
	if n := len(a.take(start.Add(time.Second))); n != maxAgain {
		t.Errorf("%d after a second", n)
	}
	if n := len(a.take(start.Add(time.Second))); n != 0 {
		t.Errorf("%d while they are being given", n)
	}
	a.putBack("7")
	a.failed("8", 8, start)
	if n := len(a.take(start.Add(time.Second))); n != 1 || a.times("8") != 2 {
		t.Errorf("%d after one was put back, and the other failed %d times", n, a.times("8"))
	}
}

func TestKeyBefore(t *testing.T) {
	const folder = "AWSLogs/111122223333/CloudTrail/us-east-1/2024/03/07/111122223333_CloudTrail_us-east-1_"
	for key, want := range map[string]string{
		folder + "20240307T1200Z_x.json.gz": folder + "20240307T1000",
		folder + "20240307T0200Z_x.json.gz": folder + "20240307T0000",
		folder + "20240307T0159Z_x.json.gz": "",
		"x.json":                            "",
		"":                                  "",
	} {
		if got := keyBefore(key, lookBack); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}

func TestQueueHost(t *testing.T) {
	for host, want := range map[string]string{
		"sqs.eu-west-1.amazonaws.com": "eu-west-1", "sqs-fips.us-east-1.amazonaws.com": "us-east-1", "eu-west-1.queue.amazonaws.com": "eu-west-1",
		"vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com": "eu-west-1", "sqs.cn-north-1.amazonaws.com.cn": "cn-north-1", "sqs.eu-west-1.api.aws": "eu-west-1",
		"localhost": "", "sqs.example.org": "",
	} {
		got := ""
		if m := queueHost.FindStringSubmatch(host); m != nil {
			got = m[1] + m[2]
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

// stalling gives objects whose content ends nowhere.
type stalling struct{ S3Client }

func (stalling) GetObject(ctx context.Context, _ *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { _ = w.CloseWithError(ctx.Err()) })
	return &s3.GetObjectOutput{Body: r}, nil
}

func TestObjectThatStalls(t *testing.T) {
	c := newClients(func(context.Context, string) (S3Client, error) { return stalling{}, nil })
	c.idle = time.Millisecond
	content, _, err := c.open(t.Context(), "b", "k")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := content.Read(make([]byte, 1)); !errors.Is(err, errStalled) {
		t.Errorf("got %v", err)
	}
	if err := content.Close(); err != nil {
		t.Error(err)
	}
}

func TestClientsAreBounded(t *testing.T) {
	made := 0
	c := newClients(func(context.Context, string) (S3Client, error) { made++; return stalling{}, nil })
	for i := range 3 * maxBuckets {
		for range 2 {
			if _, err := c.of(t.Context(), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if made != 3*maxBuckets || len(c.byBucket) > maxBuckets {
		t.Errorf("%d made, %d kept", made, len(c.byBucket))
	}
}

// What is wanted, by its name alone.
func TestWanted(t *testing.T) {
	const day = "AWSLogs/111122223333/KIND/us-east-1/2024/03/07/111122223333_KIND_us-east-1_20240307T1200Z_x.json.gz"
	of := func(kind string) string { return strings.ReplaceAll(day, "KIND", kind) }
	flat := of("CloudTrail")[strings.LastIndexByte(day, '/')-len("KIND")+len("CloudTrail")+1:]
	for key, want := range map[string]bool{
		of("CloudTrail"): true, "p/" + of("CloudTrail"): true, flat: true, "x/" + flat: true,
		of("CloudTrail-NetworkActivity"): true, of("CloudTrail-Insight"): false, of("CloudTrail-Digest"): false, of("CloudTrail-Aggregated"): false,
		"AWSLogs/1/Config/x.json.gz": false, "AWSLogs/" + flat: true, "a.json": true, "a.jsonl": true, "a.log": true, "a.gz": true, "A.JSON": false,
		"a.zip": false, "a.json.part": false, ".a.json": false, "a.json/": false, "a.json.metadata.json": false, "": false,
		"a\x00.json": false, "\xff.json": false, string(bytes.Repeat([]byte("a"), maxKey)) + ".json": false,
	} {
		if got := (FeedOptions{}).wanted(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
	if !(FeedOptions{Insights: true}).wanted(of("CloudTrail-Insight")) {
		t.Error("Insights are not wanted where they are asked for")
	}
}
