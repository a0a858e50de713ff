package report

import (
	"encoding/xml"
	"io"
	"strings"

	"tocsin/audit"
)

type testSuites struct {
	XMLName xml.Name    `xml:"testsuites"`
	Suites  []testSuite `xml:"testsuite"`
}

type testSuite struct {
	Name      string     `xml:"name,attr"`
	Tests     int        `xml:"tests,attr"`
	Failures  int        `xml:"failures,attr"`
	Skipped   int        `xml:"skipped,attr"`
	Timestamp string     `xml:"timestamp,attr"`
	Cases     []testCase `xml:"testcase"`
}

type testCase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Failure *outcome `xml:"failure"`
	Skipped *outcome `xml:"skipped"`
	Out     string   `xml:"system-out,omitempty"`
}

type outcome struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the reports as test results: FAILED and WARNING are failures,
// NOT_AVAILABLE is skipped.
func JUnit(w io.Writer, reports []Report) error {
	var all testSuites
	for _, r := range reports {
		s := testSuite{Name: plain(r.Account + " " + r.Region), Tests: len(r.Findings), Timestamp: r.At.Format("2006-01-02T15:04:05")}
		for i := range r.Findings {
			f := &r.Findings[i]
			c := testCase{Name: strings.TrimSpace(number(f) + " " + f.Control), Class: "audit." + string(r.Benchmark)}
			switch f.Status {
			case audit.Failed, audit.Warning:
				s.Failures++
				c.Failure = &outcome{plain(string(f.Status) + ": " + f.Summary), detail(f)}
			case audit.NotAvailable:
				s.Skipped++
				c.Skipped = &outcome{Message: plain(f.Summary)}
			}
			s.Cases = append(s.Cases, c)
		}
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
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
