package junit

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	s := Suite{Name: "chain <1>"}
	s.Add(Case{Name: "well", Out: "3 of 3"})
	s.Add(Case{Class: "own", Name: "ill", Failure: &Outcome{Message: `a "b"`, Text: "x & y"}})
	s.Add(Case{Name: "broken", Error: &Outcome{Message: "e"}})
	s.Add(Case{Name: "left out", Skipped: &Outcome{Message: "s"}})
	var b strings.Builder
	if err := (Suites{Name: "all", Suites: []Suite{s}}).Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<testsuites name="all">`,
		`<testsuite name="chain &lt;1&gt;" tests="4" failures="1" errors="1" skipped="1">`,
		`<testcase classname="chain &lt;1&gt;" name="well">`,
		`<testcase classname="own" name="ill">`,
		`<failure message="a &#34;b&#34;">x &amp; y</failure>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in\n%s", want, &b)
		}
	}
}
