package export

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"tocsin/audit"
	"tocsin/core/control"
)

// Each command that the audit writes in a mend is one that is known here.
func TestMendsOfTheAuditAreKnown(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "audit", "mend*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("the audit's mends are not where they were", err)
	}
	written := regexp.MustCompile(`"(logs|cloudwatch|sns|s3api|cloudtrail|kms|iam)",\s*"([a-z-]+)"`)
	option := regexp.MustCompile(`"--([a-z-]+)"`)
	found := 0
	options := map[string]bool{"region": true}
	for _, of := range operations {
		for name := range of {
			options[name] = true
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, w := range written.FindAllStringSubmatch(string(text), -1) {
			found++
			if operations[w[1]+" "+w[2]] == nil {
				t.Errorf("%s writes aws %s %s, which export does not know", file, w[1], w[2])
			}
		}
		for _, o := range option.FindAllStringSubmatch(string(text), -1) {
			if !options[o[1]] {
				t.Errorf("%s writes --%s, which export does not know", file, o[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d commands were found: the audit writes them in another way", found)
	}
}

// What words a command is written with is what it is taken apart into.
func TestCommandsAreTakenApart(t *testing.T) {
	for _, row := range []struct{ command, operation, option, want string }{
		{`aws logs put-metric-filter --region eu-west-1 --filter-name 'it'\''s' --filter-pattern '{ $.a = "--region" }'`, "logs put-metric-filter", "filter-name", "it's"},
		{`aws logs put-metric-filter --filter-name --region --filter-pattern x`, "logs put-metric-filter", "filter-name", "--region"},
		{`aws cloudwatch put-metric-alarm --alarm-actions arn:a arn:b --period 60`, "cloudwatch put-metric-alarm", "alarm-actions", "arn:a arn:b"},
		{`aws sns set-topic-attributes --topic-arn t --attribute-name KmsMasterKeyId --attribute-value ''`, "sns set-topic-attributes", "attribute-value", ""},
		{`aws cloudtrail update-trail --name t --is-multi-region-trail --enable-log-file-validation`, "cloudtrail update-trail", "name", "t"},
	} {
		c, err := readCall(row.command)
		if err != nil || c.operation != row.operation || strings.Join(c.options[row.option], " ") != row.want {
			t.Errorf("%s: %v, %v", row.command, c, err)
		}
	}
	for _, command := range []string{
		"", "aws", "aws sns", "rm -rf x", "aws iam create-user --user-name x", "aws sns create-topic name", "aws sns create-topic --name 'x", "aws sns create-topic --endpoint-url http://x",
	} {
		if c, err := readCall(command); err == nil {
			t.Errorf("%q is taken for %v", command, c)
		}
	}
}

// found is a finding on a filter whose mend is the control's own pattern.
func found(t *testing.T, id, filter, summary, evidence string) Finding {
	t.Helper()
	c, ok := control.Builtin().Control(id)
	if !ok {
		t.Fatalf("there is no control %s", id)
	}
	f := Finding{Account: account, Region: region, Control: id, Status: audit.Failed, Summary: summary, Filters: []string{filter}}
	f.Path = append(f.Path, pathLink{Kind: audit.FilterLink, Name: filter, State: "broken", Text: summary}, pathLink{Kind: audit.TopicLink, Name: topicARN, State: "holds"})
	if evidence != "" {
		f.Evidence = []audit.Evidence{{Call: "logs:DescribeMetricFilters", Resource: filter, Answer: json.RawMessage(evidence)}}
	}
	f.Mend = &audit.Mend{CLI: []string{"aws logs put-metric-filter --region " + region + " --log-group-name /trail --filter-name " + filter + " --filter-pattern '" + c.Pattern +
		`' --metric-transformations '[{"metricName":"m","metricNamespace":"Own","metricValue":"1"}]'`}}
	return f
}

// What is only warned of, and so is left as it is, keeps nothing else from being mended.
func TestWarningsElsewhereAreInNobodysWay(t *testing.T) {
	failed := found(t, "root-usage", "root", "it misses something", "")
	warned := found(t, "vpc-changes", "vpc", "it leaves somebody out", "")
	warned.Status, warned.Region = audit.Warning, "ap-south-1"
	warned.Mend.CLI[0] = strings.ReplaceAll(warned.Mend.CLI[0], region, "ap-south-1")
	p, err := Mend([]Finding{warned, failed}, Options{Prefix: "security"}, ForScript)
	if err != nil || p.Region != region || len(p.Filters) != 1 {
		t.Errorf("%v, %+v", err, p)
	}
	if _, err := Mend([]Finding{warned, failed}, Options{Prefix: "security", Warnings: true}, ForScript); err == nil {
		t.Error("both are to be mended, and are in two places")
	}
}

// CloudWatch publishes to topics of the alarm's own Region.
func TestTopicsOfOtherRegionsDoNotServe(t *testing.T) {
	for at, want := range map[string]bool{region: true, "ap-south-1": false} {
		topic := "arn:aws:sns:" + at + ":" + account + ":works"
		passed := Finding{Account: account, Region: at, Control: "vpc-changes", Status: audit.Passed, Path: []pathLink{{Kind: audit.TopicLink, Name: topic, State: "holds"}}}
		failed := found(t, "root-usage", "root", "it misses something", "")
		failed.Path = []pathLink{{Kind: audit.FilterLink, Name: "root", State: "broken"}, {Kind: audit.AlarmLink, State: "broken"}}
		p, err := Mend([]Finding{passed, failed}, Options{Prefix: "security"}, ForScript)
		if err != nil || len(p.Alarms) != 1 {
			t.Fatalf("%v, %+v", err, p)
		}
		if a := p.Alarms[0]; slices.Contains(a.Actions, topic) != want || a.Notify == want {
			t.Errorf("%s: told are %v, and by the plan's own topic: %v", at, a.Actions, a.Notify)
		}
	}
}

// Of an option that is given several times the AWS CLI takes the last one alone, and
// a name that begins like a list it would read as one.
func TestNamesOfAlarmsStayApart(t *testing.T) {
	for names, want := range map[string]string{
		"one":     `--alarm-names=one`,
		"one two": `--alarm-names='["one","two"]'`,
		"'[one]'": `--alarm-names='["[one]"]'`,
	} {
		f := Finding{
			Account: account, Region: region, Control: "root-usage", Status: audit.Failed,
			Mend: &audit.Mend{CLI: []string{"aws cloudwatch enable-alarm-actions --region " + region + " --alarm-names " + names}},
		}
		p, err := Mend([]Finding{f}, Options{Prefix: "security"}, ForScript)
		if err != nil {
			t.Fatal(err)
		}
		if got := Script(p); !strings.Contains(got, "aws cloudwatch enable-alarm-actions "+want+" ") {
			t.Errorf("%s: want %s in\n%s", names, want, got)
		}
	}
}

// A filter is replaced only where that takes nothing away from another control.
func TestFiltersThatOthersNeedStay(t *testing.T) {
	const everything = "it matches nearly every event, so that its alarm never leaves ALARM"
	passed := Finding{Account: account, Region: region, Control: "vpc-changes", Status: audit.Passed, Filters: []string{"changes"}}
	for _, row := range []struct {
		name     string
		findings []Finding
		compat   string
		form     Form
		want     string // each filter: its name, whether it replaces one, its metric
	}{
		{"alone", []Finding{found(t, "nacl-changes", "changes", "it misses", "")}, "", ForTerraform, "changes replaced m"},
		{"in a stack", []Finding{found(t, "nacl-changes", "changes", "it misses", "")}, "", ForCloudFormation, "x-nacl-changes new m"},
		{"passed by it", []Finding{passed, found(t, "nacl-changes", "changes", "it misses", "")}, "", ForScript, "x-nacl-changes new m"},
		{
			"two that fail",
			[]Finding{found(t, "nacl-changes", "changes", "it misses", ""), found(t, "root-usage", "changes", "it misses", "")},
			"", ForScript,
			"changes replaced m, x-root-usage new m",
		},
		{"everything, for the second", []Finding{
			found(t, "nacl-changes", "all", everything, `{"FilterPattern": "{ $.userIdentity.type = Root || $.eventName != AwsServiceEvent }"}`),
			found(t, "root-usage", "all", everything, `{"FilterPattern": "{ $.userIdentity.type = Root || $.eventName != AwsServiceEvent }"}`),
		}, "", ForScript, "x-nacl-changes new x-nacl-changes, all replaced m"},
		{"selected events", []Finding{found(t, "nacl-changes", "changes", "it looks at", `{"FieldSelectionCriteria": "@aws.account = 1"}`)}, "", ForTerraform, "x-nacl-changes new m"},
		{"selected events, by the script", []Finding{found(t, "nacl-changes", "changes", "it looks at", `{"FieldSelectionCriteria": "@aws.account = 1"}`)}, "", ForScript, "changes replaced m"},
		{
			"a text with a rest",
			[]Finding{found(t, "security-group-changes", "changes", "it misses", "")},
			"securityhub", ForScript,
			"changes replaced m, x-security-group-changes-rest new m",
		},
		{"a name that is taken", []Finding{found(t, "nacl-changes", "x-nacl-changes", "it misses", "")}, "", ForCloudFormation, "x-nacl-changes-2 new m"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := Mend(row.findings, Options{Prefix: "x", Compat: row.compat}, row.form)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range p.Filters {
				got = append(got, f.Name+map[bool]string{true: " replaced ", false: " new "}[f.Exists]+f.Metric)
			}
			if have := strings.Join(got, ", "); have != row.want {
				t.Errorf("%s, want %s", have, row.want)
			}
			// A filter on a metric of its own needs an alarm on that.
			for _, f := range p.Filters {
				if f.Metric != "m" && !slices.ContainsFunc(p.Alarms, func(a Alarm) bool { return a.Metric == f.Metric && len(a.Actions) == 1 && a.Actions[0] == topicARN }) {
					t.Errorf("nothing rings for %s", f.Metric)
				}
			}
		})
	}
}

// Whatever a file of findings holds, a template is YAML, and nothing panics.
func FuzzMend(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "findings.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"reports":[{"findings":[{"account":"1","control":"root-usage","status":"FAILED","broke":-5,"path":[{}],"mend":{"cli":["aws sns create-topic --name x"]}}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		found, err := ReadFindings([]byte(text))
		if err != nil {
			return
		}
		for _, form := range forms {
			p, err := Mend(found, Options{Prefix: "x", Trail: true, Subscribers: []string{"a@example.com"}}, form.form)
			if err != nil {
				return
			}
			out := form.write(p)
			var v any
			if form.form == ForCloudFormation && len(out) < 20_000 && yaml.Unmarshal([]byte(out), &v) != nil {
				t.Errorf("no YAML:\n%s", out)
			}
		}
	})
}
