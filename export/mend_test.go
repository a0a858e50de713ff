package export

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
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
