package cli

import (
	"strings"
	"testing"
	"time"

	"tocsin/audit"
	"tocsin/audit/report"
	"tocsin/core/control"
)

// hostileName is what an account could call a resource.
const hostileName = "\x1b[2J\u009b31m\u202e\u2066\ufeff\u2028\x00\r\n<b>"

func auditSample(name string) report.Audit {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	path := []audit.Link{
		{Kind: audit.TrailLink, Name: "main"},
		{Kind: audit.FilterLink, Name: "root"},
		{Kind: audit.AlarmLink, Name: name, Rank: audit.Broken},
		{Kind: audit.TopicLink, Name: "arn:aws:sns:us-east-1:111122223333:security"},
	}
	return report.Audit{Version: "1", At: at, Reports: []report.Report{{
		Account: "111122223333", Name: name, Region: "us-east-1", At: at, Benchmark: control.Newest,
		Findings: []audit.Finding{
			{Control: "root-usage", Item: "5.3", Status: audit.Passed, Broke: -1, Remarks: []audit.Remark{{About: "auditor", Auditor: "Trivy", Text: "it accepts none " + name}}},
			{
				Control: "iam-policy-changes", Item: "5.4", Status: audit.Failed, Broke: 2, Path: path,
				Summary: "alarm " + name + ": one event does not ring it: it takes 5 within 300 s, and the benchmark wants it to ring at once",
				Missed:  []string{"iam.amazonaws.com:DeletePolicy", "iam.amazonaws.com:CreatePolicy", `$.a = "` + name + `"`, "kms.amazonaws.com:DisableKey"},
				Mend:    &audit.Mend{Text: "mend " + name, CLI: []string{"aws cloudwatch put-metric-alarm --alarm-name '" + name + "' --namespace CISBenchmark --metric-name x --statistic Sum"}},
				Remarks: []audit.Remark{{About: "note", Text: "note " + name}},
			},
			{Control: "vpc-changes", Item: "5.14", Status: audit.Warning, Summary: "not told", Broke: -1},
			{Control: "trail-bucket-not-public", SecurityHub: "CloudTrail.6", Status: audit.NotAvailable, Summary: name, Broke: -1},
		},
		Accepted: []string{"vpc-changes"},
		Missing:  []audit.Missing{{Action: "s3:GetBucketAcl", Resource: name, Code: "AccessDenied"}},
	}, {
		Account: "444455556666", Region: "us-east-1", At: at, Benchmark: control.Newest, Unasked: name,
		Findings: []audit.Finding{{Control: "root-usage", Item: "5.3", Status: audit.NotAvailable, Summary: name, Broke: -1}},
	}}}
}

func auditText(t *testing.T, a report.Audit, sc screen) string {
	t.Helper()
	var b strings.Builder
	if err := showAudit(&b, sc, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAuditTable(t *testing.T) {
	want := `account       name    Region     FAILED  WARNING  NOT_AVAILABLE  PASSED
111122223333  policy  us-east-1       1        1              1       1
444455556666          us-east-1       0        0              1       0

account 111122223333 (policy), us-east-1, CIS 7.0.0: 1 FAILED, 1 WARNING, 1 NOT_AVAILABLE, 1 PASSED

✓ PASSED         5.3  root-usage
    others  Trivy will not accept it
✗ FAILED         5.4  iam-policy-changes
    why     alarm policy: one event does not ring it: it takes 5 within 300 s,
            and the benchmark wants it to ring at once
    chain   trail main > metric filter root > (!) alarm policy > topic security
    missed  iam.amazonaws.com: DeletePolicy, CreatePolicy; kms.amazonaws.com:
            DisableKey; $.a = "policy"
    mend    mend policy
            aws cloudwatch put-metric-alarm --alarm-name 'policy' --namespace CISBenchmark --metric-name x --statistic Sum
    note    note policy
! WARNING        5.14 vpc-changes  accepted by the baseline
? NOT_AVAILABLE  CloudTrail.6 trail-bucket-not-public
    why     policy

not readable
  s3:GetBucketAcl on policy: AccessDenied

account 444455556666, us-east-1, CIS 7.0.0: 1 NOT_AVAILABLE
  could not be asked: policy

others: auditors that compare texts or names; why they will not accept one is
told of a --control alone, and with --format html or json
`
	if got := auditText(t, auditSample("policy"), screen{width: 80, terminal: true}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// In a pipe each text is one line, for other programs to look for.
	if got := auditText(t, auditSample("policy"), screen{width: 80}); !strings.Contains(got, "it takes 5 within 300 s, and the benchmark wants it to ring at once\n") {
		t.Error(got)
	}
	few := auditSample("policy")
	few.Reports = few.Reports[:1]
	few.Reports[0].Findings = few.Reports[0].Findings[:1]
	want = `account 111122223333 (policy), us-east-1, CIS 7.0.0: 1 PASSED

✓ PASSED         5.3  root-usage
    others  it accepts none policy

not readable
  s3:GetBucketAcl on policy: AccessDenied
`
	if got := auditText(t, few, screen{width: 80, terminal: true}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A name from the account does nothing to a terminal, and is not lost.
func TestAuditTableOfHostileNames(t *testing.T) {
	for _, sc := range []screen{{width: 80, terminal: true}, {width: 40}, {width: 120, terminal: true, ascii: true}} {
		text := auditText(t, auditSample(hostileName), sc)
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !printable(r) }); i >= 0 {
			t.Errorf("it wrote %q", text[max(0, i-20):min(len(text), i+20)])
		}
		if !strings.Contains(strings.ReplaceAll(text, `\\`, `\`), `\x1b[2J`) || !strings.Contains(text, "202e") {
			t.Errorf("the name is not there:\n%s", text)
		}
	}
}

// On a line of its own without a terminal; one account is quiet.
func TestAuditProgressWithoutTerminal(t *testing.T) {
	var b strings.Builder
	a := auditSample("policy")
	s := Streams{Err: &b, Getenv: func(string) string { return "" }}
	m := newAuditMeter(s, 2)
	m.during(func() {
		m.step("cloudtrail:DescribeTrails", "*")
		m.finish(&a.Reports[0], "")
		m.finish(&a.Reports[1], "")
	})
	want := "1 of 2: 111122223333 (policy), us-east-1: 1 FAILED, 1 WARNING, 1 NOT_AVAILABLE, 1 PASSED\n" +
		"2 of 2: 444455556666, us-east-1: could not be asked: policy\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	m = newAuditMeter(s, 1)
	m.during(func() { m.finish(&a.Reports[0], "") })
	if b.Len() > 0 {
		t.Error(b.String())
	}
}
