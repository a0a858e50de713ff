package cli

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exitCodes is the annotation that holds a command's own words for its exit
// codes, one per line; commands without it get commonExitCodes.
const exitCodes = "exit codes"

const commonExitCodes = `0  done
1  failed
2  wrong usage or input`

// setHelp gives the command, and by inheritance all below it, our form of help,
// complaint about flags, and usage. An error of writing the help is left in failed.
func setHelp(root *cobra.Command, s Streams, failed *error) {
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		// Help is text to read: its lines stop where eyes tire.
		out, sc := bufio.NewWriter(s.Out), newScreen(s.Out, s.Getenv)
		writeHelp(sc.forPeople(out), cmd, sc.width)
		*failed = out.Flush()
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		writeHelp(s.Err, cmd, newScreen(s.Err, s.Getenv).width)
		return nil
	})
}

// writeHelp writes a command's page: what it is for, its usage, examples,
// commands or flags, and exit codes.
func writeHelp(w io.Writer, cmd *cobra.Command, width int) {
	width = min(width, 100)
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprintf(w, "%s\n\n", strings.TrimSpace(about))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "Usage:\n  %s COMMAND\n", cmd.CommandPath())
		writeCommands(w, cmd)
	} else {
		fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
	}
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	if flags := cmd.NonInheritedFlags(); !onlyHelp(flags) {
		fmt.Fprintf(w, "\nFlags:\n%s", flagHelp(flags, width))
	}
	if flags := cmd.InheritedFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\nFlags of every command:\n%s", flagHelp(flags, width))
	}
	codes := cmd.Annotations[exitCodes]
	if codes == "" {
		codes = commonExitCodes
	}
	fmt.Fprintf(w, "\nExit codes:\n%s\n", indent(codes, "  "))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nRun %q for more about a command.\n", cmd.CommandPath()+" COMMAND --help")
	}
}

// onlyHelp tells whether a command has no flags but the one that shows this.
func onlyHelp(flags *pflag.FlagSet) bool {
	only := true
	flags.VisitAll(func(f *pflag.Flag) { only = only && (f.Hidden || f.Name == "help") })
	return only
}

// writeCommands lists a command's subcommands by group.
func writeCommands(w io.Writer, cmd *cobra.Command) {
	wide := 0
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			wide = max(wide, len(c.Name()))
		}
	}
	groups := cmd.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{Title: "Commands:"}}
	}
	for _, g := range groups {
		fmt.Fprintf(w, "\n%s\n", g.Title)
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && c.GroupID == g.ID {
				fmt.Fprintf(w, "  %-*s  %s\n", wide, c.Name(), c.Short)
			}
		}
	}
}

// flagHelp lists flags in two columns, the explanation wrapped to the width.
func flagHelp(flags *pflag.FlagSet, width int) string {
	type row struct{ name, text string }
	var rows []row
	wide := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, text := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		if kind != "" {
			name += " " + kind
		}
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" && f.DefValue != "0" {
			text += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		rows = append(rows, row{name, text})
		wide = max(wide, len(name))
	})
	var b strings.Builder
	for _, r := range rows {
		for i, line := range wrap(r.text, max(30, width-wide-5)) {
			if i == 0 {
				fmt.Fprintf(&b, "  %-*s  %s\n", wide, r.name, line)
			} else {
				fmt.Fprintf(&b, "  %-*s  %s\n", wide, "", line)
			}
		}
	}
	return b.String()
}

// indent puts a prefix before every line.
func indent(text, prefix string) string {
	lines := slices.Collect(strings.Lines(text))
	return prefix + strings.Join(lines, prefix)
}
