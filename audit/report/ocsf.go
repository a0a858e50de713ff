package report

import (
	"encoding/json"
	"io"
	"strings"

	"tocsin/audit"
	"tocsin/core/control"
)

// ocsfVersion is the version of the schema that the events are written by; they
// use nothing that a later 1.x deprecates.
const ocsfVersion = "1.5.0"

// OCSF writes each finding as an event of the Open Cybersecurity Schema
// Framework, Compliance Finding (class 2003), one on a line.
func OCSF(w io.Writer, a Audit) error {
	for i := range a.Reports {
		r := &a.Reports[i]
		for k := range r.Findings {
			if err := writeJSON(w, ocsf(a.Version, r, &r.Findings[k]), ""); err != nil {
				return err
			}
		}
	}
	return nil
}

type object = map[string]any

// ocsfStatus is compliance.status_id and its caption. A WARNING is one there
// too; what could not be decided is unknown.
var ocsfStatus = map[audit.Status]struct {
	id   int
	name string
}{audit.Passed: {1, "Pass"}, audit.Warning: {2, "Warning"}, audit.Failed: {3, "Fail"}, audit.NotAvailable: {0, "Unknown"}}

// ocsfSeverity is severity_id and its caption.
var ocsfSeverity = map[control.Severity]struct {
	id   int
	name string
}{control.Low: {2, "Low"}, control.Medium: {3, "Medium"}, control.High: {4, "High"}, control.Critical: {5, "Critical"}}

func ocsf(version string, r *Report, f *audit.Finding) object {
	ms := r.At.UnixMilli()
	severity, known := ocsfSeverity[f.Severity]
	if f.Status == audit.Passed || !known {
		severity.id, severity.name = 1, "Informational"
	}
	status := ocsfStatus[f.Status]
	compliance := object{
		"control": strings.TrimSpace(Number(f) + " " + plain(titleOf(f))), "standards": []string{"tocsin control pack"},
		"status": status.name, "status_id": status.id, "status_code": f.Status, "status_details": []string{plain(summary(f))},
	}
	if s := standard(f); s != "" {
		compliance["standards"] = []string{s}
		compliance["requirements"] = requirements(f)
	}
	e := object{
		"activity_id": 1, "activity_name": "Create", "category_uid": 2, "category_name": "Findings", "class_uid": 2003, "class_name": "Compliance Finding",
		"type_uid": 200301, "type_name": "Compliance Finding: Create", "severity_id": severity.id, "severity": severity.name,
		"status_id": 1, "status": "New", "time": ms, "message": plain(summary(f)), "compliance": compliance,
		"metadata": object{
			"version": ocsfVersion, "profiles": []string{"cloud"}, "event_code": f.Control,
			"product": object{"name": "tocsin", "vendor_name": "tocsin", "version": version, "feature": object{"name": "audit"}},
		},
		"finding_info": object{
			"uid": findingID(r, f), "title": plain(titleOf(f)), "desc": plain(hubDescription(f)), "created_time": ms, "types": []string{hubType(f)},
			"analytic": object{"uid": f.Control, "name": f.Control, "type": "Rule", "type_id": 1},
		},
		"cloud": cloudOf(r), "resources": ocsfResources(r, f),
	}
	if r.Accepts(f) {
		e["status_id"], e["status"] = 3, "Suppressed"
	}
	if f.Mend != nil {
		e["remediation"] = object{"desc": strings.Join(mendLines(f.Mend), "\n")}
	}
	if evidences := ocsfEvidences(f); len(evidences) > 0 {
		e["evidences"] = evidences
	}
	return e
}

func cloudOf(r *Report) object {
	cloud := object{"provider": "AWS", "region": r.Region}
	if r.Account != "" {
		account := object{"uid": r.Account, "type": "AWS Account", "type_id": 10}
		if r.Name != "" {
			account["name"] = plain(r.Name)
		}
		cloud["account"] = account
	}
	return cloud
}

func ocsfResources(r *Report, f *audit.Finding) []object {
	list := []object{}
	for _, one := range resourcesOf(r, f, 32) {
		res := object{"uid": plain(one.id), "name": plain(one.name), "type": one.kind}
		if one.region != "" {
			res["region"] = one.region
		}
		if r.Partition != "" {
			res["cloud_partition"] = r.Partition
		}
		list = append(list, res)
	}
	if len(list) == 0 && r.Account != "" {
		list = append(list, object{"uid": r.Account, "name": r.Account, "type": "account", "region": r.Region})
	}
	return list
}

func ocsfEvidences(f *audit.Finding) []object {
	var list []object
	for _, e := range f.Evidence {
		if answer := answerOf(e); answer != nil {
			list = append(list, object{"data": object{"call": e.Call, "resource": plain(e.Resource), "answer": json.RawMessage(answer)}})
		}
	}
	return list
}

// mendLines is what would mend it, a line each; commands stay as they are.
func mendLines(m *audit.Mend) []string {
	lines := []string{plain(m.Text)}
	for _, c := range m.CLI {
		lines = append(lines, visible(c))
	}
	return lines
}
