package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/spf13/cobra"

	"tocsin/web/api"
)

func newClock(s Streams) *cobra.Command {
	var endpoint, advance, to string
	cmd := &cobra.Command{
		Use:     "clock",
		GroupID: "serve",
		Short:   "Move the clock of a server that rehearses",
		Long: `Moves the clock of a server that was started with --clock manual, so that a test
need not wait five minutes for a period to end. When the command returns, the
alarms that were due on the way have been evaluated and their notices sent.
Without --advance and --to it tells what the clock says.`,
		Example: `  tocsin clock --advance 5m
  tocsin clock --to 2026-07-01T12:00:00Z --endpoint http://127.0.0.1:4580`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var r api.ClockRequest
			r.Advance = advance
			if to != "" {
				at, err := time.Parse(time.RFC3339, to)
				if err != nil {
					return usagef("--to: %q is no time: write 2026-07-01T12:00:00Z", to)
				}
				r.To = at
			}
			return moveClock(cmd.Context(), endpoint, r, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&advance, "advance", "", "let so much `TIME` pass: 30s, 5m, 1h30m")
	f.StringVar(&to, "to", "", "let time pass until `TIME`")
	f.StringVar(&endpoint, "endpoint", cmp.Or(s.Getenv("AWS_ENDPOINT_URL"), "http://127.0.0.1:4580"), "the server is at `URL`, else at that of AWS_ENDPOINT_URL; its root key is taken as AWS credentials")
	completeNothing(cmd, "advance", "to", "endpoint")
	return cmd
}

func moveClock(ctx context.Context, endpoint string, r api.ClockRequest, s Streams) error {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	if err != nil {
		return err
	}
	client, err := api.NewClient(endpoint, cfg.Credentials, s.Now)
	if err != nil {
		return usagef("--endpoint: %w", err)
	}
	answer, err := client.Clock(ctx, r)
	if err != nil {
		return asUsage(err)
	}
	if !answer.Settled {
		if _, err := fmt.Fprintln(s.Err, "tocsin: not all that was due is done yet: somebody who has to be told does not answer"); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(s.Out, answer.Now.UTC().Format(time.RFC3339Nano))
	return err
}
