package report

import (
	"cmp"
	"io"
	"strings"

	"tocsin/audit"
	"tocsin/core/junit"
)

// JUnit writes the audit as test results: FAILED and WARNING are failures,
// NOT_AVAILABLE and what the baseline accepts are skipped. An account that could
// not be asked is an error.
func JUnit(w io.Writer, a Audit) error {
	all := junit.Suites{Name: "tocsin audit"}
	for i := range a.Reports {
		r := &a.Reports[i]
		s := junit.Suite{Name: plain(cmp.Or(r.Account, "unknown account") + " " + r.Region), Timestamp: r.At.UTC().Format("2006-01-02T15:04:05")}
		if r.Unasked != "" {
			s.Add(junit.Case{Name: "asking the account", Class: "audit", Error: &junit.Outcome{Message: plain(r.Unasked)}})
		}
		for k := range r.Findings {
			f := &r.Findings[k]
			c := junit.Case{Name: strings.TrimSpace(Number(f) + " " + f.Control), Class: "audit." + string(r.Benchmark)}
			switch {
			case f.Status == audit.Passed:
			case r.Accepts(f):
				c.Skipped = &junit.Outcome{Message: plain("accepted by the baseline: " + string(f.Status) + ": " + summary(f))}
			case f.Status == audit.NotAvailable:
				c.Skipped = &junit.Outcome{Message: plain(summary(f))}
			default:
				c.Failure = &junit.Outcome{Message: plain(string(f.Status) + ": " + summary(f)), Text: detail(f)}
			}
			s.Add(c)
		}
		all.Suites = append(all.Suites, s)
	}
	var b strings.Builder
	if err := all.Write(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, visible(b.String()))
	return err
}

// detail is the chain and the mend, a line each.
func detail(f *audit.Finding) string {
	lines := []string{plain(Chain(f))}
	if len(f.Missed) > 0 {
		lines = append(lines, "missed: "+plain(strings.Join(f.Missed, ", ")))
	}
	if f.Mend != nil {
		lines = append(lines, mendLines(f.Mend)...)
	}
	return strings.Join(lines, "\n")
}
