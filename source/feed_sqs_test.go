package source_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/source"
	"tocsin/source/sqstest"
)

// A desk is a queue and a bucket whose clock is the test's.
type desk struct {
	*stage
	queue *sqstest.Server
	m     *memory
	k     *taker
	f     *source.SQSFeed
}

func newDesk(t *testing.T, change func(*source.FeedOptions)) *desk {
	t.Helper()
	d := &desk{stage: newStage(t), m: newMemory(), k: newTaker(t)}
	d.queue = sqstest.New(sqstest.Options{Now: d.Now, MaxReceives: 5})
	t.Cleanup(d.queue.Close)
	o := d.options(d.m)
	o.SQS = func(context.Context, string) (source.SQSClient, error) { return d.queue.Client(), nil }
	if change != nil {
		change(&o)
	}
	d.f = source.NewSQSFeed(d.queue.URL, o)
	return d
}

// round lets time pass and does one round.
func (d *desk) round(by time.Duration) []source.Arrival {
	d.t.Helper()
	d.pass(by)
	d.k.tick(d.f, d.Now())
	return d.k.taken()
}

// holds checks how many messages the queue has, and how many of them are hidden.
func (d *desk) holds(showing, hidden int) {
	d.t.Helper()
	if s, h := d.queue.Messages(); s != showing || h != hidden {
		d.t.Errorf("%d messages show and %d are hidden, want %d and %d", s, h, showing, hidden)
	}
}

// announce is CloudTrail's own message.
func announce(keys ...string) string {
	text, err := json.Marshal(map[string]any{"s3Bucket": "trail", "s3ObjectKey": keys})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// created is S3's event notification.
func created(name, bucket, key, etag string) string {
	return fmt.Sprintf(`{"Records":[{"eventSource":"aws:s3","eventName":%q,"s3":{"bucket":{"name":%q},"object":{"key":%q,"size":7,"eTag":%q}}}]}`,
		name, bucket, url.QueryEscape(key), etag)
}

func inSNS(message string) string {
	text, err := json.Marshal(map[string]string{"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Message": message})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestQueueShapes(t *testing.T) {
	d := newDesk(t, nil)
	a, b := logKey("us-east-1", noon.Add(5*time.Minute), "a"), logKey("us-east-1", noon, "b")
	d.put(a, b)
	bridge := fmt.Sprintf(`{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"trail"},"object":{"key":%q,"size":3,"etag":"e"}}}`, b)
	for _, c := range []struct{ body, want string }{
		{announce(a, b, a), "b a"},
		{inSNS(announce(b)), "b"},
		{created("ObjectCreated:Put", "trail", a, "e"), "a"},
		{inSNS(created("ObjectCreated:CompleteMultipartUpload", "trail", a, "e")), "a"},
		{bridge, "b"},
	} {
		d.queue.Send(c.body)
		var names []string
		for _, got := range d.round(time.Second) {
			names = append(names, short(got.Key))
			text, version := read(t, got)
			if got.Source != "s3://trail" || text != got.Key || len(version) != 32 || got.Again != 0 || got.Quiet {
				t.Errorf("%+v: read %q, version %q", got, text, version)
			}
			d.holds(0, 1)
			got.Done(t.Context(), nil)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.body, got, c.want)
		}
		d.round(time.Second)
		d.holds(0, 0)
	}
	if s := d.f.Status(); s.Given != 6 || s.Skipped != 0 || s.Failed != 0 || s.Problem != "" {
		t.Errorf("%+v", s)
	}
}

// What announces no log file is deleted; what nobody understands is left, comes
// ever later, and ends among the dead letters.
func TestQueuePassesOver(t *testing.T) {
	d := newDesk(t, func(o *source.FeedOptions) { o.Buckets = []string{"trail"} })
	key := logKey("us-east-1", noon, "a")
	skipped := []string{
		`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"trail"}`, "CloudTrail validation message.",
		created("ObjectRemoved:Delete", "trail", key, ""), created("ObjectCreated:Put", "trail", "AWSLogs/111122223333/CloudTrail/", "e"),
		created("ObjectCreated:Put", "other", key, "e"), created("ObjectCreated:Put", "trail", "x.json", "e"),
		created("ObjectCreated:Put", "trail", strings.ReplaceAll(key, "CloudTrail", "CloudTrail-Digest"), "e"),
		announce("AWSLogs/111122223333/Config/x.json.gz"), announce(strings.Replace(key, "AWSLogs", "a\x00/AWSLogs", 1)),
	}
	for _, body := range skipped {
		d.queue.Send(body)
	}
	if got := d.round(0); len(got) > 0 {
		t.Errorf("given: %+v", got)
	}
	d.round(time.Second)
	d.holds(0, 0)
	if s := d.f.Status(); s.Skipped != int64(len(skipped)) || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
	poison := []string{"hello", `{"s3Bucket":"trail","s3ObjectKey":[7]}`, `{"Records":[{"eventSource":"aws:s3",`}
	for _, body := range poison {
		d.queue.Send(body)
	}
	for range 20 {
		if got := d.round(15 * time.Second); len(got) > 0 {
			t.Errorf("given: %+v", got)
		}
	}
	d.holds(0, 0)
	dead := d.queue.DeadLetters()
	slices.Sort(dead)
	slices.Sort(poison)
	if !slices.Equal(dead, poison) {
		t.Errorf("dead letters %q", dead)
	}
	if s := d.f.Status(); s.Failed != 5*int64(len(poison)) || s.Problem != "" {
		t.Errorf("%+v", s)
	}
}

// Of a message that is understood in part, the part is taken in, and the message
// is left all the same.
func TestQueueMessageInPart(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(fmt.Sprintf(`{"s3Bucket":"trail","s3ObjectKey":[%q,7]}`, logKey("us-east-1", noon, "a")))
	got := d.round(0)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	got[0].Done(t.Context(), nil)
	d.round(time.Second)
	d.holds(0, 1)
}

func TestQueueAnyKey(t *testing.T) {
	d := newDesk(t, func(o *source.FeedOptions) { o.AnyKey = true })
	d.queue.Send(announce("x.json", "x.txt", "AWSLogs/111122223333/Config/x.json"))
	if got := d.round(0); len(got) != 1 || got[0].Key != "x.json" {
		t.Errorf("%+v", got)
	}
}

// A message is hidden as long as its files are being taken in, and deleted when
// the last of them is.
func TestQueueHidesWhileTakingIn(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(announce(logKey("us-east-1", noon, "a"), logKey("us-east-1", noon, "b")))
	got := d.round(0)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	got[1].Done(t.Context(), nil)
	for range 60 {
		if again := d.round(15 * time.Second); len(again) > 0 {
			t.Fatalf("it came again: %+v", again)
		}
		d.holds(0, 1)
	}
	got[0].Done(t.Context(), nil)
	d.round(time.Second)
	d.holds(0, 0)
	if n := d.queue.Calls("ChangeMessageVisibilityBatch"); n < 20 || n > 40 {
		t.Errorf("hidden for longer %d times in 15 minutes", n)
	}
}

// A message that shows although its files are being taken in, because it could not
// be hidden for longer, is not given twice, and is deleted by its new receipt.
func TestQueueRedelivery(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(announce(logKey("us-east-1", noon, "a")))
	got := d.round(0)
	for range 4 {
		d.queue.Fail("ChangeMessageVisibilityBatch", sqstest.Fault{Status: 500, Code: "InternalFailure"})
		if again := d.round(25 * time.Second); len(again) > 0 {
			t.Fatalf("given twice: %+v", again)
		}
	}
	if d.f.Status().Given != 1 {
		t.Errorf("%+v", d.f.Status())
	}
	got[0].Done(t.Context(), nil)
	d.round(time.Second)
	d.holds(0, 0)
}

// A file that was not taken in brings its message back, later each time.
func TestQueueGivesBack(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(announce(logKey("us-east-1", noon, "a"), logKey("us-east-1", noon, "b")))
	for i, wait := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second} {
		got := d.round(0)
		if len(got) != 2 || got[0].Again != i {
			t.Fatalf("time %d: %+v", i, got)
		}
		got[0].Done(t.Context(), nil)
		got[1].Done(t.Context(), errTest)
		if got := d.round(0); len(got) > 0 {
			t.Fatalf("at once: %+v", got)
		}
		if got := d.round(wait - time.Second); len(got) > 0 {
			t.Fatalf("too early: %+v", got)
		}
		d.pass(time.Second)
	}
}

// The object was deleted meanwhile: the taker sees it, and how often.
func TestQueueObjectGone(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(announce(logKey("us-east-1", noon, "a")))
	got := d.round(0)
	if _, _, err := got[0].Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	got[0].Done(t.Context(), nil) // the taker marks it
	d.round(time.Second)
	d.holds(0, 0)
}

// A deletion can fail in three ways, and the message is gone or comes again; if
// it does, the mark tells that it is done.
func TestQueueDeletionFails(t *testing.T) {
	for name, fault := range map[string]sqstest.Fault{
		"not done":                {Status: 503, Code: "ServiceUnavailable"},
		"done":                    {Status: 500, Code: "InternalFailure", Applied: true},
		"done, connection broken": {Applied: true},
		"entry not done":          {Entries: true, Status: 500, Code: "InternalError"},
		"entry done":              {Entries: true, Status: 500, Code: "InternalError", Applied: true},
		"the receipt is not good": {Entries: true, Status: 400, Code: "ReceiptHandleIsInvalid"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			key := logKey("us-east-1", noon, "a")
			d.queue.Send(created("ObjectCreated:Put", "trail", key, "etag"))
			d.queue.Fail("DeleteMessageBatch", fault, fault)
			got := d.round(0)
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			d.m.mark("s3://trail", key, "etag")
			got[0].Done(t.Context(), nil)
			for range 10 {
				if got := d.round(30 * time.Second); len(got) > 0 {
					t.Errorf("given again: %+v", got)
				}
			}
			d.holds(0, 0)
			if s := d.f.Status(); s.Problem != "" || s.Given != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestQueueOutages(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(announce(logKey("us-east-1", noon, "a")))
	for _, c := range []struct {
		fault sqstest.Fault
		want  string
	}{
		{sqstest.Fault{Status: 403, Code: "AccessDeniedException"}, "sqs:ReceiveMessage"},
		{sqstest.Fault{Status: 400, Code: "QueueDoesNotExist"}, "look at the URL"},
		{sqstest.Fault{Status: 400, Code: "ThrottlingException"}, "ThrottlingException"},
		{sqstest.Fault{}, "EOF"},
	} {
		d.queue.Fail("ReceiveMessage", c.fault)
		pause := d.k.tick(d.f, d.Now())
		if s := d.f.Status(); pause < time.Second || !strings.Contains(s.Problem, c.want) {
			t.Errorf("%+v: pause %v, %+v", c.fault, pause, s)
		}
	}
	// The messages were received, and nobody heard of it: they come again.
	d.queue.Fail("ReceiveMessage", sqstest.Fault{Applied: true})
	d.round(0)
	if got := d.round(30 * time.Second); len(got) > 0 || d.f.Status().Problem != "" {
		t.Errorf("%+v, %+v", got, d.f.Status())
	}
	if got := d.round(31 * time.Second); len(got) != 1 || got[0].Again != 1 {
		t.Errorf("%+v", got)
	}
}

// While the marks cannot be asked the messages are not given back: each time would
// bring them nearer to the dead letters. Who takes the files in waits.
func TestQueueMarksFail(t *testing.T) {
	d := newDesk(t, nil)
	d.queue.Send(created("ObjectCreated:Put", "trail", logKey("us-east-1", noon, "a"), "etag"))
	d.m.fail = errTest
	got := d.round(0)
	if len(got) != 1 {
		t.Fatalf("%+v, %+v", got, d.f.Status())
	}
	for range 20 {
		if again := d.round(15 * time.Second); len(again) > 0 {
			t.Errorf("given again: %+v", again)
		}
	}
	got[0].Done(t.Context(), nil)
	d.round(time.Second)
	d.holds(0, 0)
}

// At the end what is being taken in may still be, and the rest shows again at once.
func TestQueueOrderlyStop(t *testing.T) {
	d := newDesk(t, func(o *source.FeedOptions) { o.Now, o.Grace = time.Now, 2*time.Second })
	keys := map[string]bool{}
	for i := range 3 {
		d.queue.Send(announce(logKey("us-east-1", noon, fmt.Sprint("f", i))))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.f.Run(ctx, d.k.take) }()
	for range 3 {
		<-d.k.came
	}
	got := d.k.taken()
	for _, a := range got {
		keys[a.Key] = true
	}
	cancel()
	got[0].Done(t.Context(), nil)                     // in time
	got[1].Done(t.Context(), context.Canceled)        // given back
	if err := <-ended; err != nil || len(keys) != 3 { // the third: nobody says
		t.Errorf("%v, %v", err, keys)
	}
	d.holds(2, 0)
	got[2].Done(t.Context(), nil) // too late, and no harm
}

// A message that comes while a receiver waits is given at once, and deleted.
func TestQueueLongPoll(t *testing.T) {
	d := newDesk(t, func(o *source.FeedOptions) { o.Now = time.Now })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.f.Run(ctx, d.k.take) }()
	for i := range 5 {
		d.queue.Send(announce(logKey("us-east-1", noon, fmt.Sprint(i))))
		<-d.k.came
		for _, a := range d.k.taken() {
			a.Done(ctx, nil)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	d.holds(0, 0)
	if s := d.f.Status(); s.Given != 5 || s.Problem != "" {
		t.Errorf("%+v", s)
	}
}

func TestQueueRefusal(t *testing.T) {
	d := newDesk(t, nil)
	d.k.refuse = errTest
	for range 3 {
		d.queue.Send(announce(logKey("us-east-1", noon, "a")))
	}
	if err := d.f.Run(t.Context(), d.k.take); !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
	d.holds(3, 0)
	if s := d.f.Status(); s.Problem != "" {
		t.Errorf("%+v", s)
	}
}

// The usual configuration leads to the queue's own host and Region.
func TestQueueConfigured(t *testing.T) {
	configure(t, map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true"})
	d := newDesk(t, func(o *source.FeedOptions) { o.SQS = nil })
	d.queue.Send(announce(logKey("us-east-1", noon, "a")))
	if got := d.round(0); len(got) != 1 || d.f.Status().Problem != "" {
		t.Errorf("%+v, %+v", got, d.f.Status())
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	d = newDesk(t, func(o *source.FeedOptions) { o.SQS = nil })
	d.round(0)
	if s := d.f.Status(); !strings.Contains(s.Problem, "no AWS credentials") {
		t.Errorf("%+v", s)
	}
}
