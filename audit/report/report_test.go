package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"tocsin/audit"
	"tocsin/core/control"
)

// hostile is a name that an account could have given to a resource.
const hostile = "\x1b[2J<script>alert(1)</script>\"'&\u202e]]>`$(reboot)"

func sample() []Report {
	path := []audit.Link{{Kind: audit.TrailLink, Name: "main"}, {Kind: audit.AlarmLink, Name: hostile, Rank: audit.Broken, Text: hostile}}
	return []Report{{
		Account: "111122223333", Region: "us-east-1", At: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Benchmark: control.Newest, Calls: 7,
		Findings: []audit.Finding{
			{Control: "root-usage", Title: "Use of the root user", Item: "5.3", Severity: control.High, Status: audit.Passed, Broke: -1},
			{
				Control: "vpc-changes", Title: "VPC changes", Item: "5.14", Severity: control.Medium, Status: audit.Failed, Summary: hostile, Missed: []string{hostile},
				Path: path, Broke: 1, Evidence: []audit.Evidence{{Call: "x:Y", Resource: hostile, Answer: json.RawMessage(`{"Name":"<b>"}`)}},
				Mend: &audit.Mend{Text: hostile, CLI: []string{"aws x " + hostile}, Terraform: hostile}, Remarks: []audit.Remark{{About: "note", Text: hostile}},
			},
			{Control: "nacl-changes", SecurityHub: "CloudWatch.11", Severity: control.Low, Status: audit.NotAvailable, Summary: "denied", Broke: -1},
		},
		Missing: []audit.Missing{{Action: "sns:GetTopicAttributes", Resource: hostile, Code: "AccessDenied"}},
	}}
}

// Whatever a resource is called, no form breaks or lets it act.
func TestHostileNames(t *testing.T) {
	for name, write := range Formats() {
		var b bytes.Buffer
		if err := write(&b, sample()); err != nil {
			t.Fatal(name, err)
		}
		text := b.String()
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s holds an escape character", name)
		}
		switch name {
		case "html":
			if strings.Contains(text, "<script") || strings.Contains(text, "<b>") || strings.Contains(text, "src=") || strings.Contains(text, "http://") {
				t.Errorf("html is not escaped, or asks for something")
			}
		case "json", "sarif":
			if !json.Valid(b.Bytes()) {
				t.Errorf("%s is no JSON", name)
			}
		case "junit":
			d := xml.NewDecoder(&b)
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		case "table":
			if !strings.Contains(text, "account 111122223333, us-east-1, CIS 7.0.0: 1 FAILED, 1 NOT_AVAILABLE, 1 PASSED") || strings.Contains(text, "\u202e") {
				t.Errorf("table:\n%s", text)
			}
		}
	}
}

func TestCountsInJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := JUnit(&b, sample()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `tests="3" failures="1" errors="0" skipped="1"`) {
		t.Error(b.String())
	}
}
