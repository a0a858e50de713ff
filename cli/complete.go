package cli

import "github.com/spf13/cobra"

// completeWords makes the shell complete a flag's value from a list.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	complete(cmd, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// completeFolders makes the shell complete a flag's value from the folders.
func completeFolders(cmd *cobra.Command, flag string) {
	complete(cmd, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
}

// completeNothing keeps the shell from offering files where none are meant.
func completeNothing(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		complete(cmd, flag, cobra.NoFileCompletions)
	}
}

// complete registers a completion for a flag that the command has.
func complete(cmd *cobra.Command, flag string, with cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(err) // the flag exists and is registered once
	}
}

// resultForms are the forms that events are shown in.
var resultForms = []string{"table", "json", "csv"}

// completeStored completes the flags that say where a server's data are.
func completeStored(cmd *cobra.Command) {
	completeFolders(cmd, "data")
	completeWords(cmd, "endpoint", "http://127.0.0.1:4580")
}
