package topic

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/internal/corpus"
)

const (
	testTopic        = "arn:aws:sns:eu-central-1:210987654321:sec-alarms"
	testSubscription = testTopic + ":5be8f2a1-0d0e-4f7c-9f8e-1f0e6a3c2b11"
)

var (
	testTime = time.Date(2026, 3, 7, 10, 15, 42, 318_999_999, time.FixedZone("CET", 3600))
	testSite = AWSSite("eu-central-1")
)

func testMessage() Message {
	return Message{
		ID:       "0f4d3a8e-6c1b-5d27-9a41-7b2f8e5c9d10",
		TopicARN: testTopic,
		Subject:  `ALARM: "root-use" in EU (Frankfurt)`,
		Default:  "a \"quote\", a \\, <b>&/ü\u2028\U0001F514\ttab\r\nline\x01\x7f",
		Attributes: map[string]Attribute{
			"zone":   {"String", "eu"},
			"blob":   {"Binary", "aGVsbG8="},
			"scopes": {"String.Array", `["iam", "kms"]`},
		},
		Published: testTime,
	}
}

var update = flag.Bool("update", false, "write testdata/documents anew")

// golden compares got with a file of testdata; the file is the reviewed truth.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "documents", file)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s, -want +got:\n%s", path, diff)
	}
}

func TestDocuments(t *testing.T) {
	m := testMessage()
	plain := m
	plain.Subject, plain.Attributes, plain.Default = "", nil, "plain"
	r := Request{MessageID: "2b2b3c4d-1111-5e5e-8f8f-abcdefabcdef", Token: "2336412f37f00d", Time: testTime}
	for name, d := range map[string]Document{
		"notification":              m.Notification(HTTPS, testSubscription, testSite),
		"notification-plain":        plain.Notification(HTTPS, testSubscription, testSite),
		"subscription-confirmation": ConfirmSubscription(testTopic, r, testSite),
		"unsubscribe-confirmation":  ConfirmUnsubscribe(testSubscription, r, testSite),
	} {
		t.Run(name, func(t *testing.T) {
			d.SignatureVersion, d.Signature, d.SigningCertURL = "1", "c2lnbmF0dXJl", testSite.Certificate("0123456789abcdef0123456789abcdef")
			golden(t, name+".json", d.JSON())
			if !json.Valid(d.JSON()) {
				t.Error("not valid JSON")
			}
			again, err := ParseDocument(d.JSON())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(d, again); diff != "" {
				t.Errorf("read again, -want +got:\n%s", diff)
			}
			if d.Type == Notification {
				golden(t, name+"-lambda.json", d.Lambda(testSubscription))
			}
		})
	}
}

// TestReadsOthers reads documents that others recorded or made up.
func TestReadsOthers(t *testing.T) {
	folder := corpus.Dir(t)
	for _, file := range []string{"aws-lambda-go-sns-event.json", "cloudtrail-rs-sns-s3-event.json", "cloudtrail-rs-sqs-sns-event.json", "notify-slack-cloudwatch_alarm.json"} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(folder, "fixtures", "notifications", file))
			if err != nil {
				t.Fatal(err)
			}
			var event struct {
				Records []struct {
					Sns  json.RawMessage
					Body string
				}
			}
			if err := json.Unmarshal(text, &event); err != nil {
				t.Fatal(err)
			}
			for _, r := range event.Records {
				body := []byte(r.Body)
				if r.Sns != nil {
					body = r.Sns
				}
				d, err := ParseDocument(body)
				if err != nil {
					t.Fatal(err)
				}
				if d.Type != Notification || d.Message == "" || d.MessageID == "" || d.SigningCertURL == "" || d.UnsubscribeURL == "" {
					t.Errorf("%+v", d)
				}
				if a := d.Attributes["Test"]; strings.HasPrefix(file, "aws-lambda") && a != (Attribute{"String", "TestString"}) {
					t.Errorf("attribute %+v", a)
				}
			}
		})
	}
}

func TestParseDocumentRefuses(t *testing.T) {
	for body, want := range map[string]string{
		``:                                    "unexpected end",
		`[]`:                                  `Type is ""`,
		`{"Type":"Other"}`:                    `Type is "Other"`,
		`{"Type":"Notification","Message":1}`: "Message is not a text",
		`{"Type":"Notification","MessageAttributes":[1]}`:                "not an object",
		`{"Type":"Notification","MessageAttributes":{"a":{"Type":"x"}}}`: `"a" has no Type and Value`,
	} {
		if _, err := ParseDocument([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", body, err, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	m := testMessage()
	first := []Header{
		{"x-amz-sns-message-type", "Notification"},
		{"x-amz-sns-message-id", m.ID},
		{"x-amz-sns-topic-arn", testTopic},
		{"x-amz-sns-subscription-arn", testSubscription},
	}
	n := m.Notification(HTTPS, testSubscription, testSite)
	r := Request{MessageID: "id", Token: "2336412f37f00d", Time: testTime}
	for _, c := range []struct {
		name        string
		d           Document
		contentType string
		raw         bool
		want        []Header
	}{
		{
			"notification", n, "", false,
			append(first[:4:4], Header{"Content-Type", "text/plain; charset=UTF-8"}, Header{"User-Agent", "Amazon Simple Notification Service Agent"}),
		},
		{
			"raw with a content type", n, "application/json", true,
			append(first[:4:4], Header{"x-amz-sns-rawdelivery", "true"}, Header{"Content-Type", "application/json"}, Header{"User-Agent", Agent}),
		},
		{
			"subscription confirmation is neither", ConfirmSubscription(testTopic, r, testSite), "application/json", true,
			[]Header{
				{"x-amz-sns-message-type", "SubscriptionConfirmation"},
				{"x-amz-sns-message-id", "id"},
				{"x-amz-sns-topic-arn", testTopic},
				{"Content-Type", "text/plain; charset=UTF-8"},
				{"User-Agent", Agent},
			},
		},
		{
			"unsubscribe confirmation names the subscription", ConfirmUnsubscribe(testSubscription, r, testSite), "", true,
			[]Header{
				{"x-amz-sns-message-type", "UnsubscribeConfirmation"},
				{"x-amz-sns-message-id", "id"},
				{"x-amz-sns-topic-arn", testTopic},
				{"x-amz-sns-subscription-arn", testSubscription},
				{"Content-Type", "text/plain; charset=UTF-8"},
				{"User-Agent", Agent},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.d.Headers(testSubscription, c.contentType, c.raw)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRawBody(t *testing.T) {
	m := testMessage()
	d := m.Notification(HTTPS, testSubscription, testSite)
	if got := string(d.Body(true)); got != m.Default {
		t.Errorf("raw body %q", got)
	}
	if got := string(d.Body(false)); got != string(d.JSON()) {
		t.Errorf("body %q", got)
	}
	c := ConfirmSubscription(testTopic, Request{}, testSite)
	if got := string(c.Body(true)); got != string(c.JSON()) {
		t.Errorf("a confirmation went out raw: %q", got)
	}
	if got := string(d.Firehose()); got != string(d.JSON())+"\n" {
		t.Errorf("firehose record %q", got)
	}
}

func TestQueue(t *testing.T) {
	m := testMessage()
	m.GroupID = "g"
	d := m.Notification(SQS, testSubscription, testSite)
	got, err := m.Queue(d, false)
	if diff := cmp.Diff(QueueMessage{Body: string(d.JSON()), GroupID: "g"}, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	got, err = m.Queue(d, true)
	if diff := cmp.Diff(QueueMessage{Body: m.Default, Attributes: m.Attributes, GroupID: "g"}, got); diff != "" || err != nil {
		t.Errorf("raw: %v, -want +got:\n%s", err, diff)
	}
	blob := got.Attributes["blob"]
	if b, err := blob.Bytes(); string(b) != "hello" || err != nil {
		t.Errorf("binary attribute %q, %v", b, err)
	}
	for i := range 8 {
		m.Attributes[string(rune('0'+i))] = Attribute{"String", "x"}
	}
	if _, err := m.Queue(d, true); err == nil {
		t.Error("eleven attributes went out raw")
	}
	if _, err := m.Queue(d, false); err != nil {
		t.Errorf("eleven attributes in an envelope: %v", err)
	}
}

func TestSites(t *testing.T) {
	for got, want := range map[string]string{
		string(AWSSite("cn-north-1")):                                  "https://sns.cn-north-1.amazonaws.com.cn",
		testSite.Confirm(testTopic, "ab"):                              "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + testTopic + "&Token=ab",
		testSite.Unsubscribe(testSubscription):                         "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + testSubscription,
		Site("http://h:1").ConfirmPage(testTopic, "ab", "a+b@c.de"):    "http://h:1/confirmation.html?TopicArn=" + testTopic + "&Token=ab&Endpoint=a%2Bb%40c.de",
		Site("http://h:1").UnsubscribePage(testSubscription, "x@c.de"): "http://h:1/unsubscribe.html?SubscriptionArn=" + testSubscription + "&Endpoint=x%40c.de",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
