package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newPattern(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "pattern",
		GroupID: "patterns",
		Short:   "Test, explain and check filter patterns",
		Long: `Works on filter patterns, the language of CloudWatch Logs metric filters:
try one on events, see term by term why it matches or not, and find out what is
wrong with it.`,
		Example: `  tocsin pattern test '{ $.errorCode = "AccessDenied*" }' events.json
  tocsin pattern explain '{ $.userIdentity.type != "Root" }' event.json
  tocsin pattern lint '{ $.errorCode != "AccessDenied" }'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{fmt.Errorf("say what to do with the pattern: test, explain or lint"), true}
			}
			return noSuchCommand(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPatternTest(s), newPatternExplain(s), newPatternLint(s))
	return cmd
}
