package topic

import (
	"strings"
	"testing"

	"tocsin/core/policy"
)

const ruledTopic = "arn:aws:sns:eu-central-1:123456789012:alarms"

func TestDefaultPolicy(t *testing.T) {
	const want = `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",` +
		`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission",` +
		`"SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"` + ruledTopic + `",` +
		`"Condition":{"StringEquals":{"AWS:SourceOwner":"123456789012"}}}]}`
	got := DefaultPolicy(ruledTopic)
	if got != want {
		t.Errorf("it is %s", got)
	}
	if err := CheckPolicy(ruledTopic, got); err != nil {
		t.Error(err)
	}
	p, err := ReadPolicy(got)
	if err != nil {
		t.Fatal(err)
	}
	// A user of the account is let in by his own policies alone.
	user := policy.Principal{Type: policy.User, ARN: "arn:aws:iam::123456789012:user/u", ID: "AIDA"}
	d := policy.Evaluate(policy.Policies{Resource: &policy.Named{Policy: p}}, policy.Request{Principal: user, Action: "SNS:Publish", Resource: ruledTopic})
	if d.Verdict != policy.ImplicitDeny {
		t.Errorf("a user without policies is %s", d.Verdict)
	}
}

func TestCheckPolicy(t *testing.T) {
	statement := func(members string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",` + members + `}]}`
	}
	many := strings.Repeat(`{"Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":"*"},`, 101)
	for _, c := range []struct{ name, text, want string }{ // want: a part of the refusal
		{"none", "", ""},
		{"one action", statement(`"Action":"SNS:Publish","Resource":"` + ruledTopic + `"`), ""},
		{"other letters", statement(`"Action":["sns:publish","Sns:Receive"],"Resource":"` + ruledTopic + `"`), ""},
		{"wildcard of topics", statement(`"Action":"SNS:Publish","Resource":"arn:aws:sns:*:123456789012:al*"`), ""},
		{"what else but", statement(`"NotAction":"SNS:DeleteTopic","Resource":"*"`), ""},
		{"wildcard of actions", statement(`"Action":"SNS:Pub*","Resource":"*"`), "action out of service scope!"},
		{"another service", statement(`"Action":"sqs:Publish","Resource":"*"`), "action out of service scope!"},
		{"no service", statement(`"Action":"*","Resource":"*"`), "action out of service scope!"},
		{"another topic", statement(`"Action":"SNS:Publish","Resource":"` + ruledTopic + `2"`), "want the resource " + ruledTopic + ", found " + ruledTopic + "2"},
		{"one of two", statement(`"Action":"SNS:Publish","Resource":["*","` + ruledTopic + `2"]`), "Policy Error: null\nStatement[0]: the policy of a topic is about that topic alone"},
		{"many statements", `{"Statement":[` + strings.TrimSuffix(many, ",") + `]}`, "may have 100 statements, and this one has 101"},
		{"long", strings.Repeat(" ", 30<<10) + "{}", "may have 30720 bytes, and this one has 30722"},
		{"no JSON", "x", "Invalid parameter: Policy Error: null\npolicy:1:1: not a JSON document"},
		{"no principal", `{"Statement":[{"Effect":"Allow","Action":"SNS:Publish","Resource":"*"}]}`, "the statement has no Principal"},
	} {
		err := CheckPolicy(ruledTopic, c.text)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
}

func TestPermissionsAreStatements(t *testing.T) {
	text := DefaultPolicy(ruledTopic)
	added, err := AddPermission(text, ruledTopic, "label", []string{"999999999999"}, []string{"Publish"})
	if err != nil {
		t.Fatal(err)
	}
	if removed, err := RemovePermission(added, "label"); err != nil || removed != text {
		t.Errorf("taken away again it is %s, %v", removed, err)
	}
	bare, err := RemovePermission(text, "__default_statement_ID")
	if err != nil || bare != `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[]}` {
		t.Fatalf("without its only statement it is %s, %v", bare, err)
	}
	if p, err := ReadPolicy(bare); err != nil || p.String() != bare {
		t.Errorf("read again it is %s, %v", p, err)
	}
	if _, err := AddPermission(bare, ruledTopic, "label", []string{"999999999999"}, []string{"Publish"}); err != nil {
		t.Error(err)
	}
	if _, err := ReadPolicy(`{"Statement":[1]}`); err == nil {
		t.Error("what is no policy is read")
	}
	accounts := []string{"999999999999"}
	for _, c := range []struct {
		label             string
		accounts, actions []string
		want              string
	}{
		{"", accounts, []string{"Publish"}, "Invalid parameter: Label"},
		{"a b", accounts, []string{"Publish"}, "Invalid parameter: Label"},
		{strings.Repeat("l", 81), accounts, []string{"Publish"}, "Invalid parameter: Label"},
		{"l", nil, []string{"Publish"}, "Invalid parameter: AWSAccountId"},
		{"l", accounts, nil, "Invalid parameter: ActionName"},
		{"l", accounts, []string{"*"}, "Invalid parameter: Policy statement action out of service scope!"},
		{"l", []string{"arn:aws:iam::999999999999:root"}, []string{"Publish"}, "Invalid parameter: Policy Error: PrincipalNotFound\n\"arn:aws:iam::999999999999:root\" is not the id of an account, which has twelve digits"},
	} {
		if _, err := AddPermission(text, ruledTopic, c.label, c.accounts, c.actions); err == nil || err.Error() != "InvalidParameter: "+c.want {
			t.Errorf("%s %v %v: the error is %v, want %s", c.label, c.accounts, c.actions, err, c.want)
		}
	}
	var full string
	for i := range 101 {
		next, err := AddPermission(text, ruledTopic, "l"+strings.Repeat("x", i%70)+string(rune('a'+i/70)), accounts, []string{"Publish"})
		if err != nil {
			full = err.Error()
			break
		}
		text = next
	}
	if !strings.Contains(full, "may have") {
		t.Errorf("a hundred and two statements are refused by %q", full)
	}
}

func TestServicePublish(t *testing.T) {
	alarm := ServiceSource{ARN: "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a", Account: "123456789012"}
	trail := ServiceSource{ARN: "arn:aws:cloudtrail:eu-central-1:123456789012:trail/t", Account: "123456789012"}
	let := func(service, condition string) string {
		return `{"Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `.amazonaws.com"},"Action":"SNS:Publish","Resource":"*","Condition":{` + condition + `}}]}`
	}
	byDefault := DefaultPolicy(ruledTopic)
	for _, c := range []struct {
		name, text, service string
		source              ServiceSource
		allowed             bool
	}{
		{"alarm, default", byDefault, "cloudwatch", alarm, true},
		{"alarm of another account, default", byDefault, "cloudwatch", ServiceSource{ARN: alarm.ARN, Account: "999999999999"}, false},
		{"trail, default", byDefault, "cloudtrail", trail, false},
		{"trail", let("cloudtrail", `"StringEquals":{"aws:SourceAccount":"123456789012"}`), "cloudtrail", trail, true},
		{"its ARN", let("cloudtrail", `"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:123456789012:trail/*"}`), "cloudtrail", trail, true},
		{"another's ARN", let("cloudtrail", `"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:123456789012:trail/x"}`), "cloudtrail", trail, false},
		{"alarm where trails may", let("cloudtrail", ""), "cloudwatch", alarm, false},
		{"alarm, over a safe way", let("cloudwatch", `"Bool":{"aws:SecureTransport":"true"}`), "cloudwatch", alarm, true},
		{"nothing", `{"Statement":[]}`, "cloudwatch", alarm, false},
	} {
		err := ServicePublish(c.text, ruledTopic, c.service+".amazonaws.com", c.source)
		if (err == nil) != c.allowed {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// FuzzPolicy: what is taken can be read, added to and taken from, and stays what
// would be taken.
func FuzzPolicy(f *testing.F) {
	f.Add(DefaultPolicy(ruledTopic), "label", "Publish")
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":"sns:publish","Resource":"*"}}`, "l", "Subscribe")
	f.Add(`{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"label","Effect":"Allow","Principal":{"AWS":["1","2"]},"Action":["SNS:Publish"],"Resource":["*"]}]}`, "label", "x")
	f.Fuzz(func(t *testing.T, text, label, action string) {
		if text == "" || CheckPolicy(ruledTopic, text) != nil {
			return
		}
		added, err := AddPermission(text, ruledTopic, label, []string{"123456789012"}, []string{action})
		if err == nil {
			if err := CheckPolicy(ruledTopic, added); err != nil {
				t.Errorf("%s: %v", added, err)
			}
		} else if _, ok := err.(*InvalidError); !ok {
			t.Errorf("%s: %v", text, err)
		}
		removed, err := RemovePermission(text, label)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		p, err := ReadPolicy(removed)
		if err != nil {
			t.Fatalf("%s: %v", removed, err)
		}
		if len(p.Statements) > 0 {
			if err := CheckPolicy(ruledTopic, removed); err != nil && len(removed) <= maxPolicy {
				t.Errorf("%s: %v", removed, err)
			}
		}
	})
}
