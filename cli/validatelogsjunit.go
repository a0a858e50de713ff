package cli

import (
	"fmt"
	"io"
	"time"

	"tocsin/core/digest"
	"tocsin/core/junit"
	"tocsin/flow"
)

// writeJUnit writes a suite for each chain and folder, a case for each kind of
// file, and a failing case for each finding.
func writeJUnit(w io.Writer, r flow.ValidateReport, complete bool) error {
	all := junit.Suites{Name: "tocsin validate-logs"}
	for _, c := range r.Chains {
		s := junit.Suite{Name: chainName(c)}
		for _, k := range []struct {
			name string
			of   flow.Verdicts
		}{{"digests", c.Digests}, {"backfill digests", c.Backfill}, {"log files", c.LogFiles}} {
			if k.of.Total() > 0 {
				s.Add(junit.Case{Name: k.name, Out: fmt.Sprintf("%d of %d valid", k.of.Valid, k.of.Total())})
			}
		}
		if c.Problem != "" {
			s.Add(junit.Case{Name: "public keys", Error: &junit.Outcome{Message: clean(c.Problem)}})
		}
		for _, f := range c.Findings {
			one := junit.Case{Name: f.Kind + " " + clean(f.File)}
			fault := &junit.Outcome{Message: clean(f.Text)}
			if f.Reason == digest.Unreadable {
				one.Error = fault
			} else {
				one.Failure = fault
			}
			s.Add(one)
		}
		for _, h := range c.Holes {
			one := junit.Case{Name: "covered from " + h.From.Format(time.RFC3339) + " to " + h.To.Format(time.RFC3339)}
			if complete {
				one.Failure = &junit.Outcome{Message: holeText(h.Cause)}
			} else {
				one.Out = "not covered: " + holeText(h.Cause)
			}
			s.Add(one)
		}
		all.Suites = append(all.Suites, s)
	}
	for _, f := range r.Folders {
		s := junit.Suite{Name: clean("s3://" + f.Bucket + "/" + f.Folder)}
		s.Add(junit.Case{Name: "folder", Out: fmt.Sprintf("%d log files", f.LogFiles)})
		for _, name := range f.Unnamed {
			s.Add(junit.Case{Name: "log file " + clean(name), Failure: &junit.Outcome{Message: "no digest lists it"}})
		}
		all.Suites = append(all.Suites, s)
	}
	if r.Stored != nil {
		all.Suites = append(all.Suites, storedSuite(r.Stored))
	}
	return all.Write(w)
}

// storedSuite is the comparison with what a server took in.
func storedSuite(r *flow.StoredReport) junit.Suite {
	s := junit.Suite{Name: clean("tocsin serve, " + r.Data)}
	s.Add(junit.Case{Name: "log files", Out: fmt.Sprintf("%d of %d taken in, %d older than what is remembered", r.TakenIn, r.Named, r.Forgotten)})
	fault := func(file, text string) {
		s.Add(junit.Case{Name: "log file " + clean(file), Failure: &junit.Outcome{Message: clean(text)}})
	}
	for _, file := range r.NotTakenIn {
		fault(file, "not taken in")
	}
	for _, d := range r.Damaged {
		fault(d.File, d.Problem)
	}
	for _, file := range r.Unnamed {
		fault(file, "taken in, but no digest lists it")
	}
	return s
}
