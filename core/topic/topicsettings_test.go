package topic

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTopicSettings(t *testing.T) {
	const effective = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`
	var s TopicSettings
	show := func(want map[string]string) {
		t.Helper()
		if want["EffectiveDeliveryPolicy"] == "" {
			want["EffectiveDeliveryPolicy"] = effective
		}
		if diff := cmp.Diff(want, s.Attributes()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	set := func(name, value string) {
		t.Helper()
		next, err := s.Set(name, value)
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	show(map[string]string{"DisplayName": ""})
	set("DisplayName", "Security")
	set("SignatureVersion", "2")
	set("DeliveryPolicy", `{"http":{"disableSubscriptionOverrides":true}}`)
	set("KmsMasterKeyId", "k")
	before := s
	set("TracingConfig", "Active")
	set("SQSSuccessFeedbackSampleRate", "100")
	show(map[string]string{
		"DisplayName": "Security", "SignatureVersion": "2", "KmsMasterKeyId": "k", "TracingConfig": "Active", "SQSSuccessFeedbackSampleRate": "100",
		"DeliveryPolicy":          `{"http":{"disableSubscriptionOverrides":true}}`,
		"EffectiveDeliveryPolicy": strings.Replace(effective, "false", "true", 1),
	})
	if _, ok := before.Kept["TracingConfig"]; ok {
		t.Error("settings changed that were set before")
	}
	for _, name := range []string{"DisplayName", "SignatureVersion", "DeliveryPolicy", "KmsMasterKeyId", "TracingConfig", "SQSSuccessFeedbackSampleRate"} {
		set(name, "")
	}
	show(map[string]string{"DisplayName": ""})

	for _, c := range []struct{ name, value, want string }{
		{"FifoTopic", "true", "AttributeName"},
		{"Unknown", "", "AttributeName"},
		{"SuccessFeedbackRoleArn", "x", ""},
		{"SignatureVersion", "3", "SignatureVersion: Invalid value [3]. Must be 1 or 2."},
		{"DisplayName", strings.Repeat("ü", 101), "DisplayName"},
		{"DisplayName", "a\nBcc: b", "DisplayName"},
		{"TracingConfig", "x", "AttributeName"},
		{"HTTPSuccessFeedbackSampleRate", "101", "AttributeName"},
		{"DeliveryPolicy", `{"x":1}`, "DeliveryPolicy: Unexpected JSON member: x"},
	} {
		_, err := s.Set(c.name, c.value)
		want := "InvalidParameter: Invalid parameter: " + c.want
		if c.want == "" {
			want = "InvalidParameter: Invalid parameter: AttributeName"
		}
		if got := refusal(t, err); got != want {
			t.Errorf("%s %q: %s", c.name, c.value, got)
		}
	}
}

func TestSameTopic(t *testing.T) {
	s, err := TopicSettings{}.Set("DisplayName", "Security")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		given map[string]string
		same  bool
	}{
		{"none", nil, true},
		{"equal", map[string]string{"DisplayName": "Security"}, true},
		{"standard topic", map[string]string{"FifoTopic": "false"}, true},
		{"different", map[string]string{"DisplayName": "x"}, false},
		{"never set", map[string]string{"DisplayName": "Security", "SignatureVersion": "2"}, false},
	} {
		want := ""
		if !c.same {
			want = "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes"
		}
		if got := refusal(t, s.Same(c.given)); got != want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestSenders(t *testing.T) {
	m := testMessage()
	named := TopicSettings{DisplayName: "Security"}
	r := Request{}
	for got, want := range map[string]string{
		m.Notification(Email, "s", testSite).MailSubject():         m.Subject,
		Message{}.Notification(Email, "s", testSite).MailSubject(): "AWS Notification Message",
		ConfirmSubscription("t", r, testSite).MailSubject():        "AWS Notification - Subscription Confirmation",
		ConfirmUnsubscribe("s:t", r, testSite).MailSubject():       "AWS Notification - Unsubscribe Confirmation",
		TopicSettings{}.MailSender():                               "AWS Notifications",
		named.MailSender():                                         "Security",
		Message{Default: "text"}.SMS(named):                        "SECURITY> text",
		Message{Default: "text"}.SMS(TopicSettings{}):              "text",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTopicSettingsComeBackFromWhatIsStored(t *testing.T) {
	var s TopicSettings
	for _, attributes := range [][2]string{
		{},
		{"DisplayName", "tocsin"},
		{"SignatureVersion", "2"},
		{"KmsMasterKeyId", "alias/key"},
		{"TracingConfig", "Active"},
		{"DeliveryPolicy", `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":2,"maxDelayTarget":9,"numRetries":5,"backoffFunction":"geometric"},"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":3},"defaultRequestPolicy":{"headerContentType":"application/json"}}}`},
	} {
		if attributes[0] != "" {
			var err error
			if s, err = s.Set(attributes[0], attributes[1]); err != nil {
				t.Fatal(err)
			}
		}
		back, err := NewTopicSettings(s.Stored())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Errorf("after %s: %s", attributes[0], diff)
		}
	}
}

func TestAWSManagedKey(t *testing.T) {
	for key, managed := range map[string]bool{
		"": false, "alias/aws/sns": true, "arn:aws:kms:eu-central-1:123456789012:alias/aws/sns": true,
		"alias/mine": false, "alias/aws/sns2": false, "arn:aws:kms:eu-central-1:123456789012:key/1234": false,
	} {
		s, err := TopicSettings{}.Set("KmsMasterKeyId", key)
		if err != nil || s.AWSManagedKey() != managed {
			t.Errorf("%q: %v, %v", key, s.AWSManagedKey(), err)
		}
	}
}
