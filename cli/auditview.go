package cli

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"tocsin/audit"
	"tocsin/audit/report"
)

// An auditView shows an audit on a screen.
type auditView struct {
	w  io.Writer
	sc screen
}

// showAudit writes an audit as text: of each account and Region a line for each
// finding, and below those that did not pass the chain, what would mend it, and
// the remarks.
func showAudit(w io.Writer, sc screen, a report.Audit) error {
	var b bytes.Buffer
	v := auditView{sc.forPeople(&b), sc}
	if len(a.Reports) > 1 {
		v.overview(a.Reports)
	}
	for i := range a.Reports {
		if i > 0 || len(a.Reports) > 1 {
			fmt.Fprintln(v.w)
		}
		v.report(&a.Reports[i])
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
	numbers := 0
	for i := range r.Findings {
		numbers = max(numbers, width(report.Number(&r.Findings[i])))
	}
	for i := range r.Findings {
		v.finding(r, &r.Findings[i], numbers)
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

func (v *auditView) finding(r *report.Report, f *audit.Finding, numbers int) {
	status := v.sc.paint(auditStyles[f.Status], auditMarks[f.Status]+" "+pad(string(f.Status), len("NOT_AVAILABLE")))
	accepted := ""
	if r.Accepts(f) {
		accepted = v.sc.paint(dim, "  accepted by the baseline")
	}
	fmt.Fprintf(v.w, "%s  %s  %s%s\n", status, pad(report.Number(f), numbers), clean(f.Control), accepted)
	if accepted != "" {
		return
	}
	if f.Status != audit.Passed {
		v.named("why", f.Summary)
		if len(f.Path) > 0 {
			v.named("chain", report.Chain(f))
		}
		if len(f.Missed) > 0 && f.Status != audit.NotAvailable {
			v.named("missed", strings.Join(f.Missed, ", "))
		}
	}
	if m := f.Mend; m != nil {
		v.named("mend", m.Text)
		for _, c := range m.CLI { // in one piece, to be copied
			fmt.Fprintf(v.w, "%s%s\n", strings.Repeat(" ", textIndent), v.sc.paint(cyan, clean(c)))
		}
	}
	for _, remark := range f.Remarks {
		v.named("note", remark.Text)
	}
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
