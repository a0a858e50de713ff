// Package report writes the findings of an audit for people and for programs.
// Everything that came from the account is escaped for the form it is written in.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tocsin/audit"
	"tocsin/core/control"
)

// An Audit is what is written: what became of each account and Region, by which
// version of the program and when.
type Audit struct {
	Version string    `json:"tocsin"`
	At      time.Time `json:"at"`
	Reports []Report  `json:"reports"`
}

// A Report has the findings of one account and Region.
type Report struct {
	Account string `json:"account"`
	// Name is what the organization calls the account.
	Name      string          `json:"name,omitempty"`
	Partition string          `json:"partition,omitempty"`
	Region    string          `json:"region"`
	At        time.Time       `json:"at"`
	Benchmark control.Version `json:"benchmark"`
	Calls     int             `json:"calls"`
	// Unasked is why the account could not be asked at all; its findings are
	// NOT_AVAILABLE then.
	Unasked  string          `json:"unasked,omitempty"`
	Findings []audit.Finding `json:"findings"`
	// Accepted are the controls whose findings a baseline accepts.
	Accepted []string        `json:"accepted,omitempty"`
	Missing  []audit.Missing `json:"missing,omitempty"`
}

// Of is the report on an account.
func Of(a *audit.Account, findings []audit.Finding, v control.Version) Report {
	return Report{
		Account: a.ID, Partition: a.Partition, Region: a.Region, At: a.At, Benchmark: v, Calls: a.Calls, Findings: findings, Missing: a.Missing,
	}
}

// Count is how many findings have the status.
func (r *Report) Count(s audit.Status) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Status == s {
			n++
		}
	}
	return n
}

// Accepts tells whether the control's finding is accepted.
func (r *Report) Accepts(f *audit.Finding) bool { return slices.Contains(r.Accepted, f.Control) }

// Statuses are in the order in which they are told.
func Statuses() []audit.Status {
	return []audit.Status{audit.Failed, audit.Warning, audit.NotAvailable, audit.Passed}
}

// Counts is the sentence with how many findings have each status.
func (r *Report) Counts() string {
	var parts []string
	for _, s := range Statuses() {
		if n := r.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// A Writer writes an audit in one form.
type Writer func(io.Writer, Audit) error

// Formats are the forms for programs, and HTML, by name.
func Formats() map[string]Writer {
	return map[string]Writer{"json": JSON, "junit": JUnit, "sarif": SARIF, "html": HTML, "asff": ASFF, "ocsf": OCSF}
}

// JSON writes the audit as one document.
func JSON(w io.Writer, a Audit) error {
	a.Reports = slices.Clone(orEmpty(a.Reports))
	for i := range a.Reports {
		a.Reports[i].Findings = orEmpty(a.Reports[i].Findings)
	}
	return writeJSON(w, a, "  ")
}

// writeJSON writes a value as JSON of which no character is one that a terminal
// or a reader would take for more than itself.
func writeJSON(w io.Writer, v any, indent string) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeJSON(b.String()))
	return err
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Number is the finding's number in the benchmark, or its id in Security Hub.
func Number(f *audit.Finding) string {
	if f.Item != "" {
		return f.Item
	}
	return f.SecurityHub
}

// Broken is the link that broke first, nil for none.
func Broken(f *audit.Finding) *audit.Link {
	if f.Broke < 0 || f.Broke >= len(f.Path) {
		return nil
	}
	return &f.Path[f.Broke]
}

// Chain is the path in one line, with the link that broke marked.
func Chain(f *audit.Finding) string {
	var parts []string
	for i := range f.Path {
		text := f.Path[i].Called(short)
		if i == f.Broke {
			text = "(!) " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " > ")
}

// standard is the benchmark that a finding is by, "" for none.
func standard(f *audit.Finding) string {
	if f.Item == "" {
		return ""
	}
	return "CIS AWS Foundations Benchmark v" + string(f.Benchmark)
}

// passedText is what a finding that has nothing to complain of says.
const passedText = "every event of the control reaches a confirmed subscriber"

// summary is why, of a finding that passed too.
func summary(f *audit.Finding) string {
	if f.Summary == "" {
		return passedText
	}
	return f.Summary
}
