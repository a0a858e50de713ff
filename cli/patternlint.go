package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

type patternLintOptions struct {
	pack   string
	asJSON bool
}

// A lintResult is what lint has to say. Its JSON form is documented in docs/json.md.
type lintResult struct {
	Patterns []lintedPattern `json:"patterns"`
}

// A lintedPattern is one pattern and the remarks on it.
type lintedPattern struct {
	// Control is the id of the control that the pattern is of, empty for one
	// that was given.
	Control string       `json:"control,omitempty"`
	Pattern string       `json:"pattern"`
	Remarks []lintRemark `json:"remarks"`
}

// A lintRemark is a remark on the bytes [Start, End) of a pattern; Line and
// Column say where that begins, counted from 1, the column in characters.
type lintRemark struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Start    int    `json:"start"`
	End      int    `json:"end"`
	Message  string `json:"message"`
	Remedy   string `json:"remedy,omitempty"`
}

func newPatternLint(s Streams) *cobra.Command {
	var o patternLintOptions
	cmd := &cobra.Command{
		Use:   "lint [flags] (PATTERN | --pack PACK)",
		Short: "Say what is wrong with a pattern",
		Long: `Finds what is likely wrong with a filter pattern: conditions that are never or
always true, && and || that bind otherwise than they look, != on a field that is
often absent, event names of another service, and more. With --pack it looks at
all patterns of a pack.`,
		Example: `  tocsin pattern lint '{ $.errorCode != "AccessDenied" }'
  tocsin pattern lint --pack cis:3.0.0
  tocsin pattern lint --json --pack alarms.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.pack != "" {
				return noArgs(cmd, args)
			}
			return needArgs("PATTERN")(cmd, args)
		},
		Annotations: map[string]string{exitCodes: `0  done, nothing worse than a note
1  failed
2  wrong usage or input, such as a pattern that is none
3  done, with a warning or an error`},
		RunE: func(_ *cobra.Command, args []string) error { return runPatternLint(o, args, s) },
	}
	o.addFlags(cmd.Flags())
	completeControls(cmd)
	return cmd
}

func (o *patternLintOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.pack, "pack", "", "look at the patterns of a `PACK`: "+control.Names+", or a file")
	f.BoolVar(&o.asJSON, "json", false, "print JSON (docs/json.md)")
}

func runPatternLint(o patternLintOptions, args []string, s Streams) error {
	result := lintResult{Patterns: []lintedPattern{}}
	worst := pattern.Severity(0)
	lint := func(id, text string) error {
		p, err := pattern.Parse(text)
		if err != nil {
			return err
		}
		remarks := pattern.Lint(p)
		for _, r := range remarks {
			worst = max(worst, r.Severity)
		}
		result.Patterns = append(result.Patterns, newLinted(id, p.Text, remarks))
		return nil
	}
	if o.pack == "" {
		if err := lint("", args[0]); err != nil {
			return err
		}
	} else {
		pack, err := loadPack(o.pack)
		if err != nil {
			return err
		}
		for _, c := range pack.Controls {
			if c.Kind != control.Alarm {
				continue
			}
			if err := lint(c.ID, c.Pattern); err != nil {
				return fmt.Errorf("control %s: %w", c.ID, err)
			}
		}
	}
	out := bufio.NewWriter(s.Out)
	var err error
	if o.asJSON {
		err = writeJSON(out, result)
	} else {
		showLint(out, newScreen(s.Out, s.Getenv), result)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	if worst >= pattern.Warning {
		return exitStatus(exitFindings)
	}
	return nil
}

func newLinted(id, text string, remarks []pattern.Remark) lintedPattern {
	l := lintedPattern{Control: id, Pattern: text, Remarks: []lintRemark{}}
	for _, r := range remarks {
		start := strings.LastIndexByte(text[:r.Pos], '\n') + 1
		l.Remarks = append(l.Remarks, lintRemark{
			Rule: r.Rule, Severity: r.Severity.String(), Message: r.Message, Remedy: r.Remedy, Start: r.Pos, End: r.End,
			Line: 1 + strings.Count(text[:start], "\n"), Column: 1 + utf8.RuneCountInString(text[start:r.Pos]),
		})
	}
	return l
}

// showLint shows each remark with its place.
func showLint(w io.Writer, sc screen, result lintResult) {
	clear, remarks := 0, int64(0)
	for _, l := range result.Patterns {
		if len(l.Remarks) == 0 {
			clear++
		}
		for _, r := range l.Remarks {
			if remarks++; remarks > 1 {
				fmt.Fprintln(w)
			}
			showRemark(w, sc, l, r)
		}
	}
	switch n := int64(len(result.Patterns)); {
	case n == 1 && clear == 1:
		fmt.Fprintln(w, sc.paint(green, "nothing to remark"))
	case n > 1:
		if remarks > 0 {
			fmt.Fprintln(w)
		}
		text := fmt.Sprintf("%s, %d without a remark, %s", count(n, "pattern"), clear, count(remarks, "remark"))
		fmt.Fprintln(w, sc.paint(bold, text))
	}
}

func showRemark(w io.Writer, sc screen, l lintedPattern, r lintRemark) {
	name := "pattern"
	if l.Control != "" {
		name = clean(l.Control)
	}
	place := fmt.Sprintf("%s:%d:%d: ", name, r.Line, r.Column)
	st := cyan
	switch r.Severity {
	case pattern.Wrong.String():
		st = red
	case pattern.Warning.String():
		st = yellow
	}
	text := wrap(place+r.Severity+": "+clean(r.Message)+" ["+r.Rule+"]", sc.width-2)
	text[0] = strings.Replace(text[0], r.Severity+":", sc.paint(st, r.Severity+":"), 1)
	for i, line := range text {
		if i > 0 {
			line = "  " + line
		}
		fmt.Fprintln(w, line)
	}
	code, marks := excerpt(l.Pattern, r.Start, r.End, sc.width-2)
	fmt.Fprintf(w, "  %s\n  %s\n", code, sc.paint(st, marks))
	if r.Remedy != "" {
		fmt.Fprintf(w, "  %s %s\n", sc.paint(dim, "write"), clean(r.Remedy))
	}
}

// excerpt is the line of a text around [start, end), at most so many columns
// wide, and the marks to write below it.
func excerpt(text string, start, end, columns int) (line, marks string) {
	from := strings.LastIndexByte(text[:start], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		to = start + i
	}
	before, inside, after := clean(text[from:start]), clean(text[start:min(end, to)]), clean(text[min(end, to):to])
	if width(before)+width(inside)+width(after) > columns {
		inside = cut(inside, columns-2)
		left := columns - width(inside)
		if keep := max(1, left/2, left-width(after)); width(before) > keep {
			before = cutStart(before, keep)
		}
		after = cut(after, max(1, left-width(before)))
	}
	return before + inside + after, strings.Repeat(" ", width(before)) + strings.Repeat("^", max(1, width(inside)))
}
