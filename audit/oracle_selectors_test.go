package audit_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tocsin/audit"
	"tocsin/core/control"
)

// A happening is what advanced selectors look at of an event.
type happening map[string]string

// happenings are a call by anybody, in the console and elsewhere.
func happenings(call string) (all []happening) {
	source, name, _ := strings.Cut(call, ":")
	for _, arn := range []string{"arn:aws:iam::777700001111:root", "arn:aws:iam::777700001111:user/other", "arn:aws:sts::777700001111:assumed-role/other/s"} {
		for _, console := range []string{"true", "false"} {
			all = append(all, happening{
				"eventCategory": "Management", "readOnly": "false", "eventSource": source, "eventName": name, "eventType": "AwsApiCall",
				"userIdentity.arn": arn, "sessionCredentialFromConsole": console,
			})
		}
	}
	return all
}

// A condition is a field selector.
type condition struct {
	Field                                                               string
	Equals, StartsWith, EndsWith, NotEquals, NotStartsWith, NotEndsWith []string `json:",omitempty"`
}

// takes tells whether the field lets the happening pass: one of the positive
// values fits, and none of the negative [CloudTrail API Reference, AdvancedFieldSelector].
func (c condition) takes(h happening) bool {
	value := h[c.Field]
	fits := func(values []string, is func(string, string) bool) bool {
		return slices.ContainsFunc(values, func(v string) bool { return is(value, v) })
	}
	same := func(a, b string) bool { return a == b }
	positive := len(c.Equals)+len(c.StartsWith)+len(c.EndsWith) == 0 || fits(c.Equals, same) || fits(c.StartsWith, strings.HasPrefix) || fits(c.EndsWith, strings.HasSuffix)
	return positive && !fits(c.NotEquals, same) && !fits(c.NotStartsWith, strings.HasPrefix) && !fits(c.NotEndsWith, strings.HasSuffix)
}

// conditions are those that selectors are put together from.
var conditions = []condition{
	{Field: "readOnly", Equals: []string{"true"}},
	{Field: "readOnly", Equals: []string{"false"}},
	{Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}},
	{Field: "eventSource", NotEquals: []string{"rdsdata.amazonaws.com"}},
	{Field: "eventSource", Equals: []string{"iam.amazonaws.com", "cloudtrail.amazonaws.com"}},
	{Field: "eventName", NotEquals: []string{"StopLogging", "DeleteVpc"}},
	{Field: "eventName", NotStartsWith: []string{"Describe", "Get", "List"}},
	{Field: "eventName", StartsWith: []string{"Put", "Delete", "Create"}},
	{Field: "eventName", EndsWith: []string{"Policy", "Key"}},
	{Field: "eventType", Equals: []string{"AwsApiCall"}},
	{Field: "eventType", NotEquals: []string{"AwsServiceEvent"}},
	{Field: "userIdentity.arn", NotStartsWith: []string{"arn:aws:sts::111122223333:assumed-role/deploy"}},
	{Field: "userIdentity.arn", StartsWith: []string{"arn:aws:sts::111122223333:assumed-role/human"}},
	{Field: "sessionCredentialFromConsole", Equals: []string{"true"}},
	{Field: "sessionCredentialFromConsole", NotEquals: []string{"true"}},
}

// FuzzSelectors holds the judgement on advanced selectors against what they let
// pass: PASSED all calls of the control by anybody, WARNING those of anybody whom
// no selector names, FAILED not all.
func FuzzSelectors(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed)
	}
	base := healthy(f)
	listed := slices.DeleteFunc(controls(), func(c control.Control) bool { return c.Kind != control.Alarm || len(c.Events) == 0 })
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 13))
		type selector struct{ FieldSelectors []condition }
		var selectors []selector
		for range 1 + r.IntN(3) {
			category := "Management"
			if r.IntN(10) == 0 {
				category = "Data"
			}
			s := selector{[]condition{{Field: "eventCategory", Equals: []string{category}}}}
			for range r.IntN(3) {
				s.FieldSelectors = append(s.FieldSelectors, conditions[r.IntN(len(conditions))])
			}
			selectors = append(selectors, s)
		}
		text, err := json.Marshal(selectors)
		if err != nil {
			t.Fatal(err)
		}
		answers := clone(base)
		for _, line := range []string{"del select|EventSelectors", fmt.Sprintf("set select|AdvancedEventSelectors %s", text)} {
			if err := apply(answers, line); err != nil {
				t.Fatal(err)
			}
		}
		a := read(t, answers)
		c := listed[r.IntN(len(listed))]
		got := audit.Judge(&a, []control.Control{c}, control.Newest)[0]
		missed := ""
		for _, call := range c.Events {
			if !named(&c, call) {
				continue
			}
			for _, h := range happenings(call) {
				if missed == "" && !slices.ContainsFunc(selectors, func(s selector) bool {
					return !slices.ContainsFunc(s.FieldSelectors, func(c condition) bool { return !c.takes(h) })
				}) {
					missed = fmt.Sprint(h)
				}
			}
		}
		switch {
		case (got.Status == audit.Passed || got.Status == audit.Warning) && missed != "":
			t.Errorf("seed %d: %s is %s (%s) by %s, which miss %s", seed, c.ID, got.Status, got.Summary, text, missed)
		case got.Status == audit.Failed && missed == "":
			t.Errorf("seed %d: %s is FAILED (%s) by %s, which miss nothing", seed, c.ID, got.Summary, text)
		}
	})
}
