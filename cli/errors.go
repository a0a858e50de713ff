package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/app"
	"tocsin/core/pattern"
)

// A usageError is the user's to correct: an argument, a flag, an input that
// cannot be used. It ends the program with exitUsage.
type usageError struct {
	err error
	// pointHelp says that the command's help would tell more.
	pointHelp bool
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef is a usageError that says everything there is to say.
func usagef(format string, a ...any) error { return &usageError{err: fmt.Errorf(format, a...)} }

// exitStatus ends the program with a code and without a word: what there was to
// say has been said.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// tell writes an error for people and returns the exit code that it stands for.
func tell(err error, ran *cobra.Command, s Streams) int {
	var status exitStatus
	var usage *usageError
	var syntax *pattern.SyntaxError
	var pack *app.FileError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &syntax):
		// It shows the pattern with a caret below, so nothing may stand before it.
		fmt.Fprintln(s.Err, cleanLines(err.Error()))
		return exitUsage
	case errors.As(err, &pack):
		fmt.Fprintln(s.Err, cleanLines(pack.Error()))
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(s.Err, "%s: interrupted\n", ran.CommandPath())
		return exitFailed
	}
	fmt.Fprintf(s.Err, "%s: %s\n", ran.CommandPath(), cleanLines(err.Error()))
	if errors.As(err, &usage) {
		if usage.pointHelp {
			fmt.Fprintf(s.Err, "Run %q for usage and examples.\n", ran.CommandPath()+" --help")
		}
		return exitUsage
	}
	return exitFailed
}

// noSuchCommand accepts no arguments: whatever stands there was meant as a command.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return &usageError{fmt.Errorf("unknown command %q%s", args[0], didYouMean(args[0], names)), true}
}

// flagKinds are what flags take, by pflag's name of the type.
var flagKinds = map[string]string{
	"int": "a whole number", "int64": "a whole number", "uint64": "a whole number, not negative", "float64": "a number",
	"bool": "true or false", "duration": "a duration such as 90m or 48h",
}

// wrongFlag makes pflag's complaint ours, with the flag that was perhaps meant.
func wrongFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		name := "--" + unknown.GetSpecifiedName()
		err = fmt.Errorf("unknown flag %s%s", name, didYouMean(name, names))
	}
	var wrong *pflag.InvalidValueError
	if errors.As(err, &wrong) {
		kind, known := flagKinds[wrong.GetFlag().Value.Type()]
		if known {
			err = fmt.Errorf("--%s %q: %s is wanted", wrong.GetFlag().Name, wrong.GetValue(), kind)
		}
	}
	return &usageError{err, true}
}

// noArgs accepts no arguments.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("unexpected argument %q", args[0]), true}
	}
	return nil
}

// needArgs accepts at least as many arguments as there are names; the last name
// may repeat when it ends in "...".
func needArgs(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		last := names[len(names)-1]
		switch {
		case len(args) < len(names):
			return &usageError{fmt.Errorf("%s is missing", strings.TrimSuffix(names[len(args)], "...")), true}
		case len(args) > len(names) && !strings.HasSuffix(last, "..."):
			return &usageError{fmt.Errorf("unexpected argument %q", args[len(names)]), true}
		}
		return nil
	}
}

// didYouMean is "; did you mean x?" with the name closest to what was written,
// or nothing when none is close.
func didYouMean(written string, names []string) string {
	if name, ok := closest(written, names); ok {
		return fmt.Sprintf("; did you mean %s?", name)
	}
	return ""
}

// closest finds the name that the fewest edits turn what was written into: at
// most a third of its letters, or a name that it begins.
func closest(written string, names []string) (string, bool) {
	best, found := "", len(written)/3+2
	for _, n := range names {
		d := edits(strings.ToLower(written), strings.ToLower(n))
		if d < found {
			best, found = n, d
		}
	}
	if best != "" && found <= max(1, (len(written)+2)/3) {
		return best, true
	}
	for _, n := range names {
		if len(strings.TrimLeft(written, "-")) > 1 && (strings.HasPrefix(n, written) || hasWords(n, written)) {
			return n, true
		}
	}
	return "", false
}

// hasWords tells whether a hyphenated name has all the words that were written.
func hasWords(name, written string) bool {
	words := strings.Split(name, "-")
	for w := range strings.SplitSeq(written, "-") {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return true
}

// edits is the number of single letters to insert, delete, replace, or swap
// with the neighbour, that turn a into b.
func edits(a, b string) int {
	prior, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prior[j-2]+1)
			}
		}
		prior, above, row = above, row, prior
	}
	return above[len(b)]
}
