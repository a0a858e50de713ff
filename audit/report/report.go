// Package report writes the findings of an audit for people and for programs.
// Everything that came from the account is escaped for the form it is written in.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"tocsin/audit"
	"tocsin/core/control"
)

// A Report is what is written: the findings of one account and Region.
type Report struct {
	Account   string          `json:"account"`
	Region    string          `json:"region"`
	At        time.Time       `json:"at"`
	Benchmark control.Version `json:"benchmark"`
	Calls     int             `json:"calls"`
	Findings  []audit.Finding `json:"findings"`
	Missing   []audit.Missing `json:"missing,omitempty"`
}

// Of is the report on an account.
func Of(a *audit.Account, findings []audit.Finding, v control.Version) Report {
	return Report{Account: a.ID, Region: a.Region, At: a.At, Benchmark: v, Calls: a.Calls, Findings: findings, Missing: a.Missing}
}

// A Writer writes reports in one form.
type Writer func(io.Writer, []Report) error

// Formats are the forms by name.
func Formats() map[string]Writer {
	return map[string]Writer{"table": Table, "json": JSON, "junit": JUnit, "sarif": SARIF, "html": HTML}
}

// JSON writes the reports as one document.
func JSON(w io.Writer, reports []Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Reports []Report `json:"reports"`
	}{reports})
}

// statuses are in the order in which they are told.
var statuses = []audit.Status{audit.Failed, audit.Warning, audit.NotAvailable, audit.Passed}

// counts is the sentence with how many findings have each status.
func (r Report) counts() string {
	var parts []string
	for _, s := range statuses {
		n := 0
		for i := range r.Findings {
			if r.Findings[i].Status == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// number is the finding's number in the benchmark, or its id in Security Hub.
func number(f *audit.Finding) string {
	if f.Item != "" {
		return f.Item
	}
	return f.SecurityHub
}

// chain is the path in one line, with the link that broke marked.
func chain(f *audit.Finding, broke string) string {
	var parts []string
	for i, l := range f.Path {
		text := l.Kind + " " + l.Name
		if i == f.Broke {
			text = broke + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " > ")
}

// plain is a text from the account on one line without control characters.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)), " ")
}

// lines is a text of several lines, each without control characters.
func lines(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return ' '
		}
		return r
	}, text)
}
