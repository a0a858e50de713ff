package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tocsin/web/api"
)

func newDeliveries(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "deliveries",
		GroupID: "serve",
		Short:   "See what was told to whom, and send again what was given up",
		Args:    noSuchCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDeliveriesList(s), newDeliveriesResend(s))
	return cmd
}

func newDeliveriesList(s Streams) *cobra.Command {
	var o storedOptions
	var status string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List deliveries, newest first",
		Example: `  tocsin deliveries list --data tocsin-data --status dead`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStored(cmd.Context(), &o, s, func(ctx context.Context, a api.API) error {
				found, err := a.Deliveries(ctx, status, limit)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(s.Out, found)
				}
				rows := make([][]string, 0, len(found))
				for _, d := range found {
					rows = append(rows, cleanAll(strconv.FormatInt(d.ID, 10), d.Status, timeText(d.Created), d.Protocol, d.Endpoint, d.Subject, strconv.Itoa(d.Attempts), d.Last))
				}
				return writeRows(s, []column{
					{title: "ID"},
					{title: "STATUS"},
					{title: "MADE (UTC)", spare: 1},
					{title: "BY"},
					{title: "TO", min: 14, middle: true},
					{title: "NOTICE", min: 20},
					{title: "TRIES"},
					{title: "LAST ANSWER", min: 12, spare: 2},
				}, rows, "there are none")
			})
		},
	}
	o.addFlags(cmd.Flags())
	completeStored(cmd)
	cmd.Flags().StringVar(&status, "status", "", "only those with this `STATUS`: pending, delivered or dead")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most `N`")
	completeWords(cmd, "status", "pending", "delivered", "dead")
	completeNothing(cmd, "limit")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/json.md)")
	return cmd
}

func newDeliveriesResend(s Streams) *cobra.Command {
	var o storedOptions
	var all bool
	cmd := &cobra.Command{
		Use:               "resend [--all | ID...]",
		Short:             "Send what was given up again",
		ValidArgsFunction: cobra.NoFileCompletions,
		Example: `  tocsin deliveries resend --endpoint http://127.0.0.1:4580 17 18
  tocsin deliveries resend --endpoint http://127.0.0.1:4580 --all`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return usagef("name deliveries by their ids (see: tocsin deliveries list --status dead), or say --all")
			}
			var ids []int64
			for _, text := range args {
				id, err := strconv.ParseInt(text, 10, 64)
				if err != nil || id <= 0 {
					return usagef("%q is no id of a delivery; see: tocsin deliveries list", text)
				}
				ids = append(ids, id)
			}
			return withStored(cmd.Context(), &o, s, func(ctx context.Context, a api.API) error {
				sent, err := a.Resend(ctx, ids)
				if err != nil {
					return err
				}
				text := "nothing was given up: there is nothing to send again"
				switch {
				case sent == 1:
					text = "1 notice is on its way again"
				case sent > 1:
					text = thousands(int64(sent)) + " notices are on their way again"
				}
				_, err = fmt.Fprintln(s.Out, text)
				return err
			})
		},
	}
	o.addFlags(cmd.Flags())
	completeStored(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all that was given up, at most 1,000 at once")
	return cmd
}
