package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"tocsin/core/digest"
	"tocsin/flow"
)

// The JUnit form that test reporters read: a suite for each chain and folder, a
// case for each kind of file, a failing case for each finding.
type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	Failure *junitFault `xml:"failure,omitempty"`
	Error   *junitFault `xml:"error,omitempty"`
	Out     string      `xml:"system-out,omitempty"`
}

type junitFault struct {
	Message string `xml:"message,attr"`
}

func (s *junitSuite) add(c junitCase) {
	c.Class = s.Name
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
	s.Cases = append(s.Cases, c)
}

func writeJUnit(w io.Writer, r flow.ValidateReport, complete bool) error {
	all := junitSuites{Name: "tocsin validate-logs"}
	for _, c := range r.Chains {
		s := junitSuite{Name: chainName(c)}
		for _, k := range []struct {
			name string
			of   flow.Verdicts
		}{{"digests", c.Digests}, {"backfill digests", c.Backfill}, {"log files", c.LogFiles}} {
			if k.of.Total() > 0 {
				s.add(junitCase{Name: k.name, Out: fmt.Sprintf("%d of %d valid", k.of.Valid, k.of.Total())})
			}
		}
		for _, f := range c.Findings {
			one := junitCase{Name: f.Kind + " " + clean(f.File)}
			fault := &junitFault{clean(f.Text)}
			if f.Reason == digest.Unreadable {
				one.Error = fault
			} else {
				one.Failure = fault
			}
			s.add(one)
		}
		for _, h := range c.Holes {
			one := junitCase{Name: "covered from " + h.From.Format(time.RFC3339) + " to " + h.To.Format(time.RFC3339)}
			if complete {
				one.Failure = &junitFault{holeText(h.Cause)}
			} else {
				one.Out = "not covered: " + holeText(h.Cause)
			}
			s.add(one)
		}
		all.Suites = append(all.Suites, s)
	}
	for _, f := range r.Folders {
		s := junitSuite{Name: clean("s3://" + f.Bucket + "/" + f.Folder)}
		s.add(junitCase{Name: "folder", Out: fmt.Sprintf("%d log files", f.LogFiles)})
		for _, name := range f.Unnamed {
			s.add(junitCase{Name: "log file " + clean(name), Failure: &junitFault{"no digest lists it"}})
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
