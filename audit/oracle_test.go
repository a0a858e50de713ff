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
	"tocsin/core/pattern"
)

// callers are userIdentity members of people, none of whom any term of terms names.
var callers = []string{
	`{"type":"Root","principalId":"777700001111","arn":"arn:aws:iam::777700001111:root","accountId":"777700001111"}`,
	`{"type":"IAMUser","principalId":"AIDAOTHER","arn":"arn:aws:iam::777700001111:user/other","accountId":"777700001111","userName":"other"}`,
	`{"type":"AssumedRole","principalId":"AROAOTHER:s","arn":"arn:aws:sts::777700001111:assumed-role/other/s","accountId":"777700001111","sessionContext":{"sessionIssuer":{"type":"Role","userName":"other"},"attributes":{"mfaAuthenticated":"false"}}}`,
}

// recordsOf are records of a call, by anybody, that succeed or not.
func recordsOf(call, more string) (records []json.RawMessage) {
	source, name, _ := strings.Cut(call, ":")
	for _, who := range callers {
		records = append(records, json.RawMessage(fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":%s,"eventTime":"2031-03-02T08:00:00Z","eventSource":%q,"eventName":%q,"awsRegion":"ap-other-9","sourceIPAddress":"203.0.113.9","userAgent":"other/1","requestID":"r","eventID":"e","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"777700001111","eventCategory":"Management"%s}`, who, source, name, more)))
	}
	return records
}

// terms are what may stand beside the names: such that change nothing, that leave
// out what they name, and that leave out more.
var terms = []string{
	`$.eventType = "AwsApiCall"`, `$.readOnly IS FALSE`, `$.managementEvent IS TRUE`, `$.eventCategory = "Management"`, `$.eventVersion = "*"`,
	`$.userIdentity.type = "*"`, `$.eventSource = "*.amazonaws.com"`, `$.eventName != "Describe*"`, `$.userIdentity.arn = "*"`,
	`$.userIdentity.arn != "arn:aws:sts::111122223333:assumed-role/deploy/*"`, `$.sourceIPAddress != "198.51.100.*"`, `$.awsRegion != "us-east-1"`,
	`$.errorCode NOT EXISTS`, `$.userIdentity.invokedBy NOT EXISTS`, `$.userAgent != "terraform*"`,
	`$.userIdentity.userName != "deploy"`, `$.userIdentity.type != "IAMUser"`, `$.userIdentity.arn != "arn:*"`, `$.userIdentity.type = "IAMUser"`,
	`$.awsRegion = "us-east-1"`, `$.userIdentity.sessionContext.sessionIssuer.userName != "deploy"`, `$.errorCode = "*"`, `$.readOnly IS TRUE`,
	`$.eventType != "AwsApiCall"`, `$.userIdentity.arn NOT EXISTS`, `$.additionalEventData.MFAUsed != "Yes"`, `$.eventTime = "2026-*"`,
}

// guess writes patterns for a control's calls, of which together none, some or all
// of its records may be missed.
func guess(r *rand.Rand, calls []string) []string {
	var filters [2][]string
	for _, call := range calls {
		source, name, _ := strings.Cut(call, ":")
		if r.IntN(25) == 0 {
			continue
		}
		clause := []string{`$.eventName = ` + name, `$.eventName = "` + name + `"`, `($.eventName = "` + name + `")`, `$.eventName = ` + name[:len(name)-2] + `*`}[r.IntN(4)]
		switch r.IntN(12) {
		case 0:
			clause = `(` + clause + ` && $.eventSource = "` + source + `")`
		case 1:
			clause = `(` + terms[r.IntN(len(terms))] + ` && ` + clause + `)`
		}
		i := r.IntN(8) / 7
		filters[i] = append(filters[i], clause)
	}
	var out []string
	for _, clauses := range filters {
		if len(clauses) == 0 {
			continue
		}
		r.Shuffle(len(clauses), func(i, k int) { clauses[i], clauses[k] = clauses[k], clauses[i] })
		text := strings.Join(clauses, " || ")
		for range r.IntN(3) {
			text = `(` + text + `) && ` + terms[r.IntN(len(terms))]
		}
		out = append(out, `{ `+text+` }`)
	}
	return out
}

func anyMatch(patterns []*pattern.Pattern, record json.RawMessage) bool {
	return slices.ContainsFunc(patterns, func(p *pattern.Pattern) bool { return p.Match(record) })
}

// FuzzOracle holds the judgement on filters against what they do with records of
// each call by each kind of principal: PASSED misses none, WARNING none but failed
// ones and those that services make, FAILED some.
func FuzzOracle(f *testing.F) {
	for seed := range uint64(80) {
		f.Add(seed)
	}
	base := healthy(f)
	var listed []control.Control
	for _, c := range controls() {
		if c.Kind == control.Alarm && len(c.Events) > 0 && len(c.Events) < 10 {
			listed = append(listed, c)
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 11))
		c := listed[r.IntN(len(listed))]
		texts := guess(r, c.Events)
		answers := clone(base)
		if err := apply(answers, "del filters|"+c.ID); err != nil {
			t.Fatal(err)
		}
		var patterns []*pattern.Pattern
		for i, text := range texts {
			p, err := pattern.Parse(text)
			if err != nil {
				t.Skip(err)
			}
			patterns = append(patterns, p)
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			if err := apply(answers, fmt.Sprintf(`add filters {"filterName":"f%d","filterPattern":%s,"metricTransformations":[{"metricName":%q,"metricNamespace":"CISBenchmark","metricValue":"1"}]}`, i, quoted, c.Metric)); err != nil {
				t.Fatal(err)
			}
			if err := apply(answers, fmt.Sprintf(`set alarms|%s|MetricName %q`, c.ID, c.Metric)); err != nil {
				t.Fatal(err)
			}
		}
		a := read(t, answers)
		got := audit.Judge(&a, []control.Control{c}, control.Newest)[0]
		missed, missedOdd := "", ""
		for _, call := range c.Events {
			if len(call) > 0 && !named(&c, call) {
				continue
			}
			for _, record := range recordsOf(call, "") {
				if !anyMatch(patterns, record) && missed == "" {
					missed = string(record)
				}
			}
			for _, more := range []string{`,"errorCode":"AccessDenied"`, `,"errorCode":"ValidationException"`} {
				for _, record := range recordsOf(call, more) {
					if !anyMatch(patterns, record) && missedOdd == "" {
						missedOdd = string(record)
					}
				}
			}
		}
		switch {
		case got.Status == audit.Passed && (missed != "" || missedOdd != ""):
			t.Errorf("seed %d: %s is PASSED by %q, which miss %s%s", seed, c.ID, texts, missed, missedOdd)
		case got.Status == audit.Warning && missed != "":
			t.Errorf("seed %d: %s is WARNING (%s) by %q, which miss %s", seed, c.ID, got.Summary, texts, missed)
		case got.Status == audit.Failed && missed == "" && missedOdd == "":
			t.Errorf("seed %d: %s is FAILED (%s; %v) by %q, which miss nothing", seed, c.ID, got.Summary, got.Missed, texts)
		}
	})
}

// named tells whether the newest benchmark names the call in the control's text.
func named(c *control.Control, call string) bool {
	text, ok := c.PatternOf(control.Newest)
	_, name, _ := strings.Cut(call, ":")
	return ok && strings.Contains(text, name)
}
