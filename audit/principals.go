package audit

import (
	"encoding/json"
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// A stranger is a record by a kind of principal, from nowhere that anybody names:
// a term that a stranger's record does not satisfy leaves out more than whom it
// names.
type stranger struct {
	kind   string // userIdentity.type
	record string
}

// strangers are one record for each kind of principal that people are, with the
// fields that CloudTrail records of it.
var strangers = []stranger{
	{"Root", `{"eventVersion":"1.11","userIdentity":{"type":"Root","principalId":"999900001111","arn":"arn:aws:iam::999900001111:root","accountId":"999900001111","accessKeyId":"AKIA0STRANGER0000001"},"eventTime":"2026-03-02T08:00:00Z","eventSource":"any.amazonaws.com","eventName":"Any","awsRegion":"xx-nowhere-1","sourceIPAddress":"203.0.113.201","userAgent":"stranger/1.0","requestID":"r1","eventID":"e1","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"999900001111","eventCategory":"Management"}`},
	{"IAMUser", `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDA0STRANGER0000001","arn":"arn:aws:iam::999900001111:user/stranger","accountId":"999900001111","accessKeyId":"AKIA0STRANGER0000002","userName":"stranger"},"eventTime":"2026-03-02T08:01:00Z","eventSource":"any.amazonaws.com","eventName":"Any","awsRegion":"xx-nowhere-1","sourceIPAddress":"203.0.113.202","userAgent":"stranger/1.0","requestID":"r2","eventID":"e2","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"999900001111","eventCategory":"Management"}`},
	{"AssumedRole", `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA0STRANGER0000001:session","arn":"arn:aws:sts::999900001111:assumed-role/stranger/session","accountId":"999900001111","accessKeyId":"ASIA0STRANGER0000003","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA0STRANGER0000001","arn":"arn:aws:iam::999900001111:role/stranger","accountId":"999900001111","userName":"stranger"},"attributes":{"creationDate":"2026-03-02T07:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2026-03-02T08:02:00Z","eventSource":"any.amazonaws.com","eventName":"Any","awsRegion":"xx-nowhere-1","sourceIPAddress":"203.0.113.203","userAgent":"stranger/1.0","requestID":"r3","eventID":"e3","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"999900001111","eventCategory":"Management"}`},
}

// broad tells whether a comparison that keeps events of a part out keeps out more
// than somebody named: all of a kind of principal, or what does not have the field
// at all, of which != is not true.
func broad(pt part, c *pattern.Comparison, examples []control.Example) bool {
	p := &pattern.Pattern{Language: pattern.JSON, Condition: c}
	if of, _, _ := strings.Cut(selector(c), "."); slices.Contains([]string{"requestParameters", "responseElements", "additionalEventData", "resources", "errorMessage", "errorCode"}, of) {
		if c.Op == pattern.NotExists {
			return false
		}
		return !inAll(pt, c, examples)
	}
	return slices.ContainsFunc(strangers, func(s stranger) bool {
		return pt.world.of(equals("userIdentity.type", s.kind)) != no && !p.Match(json.RawMessage(s.record))
	})
}

// inAll tells whether all examples of the part have the field of a comparison, or
// where there are none those of its service, and whether it holds of some.
func inAll(pt part, c *pattern.Comparison, examples []control.Example) bool {
	there, err := pattern.Parse("{ " + c.Selector.String() + ` = "*" }`)
	if err != nil {
		return false
	}
	p := &pattern.Pattern{Language: pattern.JSON, Condition: c}
	if !slices.ContainsFunc(examples, pt.isOf) {
		pt.event = ""
	}
	some := false
	for _, e := range examples {
		if !pt.isOf(e) {
			continue
		}
		if !there.Match(e.Event) {
			return false
		}
		some = some || p.Match(e.Event)
	}
	return some
}

// isOf tells whether an example may be of the part, by its call.
func (pt part) isOf(e control.Example) bool {
	source, name, _ := strings.Cut(callOf(e.Event), ":")
	return (pt.source == "" || pt.source == source) && (pt.event == "" || pt.event == name)
}
