package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"strings"
	"testing"
	"time"
	"unicode"

	"tocsin/audit"
	"tocsin/core/control"
)

// hostile is a name that an account could have given to a resource.
const hostile = "\x1b[2J\u009b31m<script>alert(1)</script>\"'&\u202e\u2066\ufeff\u2028]]>`$(reboot)\x00\x07\r\n\t{{.}}"

func sample() Audit {
	path := []audit.Link{
		{Kind: audit.TrailLink, Name: "main"},
		{Kind: audit.LogGroupLink, Name: hostile, Text: hostile},
		{Kind: audit.FilterLink, Name: hostile, Text: hostile},
		{Kind: audit.AlarmLink, Name: hostile, Rank: audit.Broken, Text: hostile},
	}
	answer, err := json.Marshal(map[string]any{"AlarmName": hostile, hostile: []string{hostile}})
	if err != nil {
		panic(err)
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	return Audit{Version: "1.2.3", At: at, Reports: []Report{{
		Account: "111122223333", Name: hostile, Partition: "aws", Region: "us-east-1", At: at, Benchmark: control.Newest, Calls: 7,
		Findings: []audit.Finding{
			{Control: "root-usage", Title: "Use of the root user", Benchmark: control.Newest, Item: "5.3", Severity: control.High, Status: audit.Passed, Broke: -1},
			{
				Control: "vpc-changes", Title: "VPC changes", Benchmark: control.Newest, Item: "5.14", Severity: control.Medium, Status: audit.Failed, Summary: hostile,
				Missed: []string{hostile}, Filters: []string{hostile}, Path: path, Broke: 3, Evidence: []audit.Evidence{{Call: "x:Y", Resource: hostile, Answer: answer}},
				Mend:    &audit.Mend{Text: hostile, CLI: []string{"aws x " + hostile}, Terraform: hostile},
				Remarks: []audit.Remark{{About: "note", Text: hostile}, {About: "auditor", Auditor: "Prowler", Text: hostile, Remedy: hostile}},
			},
			{Control: "nacl-changes", SecurityHub: "CloudWatch.11", Severity: control.Low, Status: audit.NotAvailable, Summary: "denied", Broke: -1},
			{Control: "route-table-changes", Title: "Routes", Severity: control.Low, Status: audit.Warning, Summary: "once", Path: path[:1], Broke: 0},
		},
		Accepted: []string{"route-table-changes"},
		Missing:  []audit.Missing{{Action: "sns:GetTopicAttributes", Resource: hostile, Account: "111122223333", Code: hostile, Message: hostile}},
	}, {
		Account: "", Region: "eu-west-1", At: at, Benchmark: control.Newest, Unasked: hostile,
		Findings: []audit.Finding{{Control: "root-usage", Title: "Use of the root user", Benchmark: control.Newest, Item: "5.3", Severity: control.High, Status: audit.NotAvailable, Summary: hostile, Broke: -1}},
	}}}
}

func written(t *testing.T, w Writer, a Audit) string {
	t.Helper()
	var b bytes.Buffer
	if err := w(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever a resource is called, no form breaks or lets it act.
func TestHostileNames(t *testing.T) {
	for name, write := range Formats() {
		text := written(t, write, sample())
		for _, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028') {
				t.Errorf("%s holds the character %U", name, r)
				break
			}
		}
		switch name {
		case "html":
			if strings.Contains(text, "<script") || strings.Contains(text, "ZgotmplZ") {
				t.Error("html is not escaped")
			}
		case "junit":
			readXML(t, strings.NewReader(text))
		default:
			readJSON(t, name, strings.NewReader(text))
		}
	}
}

// JSON keeps every character of a name, in another writing.
func TestJSONIsWhole(t *testing.T) {
	var got struct {
		Tocsin  string
		Reports []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(written(t, JSON, sample())), &got); err != nil {
		t.Fatal(err)
	}
	if got.Reports[0].Name != hostile || got.Tocsin != "1.2.3" {
		t.Errorf("%+v", got)
	}
	if text := written(t, JSON, Audit{}); !strings.Contains(text, `"reports": []`) {
		t.Error(text)
	}
}

// The page asks for nothing, and its policy forbids all but its own style.
func TestHTMLStandsAlone(t *testing.T) {
	text := written(t, HTML, sample())
	_, rest, _ := strings.Cut(text, "<style>")
	css, _, ok := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(css))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if !ok || !strings.Contains(html.UnescapeString(text), `content="default-src 'none'; `+want+`; base-uri 'none'; form-action 'none'"`) {
		t.Errorf("the policy does not allow the page's style: %s", want)
	}
	for _, asks := range []string{" src=", "url(", "http:", "https:", "@import", " style=", " onclick", "<link", "<iframe", "<img"} {
		if strings.Contains(text, asks) {
			t.Errorf("the page holds %q", asks)
		}
	}
	ids := map[string]bool{}
	for _, part := range strings.Split(text, ` id="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if ids[id] {
			t.Errorf("id %s is there twice", id)
		}
		ids[id] = true
	}
	for _, part := range strings.Split(text, `href="`)[1:] {
		to, _, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(to, "#") || !ids[to[1:]] {
			t.Errorf("a link leads to %s", to)
		}
	}
	for _, want := range []string{`<html lang="en">`, "not asked", "NOT_AVAILABLE", "accepted by the baseline", "What could not be read", `class="beyond"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestCountsInJUnit(t *testing.T) {
	text := written(t, JUnit, sample())
	for _, want := range []string{
		`<testsuite name="111122223333 us-east-1" tests="4" failures="1" errors="0" skipped="2" timestamp="2026-03-02T12:00:00">`,
		`<testsuite name="unknown account eu-west-1" tests="2" failures="0" errors="1" skipped="1"`,
		"accepted by the baseline: WARNING: once",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}

func TestAtMost(t *testing.T) {
	if got := atMost("ab\ncdé", 4); got != "ab …" || atMost("abc", 3) != "abc" {
		t.Error(got)
	}
}

// What is cut to be drawn is whole when it is put together again.
func TestCutNames(t *testing.T) {
	for _, text := range []string{"", "aws", "aws logs put --filter-pattern '{ $.a = \"--x\" }'  --b", "-- --", "CIS/root_usage-metric", "é--é /"} {
		if got := strings.Join(words(text), ""); got != text {
			t.Errorf("words: %q", got)
		}
		if got := strings.Join(pieces(text), ""); got != plain(text) {
			t.Errorf("pieces: %q", got)
		}
	}
}

// What is not there is said to be not there, instead of being called by a word that
// looks like a name; and one that is called so keeps its name.
func TestChainOfWhatIsNotThere(t *testing.T) {
	f := audit.Finding{Control: "root-usage", Broke: 3, Path: []audit.Link{
		{Kind: audit.TrailLink, Name: "none"},
		{Kind: audit.MetricLink, Name: "?"},
		{Kind: audit.AlarmLink, Rank: audit.Unknown},
		{Kind: audit.SubscriptionLink, Rank: audit.Broken},
		{Kind: audit.FilterLink, Rank: audit.Broken},
	}}
	const want = "trail none > metric ? > alarm not read > (!) no confirmed subscription > no metric filter"
	if got := Chain(&f); got != want {
		t.Errorf("chain: %s\nwant:  %s", got, want)
	}
	var drawn []string
	for _, n := range nodes(&f)[:len(f.Path)] {
		drawn = append(drawn, strings.TrimSpace(n.Kind+" "+n.Short))
	}
	if got, want := strings.Join(drawn, " > "), strings.ReplaceAll(want, "(!) ", ""); got != want {
		t.Errorf("drawn: %s\nwant:  %s", got, want)
	}
	if got := at(&f); got != "subscription" {
		t.Errorf("SARIF's place: %s", got)
	}
	if got := resourcesOf(&Report{Account: "111122223333", Region: "eu-west-1"}, &f, 9); len(got) != 2 {
		t.Errorf("resources: %v", got)
	}
}
