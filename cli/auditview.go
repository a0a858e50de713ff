package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tocsin/audit"
	"tocsin/audit/report"
)

// An auditView shows an audit on a screen.
type auditView struct {
	w  io.Writer
	sc screen
	// others says that auditors were named without their reasons.
	others bool
}

// showAudit writes an audit as text: of each account and Region a line for each
// finding, and below those that did not pass the chain, what would mend it, and
// the remarks.
func showAudit(w io.Writer, sc screen, a report.Audit) error {
	var b bytes.Buffer
	v := auditView{w: sc.forPeople(&b), sc: sc}
	if len(a.Reports) > 1 {
		v.overview(a.Reports)
	}
	for i := range a.Reports {
		if i > 0 || len(a.Reports) > 1 {
			fmt.Fprintln(v.w)
		}
		v.report(&a.Reports[i])
	}
	if v.others {
		fmt.Fprintln(v.w)
		v.text(dim, "others: auditors that compare texts or names; why they will not accept one is told of a --control alone, and with --format html or json", 0)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// overview has a line for each account and Region.
func (v *auditView) overview(reports []report.Report) {
	columns := []column{{title: "account"}, {title: "name", min: 8, spare: 1}, {title: "Region"}}
	for _, s := range report.Statuses() {
		columns = append(columns, column{title: string(s), right: true})
	}
	var rows [][]string
	for i := range reports {
		r := &reports[i]
		row := []string{clean(r.Account), clean(r.Name), clean(r.Region)}
		if r.Account == "" {
			row[0] = "unknown"
		}
		for _, s := range report.Statuses() {
			row = append(row, strconv.Itoa(r.Count(s)))
		}
		rows = append(rows, row)
	}
	l := fit(columns, rows, v.sc.width)
	fmt.Fprintln(v.w, v.sc.paint(dim, l.titles()))
	for _, row := range rows {
		fmt.Fprintln(v.w, l.line(row, true))
	}
}

func (v *auditView) report(r *report.Report) {
	fmt.Fprintf(v.w, "%s\n", v.sc.paint(bold, clean("account "+placeName(r)+", CIS "+string(r.Benchmark)))+": "+r.Counts())
	if r.Unasked != "" {
		v.text(loud, "could not be asked: "+r.Unasked, 2)
		return
	}
	fmt.Fprintln(v.w)
	for i := range r.Findings {
		v.finding(r, &r.Findings[i], len(r.Findings) <= fewFindings)
	}
	if len(r.Missing) > 0 {
		fmt.Fprintf(v.w, "\n%s\n", v.sc.paint(bold, "not readable"))
	}
	for _, m := range r.Missing {
		v.text("", m.Action+" on "+m.Resource+": "+m.Code, 2)
	}
}

// marks and styles of statuses.
var (
	auditMarks  = map[audit.Status]string{audit.Passed: "✓", audit.Failed: "✗", audit.Warning: "!", audit.NotAvailable: "?"}
	auditStyles = map[audit.Status]style{audit.Passed: green, audit.Failed: loud, audit.Warning: yellow, audit.NotAvailable: cyan}
)

// fewFindings are so few that each is shown with all that is to be said.
const fewFindings = 3

func (v *auditView) finding(r *report.Report, f *audit.Finding, whole bool) {
	status := v.sc.paint(auditStyles[f.Status], auditMarks[f.Status]+" "+pad(string(f.Status), len("NOT_AVAILABLE")))
	accepted := ""
	if r.Accepts(f) {
		accepted = v.sc.paint(dim, "  accepted by the baseline")
	}
	fmt.Fprintf(v.w, "%s  %s %s%s\n", status, v.sc.paint(dim, pad(report.Number(f), len("5.10"))), clean(f.Control), accepted)
	if accepted != "" {
		return
	}
	if f.Status != audit.Passed {
		v.named("why", f.Summary)
		if len(f.Path) > 0 {
			v.named("chain", report.Chain(f))
		}
		if len(f.Missed) > 0 && f.Status != audit.NotAvailable {
			v.named("missed", eventsText(f.Missed))
		}
	}
	if m := f.Mend; m != nil {
		v.named("mend", m.Text)
		for _, c := range m.CLI { // in one piece, to be copied
			fmt.Fprintf(v.w, "%s%s\n", strings.Repeat(" ", textIndent), v.sc.paint(cyan, clean(c)))
		}
	}
	var auditors []string
	for _, remark := range f.Remarks {
		switch {
		case remark.About != "auditor" || remark.Auditor == "":
			v.named("note", remark.Text)
		case whole:
			v.named("others", remark.Text)
			if remark.Remedy != "" {
				fmt.Fprintf(v.w, "%s%s\n", strings.Repeat(" ", textIndent), v.sc.paint(cyan, clean(remark.Remedy)))
			}
		case !slices.Contains(auditors, remark.Auditor):
			auditors = append(auditors, remark.Auditor)
		}
	}
	if len(auditors) > 0 {
		v.named("others", strings.Join(auditors, ", ")+" will not accept it")
		v.others = true
	}
}

// eventsText are events with the source that several have in common said once.
func eventsText(events []string) string {
	var sources, rest []string
	names := map[string][]string{}
	for _, e := range events {
		source, name, ok := strings.Cut(e, ".amazonaws.com:")
		if !ok || strings.ContainsAny(e, " $\"") {
			rest = append(rest, e)
			continue
		}
		if names[source] == nil {
			sources = append(sources, source)
		}
		names[source] = append(names[source], name)
	}
	var parts []string
	for _, source := range sources {
		parts = append(parts, source+".amazonaws.com: "+strings.Join(names[source], ", "))
	}
	return strings.Join(append(parts, rest...), "; ")
}

// textIndent is where the texts of a finding stand.
const textIndent = 12

// named writes a text under its name.
func (v *auditView) named(name, text string) {
	head := "    " + pad(name, textIndent-4)
	for _, line := range v.sc.wrap(clean(text), textIndent) {
		fmt.Fprintf(v.w, "%s%s\n", v.sc.paint(dim, head), line)
		head = strings.Repeat(" ", textIndent)
	}
}

// text writes a text with a margin.
func (v *auditView) text(st style, text string, margin int) {
	for _, line := range v.sc.wrap(clean(text), margin) {
		fmt.Fprintf(v.w, "%s%s\n", strings.Repeat(" ", margin), v.sc.paint(st, line))
	}
}
