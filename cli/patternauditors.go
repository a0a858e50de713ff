package cli

import (
	"fmt"
	"io"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// auditorRemarks are what known auditors of a control will not accept in a
// pattern for it, and how many auditors were asked. c may be nil: none then.
func auditorRemarks(c *control.Control, p *pattern.Pattern) (remarks []lintRemark, asked int) {
	if c == nil {
		return nil, 0
	}
	demands := c.AuditorDemands()
	for _, d := range demands {
		for _, r := range newRemarks(p.Text, pattern.LintAuditors(p, []pattern.Demand{d})) {
			r.Auditor = d.Auditor
			remarks = append(remarks, r)
		}
	}
	return remarks, len(demands)
}

// showAuditors shows in one block what the auditors of a control want. The
// texts that would please them are long, so they are only shown when asked for.
func showAuditors(w io.Writer, sc screen, l lintedPattern, remarks []lintRemark, texts bool) {
	wide := 0
	for _, r := range remarks {
		wide = max(wide, width(clean(r.Auditor)))
	}
	// The control's name stands before it, which says of which pattern this is.
	head := fmt.Sprintf("%s: note: not accepted by %d of %s [auditor]", l.name(), len(remarks), count(int64(l.auditors), "known auditor"))
	for i, line := range wrap(head, sc.width-2) {
		if i > 0 {
			line = "  " + line
		}
		fmt.Fprintln(w, strings.Replace(line, "note:", sc.paint(cyan, "note:"), 1))
	}
	for _, r := range remarks {
		name := clean(r.Auditor)
		_, why, ok := strings.Cut(clean(r.Message), " will not accept this text: ")
		if !ok {
			why = clean(r.Message)
		}
		for i, line := range wrap(why, sc.width-wide-len(gap)-2) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "  %s%s%s\n", sc.paint(bold, pad(name, wide)), gap, line)
		}
		if texts && r.Remedy != "" {
			fmt.Fprintf(w, "  %s%s%s %s\n", pad("", wide), gap, sc.paint(dim, "write"), clean(r.Remedy))
		}
	}
}
