package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/pattern"
)

type patternExplainOptions struct {
	event  string
	limit  int
	lines  bool
	asJSON bool
}

// An explainResult tells of some events why a pattern matches them or not. Its
// JSON form is documented in docs/json.md.
type explainResult struct {
	Events []explainedEvent `json:"events"`
}

type explainedEvent struct {
	// Number is the event's place in the file, from 1.
	Number      int                 `json:"number"`
	EventID     string              `json:"event_id,omitempty"`
	Explanation pattern.Explanation `json:"explanation"`
}

func newPatternExplain(s Streams) *cobra.Command {
	var o patternExplainOptions
	cmd := &cobra.Command{
		Use:   "explain [flags] PATTERN FILE|-",
		Short: "Say term by term why a pattern matches an event or not",
		Long: `Takes a filter pattern apart on an event: for each term what it looked at, what it
found there and whether it holds, and for an event that does not match which
terms would have to. It explains the first event of the file; --event chooses
another, --limit takes more.`,
		Example: `  tocsin pattern explain '{ $.userIdentity.type != "Root" }' event.json
  tocsin pattern explain --event 7 '{ $.errorCode = "Access*" }' events.json.gz
  tocsin pattern explain --lines --limit 5 '[ip, user, status > 400]' access.log`,
		Args: needArgs("PATTERN", "FILE"),
		Annotations: map[string]string{exitCodes: `0  done, whether it matches or not
1  failed, or there is no such event
2  wrong usage or input, such as a pattern that is none`},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPatternExplain(cmd.Context(), o, args[0], args[1], s)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *patternExplainOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.event, "event", "", "explain the event with this `ID`, its eventID or its number from 1")
	f.IntVar(&o.limit, "limit", 1, "explain the first `N` events, 0 for all")
	f.BoolVar(&o.lines, "lines", false, "each line of FILE is one log event")
	f.BoolVar(&o.asJSON, "json", false, "print JSON (docs/json.md)")
}

// errEnough ends reading early: nothing further is needed.
var errEnough = errors.New("enough")

func runPatternExplain(ctx context.Context, o patternExplainOptions, text, path string, s Streams) error {
	p, err := pattern.Parse(text)
	if err != nil {
		return err
	}
	if o.limit < 0 {
		return usagef("--limit cannot be negative")
	}
	out := bufio.NewWriter(s.Out)
	sc := newScreen(s.Out, s.Getenv)
	result := explainResult{Events: []explainedEvent{}}
	number, shown := 0, 0
	reading := eachRecord
	if o.lines {
		reading = eachLine
	}
	status := reading(ctx, path, s, func(message []byte, describe func() described) error {
		number++
		d := describe()
		if o.event != "" && o.event != d.id && o.event != strconv.Itoa(number) {
			return nil
		}
		shown++
		e := explainedEvent{Number: number, EventID: d.id, Explanation: pattern.Explain(p, message)}
		if o.asJSON {
			result.Events = append(result.Events, e)
		} else {
			if shown > 1 {
				fmt.Fprintln(out)
			}
			showExplanation(sc.forPeople(out), sc, e, d)
		}
		if o.event != "" || shown == o.limit {
			return errEnough
		}
		return nil
	})
	switch {
	case errors.Is(status, errEnough):
		status = nil
	case status != nil && shown == 0:
		return status
	case o.event != "":
		return fmt.Errorf("no event %s among the %d of %s", o.event, number, path)
	case shown == 0:
		return fmt.Errorf("no event in %s", path)
	}
	if o.asJSON {
		err = writeJSON(out, result)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return status
}

// showExplanation writes the pattern's tree with what each term found.
func showExplanation(w io.Writer, sc screen, e explainedEvent, d described) {
	head := cut(fmt.Sprintf("event %d: %s", e.Number, d.line), sc.width)
	fmt.Fprintln(w, sc.paint(bold, head))
	for line := range strings.Lines(cleanLines(e.Explanation.Text(sc.ascii))) {
		for _, part := range foldTerm(strings.TrimRight(line, "\n"), sc.width-2) {
			fmt.Fprintln(w, "  "+paintMark(sc, part))
		}
	}
}

// foldTerm breaks a line that is too long: what was found gives up its column,
// and goes below the term if that does not help.
func foldTerm(line string, columns int) []string {
	if width(line) <= columns {
		return []string{line}
	}
	body := strings.TrimLeft(line, " ")
	blanks := strings.Repeat(" ", len(line)-len(body))
	term, found, ok := strings.Cut(body, gap)
	found = strings.TrimLeft(found, " ")
	if !ok {
		term, found = "", body
	} else if line = blanks + term + gap + found; width(line) <= columns {
		return []string{line}
	}
	var lines []string
	if term != "" {
		lines = append(lines, blanks+term)
		blanks += "    "
	}
	for _, l := range wrap(found, max(20, columns-len(blanks))) {
		lines = append(lines, blanks+l)
	}
	return lines
}

// paintMark colours the mark of a term that holds or does not.
func paintMark(sc screen, line string) string {
	yes, no := "✓ ", "✗ "
	if sc.ascii {
		yes, no = "yes ", "no "
	}
	for mark, st := range map[string]style{yes: green, no: red} {
		if body := strings.TrimLeft(line, " "); strings.HasPrefix(body, mark) {
			return line[:len(line)-len(body)] + sc.paint(st, mark) + body[len(mark):]
		}
	}
	return line
}
