package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tocsin/app"
	"tocsin/core/control"
)

// loadPack gives the built-in pack of that name, or reads the file of that name.
func loadPack(spec string) (*control.Pack, error) {
	p, err := app.Pack(spec)
	if err == nil {
		return p, nil
	}
	hint := ""
	if !strings.ContainsAny(spec, `./\`) { // it was hardly meant as a file
		hint = didYouMean(spec, packNames())
	}
	return nil, usagef("--pack: %w%s", err, hint)
}

// packNames are the built-in packs.
func packNames() []string {
	names := []string{"cis", "securityhub", "all", "none"}
	for _, v := range control.Versions() {
		names = append(names, "cis:"+string(v))
	}
	return names
}

// findControl is the pack's control with the id, or an error that says what
// there is instead.
func findControl(p *control.Pack, spec, id string) (*control.Control, error) {
	if c, ok := p.Control(id); ok && c.Kind == control.Alarm {
		return c, nil
	}
	var ids []string
	for _, c := range p.Controls {
		if c.Kind == control.Alarm {
			ids = append(ids, c.ID)
		}
	}
	if c, ok := control.Builtin().Control(id); ok && spec != "all" {
		if c.Kind == control.Alarm {
			return nil, usagef("control %s is not in pack %s; add --pack all", id, spec)
		}
		return nil, usagef("control %s looks at settings and not at events", id)
	}
	hint := didYouMean(id, ids)
	if hint == "" {
		hint = "; there are " + strings.Join(ids, ", ")
	}
	return nil, usagef("unknown control %q%s", id, hint)
}

// completeControls lets a shell complete --control and --pack.
func completeControls(cmd *cobra.Command) {
	ids := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var all []string
		for _, c := range control.Builtin().Controls {
			if c.Kind == control.Alarm {
				all = append(all, fmt.Sprintf("%s\t%s", c.ID, c.Title))
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
	packs := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return packNames(), cobra.ShellCompDirectiveDefault
	}
	for name, complete := range map[string]cobra.CompletionFunc{"control": ids, "pack": packs} {
		if cmd.Flags().Lookup(name) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err) // the flag exists and is registered once
		}
	}
}
