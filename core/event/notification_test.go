package event

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/internal/corpus"
)

// sns is a message in the envelope that SNS puts around it.
func sns(message string) string {
	return jsonOf(map[string]string{
		"Type": "Notification", "MessageId": "95df01b4", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:files",
		"Subject": "Amazon S3 Notification", "Message": message, "Timestamp": "2026-01-02T03:04:05.678Z",
	})
}

// lambda is messages as Lambda hands them on, from SQS and SNS.
func lambda(fromSQS, fromSNS string) string {
	return jsonOf(map[string]any{"Records": []any{
		map[string]any{"messageId": "1", "eventSource": "aws:sqs", "body": fromSQS},
		map[string]any{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": json.RawMessage(sns(fromSNS))},
	}})
}

// s3Event is a notification of S3 about keys as they stand in it.
func s3Event(name string, keys ...string) string {
	var records []any
	for _, key := range keys {
		records = append(records, map[string]any{
			"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventName": name,
			"s3": map[string]any{
				"bucket": map[string]string{"name": "trail"},
				"object": map[string]any{"key": key, "size": 12, "eTag": "e", "versionId": "v", "sequencer": "0A"},
			},
		})
	}
	return jsonOf(map[string]any{"Records": records})
}

// eventBridge is an event of S3 on EventBridge.
func eventBridge(detailType, key string) string {
	return jsonOf(map[string]any{
		"version": "0", "detail-type": detailType, "source": "aws.s3", "region": "eu-west-1",
		"detail": map[string]any{
			"bucket": map[string]string{"name": "trail"},
			"object": map[string]any{"key": key, "size": 12, "etag": "e", "version-id": "v", "sequencer": "0A"},
		},
	})
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestParseNotification(t *testing.T) {
	const (
		ownOne  = `{"s3Bucket":"trail","s3ObjectKey":["AWSLogs/a+b%20c.json.gz"]}`
		ownTwo  = `{"s3Bucket":"trail","s3ObjectKey":["one","two"]}`
		test    = `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05.678Z","Bucket":"trail","RequestId":"r","HostId":"h"}`
		created = "ObjectCreated:Put"
	)
	full := func(key string) NotifiedObject {
		return NotifiedObject{"trail", key, 12, "e", "v", "eu-west-1", "0A"}
	}
	bare := func(key string) NotifiedObject { return NotifiedObject{Bucket: "trail", Key: key, Size: -1} }
	for name, c := range map[string]struct {
		body    string
		objects []NotifiedObject
		skipped []Skipped
		err     string // part of it
	}{
		"S3":                          {body: s3Event(created, "a"), objects: []NotifiedObject{full("a")}},
		"S3, several":                 {body: s3Event(created, "a", "b"), objects: []NotifiedObject{full("a"), full("b")}},
		"S3, by multipart upload":     {body: s3Event("ObjectCreated:CompleteMultipartUpload", "a"), objects: []NotifiedObject{full("a")}},
		"S3, encoded key":             {body: s3Event(created, "a+b%2Bc%40d%3D%C3%A9.gz"), objects: []NotifiedObject{full("a b+c@d=é.gz")}},
		"S3, white space around":      {body: "\r\n " + s3Event(created, "a") + "\n", objects: []NotifiedObject{full("a")}},
		"S3, pretty":                  {body: strings.ReplaceAll(s3Event(created, "a"), `":`, "\" :\n"), objects: []NotifiedObject{full("a")}},
		"S3 in SNS":                   {body: sns(s3Event(created, "a+b")), objects: []NotifiedObject{full("a b")}},
		"S3 in SNS in SQS in Lambda":  {body: lambda(sns(s3Event(created, "a")), s3Event(created, "b")), objects: []NotifiedObject{full("a"), full("b")}},
		"MinIO":                       {body: strings.Replace(s3Event("s3:"+created, "a"), "aws:s3", "minio:s3", 1), objects: []NotifiedObject{full("a")}},
		"CloudTrail, one key":         {body: ownOne, objects: []NotifiedObject{bare("AWSLogs/a+b%20c.json.gz")}},
		"CloudTrail, two keys":        {body: ownTwo, objects: []NotifiedObject{bare("one"), bare("two")}},
		"CloudTrail in SNS":           {body: sns(ownTwo), objects: []NotifiedObject{bare("one"), bare("two")}},
		"CloudTrail, key alone":       {body: `{"s3Bucket":"trail","s3ObjectKey":"one"}`, objects: []NotifiedObject{bare("one")}},
		"CloudTrail, escaped":         {body: `{"s3Bucket":"tr\u0061il","s3ObjectKey":["\u00e9\/x"]}`, objects: []NotifiedObject{bare("é/x")}},
		"EventBridge":                 {body: eventBridge("Object Created", "a+b%20c"), objects: []NotifiedObject{full("a+b%20c")}},
		"EventBridge in SNS":          {body: sns(eventBridge("Object Created", "a")), objects: []NotifiedObject{full("a")}},
		"test event":                  {body: test, skipped: []Skipped{{TestEvent, "trail"}}},
		"test event in SNS":           {body: sns(test), skipped: []Skipped{{TestEvent, "trail"}}},
		"validation message":          {body: "CloudTrail validation message.", skipped: []Skipped{{ValidationMessage, "CloudTrail validation message."}}},
		"validation message in SNS":   {body: sns("CloudTrail validation message.\n"), skipped: []Skipped{{ValidationMessage, "CloudTrail validation message."}}},
		"removal":                     {body: s3Event("ObjectRemoved:Delete", "a"), skipped: []Skipped{{NotCreated, "ObjectRemoved:Delete"}}},
		"removal with a bad key":      {body: s3Event("ObjectRemoved:Delete", "%zz"), skipped: []Skipped{{NotCreated, "ObjectRemoved:Delete"}}},
		"removal on EventBridge":      {body: eventBridge("Object Deleted", "a"), skipped: []Skipped{{NotCreated, "Object Deleted"}}},
		"folder":                      {body: s3Event(created, "AWSLogs/"), skipped: []Skipped{{Folder, "AWSLogs/"}}},
		"confirmation":                {body: `{"Type":"SubscriptionConfirmation","TopicArn":"arn","Token":"t","Message":"You have chosen"}`, skipped: []Skipped{{Confirmation, "arn"}}},
		"another type of SNS message": {body: `{"Type":"New","TopicArn":"arn"}`, skipped: []Skipped{{ForeignMessage, "New"}}},
		"another detail-type":         {body: `{"source":"aws.ec2","detail-type":"EC2 State"}`, skipped: []Skipped{{ForeignMessage, "EC2 State"}}},
		"a log file":                  {body: `{"Records":[{"eventSource":"sts.amazonaws.com"}]}`, skipped: []Skipped{{ForeignMessage, "sts.amazonaws.com"}}},
		"nothing":                     {body: "", skipped: []Skipped{{ForeignMessage, ""}}},
		"words":                       {body: " Hello from SNS!", skipped: []Skipped{{ForeignMessage, "Hello from SNS!"}}},
		"words, long and no UTF-8":    {body: strings.Repeat("é", 41) + "\xff", skipped: []Skipped{{ForeignMessage, strings.Repeat("é", 40)}}},
		"an array":                    {body: "[1]", skipped: []Skipped{{ForeignMessage, "[1]"}}},
		"another object":              {body: `{"AlarmName":"x"}`, skipped: []Skipped{{ForeignMessage, `{"AlarmName":"x"}`}}},
		"records that are none":       {body: `{"Records":[1,null,"x",{}]}`, skipped: []Skipped{{ForeignMessage, ""}, {ForeignMessage, ""}, {ForeignMessage, ""}, {ForeignMessage, ""}}},
		"no records":                  {body: `{"Records":[]}`},

		"size as text":       {body: strings.Replace(s3Event(created, "a"), "12", `"12"`, 1), objects: []NotifiedObject{{"trail", "a", -1, "e", "v", "eu-west-1", "0A"}}},
		"cut":                {body: s3Event(created, "a")[:50], err: "not valid JSON"},
		"cut in SNS":         {body: sns(s3Event(created, "a")[:50]), err: "not valid JSON"},
		"bad encoding":       {body: s3Event(created, "a", "b%zz", "c"), objects: []NotifiedObject{full("a"), full("c")}, err: `invalid URL escape "%zz"`},
		"no key":             {body: s3Event(created, ""), err: "in the bucket \"trail\" is announced without its key"},
		"no bucket":          {body: `{"s3ObjectKey":["k"]}`, err: `without its bucket: "k"`},
		"keys are null":      {body: `{"s3Bucket":"trail","s3ObjectKey":null}`, err: "without its key"},
		"a key is a number":  {body: `{"s3Bucket":"trail","s3ObjectKey":[7,"k"]}`, objects: []NotifiedObject{bare("k")}, err: "without its key"},
		"EventBridge, empty": {body: `{"source":"aws.s3","detail-type":"Object Created"}`, err: "without its bucket"},
		"one of two broken":  {body: lambda("{", s3Event(created, "a")), objects: []NotifiedObject{full("a")}, err: "not valid JSON"},
		"many envelopes":     {body: sns(sns(sns(sns(sns(ownOne))))), err: "more than 4 envelopes"},
		"too large":          {body: strings.Repeat(" ", MaxNotification+1), err: "more than 8388608"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseNotification([]byte(c.body))
			if diff := cmp.Diff(Notification{c.objects, c.skipped}, got); diff != "" {
				t.Errorf("want, got:\n%s", diff)
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

// The messages that others have published: what each announces, by bucket and
// key, and why the rest announces nothing.
func TestParseNotificationCorpus(t *testing.T) {
	want := map[string]string{
		"aws-docs-amazon-s3-userguide-notification-content-structure-00.json": "skip not the creation of an object: event-type",
		"aws-lambda-go-s3-event-with-decoded.json":                            "sourcebucket Happy Face.jpg 1024 us-east-1",
		"aws-lambda-go-s3-event.json":                                         "sourcebucket Happy Face.jpg 1024 us-east-1",
		"aws-lambda-go-sns-event.json":                                        "skip no notification of a new object: Hello from SNS!",
		"aws-lambda-go-sqs-event.json":                                        "skip no notification of a new object: Message Body",
		"cloudtrail-rs-eventbridge-object-created-plus-key.json":              "ct-siem-sync my+file.json.gz 4096 ca-central-1",
		"cloudtrail-rs-eventbridge-object-created-unsupported-version.json":   "amzn-s3-demo-bucket1 example-key 5 ca-central-1",
		"cloudtrail-rs-eventbridge-object-created.json":                       "amzn-s3-demo-bucket1 example-key 5 ca-central-1",
		"cloudtrail-rs-eventbridge-object-deleted.json":                       "skip not the creation of an object: Object Deleted",
		"cloudtrail-rs-s3-event-object-created.json":                          "lambda-artifacts-deafc19498e3f2df b21b84d653bb07b05b1e6b33684dc11b 1305107 us-east-2",
		"cloudtrail-rs-s3-event-urlencoded-key.json":                          "ct-siem-sync my file=a.json.gz 4096 us-east-2",
		"cloudtrail-rs-s3-test-event.json":                                    "skip test event of S3: bucketname",
		"cloudtrail-rs-sns-s3-event.json":                                     "lambda-artifacts-deafc19498e3f2df b21b84d653bb07b05b1e6b33684dc11b 1305107 us-east-2",
		"cloudtrail-rs-sns-s3-test-event.json":                                "skip test event of S3: bucketname",
		"cloudtrail-rs-sqs-batch-partial-garbage.json": "lambda-artifacts-deafc19498e3f2df b21b84d653bb07b05b1e6b33684dc11b 1305107 us-east-2\n" +
			"ct-siem-sync second-sibling-object.json.gz 1305107 us-east-2\n" +
			"skip no notification of a new object: this is not json at all {{{",
		"cloudtrail-rs-sqs-s3-event.json":  "lambda-artifacts-deafc19498e3f2df b21b84d653bb07b05b1e6b33684dc11b 1305107 us-east-2",
		"cloudtrail-rs-sqs-sns-event.json": "lambda-artifacts-deafc19498e3f2df b21b84d653bb07b05b1e6b33684dc11b 1305107 us-east-2",
	}
	paths, err := filepath.Glob(filepath.Join(corpus.Dir(t), "fixtures", "notifications", "*.json"))
	if err != nil || len(paths) < len(want) {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := ParseNotification(body)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		var lines []string
		for _, o := range n.Objects {
			lines = append(lines, o.Bucket+" "+o.Key+" "+jsonOf(o.Size)+" "+o.Region)
		}
		for _, s := range n.Skipped {
			lines = append(lines, "skip "+s.Why.String()+": "+s.What)
		}
		name, got := filepath.Base(path), strings.Join(lines, "\n")
		if wanted, ok := want[name]; ok && got != wanted {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, wanted)
		} else if !ok && (len(n.Objects) > 0 || len(n.Skipped) == 0 || n.Skipped[0].Why != ForeignMessage) {
			t.Errorf("%s announces no object, got\n%s", name, got)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is not there", name)
	}
}

// Any key comes through any shape as it was.
func TestParseNotificationKeepsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key") + "x"
		for shape, body := range map[string]string{
			"S3":          s3Event("ObjectCreated:Put", url.QueryEscape(key)),
			"CloudTrail":  jsonOf(map[string]any{"s3Bucket": "trail", "s3ObjectKey": []string{key}}),
			"EventBridge": eventBridge("Object Created", key),
		} {
			n, err := ParseNotification([]byte(sns(body)))
			if err != nil || len(n.Objects) != 1 || n.Objects[0].Key != key {
				t.Fatalf("%s: got %+v, %v", shape, n, err)
			}
		}
	})
}

// Whatever a message is, it says the same in an envelope, and nothing is
// announced without bucket and key.
func FuzzParseNotification(f *testing.F) {
	for _, seed := range []string{
		s3Event("ObjectCreated:Put", "a+b", "%"), sns(eventBridge("Object Created", "k")), lambda("x", "y"),
		`{"s3Bucket":"b","s3ObjectKey":["k",1]}`, `{"Event":"s3:TestEvent"}`, "CloudTrail validation message.",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := ParseNotification(body)
		for _, o := range n.Objects {
			if o.Bucket == "" || o.Key == "" || o.Size < -1 {
				t.Errorf("announced: %+v", o)
			}
		}
		if err == nil && len(n.Objects) == 0 && len(n.Skipped) == 0 && len(body) > 0 && !strings.Contains(string(body), "[") {
			t.Errorf("%q is passed over in silence", body)
		}
		// JSON text is UTF-8: other bytes do not survive the envelope.
		wrapped, errWrapped := ParseNotification([]byte(sns(strings.ToValidUTF8(string(body), "?"))))
		if errWrapped == nil && err == nil && strings.ToValidUTF8(string(body), "?") == string(body) && !reflect.DeepEqual(wrapped, n) {
			t.Errorf("in an envelope it says %+v, without %+v", wrapped, n)
		}
	})
}
