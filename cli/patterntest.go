package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/pattern"
	"tocsin/flow"
	"tocsin/source"
)

type patternTestOptions struct {
	lines  bool
	asJSON bool
}

// A testResult is what a pattern did on log events. Its JSON form is documented
// in docs/json.md.
type testResult struct {
	// Matched are the numbers of the matching events, from 1.
	Matched []int `json:"matched"`
	Total   int   `json:"total"`
	// Extracted holds for each matching event, by its number, what TestMetricFilter
	// calls extractedValues.
	Extracted map[string]map[string]string `json:"extracted"`
}

func newPatternTest(s Streams) *cobra.Command {
	var o patternTestOptions
	cmd := &cobra.Command{
		Use:   "test [flags] PATTERN FILE|-",
		Short: "Show which log events a pattern matches",
		Long: `Tries a filter pattern on the log events of a file, as TestMetricFilter does.
FILE holds CloudTrail events in any form that tocsin reads; with --lines it holds
any log, one event a line. The values that the pattern extracts are shown too.`,
		Example: `  tocsin pattern test '{ $.eventName = "StopLogging" }' events.json
  tocsin pattern test --lines '[ip, ..., status = 4*, size]' access.log
  tocsin pattern test --lines --json 'ERROR -DEBUG' - < app.log`,
		Args: needArgs("PATTERN", "FILE"),
		Annotations: map[string]string{exitCodes: `0  done, also when nothing matched
1  failed, or something could not be read
2  wrong usage or input, such as a pattern that is none`},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPatternTest(cmd.Context(), o, args[0], args[1], s)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *patternTestOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.lines, "lines", false, "each line of FILE is one log event")
	f.BoolVar(&o.asJSON, "json", false, "print JSON: the numbers of the matching events, and what was extracted")
}

func runPatternTest(ctx context.Context, o patternTestOptions, text, path string, s Streams) error {
	p, err := pattern.Parse(text)
	if err != nil {
		return err
	}
	result := testResult{Matched: []int{}, Extracted: map[string]map[string]string{}}
	out := bufio.NewWriter(s.Out)
	sc := newScreen(s.Out, s.Getenv)
	shown := &testLines{w: sc.forPeople(out), sc: sc, pattern: p}
	each := func(message []byte, describe func() described) error {
		result.Total++
		if !p.Match(message) {
			return nil
		}
		result.Matched = append(result.Matched, result.Total)
		extracted := p.Extract(message)
		if o.asJSON {
			result.Extracted[strconv.Itoa(result.Total)] = extracted
			return nil
		}
		return shown.add(result.Total, describe().line, extracted)
	}
	reading := eachRecord
	if o.lines {
		reading = eachLine
	}
	status := reading(ctx, path, s, each)
	if status != nil && result.Total == 0 {
		return status
	}
	if o.asJSON {
		err = writeJSON(out, result)
	} else {
		err = shown.summary(result)
	}
	return cmp.Or(err, out.Flush(), status)
}

// described is how an event is shown in a line.
type described struct {
	id   string // its eventID, if it has one
	line string
}

// eachRecord gives every CloudTrail event of a file to each, and what describes it.
func eachRecord(ctx context.Context, path string, s Streams, each func([]byte, func() described) error) error {
	everything, err := pattern.Parse("")
	if err != nil {
		return err
	}
	files, err := open(ctx, []string{path}, s)
	if err != nil {
		return err
	}
	describe := flow.NewDescriber()
	report := flow.Search(ctx, files, flow.SearchOptions{
		Patterns: []*pattern.Pattern{everything}, KeepDuplicates: true, Workers: 1,
	}, func(f flow.Found) bool {
		err = each(f.Raw, func() described {
			e := describe.Describe(f)
			return described{id: e.EventID, line: eventLine(e)}
		})
		return err == nil
	})
	writeProblems(s.Err, newScreen(s.Err, s.Getenv), report.Problems, report.ProblemsLeftOut)
	switch {
	case err != nil:
		return err
	case report.Interrupted:
		return ctx.Err()
	case report.Files.Read == 0 && report.Files.Failed == 0:
		return fmt.Errorf("%w\nIf it is another log, with one event a line, add --lines", nothingRead(report.Files, []string{path}))
	case report.Files.Failed > 0:
		return exitStatus(exitFailed)
	}
	return nil
}

// eachLine gives every line of a file to each, without its line end, which may
// be CR LF and missing at the end of the file.
func eachLine(ctx context.Context, path string, s Streams, each func([]byte, func() described) error) error {
	files, err := open(ctx, []string{path}, s)
	if err != nil {
		return err
	}
	for f, err := range files {
		if err == nil {
			err = fileLines(ctx, f, each)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxLine is how long a line may be. CloudWatch Logs takes a fourth of it.
const maxLine = 4 << 20

func fileLines(ctx context.Context, f source.File, each func([]byte, func() described) error) error {
	content, err := f.Open(ctx)
	if err != nil {
		return err
	}
	defer content.Close() // it was only read: nothing is lost with an error
	in := bufio.NewReaderSize(content, 64<<10)
	var line []byte
	for number := 1; ; {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return fmt.Errorf("%s: line %d has more than %s bytes, and a log event at most 1 MiB: is it a file of lines?",
				f.Name, number, thousands(maxLine))
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		number++
		if len(line) > 0 {
			line = bytes.TrimSuffix(line, []byte("\n"))
			line = bytes.TrimSuffix(line, []byte("\r"))
			if err := each(line, func() described { return described{line: clean(string(line))} }); err != nil {
				return err
			}
		}
		line = line[:0]
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", f.Name, err)
		}
	}
}

// testLines shows matching events on a line each, what was extracted below.
type testLines struct {
	w       io.Writer
	sc      screen
	pattern *pattern.Pattern
}

func (t *testLines) add(number int, line string, extracted map[string]string) error {
	text := fmt.Sprintf("%6d  %s", number, line)
	if t.sc.terminal {
		text = cut(text, t.sc.width)
	}
	if _, err := fmt.Fprintln(t.w, text); err != nil {
		return err
	}
	for _, name := range slices.SortedFunc(maps.Keys(extracted), t.byPlace) {
		text := "        " + clean(name) + " = " + clean(extracted[name])
		if t.sc.terminal {
			text = cut(text, t.sc.width)
		}
		if _, err := fmt.Fprintln(t.w, t.sc.paint(dim, text)); err != nil {
			return err
		}
	}
	return nil
}

// byPlace orders extracted values: $2 before $10, and after those the named
// columns as the pattern has them.
func (t *testLines) byPlace(a, b string) int {
	place := func(name string) int {
		name = strings.TrimPrefix(name, "$")
		if n, err := strconv.Atoi(name); err == nil {
			return n - math.MaxInt32
		}
		return slices.IndexFunc(t.pattern.Columns, func(c pattern.Column) bool { return c.Name == name })
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b))
}

func (t *testLines) summary(r testResult) error {
	text := fmt.Sprintf("matched %s of %s", thousands(int64(len(r.Matched))), thousands(int64(r.Total)))
	_, err := fmt.Fprintln(t.w, t.sc.paint(bold, text))
	return err
}
