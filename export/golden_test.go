package export

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/control"
)

var update = flag.Bool("update", false, "rewrite testdata")

// forms are all forms of a plan, by the file's ending.
var forms = []struct {
	ending string
	form   Form
	write  func(*Plan) string
}{{".tf", ForTerraform, Terraform}, {".yaml", ForCloudFormation, CloudFormation}, {".sh", ForScript, Script}}

// pick are controls of the built-in pack.
func pick(t *testing.T, ids ...string) []control.Control {
	t.Helper()
	var all []control.Control
	for _, id := range ids {
		c, ok := control.Builtin().Control(id)
		if !ok {
			t.Fatalf("there is no control %s", id)
		}
		all = append(all, *c)
	}
	return all
}

// shop is a pack of somebody's own, with texts that mean something to each form.
func shop(t *testing.T) []control.Control {
	t.Helper()
	p, err := control.Read([]byte(`{"name": "shop", "controls": [
		{"id": "prices-changed", "title": "It's \"the\" ${price} %{table} $(id) \\", "namespace": "Shop",
		 "pattern": "{ ($.eventName = UpdateTable)\n  && ($.requestParameters.tableName = \"${prices}\") && ($.x != \"it's\") }"},
		{"id": "a-1", "title": "One", "pattern": "{ $.a = 1 }"}, {"id": "a1", "title": "Other", "pattern": "{ $.a = 2 }"},
		{"id": "latency", "title": "Slow", "pattern": "{ $.eventName = Slow }", "metricValue": "$.duration", "statistic": "p99.9", "period": 60,
		 "threshold": 2.5, "comparison": "GreaterThanThreshold", "evaluationPeriods": 3, "datapointsToAlarm": 2, "treatMissingData": "ignore"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p.Controls
}

func TestGolden(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := ReadFindings(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		plan func(Form) (*Plan, error)
	}{
		{"pack", func(Form) (*Plan, error) {
			return Pack(pick(t, "unauthorized-api-calls", "root-usage"), Options{
				Pack: "cis", Prefix: "security", LogGroup: "/cloudtrail/main", Subscribers: []string{"a@example.com", "b@example.com"}, Version: control.Newest,
			})
		}},
		{"trail", func(Form) (*Plan, error) {
			return Pack(pick(t, "unauthorized-api-calls", "security-group-changes"), Options{
				Pack: "cis", Prefix: "acme", Namespace: "Acme/Security", Trail: true, Compat: "elastic", Version: "5.0.0",
				Subscribers: []string{"https://example.com/hook?token=${x}", "+4930123456", "arn:aws:sqs:us-east-1:123456789012:alarms"},
			})
		}},
		{"shop", func(Form) (*Plan, error) { return Pack(shop(t), Options{Pack: "shop.yaml", Prefix: "shop"}) }},
		{"mend", func(f Form) (*Plan, error) {
			return Mend(found, Options{Prefix: "security", Subscribers: []string{"a@example.com"}, Version: control.Newest}, f)
		}},
	} {
		for _, form := range forms {
			t.Run(row.name+form.ending, func(t *testing.T) {
				p, err := row.plan(form.form)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", row.name+form.ending), form.write(p))
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

// The tools that each form is for, where they are installed, find nothing to say.
func TestToolsAcceptWhatIsGolden(t *testing.T) {
	for _, row := range []struct {
		tool  string
		args  []string
		files string
	}{
		{"terraform", []string{"fmt", "-check", "-diff"}, "*.tf"},
		{"cfn-lint", []string{"--non-zero-exit-code", "warning"}, "*.yaml"},
		{"bash", []string{"-n"}, "*.sh"},
		{"shellcheck", []string{"--severity=warning"}, "*.sh"}, // hostile texts look like mistakes to it
	} {
		t.Run(row.tool, func(t *testing.T) {
			if err := exec.Command(row.tool, "--version").Run(); err != nil {
				t.Skipf("%s is not installed", strings.Replace(row.tool, "terraform", "Terraform", 1))
			}
			files, err := filepath.Glob(filepath.Join("testdata", row.files))
			if err != nil || len(files) != 4 {
				t.Fatal(err, files)
			}
			calls := [][]string{append(slices.Clone(row.args), files...)}
			if row.tool == "bash" { // which takes the others for arguments of the first
				calls = nil
				for _, file := range files {
					calls = append(calls, append(slices.Clone(row.args), file))
				}
			}
			for _, args := range calls {
				if out, err := exec.Command(row.tool, args...).CombinedOutput(); err != nil {
					t.Errorf("%s %s: %v\n%s", row.tool, args, err, out)
				}
			}
		})
	}
}
