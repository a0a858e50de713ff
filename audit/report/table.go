package report

import (
	"fmt"
	"io"
	"strings"

	"tocsin/audit"
)

// Table writes the reports as text: a line for each finding, and below those that
// did not pass the chain, what would mend it, and the remarks.
func Table(w io.Writer, reports []Report) error {
	var b strings.Builder
	for i, r := range reports {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "account %s, %s, CIS %s: %s\n\n", plain(r.Account), plain(r.Region), r.Benchmark, r.counts())
		for k := range r.Findings {
			tableFinding(&b, &r.Findings[k])
		}
		if len(r.Missing) > 0 {
			b.WriteString("\nnot readable:\n")
		}
		for _, m := range r.Missing {
			fmt.Fprintf(&b, "  %s on %s: %s\n", plain(m.Action), plain(m.Resource), plain(m.Code))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tableFinding(b *strings.Builder, f *audit.Finding) {
	fmt.Fprintf(b, "%-13s %-6s %s\n", f.Status, number(f), f.Control)
	line := func(name, text string) { fmt.Fprintf(b, "%21s%-7s %s\n", "", name, text) }
	if f.Status != audit.Passed {
		line("why", plain(f.Summary))
		if len(f.Path) > 0 {
			line("chain", plain(chain(f, "(!) ")))
		}
		if len(f.Missed) > 0 && f.Status != audit.NotAvailable {
			line("missed", plain(strings.Join(f.Missed, ", ")))
		}
	}
	if m := f.Mend; m != nil {
		line("mend", plain(m.Text))
		for _, c := range m.CLI {
			line("", plain(c))
		}
	}
	for _, r := range f.Remarks {
		line("note", plain(r.Text))
	}
}
