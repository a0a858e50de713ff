package main

import (
	"regexp"
	"strings"
	"testing"
)

const whole = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:7: no node: at all\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.01s\n"}
{"Action":"pass","Package":"p","Elapsed":0.01}
{"Action":"start","Package":"q"}
{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}
{"Action":"skip","Package":"q"}
`

const skipped = "p.TestA: no node: at all"

func TestRun(t *testing.T) {
	failing := `{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    wrong\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"panic: x\n"}
{"Action":"fail","Package":"p"}
`
	broken := `{"Action":"build-output","ImportPath":"r [r.test]","Output":"r.go:1: no\n"}
{"Action":"start","Package":"r"}
{"Action":"fail","Package":"r","FailedBuild":"r [r.test]"}
`
	for _, c := range []struct {
		name, in, excuse, out, err string
	}{
		{"a skip is a fault", whole, "", "ok  \tp\t0.01s\nSKIPPED WITHOUT EXCUSE:\n  " + skipped + "\n", "1 tests were skipped, and what they need is here"},
		{"excused by its reason", whole, "no node", "ok  \tp\t0.01s\nNOT TESTED HERE:\n  " + skipped + "\n", ""},
		{"excused by its name", whole, `^p\.TestA:`, "ok  \tp\t0.01s\nNOT TESTED HERE:\n  " + skipped + "\n", ""},
		{"excused by something else", whole, "no bash", "ok  \tp\t0.01s\nSKIPPED WITHOUT EXCUSE:\n  " + skipped + "\n", "1 tests were skipped, and what they need is here"},
		{"failed", failing, "", "    wrong\npanic: x\n", "2 tests and packages failed"},
		{"not built", broken, "", "r.go:1: no\n", "1 tests and packages failed"},
		{"cut off", `{"Action":"start","Package":"p"}` + "\n", "", "p did not end\n", "1 tests and packages failed"},
		{"nothing", "", "", "", "no package was tested"},
		{"something else", "ok p\n", "", "", `not a line of go test -json: "ok p\n"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var excuses []*regexp.Regexp
			if c.excuse != "" {
				excuses = append(excuses, regexp.MustCompile(c.excuse))
			}
			var out strings.Builder
			err := run(strings.NewReader(c.in), &out, excuses)
			said := ""
			if err != nil {
				said = err.Error()
			}
			if out.String() != c.out || said != c.err {
				t.Errorf("got\n%s%s\nwant\n%s%s", out.String(), said, c.out, c.err)
			}
		})
	}
}
