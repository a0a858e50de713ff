package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

type patternLintOptions struct {
	pack    string
	control string
	asJSON  bool
}

// A lintResult is what lint has to say. Its JSON form is documented in docs/json.md.
type lintResult struct {
	Patterns []lintedPattern `json:"patterns"`
}

// A lintedPattern is one pattern and the remarks on it.
type lintedPattern struct {
	// Control is the id of the control that the pattern is of, or meant for;
	// empty for one that stands for itself.
	Control string       `json:"control,omitempty"`
	Pattern string       `json:"pattern"`
	Remarks []lintRemark `json:"remarks"`
	// auditors is how many are known to look for the control.
	auditors int
}

// name is what a place in the pattern begins with.
func (l lintedPattern) name() string {
	if l.Control == "" {
		return "pattern"
	}
	return clean(l.Control)
}

// A lintRemark is a remark on the bytes [Start, End) of a pattern; Line and
// Column say where that begins, counted from 1, the column in characters.
type lintRemark struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	// Auditor is who will not accept the pattern, of the rule auditor.
	Auditor string `json:"auditor,omitempty"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

func newPatternLint(s Streams) *cobra.Command {
	var o patternLintOptions
	cmd := &cobra.Command{
		Use:   "lint [flags] (PATTERN | --pack PACK)",
		Short: "Say what is wrong with a pattern",
		Long: `Finds what is likely wrong with a filter pattern: conditions that are never or
always true, && and || that bind otherwise than they look, != on a field that is
often absent, event names of another service, and more. With --pack it looks at
all patterns of a pack.

Of a control's pattern it also notes which tools that audit accounts will not
accept it: most compare texts and not meanings. --control says which control a
pattern is meant for, and shows the texts that they want.`,
		Example: `  tocsin pattern lint '{ $.errorCode != "AccessDenied" }'
  tocsin pattern lint --control root-usage '{ $.userIdentity.type = "Root" }'
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
	f.StringVar(&o.control, "control", "", "PATTERN is meant for the control with this `ID`; with --pack: only that one")
	f.BoolVar(&o.asJSON, "json", false, "print JSON (docs/json.md)")
}

func runPatternLint(o patternLintOptions, args []string, s Streams) error {
	controls, err := o.controls(args)
	if err != nil {
		return err
	}
	result := lintResult{Patterns: []lintedPattern{}}
	worst := pattern.Severity(0)
	for _, c := range controls {
		p, err := pattern.Parse(c.Pattern)
		switch {
		case err != nil && o.pack != "":
			return fmt.Errorf("control %s: %w", c.ID, err)
		case err != nil:
			return err
		}
		remarks := pattern.Lint(p)
		for _, r := range remarks {
			worst = max(worst, r.Severity)
		}
		l := lintedPattern{Control: c.ID, Pattern: p.Text, Remarks: newRemarks(p.Text, remarks)}
		more, auditors := auditorRemarks(&c, p)
		l.Remarks, l.auditors = append(l.Remarks, more...), auditors
		result.Patterns = append(result.Patterns, l)
	}
	out := bufio.NewWriter(s.Out)
	if o.asJSON {
		err = writeJSON(out, result)
	} else {
		sc := newScreen(s.Out, s.Getenv)
		showLint(sc.forPeople(out), sc, result)
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

// controls are those whose patterns to look at. A pattern that stands for itself
// is that of a control without a name.
func (o *patternLintOptions) controls(args []string) ([]control.Control, error) {
	if o.pack == "" && o.control == "" {
		return []control.Control{{Pattern: args[0]}}, nil
	}
	spec := cmp.Or(o.pack, "all")
	pack, err := loadPack(spec)
	if err != nil {
		return nil, err
	}
	if o.control != "" {
		c, err := findControl(pack, spec, o.control)
		if err != nil {
			return nil, err
		}
		if o.pack == "" {
			c.Pattern = args[0]
		}
		return []control.Control{*c}, nil
	}
	return slices.DeleteFunc(pack.Controls, func(c control.Control) bool { return c.Kind != control.Alarm }), nil
}

func newRemarks(text string, remarks []pattern.Remark) []lintRemark {
	all := []lintRemark{}
	for _, r := range remarks {
		start := strings.LastIndexByte(text[:r.Pos], '\n') + 1
		all = append(all, lintRemark{
			Rule: r.Rule, Severity: r.Severity.String(), Message: r.Message, Remedy: r.Remedy, Start: r.Pos, End: r.End,
			Line: 1 + strings.Count(text[:start], "\n"), Column: 1 + utf8.RuneCountInString(text[start:r.Pos]),
		})
	}
	return all
}

// showLint shows each remark with its place, those of all auditors together.
func showLint(w io.Writer, sc screen, result lintResult) {
	clear, shown, long := 0, int64(0), false
	single := len(result.Patterns) == 1
	next := func() {
		if shown++; shown > 1 {
			fmt.Fprintln(w)
		}
	}
	for _, l := range result.Patterns {
		if len(l.Remarks) == 0 {
			clear++
		}
		var auditors []lintRemark
		for _, r := range l.Remarks {
			if r.Auditor != "" {
				auditors = append(auditors, r)
				continue
			}
			next()
			showRemark(w, sc, l, r)
		}
		if len(auditors) > 0 {
			next()
			showAuditors(w, sc, l, auditors, single)
			long = long || !single
		}
	}
	switch n := int64(len(result.Patterns)); {
	case single && clear == 1:
		text := "nothing to remark"
		if l := result.Patterns[0]; l.auditors > 0 {
			text += ", and " + count(int64(l.auditors), "known auditor") + " will accept it"
		} else if l.Control != "" {
			text += "; no auditor is known that looks for it"
		}
		fmt.Fprintln(w, sc.paint(green, text))
	case !single:
		if shown > 0 {
			fmt.Fprintln(w)
		}
		text := fmt.Sprintf("%s, %d without a remark, %s", count(n, "pattern"), clear, count(shown, "remark"))
		fmt.Fprintln(w, sc.paint(bold, text))
		if long {
			fmt.Fprintln(w, sc.paint(dim, "--control ID, or --json, shows the texts that auditors want"))
		}
	}
}

func showRemark(w io.Writer, sc screen, l lintedPattern, r lintRemark) {
	place := fmt.Sprintf("%s:%d:%d: ", l.name(), r.Line, r.Column)
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
