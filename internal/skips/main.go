// Command skips reads what go test -json prints, and tells it in short: packages that
// passed, whatever a failed test or package printed, and every test that was skipped.
// A skip is a fault unless it is excused: by an expression of the file that -excuse
// names, a line each, which "package.Test: reason" has to match.
//
//	go test -json ./... | skips -excuse FILE
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	excuse := flag.String("excuse", "", "a `FILE` of expressions, a line each")
	flag.Parse()
	excuses, err := readExcuses(*excuse)
	if err == nil {
		err = run(os.Stdin, os.Stdout, excuses)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readExcuses(name string) ([]*regexp.Regexp, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var all []*regexp.Regexp
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" {
			continue // it would excuse everything
		}
		e, err := regexp.Compile(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// An event is a line of go test -json.
type event struct {
	Action, Package, Test, Output, ImportPath, FailedBuild string
}

// A told test is one that is under way, and what it printed. Of a package Test is "".
type told struct{ pkg, test string }

// run tells of the events of in. An error says that something failed, or was skipped
// without excuse, or that the events are not whole.
func run(in io.Reader, out io.Writer, excuses []*regexp.Regexp) error {
	printed := map[told][]string{}
	build := map[string][]string{}
	var skips []string
	failed, passed, open := 0, 0, map[string]bool{}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		} else if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("not a line of go test -json: %q", line)
		}
		at := told{e.Package, e.Test}
		switch e.Action {
		case "start":
			open[e.Package] = true
		case "build-output":
			build[e.ImportPath] = append(build[e.ImportPath], e.Output)
		case "output":
			printed[at] = append(printed[at], e.Output)
		case "skip", "pass", "fail":
			if e.Action == "fail" {
				failed++
				fmt.Fprint(out, strings.Join(build[e.FailedBuild], ""), strings.Join(printed[at], ""))
			}
			if e.Test == "" {
				delete(open, e.Package)
				if e.Action == "pass" {
					passed++
					fmt.Fprint(out, last(printed[at]))
				}
			} else if e.Action == "skip" {
				skips = append(skips, e.Package+"."+e.Test+": "+reason(printed[at]))
			}
			delete(printed, at)
		}
	}
	for pkg := range open {
		failed++
		fmt.Fprintf(out, "%s did not end\n", pkg)
	}
	unexcused := tell(out, skips, excuses)
	switch {
	case failed > 0:
		return fmt.Errorf("%d tests and packages failed", failed)
	case passed == 0:
		return errors.New("no package was tested")
	case unexcused > 0:
		return fmt.Errorf("%d tests were skipped, and what they need is here", unexcused)
	}
	return nil
}

// tell lists the skips, and gives how many nothing excuses.
func tell(out io.Writer, skips []string, excuses []*regexp.Regexp) int {
	var faults []string
	slices.Sort(skips)
	header := "NOT TESTED HERE:\n"
	for _, s := range skips {
		if !slices.ContainsFunc(excuses, func(e *regexp.Regexp) bool { return e.MatchString(s) }) {
			faults = append(faults, s)
			continue
		}
		fmt.Fprint(out, header, "  ", s, "\n")
		header = ""
	}
	header = "SKIPPED WITHOUT EXCUSE:\n"
	for _, s := range faults {
		fmt.Fprint(out, header, "  ", s, "\n")
		header = ""
	}
	return len(faults)
}

// reason is what a skipped test said, on one line, without the frame around it.
func reason(printed []string) string {
	var said []string
	for _, line := range printed {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if place, text, ok := strings.Cut(line, ".go:"); ok && !strings.Contains(place, " ") {
			if _, text, ok := strings.Cut(text, ": "); ok {
				line = text
			}
		}
		said = append(said, line)
	}
	return strings.Join(said, " ")
}

// last is the last line that was printed: of a package that passed, how long it took.
func last(printed []string) string {
	if len(printed) == 0 {
		return ""
	}
	return printed[len(printed)-1]
}
