package report

import (
	"encoding/json"
	"io"

	"tocsin/audit"
	"tocsin/core/control"
)

// SARIF writes the reports as a log of SARIF 2.1.0: the controls are rules, what
// did not pass are results at the resource of the link that broke.
func SARIF(w io.Writer, reports []Report) error {
	type object map[string]any
	message := func(text string) object { return object{"text": plain(text)} }
	var rules, results []object
	known := map[string]bool{}
	for _, r := range reports {
		for i := range r.Findings {
			f := &r.Findings[i]
			if !known[f.Control] {
				known[f.Control] = true
				rules = append(rules, object{
					"id": f.Control, "shortDescription": message(f.Title),
					"properties": object{"cis": f.Item, "securityHub": f.SecurityHub, "security-severity": severityScore[f.Severity]},
				})
			}
			level, told := levels[f.Status]
			if !told {
				continue
			}
			results = append(results, object{
				"ruleId": f.Control, "level": level, "kind": kinds[f.Status], "message": message(f.Summary),
				"locations": []object{{"logicalLocations": []object{{"fullyQualifiedName": plain(r.Account + "/" + r.Region + "/" + at(f)), "kind": "resource"}}}},
			})
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"tool":    object{"driver": object{"name": "tocsin audit", "rules": orEmpty(rules)}},
			"results": orEmpty(results),
		}},
	})
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// at is the resource of the link that broke.
func at(f *audit.Finding) string {
	if f.Broke >= 0 && f.Broke < len(f.Path) {
		return f.Path[f.Broke].Kind + "/" + f.Path[f.Broke].Name
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
