package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tocsin/web/api"
)

func newSubscriptions(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "subscriptions",
		GroupID: "serve",
		Short:   "See who is told, and confirm for a group mailbox",
		Args:    noSuchCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSubscriptionsList(s), newSubscriptionsConfirm(s))
	return cmd
}

func newSubscriptionsList(s Streams) *cobra.Command {
	var o storedOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the subscriptions of all topics",
		Example: `  tocsin subscriptions list --data tocsin-data`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStored(cmd.Context(), &o, s, func(ctx context.Context, a api.API) error {
				found, err := a.Subscriptions(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(s.Out, found)
				}
				rows := make([][]string, 0, len(found))
				for _, f := range found {
					state := "confirmed"
					if !f.Confirmed {
						state = "waits for confirmation"
					}
					rows = append(rows, cleanAll(f.Protocol, f.Endpoint, state, timeText(f.Created), f.ARN))
				}
				return writeRows(s, []column{{title: "BY"}, {title: "WHO", min: 16, middle: true}, {title: "STATE"}, {title: "SINCE (UTC)", spare: 1}, {title: "ARN", spare: 2}}, rows, "nobody is subscribed")
			})
		},
	}
	o.addFlags(cmd.Flags())
	completeStored(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/json.md)")
	return cmd
}

func newSubscriptionsConfirm(s Streams) *cobra.Command {
	var o storedOptions
	cmd := &cobra.Command{
		Use:   "confirm ARN|ENDPOINT",
		Short: "Confirm a subscription in place of its endpoint",
		Long: `Confirms a subscription that waits, as the link in its mail would. It is meant for
mailboxes of groups, where nobody should click for all, and for endpoints that
cannot answer.`,
		Example: `  tocsin subscriptions confirm --endpoint http://127.0.0.1:4580 security@example.com`,
		Args:    needArgs("ARN|ENDPOINT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStored(cmd.Context(), &o, s, func(ctx context.Context, a api.API) error {
				arn := args[0]
				if !strings.HasPrefix(arn, "arn:") {
					found, err := a.Subscriptions(ctx)
					if err != nil {
						return err
					}
					var arns []string
					for _, f := range found {
						if f.Endpoint == arn {
							arns = append(arns, f.ARN)
						}
					}
					switch len(arns) {
					case 0:
						return usagef("nobody is subscribed as %q; see: tocsin subscriptions list", arn)
					case 1:
					default:
						return usagef("%d subscriptions have the endpoint %q; name one by its ARN, see: tocsin subscriptions list", len(arns), arn)
					}
					arn = arns[0]
				}
				if err := a.Confirm(ctx, arn); err != nil {
					return err
				}
				_, err := fmt.Fprintln(s.Out, "confirmed", clean(arn))
				return err
			})
		},
	}
	o.addFlags(cmd.Flags())
	completeStored(cmd)
	return cmd
}

// withStored asks what the flags name.
func withStored(ctx context.Context, o *storedOptions, s Streams, ask func(context.Context, api.API) error) error {
	a, done, err := o.open(ctx, s)
	if err != nil {
		return err
	}
	defer done() // what matters was written by the server, or nothing was
	return asUsage(ask(ctx, a))
}

// writeRows writes a table, or a word when there is nothing in it.
func writeRows(s Streams, columns []column, rows [][]string, nothing string) error {
	sc := newScreen(s.Out, s.Getenv)
	if len(rows) == 0 {
		fmt.Fprintln(s.Err, nothing)
		return nil
	}
	limit := 0
	if sc.terminal {
		limit = sc.width
	}
	out := sc.forPeople(s.Out)
	l := fit(columns, rows, limit)
	if _, err := fmt.Fprintln(out, sc.paint(bold, l.titles())); err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := fmt.Fprintln(out, l.line(row, sc.terminal)); err != nil {
			return err
		}
	}
	return nil
}
