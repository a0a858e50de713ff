package report

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tocsin/audit"
	"tocsin/core/control"
)

// many is an audit with more findings than a batch takes, whose texts are longer
// than the forms allow.
func many() Audit {
	a := sample()
	r := &a.Reports[0]
	r.Findings = nil
	for i := range hubBatch + 30 {
		f := audit.Finding{
			Control: fmt.Sprintf("control-%d", i), Title: strings.Repeat("long ", 100), Benchmark: control.Newest, Item: "5.1", SecurityHub: "CloudWatch.1",
			Severity: control.Critical, Status: audit.Failed, Summary: strings.Repeat("é", 3000), Broke: 0, Mend: &audit.Mend{Text: strings.Repeat("mend ", 300)},
		}
		for k := range 40 {
			f.Path = append(f.Path, audit.Link{Kind: audit.AlarmLink, Name: fmt.Sprintf("alarm-%d-%s", k, strings.Repeat("n", 600)), Rank: audit.Broken})
		}
		r.Findings = append(r.Findings, f)
	}
	return a
}

// linesOf are the values of a document with one a line.
func linesOf[T any](t *testing.T, text string) []T {
	t.Helper()
	var all []T
	for line := range strings.Lines(text) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, v)
	}
	return all
}

func TestASFF(t *testing.T) {
	batches := linesOf[[]hubFinding](t, written(t, ASFF, sample()))
	if len(batches) != 1 || len(batches[0]) != 4 {
		t.Fatalf("%d batches: the account that is not known has none", len(batches))
	}
	for i, want := range []struct {
		status       audit.Status
		label, code  string
		requirements string
		resource     string
	}{
		{audit.Passed, "INFORMATIONAL", "CHAIN_HOLDS", "[CIS AWS Foundations Benchmark v7.0.0/5.3]", "AWS::::Account:111122223333"},
		{audit.Failed, "MEDIUM", "ALARM_BROKEN", "[CIS AWS Foundations Benchmark v7.0.0/5.14]", "arn:aws:cloudwatch:us-east-1:111122223333:alarm:" + plain(hostile)},
		{audit.NotAvailable, "LOW", "NOT_READABLE", "[]", "AWS::::Account:111122223333"},
		{audit.Warning, "LOW", "TRAIL_HOLDS", "[]", "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"},
	} {
		f := batches[0][i]
		if f.Compliance.Status != want.status || f.Severity.Label != want.label || f.Compliance.StatusReasons[0].ReasonCode != want.code ||
			fmt.Sprint(f.Compliance.RelatedRequirements) != want.requirements || f.Resources[0].Id != want.resource {
			t.Errorf("%s: %s %s %v %v %q", f.Id, f.Compliance.Status, f.Severity.Label, f.Compliance.StatusReasons, f.Compliance.RelatedRequirements, f.Resources[0].Id)
		}
		for member, text := range map[string]string{
			"Id": f.Id, "GeneratorId": f.GeneratorId, "Title": f.Title, "Description": f.Description, "CreatedAt": f.CreatedAt, "UpdatedAt": f.UpdatedAt, "Type": f.Types[0],
			"StatusReasons.Description": f.Compliance.StatusReasons[0].Description,
		} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s of %s is empty", member, f.Id)
			}
		}
	}
	if f := batches[0][0]; f.SchemaVersion != "2018-10-08" || f.ProductArn != "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default" ||
		f.Id != "tocsin/audit/111122223333/us-east-1/root-usage" || f.CreatedAt != "2026-03-02T12:00:00.000Z" || f.AwsAccountId != "111122223333" {
		t.Errorf("%+v", f)
	}
	if batches[0][3].ProductFields["tocsin/accepted"] != "true" || batches[0][2].Compliance.SecurityControlId != "CloudWatch.11" {
		t.Errorf("%+v", batches[0])
	}
}

// The limits of Security Hub are kept whatever the account says.
func TestASFFLimits(t *testing.T) {
	batches := linesOf[[]hubFinding](t, written(t, ASFF, many()))
	if len(batches) != 2 || len(batches[0]) != hubBatch || len(batches[1]) != 30 {
		t.Fatalf("%d batches", len(batches))
	}
	for _, f := range batches[0] {
		for _, row := range []struct {
			member, text string
			most         int
		}{
			{"Id", f.Id, 512},
			{"Title", f.Title, 256},
			{"Description", f.Description, 1024},
			{"Recommendation", f.Remediation.Recommendation.Text, 512},
			{"GeneratorId", f.GeneratorId, 512},
			{"Resource", f.Resources[0].Id, 512},
		} {
			if n := utf8.RuneCountInString(row.text); n < 1 || n > row.most {
				t.Fatalf("%s has %d characters", row.member, n)
			}
		}
		if len(f.Resources) > 32 || len(f.ProductFields) > 50 {
			t.Fatalf("%d resources, %d product fields", len(f.Resources), len(f.ProductFields))
		}
		for k, v := range f.ProductFields {
			if len(k) > 128 || utf8.RuneCountInString(v) > 2048 {
				t.Fatalf("product field %s", k)
			}
		}
	}
}

// Half a command is worse than none.
func TestASFFRecommendation(t *testing.T) {
	for want, m := range map[string]audit.Mend{
		"do it | aws a | aws b":          {Text: "do it", CLI: []string{"aws a", "aws b"}},
		"do it":                          {Text: "do it", CLI: []string{"aws a", strings.Repeat("b", 512)}},
		"see the report of tocsin audit": {},
	} {
		if got := hubRecommendation(&m); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The AWS SDK's own model of BatchImportFindings takes each line as it is.
func TestASFFByTheModelOfTheSDK(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.CommandContext(t.Context(), python, "-c", "import boto3").Run() != nil {
		t.Skip("boto3 is not installed")
	}
	environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }) // such as a profile
	for name, a := range map[string]Audit{"sample": sample(), "many": many()} {
		file := filepath.Join(t.TempDir(), "asff.jsonl")
		if err := os.WriteFile(file, []byte(written(t, ASFF, a)), 0o600); err != nil {
			t.Fatal(err)
		}
		check := exec.CommandContext(t.Context(), python, "-c", `
import json, re, sys
import botocore.session, botocore.validate
model = botocore.session.Session().get_service_model("securityhub")
shape = model.operation_model("BatchImportFindings").input_shape
text = re.compile(r".*\S.*", re.S)
def walk(shape, value, path):
    # what the validator leaves to the service: enumerations, bounds of lists, blank texts
    if shape.type_name == "structure":
        for k, v in value.items():
            walk(shape.members[k], v, path + "." + k)
    elif shape.type_name == "list":
        most = shape.metadata.get("max")
        if most and len(value) > most:
            sys.exit(path + ": %d items" % len(value))
        for v in value:
            walk(shape.member, v, path)
    elif shape.type_name == "map":
        for k, v in value.items():
            walk(shape.key, k, path); walk(shape.value, v, path + "." + k)
    elif shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            sys.exit(path + ": %r is not one of %s" % (value, shape.enum))
        if shape.name == "NonEmptyString" and not text.match(value):
            sys.exit(path + " is empty")
n = 0
for line in open(sys.argv[1], encoding="utf-8"):
    request = {"Findings": json.loads(line)}
    report = botocore.validate.ParamValidator().validate(request, shape)
    if report.has_errors():
        sys.exit(report.generate_report())
    walk(shape, request, "")
    n += 1
if not n:
    sys.exit("nothing was written")
`, file)
		check.Env = environ
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestOCSF(t *testing.T) {
	events := linesOf[map[string]any](t, written(t, OCSF, sample()))
	if len(events) != 5 {
		t.Fatalf("%d events", len(events))
	}
	get := func(e map[string]any, path string) any {
		var v any = e
		for step := range strings.SplitSeq(path, ".") {
			switch at := v.(type) {
			case map[string]any:
				v = at[step]
			case []any:
				v = at[0].(map[string]any)[step]
			default:
				return nil
			}
		}
		return v
	}
	for i, e := range events {
		// Required and recommended members of the class and of the cloud profile.
		for _, path := range []string{
			"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata.version", "metadata.product.name", "metadata.product.vendor_name",
			"metadata.profiles", "finding_info.uid", "finding_info.title", "compliance.standards", "compliance.control", "compliance.status", "compliance.status_id",
			"cloud.provider", "cloud.region", "message", "resources", "status_id",
		} {
			if get(e, path) == nil {
				t.Errorf("event %d has no %s", i, path)
			}
		}
		if get(e, "class_uid") != 2003.0 || get(e, "type_uid") != 200301.0 || get(e, "category_uid") != 2.0 || get(e, "time") != 1772452800000.0 {
			t.Errorf("event %d: %v %v %v", i, get(e, "class_uid"), get(e, "type_uid"), get(e, "time"))
		}
	}
	for i, want := range []struct {
		status, severity, workflow float64
		name                       string
	}{{1, 1, 1, "Pass"}, {3, 3, 1, "Fail"}, {0, 2, 1, "Unknown"}, {2, 2, 3, "Warning"}, {0, 4, 1, "Unknown"}} {
		e := events[i]
		if get(e, "compliance.status_id") != want.status || get(e, "compliance.status") != want.name || get(e, "severity_id") != want.severity || get(e, "status_id") != want.workflow {
			t.Errorf("event %d: %v %v %v", i, get(e, "compliance.status_id"), get(e, "severity_id"), get(e, "status_id"))
		}
	}
	if get(events[1], "cloud.account.uid") != "111122223333" || get(events[4], "cloud.account") != nil {
		t.Error("the account is wrong")
	}
	if get(events[1], "resources.type") != "alarm" || get(events[1], "remediation.desc") == nil || get(events[1], "evidences.data.answer.AlarmName") != hostile {
		t.Errorf("%v", events[1])
	}
	if get(events[1], "compliance.requirements").([]any)[0] != "CIS AWS Foundations Benchmark v7.0.0/5.14" {
		t.Errorf("%v", get(events[1], "compliance"))
	}
}

// What the schema of SARIF 2.1.0 and GitHub's code scanning require.
func TestSARIF(t *testing.T) {
	type text struct{ Text string }
	var got struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID                                      string
						ShortDescription, FullDescription, Help text
						Properties                              map[string]any
					}
				}
			}
			AutomationDetails struct{ ID string }
			Results           []struct {
				RuleID      string
				RuleIndex   int
				Level, Kind string
				Message     text
				Locations   []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
				PartialFingerprints map[string]string
				Suppressions        []struct{ Kind, Status string }
			}
		}
	}
	if err := json.Unmarshal([]byte(written(t, SARIF, sample())), &got); err != nil {
		t.Fatal(err)
	}
	run := got.Runs[0]
	if got.Version != "2.1.0" || got.Schema == "" || run.Tool.Driver.Name != "tocsin audit" || run.Tool.Driver.Version != "1.2.3" || run.AutomationDetails.ID == "" {
		t.Errorf("%+v", got)
	}
	if len(run.Tool.Driver.Rules) != 4 || len(run.Results) != 4 {
		t.Fatalf("%d rules, %d results", len(run.Tool.Driver.Rules), len(run.Results))
	}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.ID == "" || rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" || rule.Properties["security-severity"] == nil {
			t.Errorf("%+v", rule)
		}
	}
	prints := map[string]bool{}
	for i, r := range run.Results {
		where := r.Locations[0].PhysicalLocation
		u, err := url.Parse(where.ArtifactLocation.URI)
		if err != nil || u.IsAbs() || strings.ContainsAny(where.ArtifactLocation.URI, " <>\"") || where.Region.StartLine != 1 || r.Message.Text == "" ||
			run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Locations[0].LogicalLocations[0].FullyQualifiedName == "" {
			t.Errorf("result %d: %v %+v", i, err, r)
		}
		if (r.Kind != "fail") != (r.Level == "none") {
			t.Errorf("result %d is %s and of level %s", i, r.Kind, r.Level)
		}
		for _, p := range r.PartialFingerprints {
			if prints[p] {
				t.Errorf("fingerprint %s is there twice", p)
			}
			prints[p] = true
		}
	}
	if r := run.Results[2]; r.RuleID != "route-table-changes" || len(r.Suppressions) != 1 || r.Suppressions[0].Status != "accepted" {
		t.Errorf("%+v", r)
	}
	if text := written(t, SARIF, Audit{}); !strings.Contains(text, `"results": []`) || !strings.Contains(text, `"rules": []`) {
		t.Error(text)
	}
}
