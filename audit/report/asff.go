package report

import (
	"cmp"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"tocsin/audit"
	"tocsin/core/control"
)

// hubBatch is how many findings BatchImportFindings takes at a time.
const hubBatch = 100

// hubFinding is a finding in AWS's Security Finding Format.
type hubFinding struct {
	SchemaVersion, Id, ProductArn, ProductName, CompanyName, GeneratorId, AwsAccountId string
	Types                                                                              []string
	CreatedAt, UpdatedAt, LastObservedAt                                               string
	Severity                                                                           hubSeverity
	Title, Description                                                                 string
	Remediation                                                                        *hubRemediation `json:",omitempty"`
	ProductFields                                                                      map[string]string
	Resources                                                                          []hubResource
	Compliance                                                                         hubCompliance
	RecordState                                                                        string
	FindingProviderFields                                                              hubProvider
}

type hubSeverity struct{ Label, Original string }

type hubProvider struct {
	Severity hubSeverity
	Types    []string
}

type hubRemediation struct {
	Recommendation struct{ Text string }
}

type hubResource struct {
	Type, Id, Partition string
	Region              string                       `json:",omitempty"`
	Details             map[string]map[string]string `json:",omitempty"`
}

type hubCompliance struct {
	Status              audit.Status
	StatusReasons       []hubReason
	RelatedRequirements []string `json:",omitempty"`
	SecurityControlId   string   `json:",omitempty"`
}

type hubReason struct{ ReasonCode, Description string }

// ASFF writes the findings in AWS's Security Finding Format: on each line an
// array that BatchImportFindings takes as it is, of one account and Region, with
// at most a hundred findings. An account whose number is not known has no line,
// for Security Hub knows findings by it.
func ASFF(w io.Writer, a Audit) error {
	for i := range a.Reports {
		r := &a.Reports[i]
		if r.Account == "" {
			continue
		}
		for from := 0; from < len(r.Findings); from += hubBatch {
			var batch []hubFinding
			for k := from; k < min(from+hubBatch, len(r.Findings)); k++ {
				batch = append(batch, asff(a.Version, r, &r.Findings[k]))
			}
			if err := writeJSON(w, batch, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// The limits are those of the API's documentation of AwsSecurityFinding.
func asff(version string, r *Report, f *audit.Finding) hubFinding {
	partition := r.Partition
	if partition == "" {
		partition = "aws"
	}
	at := r.At.UTC().Format("2006-01-02T15:04:05.000Z")
	severity, kinds := hubSeverity{hubLabel(f), f.Severity.String()}, []string{hubType(f)}
	h := hubFinding{
		SchemaVersion: "2018-10-08", Id: findingID(r, f), ProductName: "tocsin", CompanyName: "tocsin",
		ProductArn:  "arn:" + partition + ":securityhub:" + r.Region + ":" + r.Account + ":product/" + r.Account + "/default",
		GeneratorId: atMost("tocsin-audit/"+f.Control, 512), AwsAccountId: r.Account, Types: kinds, CreatedAt: at, UpdatedAt: at, LastObservedAt: at,
		Severity: severity, Title: atMost(hubTitle(f), 256), Description: atMost(hubDescription(f), 1024), RecordState: "ACTIVE",
		FindingProviderFields: hubProvider{severity, kinds}, ProductFields: hubFields(version, r, f),
		Compliance: hubCompliance{
			Status: f.Status, StatusReasons: []hubReason{{reasonCode(f), atMost(summary(f), 1024)}}, RelatedRequirements: requirements(f), SecurityControlId: f.SecurityHub,
		},
	}
	if f.Mend != nil {
		h.Remediation = &hubRemediation{}
		h.Remediation.Recommendation.Text = hubRecommendation(f.Mend)
	}
	for _, one := range resourcesOf(r, f, 32) {
		kind, known := hubTypes[one.kind]
		res := hubResource{Type: kind, Id: atMost(one.id, 512), Partition: partition, Region: atMost(one.region, 16)}
		if !known {
			res.Type, res.Details = "Other", map[string]map[string]string{"Other": {"Kind": one.kind, "Name": atMost(one.name, 1024)}}
		}
		h.Resources = append(h.Resources, res)
	}
	if len(h.Resources) == 0 {
		h.Resources = []hubResource{{Type: "AwsAccount", Id: "AWS::::Account:" + r.Account, Partition: partition, Region: r.Region}}
	}
	return h
}

// hubRecommendation has the commands where there is space for all of them: half a
// command is worse than none.
func hubRecommendation(m *audit.Mend) string {
	const most = 512
	if whole := strings.Join(mendLines(m), " | "); utf8.RuneCountInString(whole) <= most && len(m.CLI) > 0 {
		return whole
	}
	return atMost(cmp.Or(plain(m.Text), "see the report of tocsin audit"), most)
}

// findingID is the same for the same control of the same account and Region, so
// that a later audit updates the finding.
func findingID(r *Report, f *audit.Finding) string {
	return atMost("tocsin/audit/"+r.Account+"/"+r.Region+"/"+f.Control, 512)
}

func hubTitle(f *audit.Finding) string { return strings.TrimSpace(Number(f) + " " + titleOf(f)) }

func titleOf(f *audit.Finding) string {
	if plain(f.Title) == "" {
		return f.Control
	}
	return f.Title
}

func hubDescription(f *audit.Finding) string {
	text := summary(f)
	if len(f.Path) > 0 {
		text += ". Chain: " + Chain(f)
	}
	if len(f.Missed) > 0 && f.Status != audit.NotAvailable {
		text += ". Missed: " + strings.Join(f.Missed, ", ")
	}
	return text
}

// hubLabels are Security Hub's words for severities.
var hubLabels = map[control.Severity]string{control.Low: "LOW", control.Medium: "MEDIUM", control.High: "HIGH", control.Critical: "CRITICAL"}

func hubLabel(f *audit.Finding) string {
	label, known := hubLabels[f.Severity]
	if f.Status == audit.Passed || !known {
		return "INFORMATIONAL"
	}
	return label
}

func hubType(f *audit.Finding) string {
	if s := standard(f); s != "" {
		return "Software and Configuration Checks/Industry and Regulatory Standards/CIS AWS Foundations Benchmark"
	}
	return "Software and Configuration Checks/AWS Security Best Practices"
}

// requirements are the items of the benchmark that a finding is by.
func requirements(f *audit.Finding) []string {
	if s := standard(f); s != "" {
		return []string{s + "/" + f.Item}
	}
	return nil
}

func hubFields(version string, r *Report, f *audit.Finding) map[string]string {
	fields := map[string]string{"tocsin/control": f.Control}
	for key, value := range map[string]string{
		"tocsin/version": version, "tocsin/account-name": r.Name, "tocsin/meaning": string(f.Meaning), "tocsin/filters": strings.Join(f.Filters, ", "),
		"tocsin/chain": Chain(f),
	} {
		if value = atMost(value, 1024); value != "" {
			fields[key] = value
		}
	}
	for _, m := range f.Remarks {
		if m.About == "auditor" && m.Auditor != "" {
			fields[atMost("tocsin/auditor/"+strings.ReplaceAll(m.Auditor, " ", ""), 128)] = atMost(m.Text, 1024)
		}
	}
	if r.Accepts(f) {
		fields["tocsin/accepted"] = "true"
	}
	return fields
}

var notInCode = regexp.MustCompile(`[^A-Z]+`)

// reasonCode names the link that broke and how: METRIC_FILTER_BROKEN.
func reasonCode(f *audit.Finding) string {
	switch l := Broken(f); {
	case f.Status == audit.Passed:
		return "CHAIN_HOLDS"
	case l != nil:
		return notInCode.ReplaceAllString(strings.ToUpper(l.Kind+"_"+l.Rank.String()), "_")
	case f.Status == audit.NotAvailable:
		return "NOT_READABLE"
	}
	return "CHAIN_BROKEN"
}

// answerOf is the API's answer as a JSON value, nil for none.
func answerOf(e audit.Evidence) json.RawMessage {
	if len(e.Answer) == 0 {
		return nil
	}
	return e.Answer
}
