// Package junit writes results in the XML form that test reporters read.
package junit

import (
	"encoding/xml"
	"io"
)

// Suites are all results.
type Suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr,omitempty"`
	Suites  []Suite  `xml:"testsuite"`
}

// A Suite is the results about one thing. Add keeps its counts.
type Suite struct {
	Name      string `xml:"name,attr"`
	Tests     int    `xml:"tests,attr"`
	Failures  int    `xml:"failures,attr"`
	Errors    int    `xml:"errors,attr"`
	Skipped   int    `xml:"skipped,attr,omitempty"`
	Timestamp string `xml:"timestamp,attr,omitempty"` // 2026-03-01T12:00:00
	Cases     []Case `xml:"testcase"`
}

// A Case is one result: well unless one of the outcomes is there.
type Case struct {
	Class   string   `xml:"classname,attr"` // that of the suite's name when empty
	Name    string   `xml:"name,attr"`
	Failure *Outcome `xml:"failure,omitempty"`
	Error   *Outcome `xml:"error,omitempty"`
	Skipped *Outcome `xml:"skipped,omitempty"`
	Out     string   `xml:"system-out,omitempty"`
}

// An Outcome says why a case is not well.
type Outcome struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// Add adds a case.
func (s *Suite) Add(c Case) {
	if c.Class == "" {
		c.Class = s.Name
	}
	s.Tests++
	for _, counted := range []struct {
		is bool
		in *int
	}{{c.Failure != nil, &s.Failures}, {c.Error != nil, &s.Errors}, {c.Skipped != nil, &s.Skipped}} {
		if counted.is {
			*counted.in++
		}
	}
	s.Cases = append(s.Cases, c)
}

// Write writes the results as a document, indented, with a line end.
func (all Suites) Write(w io.Writer) error {
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
