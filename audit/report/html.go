package report

import (
	_ "embed"
	"html/template"
	"io"

	"tocsin/audit"
)

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"number": number,
	"counts": Report.counts,
	"plain":  plain,
	"lines":  lines,
	"class": func(s audit.Status) string {
		return map[audit.Status]string{audit.Passed: "passed", audit.Failed: "failed", audit.Warning: "warning", audit.NotAvailable: "open"}[s]
	},
	"answer": func(e audit.Evidence) string { return string(e.Answer) },
	"worth":  func(f audit.Finding) bool { return f.Status != audit.Passed },
}).Parse(page))

// HTML writes the reports as one page that needs nothing from anywhere: no
// script, no picture, no network. It prints on white with everything unfolded.
func HTML(w io.Writer, reports []Report) error {
	return pageTemplate.Execute(w, reports)
}
