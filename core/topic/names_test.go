package topic

import (
	"strings"
	"testing"
)

func TestTopicNames(t *testing.T) {
	const bad = "InvalidParameter: Invalid parameter: Topic Name"
	for _, c := range []struct{ name, fifo, want string }{
		{"a", "", ""},
		{"aZ09_-", "false", ""},
		{strings.Repeat("n", 256), "", ""},
		{strings.Repeat("n", 257), "", bad},
		{"", "", bad},
		{"a.b", "", bad},
		{"a b", "", bad},
		{"ü", "", bad},
		{"a.fifo", "", bad},
		{"a.fifo", "false", bad},
		{"a", "true", bad},
		{".fifo", "true", bad},
		{"a.fifo", "true", `InvalidParameter: Invalid parameter: Attributes Reason: FifoTopic: tocsin does not support FIFO topics; create "a" as a standard topic`},
	} {
		if got := refusal(t, CheckTopicName(c.name, c.fifo)); got != c.want {
			t.Errorf("%q, FifoTopic %q: %q, want %q", c.name, c.fifo, got, c.want)
		}
	}
}

func TestARNs(t *testing.T) {
	if got := TopicARN("aws", "eu-central-1", "210987654321", "sec-alarms"); got != testTopic {
		t.Errorf("topic %s", got)
	}
	sub := SubscriptionARN(testTopic, "id")
	if TopicOf(sub) != testTopic || TopicOf("") != "" {
		t.Errorf("topic of %s is %s", sub, TopicOf(sub))
	}
	if a, ok := ParseARN(sub); !ok || a.String() != sub || a.Resource != "sec-alarms:id" || a.Account != "210987654321" {
		t.Errorf("%+v, %v", a, ok)
	}
	const topicArn, subscriptionArn = "InvalidParameter: Invalid parameter: TopicArn", "InvalidParameter: Invalid parameter: SubscriptionArn"
	for text, want := range map[string]string{
		testTopic: "",
		"":        topicArn + " Reason: An ARN must have at least 6 elements, not 1",
		"a:b:c":   topicArn + " Reason: An ARN must have at least 6 elements, not 3",
		"arn:aws:sns:us-east-1:210987654321:sec-alarms": topicArn,
		"arn:aws:sqs:eu-central-1:210987654321:queue":   topicArn,
		"arn:aws:sns:eu-central-1::t":                   topicArn,
		"arn:aws:sns:eu-central-1:210987654321:":        topicArn,
		"x:aws:sns:eu-central-1:210987654321:t":         topicArn,
		sub:                                             topicArn,
	} {
		if got := refusal(t, CheckTopicARN(text, "eu-central-1")); got != want {
			t.Errorf("topic %q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		sub:             "",
		"":              subscriptionArn + " Reason: no value for required parameter",
		"a:b":           subscriptionArn + " Reason: An ARN must have at least 6 elements, not 2",
		testTopic:       "InvalidParameter: Invalid parameter: SubscriptionId",
		testTopic + ":": "InvalidParameter: Invalid parameter: SubscriptionId",
		"arn:aws:sqs:eu-central-1:210987654321:q:x": "InvalidParameter: Invalid parameter: SubscriptionId",
	} {
		if got := refusal(t, CheckSubscriptionARN(text)); got != want {
			t.Errorf("subscription %q: %q, want %q", text, got, want)
		}
	}
}

func TestEndpoints(t *testing.T) {
	const (
		protocol = "InvalidParameter: Invalid parameter: Endpoint must match the specified protocol"
		noURL    = "InvalidParameter: Invalid parameter: Endpoint Reason: it is not a URL with a host"
		email    = "InvalidParameter: Invalid parameter: Email address"
		queue    = "InvalidParameter: Invalid parameter: SQS endpoint ARN"
		function = "InvalidParameter: Invalid parameter: Lambda endpoint ARN"
	)
	for _, c := range []struct {
		protocol       Protocol
		endpoint, want string
	}{
		{HTTP, "http://example.com", ""},
		{HTTPS, "https://user:pw@example.com:8443/a?b=c", ""},
		{HTTPS, "https://[::1]/", ""},
		{HTTP, "https://example.com", protocol},
		{HTTPS, "http://example.com", protocol},
		{HTTPS, "example.com", protocol},
		{HTTPS, "", protocol},
		{HTTPS, "https://", noURL},
		{HTTPS, "https:///path", noURL},
		{HTTPS, "https://ex ample.com/", noURL},
		{HTTPS, "https://example.com:port/", noURL},
		{Email, "security@example.com", ""},
		{Email, "a.b+c@sub.example.com", ""},
		{Email, "root@localhost", ""},
		{EmailJSON, "ü@example.com", ""},
		{Email, "", email},
		{Email, "example.com", email},
		{Email, "@example.com", email},
		{Email, "a@", email},
		{Email, "a@b@example.com", email},
		{Email, "a@example..com", email},
		{Email, "a@-example.com", email},
		{Email, "a@example.com;b@example.com", email},
		{Email, "Name <a@example.com>", email},
		{Email, "a b@example.com", email},
		{Email, "a@example.com\r\nBcc: b@example.com", email},
		{EmailJSON, strings.Repeat("l", 65) + "@example.com", email},
		{SMS, "+15551234567", ""},
		{SMS, "+15/55-123.4567", ""},
		{SMS, "+1555--1234", "InvalidParameter: Invalid SMS endpoint: +1555--1234"},
		{SMS, "-15551234", "InvalidParameter: Invalid SMS endpoint: -15551234"},
		{SMS, "+15551234-", "InvalidParameter: Invalid SMS endpoint: +15551234-"},
		{SMS, "NAA+15551234567", "InvalidParameter: Invalid SMS endpoint: NAA+15551234567"},
		{SMS, "", "InvalidParameter: Invalid SMS endpoint: "},
		{SQS, "arn:aws:sqs:eu-central-1:210987654321:queue", ""},
		{SQS, "https://sqs.eu-central-1.amazonaws.com/210987654321/queue", queue},
		{SQS, "arn:aws:sns:eu-central-1:210987654321:queue", queue},
		{SQS, "arn:aws:sqs:::queue", queue},
		{SQS, "arn:aws:sqs:eu-central-1:210987654321:queue:x", queue},
		{SQS, "arn:aws:sqs:eu-central-1:210987654321:queue.fifo", "InvalidParameter: Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"},
		{Lambda, "arn:aws:lambda:eu-central-1:210987654321:function:f", ""},
		{Lambda, "arn:aws:lambda:eu-central-1:210987654321:function:f:alias", ""},
		{Lambda, "arn:aws:lambda:eu-central-1:210987654321:layer:f", function},
		{Lambda, "f", function},
		{Firehose, "arn:aws:firehose:eu-central-1:210987654321:deliverystream/s", ""},
		{Firehose, "s", "InvalidParameter: Invalid parameter: Firehose endpoint ARN"},
		{Application, "arn:aws:sns:eu-central-1:210987654321:endpoint/GCM/app/id", ""},
		{Application, testTopic, "InvalidParameter: Invalid parameter: Application endpoint arn invalid"},
		{"slack", "anything", ""},
	} {
		if got := refusal(t, CheckEndpoint(c.protocol, c.endpoint)); got != c.want {
			t.Errorf("%s %q:\ngot  %q\nwant %q", c.protocol, c.endpoint, got, c.want)
		}
	}
}

func TestProtocols(t *testing.T) {
	for _, s := range []string{"http", "https", "email", "email-json", "sms", "sqs", "lambda", "firehose", "application"} {
		if p, err := ParseProtocol(s); string(p) != s || err != nil {
			t.Errorf("%s: %q, %v", s, p, err)
		}
	}
	for _, s := range []string{"", "slack", "HTTP", "ftp"} {
		_, err := ParseProtocol(s)
		if got, want := refusal(t, err), "InvalidParameter: Invalid parameter: Amazon SNS does not support this protocol string: "+s; got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
	for p, want := range map[Protocol][2]bool{ // with an endpoint of others, and of one's own
		HTTP: {true, true}, HTTPS: {true, true}, Email: {true, true}, EmailJSON: {true, true},
		SQS: {true, false}, Lambda: {true, false}, SMS: {}, Firehose: {}, Application: {},
	} {
		if got := [2]bool{p.NeedsConfirmation(false), p.NeedsConfirmation(true)}; got != want {
			t.Errorf("%s needs confirmation: %v, want %v", p, got, want)
		}
	}
}

func TestTokens(t *testing.T) {
	random := make([]byte, 96)
	for i := range random {
		random[i] = byte(i * 7)
	}
	token := NewToken(random)
	if len(token) != 202 || !strings.HasPrefix(token, "2336412f37") || CheckToken(token) != nil {
		t.Errorf("token %s", token)
	}
	random[95]++
	if NewToken(random) == token {
		t.Error("other bytes make the same token")
	}
	for _, token := range []string{"", "randomtoken", token[:63], token + "x", strings.ToUpper(token)} {
		if got := refusal(t, CheckToken(token)); got != "InvalidParameter: Invalid token" {
			t.Errorf("%q: %q", token, got)
		}
	}
	if got := refusal(t, UnknownToken()); got != "InvalidParameter: Invalid parameter: Token" {
		t.Error(got)
	}
	for arn, want := range map[string]string{
		testTopic:       "",
		testTopic + "x": "",
		"arn:aws:sns:us-east-1:210987654321:sec-alarms": "InvalidParameter: Invalid parameter: Topic",
		"topic": "InvalidParameter: Invalid parameter: Topic",
	} {
		if got := refusal(t, CheckConfirmedTopic(arn, "eu-central-1")); got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}
