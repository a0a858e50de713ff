package control

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/pattern"
)

func TestReadFillsInDefaults(t *testing.T) {
	p, err := Read([]byte(`{"controls": [{"id": "trail-deleted", "title": "A trail was deleted", "pattern": "{ $.eventName = DeleteTrail }\n"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Control{
		ID: "trail-deleted", Title: "A trail was deleted", Kind: Alarm, Severity: Medium, Pattern: "{ $.eventName = DeleteTrail }",
		Settings: Settings{
			Metric: "trail-deleted", Namespace: "SecurityAlarms", MetricValue: "1", Statistic: "Sum", Period: 300, Threshold: 1,
			Comparison: "GreaterThanOrEqualToThreshold", EvaluationPeriods: 1, TreatMissingData: "notBreaching",
		},
	}
	if diff := cmp.Diff(want, p.Controls[0]); diff != "" {
		t.Error(diff)
	}
}

func TestReadKeepsWhatIsGiven(t *testing.T) {
	p, err := Read([]byte(`{"controls": [{
		"id": "bytes-out", "title": "Bytes out", "severity": "critical", "pattern": "{ $.eventName = GetObject }",
		"metric": "m", "namespace": "N", "metricValue": "$.additionalEventData.bytesTransferredOut", "statistic": "p99.9", "period": 3600,
		"threshold": 0, "comparison": "GreaterThanThreshold", "evaluationPeriods": 3, "datapointsToAlarm": 2, "treatMissingData": "ignore"
	}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Metric: "m", Namespace: "N", MetricValue: "$.additionalEventData.bytesTransferredOut", Statistic: "p99.9", Period: 3600,
		Comparison: "GreaterThanThreshold", EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: "ignore",
	}
	if diff := cmp.Diff(want, p.Controls[0].Settings); diff != "" {
		t.Error(diff)
	}
	if p.Controls[0].Severity != Critical {
		t.Errorf("severity %v", p.Controls[0].Severity)
	}
}

// one is a pack of one control with the members given besides id, title and pattern.
func one(members string) string {
	return `{"controls": [{"id": "a", "title": "A", "pattern": "{ $.x = 1 }"` + members + `}]}`
}

func TestReadRefuses(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"no JSON", `{"controls": [`, `read pack: unexpected EOF`},
		{"text behind", `{"controls": []} {}`, `read pack: text follows the pack's last brace`},
		{"a list", `[]`, `want members such as name and title, not a list`},
		{"empty", `{}`, `controls: the pack has no controls: give it one with an id, a title and a pattern`},
		{"no controls", `{"controls": []}`, `controls: the pack has no controls`},
		{"null", `{"controls": null}`, `controls: nothing stands here: give it a value or leave it out`},
		{"unknown member", `{"control": []}`, `control: unknown member "control": did you mean "controls"?`},
		{"unknown member of a control", one(`, "severty": "high"`), `controls[0].severty: unknown member "severty": did you mean "severity"?`},
		{"member in other case", one(`, "Severity": "high"`), `controls[0].Severity: unknown member "Severity": did you mean "severity"?`},
		{"foreign member", one(`, "zzz": 1`), `controls[0].zzz: unknown member "zzz": there are id, title, kind,`},
		{"text for a list", one(`, "responseSteps": "call"`), `controls[0].responseSteps: want a list, not the text "call"`},
		{"number for a text", one(`, "rationale": 12`), `controls[0].rationale: want text, not the number 12: put it in quotes`},
		{
			"members for a text", `{"controls": [{"id": "a", "title": "A", "pattern": {"$.x = 1": null}}]}`,
			`controls[0].pattern: want text, not members: put it in quotes`,
		},
		{"text for a number", one(`, "period": "300"`), `controls[0].period: want a whole number, not the text "300"`},
		{"fraction", one(`, "period": 300.5`), `controls[0].period: want a whole number, not 300.5`},
		{"huge number", one(`, "threshold": 1e999`), `controls[0].threshold: the number 1e999 is too large`},
		{"severity", one(`, "severity": "urgent"`), `controls[0].severity: unknown severity "urgent": want critical, high, medium, low`},
		{"kind", one(`, "kind": "trial"`), `controls[0].kind: unknown value trial: want one of alarm, trail, account`},
		{"no id", `{"controls": [{"title": "A", "pattern": "{ $.x = 1 }"}]}`, `controls[0].id: the control has no id`},
		{"id with blanks", `{"controls": [{"id": "a b", "title": "A", "pattern": "{ $.x = 1 }"}]}`, `controls[0].id: "a b" is no id: use lower-case letters`},
		{"no title", `{"controls": [{"id": "a", "pattern": "{ $.x = 1 }"}]}`, `controls[0].title: the control has no title`},
		{"no pattern", `{"controls": [{"id": "a", "title": "A"}]}`, `controls[0].pattern: the control has no pattern`},
		{"bad pattern", `{"controls": [{"id": "a", "title": "A", "pattern": "{ $.x = }"}]}`, `controls[0].pattern: pattern:1:9: `},
		{"long pattern", `{"controls": [{"id": "a", "title": "A", "pattern": "` + strings.Repeat("a", 1025) + `"}]}`, `controls[0].pattern: pattern:1:1025: `},
		{"pattern of a trail control", one(`, "kind": "trail"`), `controls[0].pattern: a control of kind trail has no pattern`},
		{
			"same id twice", `{"controls": [{"id": "a", "title": "A", "pattern": "{ $.x = 1 }"}, {"id": "a", "title": "B", "pattern": "{ $.x = 2 }"}]}`,
			`controls[1].id: the id "a" is taken by controls[0]`,
		},
		{"period", one(`, "period": 45`), `controls[0].period: 45 is no period: want 10, 20, 30 or a multiple of 60 seconds`},
		{"long window", one(`, "evaluationPeriods": 289`), `controls[0].evaluationPeriods: 289 periods of 300 seconds are longer than 24 hours`},
		{"longest window", one(`, "period": 86400, "evaluationPeriods": 8`), `controls[0].evaluationPeriods: 8 periods of 86400 seconds are longer than 168 hours`},
		{"no periods", one(`, "evaluationPeriods": 0`), `controls[0].evaluationPeriods: want at least 1, not 0`},
		{"more datapoints than periods", one(`, "datapointsToAlarm": 2`), `controls[0].datapointsToAlarm: want 1 to 1, the number of evaluation periods, not 2`},
		{"statistic", one(`, "statistic": "p101"`), `controls[0].statistic: `},
		{"comparison", one(`, "comparison": ">="`), `controls[0].comparison: unknown value >=: want one of GreaterThanOrEqualToThreshold,`},
		{"missing data", one(`, "treatMissingData": "notbreaching"`), `controls[0].treatMissingData: unknown value notbreaching: want one of missing,`},
		{"metric value", one(`, "metricValue": "one"`), `controls[0].metricValue: want a number or a selector such as $.`},
		{"wild metric value", one(`, "metricValue": "$.items[*].n"`), `controls[0].metricValue: $.items[*].n selects any number of values`},
		{"broken selector", one(`, "metricValue": "$.items["`), `controls[0].metricValue: pattern:1:`},
		{"metric name", one(`, "metric": "a*"`), `controls[0].metric: "a*" is no name of a metric: it must not hold any of : * $`},
		{"reserved namespace", one(`, "namespace": "AWS/EC2"`), `controls[0].namespace: namespaces that begin with AWS/ are reserved`},
		{"version", one(`, "cis": {"3.1.0": {"id": "4.1", "level": 1, "assessment": "manual"}}`), `controls[0].cis.['3.1.0']: unknown value 3.1.0: want one of 1.2.0,`},
		{
			"example that is no record", one(`, "examples": {"match": [{"name": "x", "event": "text"}]}`),
			`controls[0].examples.match[0].event: want a CloudTrail record, which is an object, not the text "text"`,
		},
		{
			"example that does not match", one(`, "examples": {"match": [{"name": "x", "event": {"x": 2}}]}`),
			`controls[0].examples.match[0].event: the pattern does not match this event, which is listed under match; $.x = 1: it is 2`,
		},
		{
			"example that matches", one(`, "examples": {"noMatch": [{"name": "x", "event": {"x": 1}}]}`),
			`controls[0].examples.noMatch[0].event: the pattern matches this event, which is listed under noMatch`,
		},
		{"example without event", one(`, "examples": {"match": [{"name": "x"}]}`), `controls[0].examples.match[0].event: the example has no event`},
		{
			"examples of one name", one(`, "examples": {"match": [{"name": "x", "event": {"x": 1}}], "noMatch": [{"name": "x", "event": {}}]}`),
			`controls[0].examples.noMatch[0].name: the name "x" is taken by another example`,
		},
		{
			"text that differs", one(`, "texts": [{"name": "t", "from": "us", "pattern": "{ $.x = 2 }"}], "examples": {"match": [{"name": "x", "event": {"x": 1}}]}`),
			`controls[0].texts[0]: the text judges the example "x" otherwise than the control: name it in differs`,
		},
		{
			"text that does not differ", one(`, "texts": [{"name": "t", "from": "us", "pattern": "{ $.x = 1 }", "differs": ["x"]}], "examples": {"match": [{"name": "x", "event": {"x": 1}}]}`),
			`controls[0].texts[0].differs: the text judges the example "x" as the control does`,
		},
		{
			"differs from nothing", one(`, "texts": [{"name": "t", "from": "us", "pattern": "{ $.x = 1 }", "differs": ["y"]}]`),
			`controls[0].texts[0].differs[0]: there is no example "y"`,
		},
		{"demand without text", one(`, "demands": [{"auditor": "prowler", "how": "clauses", "text": "t"}]`), `controls[0].demands[0].text: there is no text "t"`},
		{"unknown way of a demand", one(`, "demands": [{"auditor": "prowler", "how": "smell"}]`), `controls[0].demands[0].how: unknown value smell`},
	} {
		_, err := Read([]byte(row.text))
		if err == nil {
			t.Errorf("%s: Read accepts %s", row.name, row.text)
		} else if !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: %v\nwant %s", row.name, err, row.want)
		}
	}
}

func TestReadReportsEverything(t *testing.T) {
	_, err := Read([]byte(`{"controls": [{"id": "A", "pattern": "{ $.x = }"}, {"id": "b", "title": "B", "pattern": "ok", "period": 1}]}`))
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatalf("Read: %v, want Problems", err)
	}
	var places []string
	for _, p := range ps {
		places = append(places, p.Path.String())
	}
	if diff := cmp.Diff([]string{"$.controls[0].id", "$.controls[0].title", "$.controls[0].pattern", "$.controls[1].period"}, places); diff != "" {
		t.Error(diff)
	}
	var bad *pattern.SyntaxError
	if !errors.As(err, &bad) || bad.Pos != 8 {
		t.Errorf("the syntax error of the pattern cannot be found in %v", err)
	}
}
