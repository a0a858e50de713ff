package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tocsin/app"
	"tocsin/notify"
)

func newConfig(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		GroupID: "serve",
		Short:   "Check a configuration",
		Long:    "Works on configurations of tocsin serve (docs/config.md).",
		Args:    noSuchCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheck(s))
	return cmd
}

// A configResult says what a configuration comes to. Its JSON form is documented
// in docs/json.md.
type configResult struct {
	Config      string   `json:"config"`
	Data        string   `json:"data"`
	Database    string   `json:"database"`
	Segments    string   `json:"segments"`
	Sources     []string `json:"sources"`
	Alarms      int      `json:"alarms"`
	LeftOut     []string `json:"alarms_left_out,omitempty"`
	Subscribers []string `json:"subscribers"`
}

func newConfigCheck(s Streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [flags] FILE",
		Short: "Tell all that is wrong with a configuration, and where",
		Long: `Reads a configuration as tocsin serve does, with the secrets and the pack that it
names, and tells all that is wrong with it, each with its line and the remedy, or
in short what it comes to. It starts nothing and reaches for nothing.`,
		Example: `  tocsin config check tocsin.yaml
  tocsin config check /etc/tocsin/tocsin.yaml && systemctl reload tocsin`,
		Args: needArgs("FILE"),
		Annotations: map[string]string{exitCodes: `0  the configuration is sound
2  wrong usage, or a configuration that is not sound`},
		RunE: func(_ *cobra.Command, args []string) error { return runConfigCheck(args[0], asJSON, s) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/json.md)")
	return cmd
}

func runConfigCheck(path string, asJSON bool, s Streams) error {
	c, err := app.Load(app.Setup{Path: path, Getenv: s.Getenv})
	if err != nil {
		return err
	}
	r, err := outlineOf(&c)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(s.Out, r)
	}
	line := func(name, text string) { fmt.Fprintf(s.Out, "  %-11s %s\n", name, clean(text)) }
	fmt.Fprintf(s.Out, "%s is sound.\n", clean(path))
	line("state", r.Database)
	line("segments", r.Segments)
	line("sources", orNone(r.Sources, "none: nothing comes in until there is one"))
	line("alarms", fmt.Sprintf("%s of pack %s", count(int64(r.Alarms), "alarm"), c.Pack))
	line("told", orNone(r.Subscribers, "nobody: alarms ring and are not heard until there is a subscriber"))
	return nil
}

func orNone(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

// outlineOf is what a configuration comes to, without secrets.
func outlineOf(c *app.Config) (configResult, error) {
	alarms, leftOut, err := c.Alarmed()
	if err != nil {
		return configResult{}, err
	}
	r := configResult{
		Config: c.Path, Data: c.Data, Database: c.ShownDatabase(), Segments: c.SegmentsAt(), Sources: []string{},
		Alarms: len(alarms), LeftOut: leftOut, Subscribers: []string{},
	}
	for _, source := range c.Sources {
		r.Sources = append(r.Sources, source.From)
	}
	for _, subscriber := range c.Subscribe {
		e, err := app.ParseEndpoint(subscriber.To.Reveal())
		if err != nil {
			return configResult{}, err
		}
		r.Subscribers = append(r.Subscribers, string(e.Protocol)+":"+notify.Redact(e.Protocol, e.Address))
	}
	return r, nil
}
