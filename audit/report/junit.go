package report

import (
	"io"
	"strings"

	"tocsin/audit"
	"tocsin/core/junit"
)

// JUnit writes the reports as test results: FAILED and WARNING are failures,
// NOT_AVAILABLE is skipped.
func JUnit(w io.Writer, reports []Report) error {
	var all junit.Suites
	for _, r := range reports {
		s := junit.Suite{Name: plain(r.Account + " " + r.Region), Timestamp: r.At.Format("2006-01-02T15:04:05")}
		for i := range r.Findings {
			f := &r.Findings[i]
			c := junit.Case{Name: strings.TrimSpace(number(f) + " " + f.Control), Class: "audit." + string(r.Benchmark)}
			switch f.Status {
			case audit.Failed, audit.Warning:
				c.Failure = &junit.Outcome{Message: plain(string(f.Status) + ": " + f.Summary), Text: detail(f)}
			case audit.NotAvailable:
				c.Skipped = &junit.Outcome{Message: plain(f.Summary)}
			}
			s.Add(c)
		}
		all.Suites = append(all.Suites, s)
	}
	return all.Write(w)
}

// detail is the chain and the mend, a line each.
func detail(f *audit.Finding) string {
	lines := []string{plain(chain(f, "(!) "))}
	if f.Mend != nil {
		lines = append(lines, plain(f.Mend.Text))
		for _, c := range f.Mend.CLI {
			lines = append(lines, plain(c))
		}
	}
	return strings.Join(lines, "\n")
}
