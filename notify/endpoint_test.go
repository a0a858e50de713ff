package notify_test

import (
	"net/netip"
	"strings"
	"testing"

	"tocsin/core/topic"
	"tocsin/notify"
)

func TestRedact(t *testing.T) {
	for _, test := range []struct {
		protocol       topic.Protocol
		endpoint, want string
	}{
		{notify.Slack, "https://hooks.slack.com/services/T012/B012/abcdefghijklmnop", "hooks.slack.com/...mnop"},
		{notify.Slack, "https://chat.example:8443/hooks/abcdefghijklmnop/?x=y", "chat.example:8443/...mnop"},
		{notify.Slack, "https://chat.example/short", "chat.example/..."},
		{notify.Slack, "secret", "(not a URL)"},
		{notify.Slack, "https://h\x00/secretsecretsecret", "(not a URL)"},
		{topic.HTTPS, "https://u:p@a.example/x/y?key=v#f", "https://***@a.example/x/y?***"},
		{topic.HTTP, "http://a.example/", "http://a.example/"},
		{topic.HTTP, "http://%zz", "(not a URL)"},
		{topic.Email, "a@b.example", "a@b.example"},
		{topic.SQS, "arn:aws:sqs:eu-central-1:111122223333:q", "arn:aws:sqs:eu-central-1:111122223333:q"},
		{topic.Email, "a@b\r\n\x1b[31m", "a@b \uFFFD[31m"},
		{topic.HTTP, "http://a.example/" + strings.Repeat("x", 1000), "http://a.example/" + strings.Repeat("x", 280) + "..."},
	} {
		if got := notify.Redact(test.protocol, test.endpoint); got != test.want {
			t.Errorf("Redact(%s, %q) = %q, want %q", test.protocol, test.endpoint, got, test.want)
		}
	}
}

func TestCheckEndpoint(t *testing.T) {
	const secret = "abcdefghijklmnop"
	for _, test := range []struct {
		endpoint    string
		trusted, ok bool
	}{
		{"https://hooks.slack.com/services/T012/B012/" + secret, false, true},
		{"https://chat.example:8443/hooks/" + secret, false, true},
		{"http://chat.example/hooks/" + secret, true, true},
		{"http://chat.example/hooks/" + secret, false, false},
		{"https://hooks.slack.com/", true, false},
		{"https://hooks.slack.com", true, false},
		{"https://u:" + secret + "@hooks.slack.com/x", true, false},
		{"ftp://hooks.slack.com/" + secret, true, false},
		{"https:///" + secret, true, false},
		{secret, true, false},
		{"", true, false},
		{"https://hooks.slack.com/" + secret + "\r\nX: y", true, false},
	} {
		err := notify.CheckEndpoint(notify.Slack, test.endpoint, test.trusted)
		if (err == nil) != test.ok {
			t.Errorf("%q: %v", test.endpoint, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error tells the secret: %v", test.endpoint, err)
		}
	}
	if notify.CheckEndpoint(topic.Email, "no address", true) == nil || notify.CheckEndpoint(topic.Email, "a@b.example", false) != nil {
		t.Error("endpoints of SNS's protocols are not checked as SNS does")
	}
}

func TestCheckAddress(t *testing.T) {
	r, err := notify.New(notify.Options{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		protocol topic.Protocol
		endpoint string
		ok       bool
	}{
		{topic.HTTP, "http://10.1.0.7:8080/x", true},
		{topic.HTTP, "http://10.2.0.7:8080/x", false},
		{topic.HTTP, "http://localhost:8080/", false},
		{topic.HTTP, "http://LocalHost./", false},
		{topic.HTTPS, "https://[::1]/", false},
		{topic.HTTPS, "https://[::ffff:169.254.169.254]/", false},
		{topic.HTTPS, "https://8.8.8.8/", true},
		{topic.HTTPS, "https://name.example/", true},
		{topic.Email, "a@localhost", true},
	} {
		if err := r.CheckAddress(test.protocol, test.endpoint); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.endpoint, err)
		}
	}
}
