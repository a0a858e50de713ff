package topic

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	testQueue = "arn:aws:sqs:eu-central-1:210987654321:queue"
	testRole  = "arn:aws:iam::210987654321:role/r"
)

func TestSettings(t *testing.T) {
	const nested = `{"a":{"b":["c"]}}`
	for _, c := range []struct {
		name       string
		of         Protocol
		attributes map[string]string
		want       map[string]string // besides RawMessageDelivery false
	}{
		{"none", SQS, nil, nil},
		{"raw", SQS, map[string]string{"RawMessageDelivery": "TRUE"}, map[string]string{"RawMessageDelivery": "true"}},
		{"not raw, where nothing can be", Email, map[string]string{"RawMessageDelivery": "False"}, nil},
		{"policy", SQS, map[string]string{"FilterPolicy": `{ "a":["b"] }`}, map[string]string{"FilterPolicy": `{ "a":["b"] }`, "FilterPolicyScope": "MessageAttributes"}},
		{"scope without policy", SQS, map[string]string{"FilterPolicyScope": "MessageBody"}, nil},
		{"nested policy with its scope", SQS, map[string]string{"FilterPolicy": nested, "FilterPolicyScope": "MessageBody"}, map[string]string{"FilterPolicy": nested, "FilterPolicyScope": "MessageBody"}},
		{"empty policy", SQS, map[string]string{"FilterPolicy": " {} "}, nil},
		{"dead letters", HTTPS, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "` + testQueue + `"}`}, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + testQueue + `"}`}},
		{"delivery policy", HTTP, map[string]string{"DeliveryPolicy": `{}`}, map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,"guaranteed":false}`}},
		{"all removed", SQS, map[string]string{"RedrivePolicy": "", "DeliveryPolicy": "", "FilterPolicy": "", "SubscriptionRoleArn": ""}, nil},
		{"role", Firehose, map[string]string{"SubscriptionRoleArn": testRole}, map[string]string{"SubscriptionRoleArn": testRole}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewSettings(c.of, c.attributes)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"RawMessageDelivery": "false"}
			for name, value := range c.want {
				want[name] = value
			}
			if diff := cmp.Diff(want, s.Attributes()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			again, err := NewSettings(c.of, s.Stored())
			if diff := cmp.Diff(s.Stored(), again.Stored()); diff != "" || err != nil || again.Scope != s.Scope && s.Scope != "" {
				t.Errorf("made of what is stored: %v\n%s", err, diff)
			}
		})
	}
}

func TestSettingsRefused(t *testing.T) {
	const p = "InvalidParameter: Invalid parameter: "
	for _, c := range []struct {
		of                Protocol
		name, value, want string // without the prefix
	}{
		{SQS, "RawMessageDelivery", "x", "RawMessageDelivery: Invalid value [x]. Must be true or false."},
		{SQS, "RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."},
		{Email, "RawMessageDelivery", "true", "Delivery protocol [email] does not support raw message delivery."},
		{SQS, "FilterPolicy", `{`, "FilterPolicy: failed to parse JSON. unexpected end of JSON input"},
		{SQS, "FilterPolicy", `{"a":[]}`, "FilterPolicy: Empty arrays are not allowed"},
		{SQS, "FilterPolicy", `{"a":{"b":["c"]}}`, "Filter policy scope MessageAttributes does not support nested filter policy"},
		{SQS, "FilterPolicyScope", "Message", "FilterPolicyScope: Invalid value [Message]. Please use either MessageBody or MessageAttributes"},
		{SQS, "RedrivePolicy", `x`, "RedrivePolicy: failed to parse JSON. invalid character 'x' looking for beginning of value"},
		{SQS, "RedrivePolicy", `{}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn"},
		{SQS, "RedrivePolicy", `{"deadLetterTargetArn":"queue"}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn"},
		{SQS, "RedrivePolicy", `{"deadLetterTargetArn":"` + testTopic + `"}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn"},
		{SQS, "RedrivePolicy", `{"deadLetterTargetArn":"` + testQueue + `.fifo"}`, "RedrivePolicy: must use a standard queue as DLQ for a subscription to a standard topic"},
		{SQS, "DeliveryPolicy", `{}`, "Delivery protocol [sqs] does not support delivery policies."},
		{HTTP, "DeliveryPolicy", `{"x":1}`, "DeliveryPolicy: Unexpected JSON member: x"},
		{Firehose, "SubscriptionRoleArn", "r", "SubscriptionRoleArn: [r] is not the ARN of a role"},
		{SQS, "Endpoint", "x", "AttributeName"},
	} {
		_, err := Settings{}.Set(c.of, c.name, c.value)
		if got := refusal(t, err); got != p+c.want {
			t.Errorf("set %s to %s:\ngot  %s\nwant %s", c.name, c.value, got, p+c.want)
		}
		_, err = NewSettings(c.of, map[string]string{c.name: c.value})
		if got := refusal(t, err); got != p+"Attributes Reason: "+c.want {
			t.Errorf("subscribe with %s %s:\ngot  %s", c.name, c.value, got)
		}
	}
	_, err := NewSettings(Firehose, nil)
	if got, want := refusal(t, err), p+"Attributes Reason: SubscriptionRoleArn: a subscription of protocol firehose needs the ARN of a role"; got != want {
		t.Errorf("got %s", got)
	}
}

// TestScopeAndPolicy follows what Terraform does with the two.
func TestScopeAndPolicy(t *testing.T) {
	var s Settings
	set := func(name, value string) error {
		next, err := s.Set(SQS, name, value)
		if err == nil {
			s = next
		}
		return err
	}
	const nested = `{"a":{"b":["c"]}}`
	for _, step := range []struct {
		name, value string
		refused     bool
	}{
		{"FilterPolicy", nested, true},
		{"FilterPolicyScope", "MessageBody", false},
		{"FilterPolicy", nested, false},
		{"FilterPolicyScope", "MessageAttributes", true},
		{"FilterPolicy", "{}", false},
		{"FilterPolicyScope", "MessageAttributes", false},
		{"FilterPolicy", `{"a":["b"]}`, false},
		{"FilterPolicyScope", "MessageBody", false},
	} {
		if err := set(step.name, step.value); err != nil != step.refused {
			t.Errorf("%s %s: %v", step.name, step.value, err)
		}
	}
	if s.Filter.Scope() != MessageBody || s.Filter.Decide(Message{Default: `{"a":"b"}`}, SQS) != Accepted {
		t.Errorf("at the end %v", s.Attributes())
	}
}

func TestSubscribe(t *testing.T) {
	call := SubscribeCall{
		TopicARN: testTopic, Protocol: "https", Endpoint: "https://example.com/", ID: "id",
		Owner: "210987654321", Principal: "arn:aws:iam::210987654321:user/u", Now: testTime,
	}
	s, err := Subscribe(call)
	if err != nil {
		t.Fatal(err)
	}
	if s.Confirmed || s.Answer(false) != "pending confirmation" || s.Answer(true) != testTopic+":id" || s.Listed() != "PendingConfirmation" {
		t.Errorf("https: %+v", s)
	}
	want := map[string]string{
		"SubscriptionArn": testTopic + ":id", "TopicArn": testTopic, "Owner": "210987654321", "Protocol": "https",
		"Endpoint": "https://example.com/", "RawMessageDelivery": "false", "PendingConfirmation": "true",
		"ConfirmationWasAuthenticated": "false", "SubscriptionPrincipal": "arn:aws:iam::210987654321:user/u",
	}
	if diff := cmp.Diff(want, s.Attributes(nil)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	call.Protocol, call.Endpoint = "sqs", testQueue
	s, err = Subscribe(call)
	if err != nil || !s.Confirmed || s.Answer(false) != s.ARN || s.Listed() != s.ARN {
		t.Errorf("sqs: %+v, %v", s, err)
	}
	a := s.Attributes(nil)
	if a["PendingConfirmation"] != "false" || a["ConfirmationWasAuthenticated"] != "true" {
		t.Errorf("sqs: %v", a)
	}
	call.Owner = "999999999999"
	if s, err := Subscribe(call); err != nil || s.Confirmed {
		t.Errorf("the queue of another account: %+v, %v", s, err)
	}

	call.Protocol, call.Endpoint = "https", "https://example.com/"
	call.Attributes = map[string]string{"DeliveryPolicy": `{"throttlePolicy":{"maxReceivesPerSecond":3}}`}
	s, err = Subscribe(call)
	if got, want := s.Attributes(nil)["EffectiveDeliveryPolicy"], `{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":3},"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}`; got != want || err != nil {
		t.Errorf("%v, effective policy %s", err, got)
	}

	for want, change := range map[string]func(*SubscribeCall){
		"InvalidParameter: Invalid parameter: Amazon SNS does not support this protocol string: x": func(c *SubscribeCall) { c.Protocol = "x" },
		"InvalidParameter: Invalid parameter: Endpoint must match the specified protocol":          func(c *SubscribeCall) { c.Endpoint = "x" },
		"InvalidParameter: Invalid parameter: Attributes Reason: AttributeName":                    func(c *SubscribeCall) { c.Attributes = map[string]string{"x": ""} },
	} {
		c := call
		change(&c)
		_, err := Subscribe(c)
		if got := refusal(t, err); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestConfirm(t *testing.T) {
	pending := Subscription{ARN: "arn", Protocol: HTTPS, Requested: testTime}
	at := func(h time.Duration) time.Time { return testTime.Add(h * time.Hour) }
	for _, c := range []struct {
		name          string
		call          ConfirmCall
		refused       bool
		authenticated bool
	}{
		{"unsigned", ConfirmCall{Issued: testTime, Now: at(1)}, false, false},
		{"unsigned, flag without effect", ConfirmCall{Issued: testTime, Now: at(1), AuthenticateOnUnsubscribe: "true"}, false, false},
		{"signed", ConfirmCall{Issued: testTime, Now: at(1), Signed: true}, false, false},
		{"signed, flag", ConfirmCall{Issued: testTime, Now: at(1), Signed: true, AuthenticateOnUnsubscribe: "true"}, false, true},
		{"signed, other flag", ConfirmCall{Issued: testTime, Now: at(1), Signed: true, AuthenticateOnUnsubscribe: "True"}, false, false},
		{"last moment", ConfirmCall{Issued: testTime, Now: at(48).Add(-1)}, false, false},
		{"too late", ConfirmCall{Issued: testTime, Now: at(48)}, true, false},
		{"a newer token on the third day", ConfirmCall{Issued: at(47), Now: at(71)}, false, false},
		{"entry gone", ConfirmCall{Issued: at(47), Now: at(72)}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := pending.Confirm(c.call)
			if c.refused {
				if got := refusal(t, err); got != "InvalidParameter: Invalid parameter: Token" {
					t.Errorf("got %q", got)
				}
				return
			}
			if err != nil || !s.Confirmed || s.Authenticated != c.authenticated || s.SignedUnsubscribe != c.authenticated {
				t.Errorf("%+v, %v", s, err)
			}
			late := ConfirmCall{Issued: testTime, Now: at(999), Signed: true, AuthenticateOnUnsubscribe: "true"}
			if again, err := s.Confirm(late); err != nil || again.Authenticated != s.Authenticated {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
	if pending.Expired(at(72).Add(-1)) || !pending.Expired(at(72)) {
		t.Error("a pending subscription lives three days")
	}
	if (Subscription{Confirmed: true, Requested: testTime}).Expired(at(999)) {
		t.Error("a confirmed subscription expires")
	}
}

func TestAgain(t *testing.T) {
	settings, err := NewSettings(SQS, map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"a":["b"]}`})
	if err != nil {
		t.Fatal(err)
	}
	stored := Subscription{Confirmed: true, Protocol: SQS, Settings: settings}
	for _, c := range []struct {
		name      string
		given     map[string]string
		different bool
	}{
		{"none", nil, false},
		{"one, equal", map[string]string{"RawMessageDelivery": "TRUE"}, false},
		{"all, equal", map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"a":["b"]}`}, false},
		{"one different", map[string]string{"RawMessageDelivery": "false"}, true},
		{"another policy", map[string]string{"FilterPolicy": `{"a":["c"]}`}, true},
		{"one never set", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + testQueue + `"}`}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			confirm, err := stored.Again(c.given)
			want := ""
			if c.different {
				want = "InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
			}
			if got := refusal(t, err); got != want || confirm {
				t.Errorf("got %q, confirm %v", got, confirm)
			}
		})
	}
	if confirm, err := (Subscription{}).Again(nil); !confirm || err != nil {
		t.Errorf("pending: confirm %v, %v", confirm, err)
	}
	_, err = stored.Again(map[string]string{"RawMessageDelivery": "x"})
	if got := refusal(t, err); got != "InvalidParameter: Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [x]. Must be true or false." {
		t.Errorf("a bad value: %q", got)
	}
}

func TestUnsubscribe(t *testing.T) {
	for _, c := range []struct {
		name   string
		s      Subscription
		signed bool
		notify bool
		want   string
	}{
		{"pending", Subscription{}, true, false, "InvalidParameter: Invalid parameter: This subscription is not confirmed yet. Cannot unsubscribe a subscription that is pending confirmation"},
		{"link in a message", Subscription{Confirmed: true, Protocol: HTTPS}, false, true, ""},
		{"link in a mail", Subscription{Confirmed: true, Protocol: Email}, false, true, ""},
		{"link in a queue", Subscription{Confirmed: true, Protocol: SQS}, false, true, ""},
		{"link in a function", Subscription{Confirmed: true, Protocol: Lambda}, false, false, ""},
		{"by the owner", Subscription{Confirmed: true, Protocol: HTTPS}, true, false, ""},
		{"signature needed", Subscription{Confirmed: true, Protocol: HTTPS, SignedUnsubscribe: true}, false, false, "AuthorizationError: This subscription can only be ended by a signed call of its owner or the topic's."},
		{"signature needed and there", Subscription{Confirmed: true, Protocol: HTTPS, SignedUnsubscribe: true}, true, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			notify, err := c.s.Unsubscribe(c.signed)
			if got := refusal(t, err); got != c.want || notify != c.notify {
				t.Errorf("got %q, notify %v", got, notify)
			}
		})
	}
}

func TestSubscriptionSchedule(t *testing.T) {
	of, err := ParseTopicDeliveryPolicy(`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":2}}}`)
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[Protocol]int{HTTP: 2, HTTPS: 2, SQS: 100_015, Email: 50} {
		if got := (Subscription{Protocol: p}).Schedule(of, false).Retries(); got != want {
			t.Errorf("%s: %d retries, want %d", p, got, want)
		}
	}
}
