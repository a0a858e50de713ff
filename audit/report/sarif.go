package report

import (
	"cmp"
	"io"
	"net/url"
	"strings"

	"tocsin/audit"
	"tocsin/core/control"
)

// SARIF writes the audit as a log of SARIF 2.1.0: the controls are rules, and what
// did not pass are results at the resource of the link that broke. GitHub's code
// scanning takes it: each result has a place in a file, which stands for the
// control of the account and Region, and a fingerprint that stays.
func SARIF(w io.Writer, a Audit) error {
	rules, results := []object{}, []object{}
	index := map[string]int{}
	for i := range a.Reports {
		r := &a.Reports[i]
		for k := range r.Findings {
			f := &r.Findings[k]
			if _, known := index[f.Control]; !known {
				index[f.Control] = len(rules)
				rules = append(rules, sarifRule(f))
			}
			if _, told := levels[f.Status]; told {
				results = append(results, sarifResult(r, f, index[f.Control]))
			}
		}
	}
	return writeJSON(w, object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"tool":              object{"driver": object{"name": "tocsin audit", "version": cmp.Or(a.Version, "(devel)"), "rules": rules}},
			"automationDetails": object{"id": "tocsin-audit/"},
			"columnKind":        "unicodeCodePoints",
			"results":           results,
		}},
	}, "  ")
}

func message(text string) object { return object{"text": cmp.Or(plain(text), "-")} }

func sarifRule(f *audit.Finding) object {
	tags := []string{"security"}
	if s := standard(f); s != "" {
		tags = append(tags, s+"/"+f.Item)
	}
	if f.SecurityHub != "" {
		tags = append(tags, "Security Hub "+f.SecurityHub)
	}
	title := hubTitle(f)
	return object{
		"id": f.Control, "shortDescription": message(title),
		"fullDescription": message(title + ": would one such event reach somebody?"),
		"help":            message("tocsin audit follows the alarm chain from the trails to the subscribers. The result says which link broke, and what would mend it."),
		"properties":      object{"tags": tags, "security-severity": cmp.Or(severityScore[f.Severity], "5.0")},
	}
}

func sarifResult(r *Report, f *audit.Finding, rule int) object {
	text := summary(f)
	if len(f.Path) > 0 {
		text += "\nChain: " + Chain(f)
	}
	lines := []string{}
	for l := range strings.SplitSeq(text, "\n") {
		lines = append(lines, plain(l))
	}
	if f.Mend != nil {
		lines = append(lines, mendLines(f.Mend)...)
	}
	account := cmp.Or(r.Account, "unknown")
	where := "aws/" + url.PathEscape(account) + "/" + url.PathEscape(r.Region) + "/" + url.PathEscape(f.Control)
	result := object{
		"ruleId": f.Control, "ruleIndex": rule, "level": levels[f.Status], "kind": kinds[f.Status], "message": object{"text": strings.Join(lines, "\n")},
		"locations": []object{{
			"physicalLocation": object{"artifactLocation": object{"uri": where}, "region": object{"startLine": 1}},
			"logicalLocations": []object{{"name": plain(at(f)), "fullyQualifiedName": plain(account + "/" + r.Region + "/" + at(f)), "kind": "resource"}},
		}},
		"partialFingerprints": object{"tocsinFinding/v1": findingID(r, f)},
	}
	if r.Accepts(f) {
		result["suppressions"] = []object{{"kind": "external", "status": "accepted", "justification": "the baseline accepts it"}}
	}
	return result
}

// at is the resource of the link that broke.
func at(f *audit.Finding) string {
	switch l := Broken(f); {
	case l != nil && l.Name == "":
		return l.Kind
	case l != nil:
		return l.Kind + "/" + l.Name
	}
	return f.Control
}

// A result that is no failure has the level none [SARIF 2.1.0, 3.27.9 and 3.27.10].
var (
	levels = map[audit.Status]string{audit.Failed: "error", audit.Warning: "warning", audit.NotAvailable: "none"}
	kinds  = map[audit.Status]string{audit.Failed: "fail", audit.Warning: "fail", audit.NotAvailable: "open"}
)

// severityScore is how code scanning sorts rules of security.
var severityScore = map[control.Severity]string{control.Low: "3.0", control.Medium: "5.0", control.High: "8.0", control.Critical: "9.5"}
