package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthWithin is how long a server may take to say how it fares.
const healthWithin = 5 * time.Second

func newHealth(s Streams) *cobra.Command {
	var console string
	cmd := &cobra.Command{
		Use:     "health [flags]",
		GroupID: "serve",
		Short:   "Ask a server whether it can do its work",
		Long: `Asks tocsin serve at the address of its console whether the database answers and
every source was reached, for a container's health check or a script.`,
		Example: "  tocsin health\n  tocsin health --console 127.0.0.1:9000",
		Args:    noArgs,
		Annotations: map[string]string{exitCodes: `0  the server is ready
1  it is not, or does not answer
2  wrong usage`},
		RunE: func(cmd *cobra.Command, _ []string) error { return runHealth(cmd.Context(), console, s) },
	}
	cmd.Flags().StringVar(&console, "console", "127.0.0.1:4581", "the `ADDRESS` of the server's console")
	return cmd
}

// A readiness is what /readyz tells, of which only this is looked at.
type readiness struct {
	OK       bool              `json:"ok"`
	Starting bool              `json:"starting"`
	Database string            `json:"database"`
	Sources  map[string]string `json:"sources"`
}

func runHealth(ctx context.Context, console string, s Streams) error {
	at, err := url.Parse("http://" + strings.TrimPrefix(console, "http://"))
	if err != nil || at.Host == "" || strings.Trim(at.Path, "/") != "" {
		return usagef("--console %q is no address: write HOST:PORT", console)
	}
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.JoinPath("readyz").String(), nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("no server answers: %w", err)
	}
	defer answer.Body.Close()
	var told readiness
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&told); err != nil {
		return fmt.Errorf("what answers at %s is no tocsin: status %d", console, answer.StatusCode)
	}
	if told.OK {
		fmt.Fprintln(s.Out, "ready")
	}
	if told.Starting {
		fmt.Fprintln(s.Err, "it is starting, or stopping")
	}
	if told.Database != "" {
		fmt.Fprintf(s.Err, "the database does not answer: %s\n", clean(told.Database))
	}
	for _, name := range slices.Sorted(maps.Keys(told.Sources)) {
		why := told.Sources[name]
		if why == "" {
			why = "not yet"
		}
		fmt.Fprintf(s.Err, "source %s was not reached: %s\n", clean(name), clean(why))
	}
	if !told.OK {
		return exitStatus(exitFailed)
	}
	return nil
}
