// Package cli is the command line: one file per command, each with its options,
// its flags and a run function. Results go to standard output, everything else
// to standard error. What a command does stands in the packages below; here it
// is asked for and shown.
package cli

import (
	"cmp"
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// Exit codes, the same for every command.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2 // wrong usage or input
	exitFindings = 3 // done, and there is something to look at
)

// Streams is what a command may touch of the world, besides the files that its
// arguments name.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Now is the clock, for times such as "2h" (ago).
	Now func() time.Time
	// Getenv reads the environment: NO_COLOR, TERM, COLUMNS.
	Getenv func(string) string
}

// Standard is the process's own streams, clock and environment.
func Standard() Streams {
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Getenv: os.Getenv}
}

// Main runs the command that the arguments (without the program's name) ask for
// and returns the exit code. Errors have been written to s.Err by then. When ctx
// is cancelled, a command stops within a second and shows what it has.
func Main(ctx context.Context, args []string, s Streams) int {
	if wantsASCII(s.Getenv) {
		s.Err = &asciiWriter{s.Err}
	}
	var help error // what became of the help, if it was asked for
	root := newRoot(s, &help)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	ran, err := root.ExecuteContextC(ctx)
	return tell(cmp.Or(err, help), ran, s)
}

func newRoot(s Streams, help *error) *cobra.Command {
	root := &cobra.Command{
		Use:   "tocsin",
		Short: "The AWS security-alarm chain in one binary",
		Long: `tocsin takes CloudTrail log files in, live or afterwards, and tells which security
alarms they ring, when, why, and who rang them. Filter patterns, metrics and
alarms mean exactly what they mean in CloudWatch.`,
		Example: `  tocsin demo                              an account is attacked while you watch
  tocsin serve --source s3://my-trail/AWSLogs/ --subscribe https://example.com/hook
  tocsin scan logs/                        which CIS alarms would have rung?
  tocsin search '{ $.eventName = "StopLogging" }' logs/
  tocsin pattern lint '{ $.errorCode != "AccessDenied" }'`,
		Annotations: map[string]string{exitCodes: `0  done
1  failed
2  wrong usage or input
3  done with findings: an alarm rang, a pattern has a flaw`},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddGroup(
		&cobra.Group{ID: "serve", Title: "Run the chain:"},
		&cobra.Group{ID: "logs", Title: "Look into log files:"},
		&cobra.Group{ID: "patterns", Title: "Work on filter patterns:"},
		&cobra.Group{ID: "other", Title: "Further:"},
	)
	root.SetHelpCommandGroupID("other")
	root.SetCompletionCommandGroupID("other")
	root.AddCommand(
		newServe(s),
		newDemo(s),
		newConfig(s),
		newHealth(s),
		newSubscriptions(s),
		newDeliveries(s),
		newClock(s),
		newScan(s),
		newSearch(s),
		newLookup(s),
		newValidateLogs(s),
		newAudit(s),
		newExport(s),
		newPattern(s),
		newSynth(s),
		newVersion(s),
	)
	setHelp(root, s, help)
	return root
}
