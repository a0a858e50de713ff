package cli

import (
	"encoding/json"
	"os"
	"slices"

	"tocsin/audit"
	"tocsin/audit/report"
)

// A baseline holds findings that are accepted, as --format json wrote them.
type baseline struct {
	accepted map[baselineKey][]audit.Finding
}

// A baselineKey is what a finding is known by.
type baselineKey struct {
	account, region, control string
	status                   audit.Status
}

// readBaseline reads what is accepted; no file is nothing.
func readBaseline(name string) (*baseline, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("--baseline: %w", err)
	}
	var had struct {
		Reports []struct{ Findings []audit.Finding }
	}
	if err := json.Unmarshal(text, &had); err != nil {
		return nil, usagef("--baseline: %s is not what --format json writes: %w", name, err)
	}
	b := &baseline{map[baselineKey][]audit.Finding{}}
	for _, r := range had.Reports {
		for _, f := range r.Findings {
			key := baselineKey{f.Account, f.Region, f.Control, f.Status}
			b.accepted[key] = append(b.accepted[key], f)
		}
	}
	if len(b.accepted) == 0 {
		return nil, usagef("--baseline: %s holds no findings", name)
	}
	return b, nil
}

// accepts tells whether the finding is no worse than one of the baseline: the same
// kind of link broke, and no event is missed that was not missed then.
func (b *baseline) accepts(f *audit.Finding) bool {
	if b == nil || f.Status == audit.Passed {
		return false
	}
	return slices.ContainsFunc(b.accepted[baselineKey{f.Account, f.Region, f.Control, f.Status}], func(had audit.Finding) bool {
		return brokenKind(&had) == brokenKind(f) &&
			!slices.ContainsFunc(f.Missed, func(event string) bool { return !slices.Contains(had.Missed, event) })
	})
}

// brokenKind is the kind of the link that broke, "" for none.
func brokenKind(f *audit.Finding) string {
	if l := report.Broken(f); l != nil {
		return l.Kind
	}
	return ""
}

// accept marks what the baseline accepts, and tells whether anything is left that
// somebody has to look at.
func (a *auditing) accept(result *report.Audit) (findings bool) {
	for i := range result.Reports {
		r := &result.Reports[i]
		r.Accepted = nil
		for k := range r.Findings {
			switch f := &r.Findings[k]; {
			case f.Status == audit.Passed:
			case a.accepted.accepts(f):
				r.Accepted = append(r.Accepted, f.Control)
			default:
				findings = true
			}
		}
	}
	return findings
}
