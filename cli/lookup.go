package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/store/events"
	"tocsin/web/api"
)

type lookupOptions struct {
	stored       storedOptions
	since, until string
	attributes   []string
	limit        int64
	output       string
	oldestFirst  bool
	count        bool
}

// lookupAttributes are the attributes that events are looked up by, LookupEvents' first.
var lookupAttributes = []events.Attribute{
	events.EventName, events.EventSource, events.Username, events.AccessKeyID, events.EventID, events.ReadOnly,
	events.ResourceType, events.ResourceName, events.ErrorCode, events.Account, events.Region, events.Address, events.PrincipalARN,
}

func newLookup(s Streams) *cobra.Command {
	var o lookupOptions
	names := make([]string, len(lookupAttributes))
	for i, a := range lookupAttributes {
		names[i] = string(a)
	}
	cmd := &cobra.Command{
		Use:     "lookup [flags] [ATTRIBUTE=VALUE...]",
		GroupID: "logs",
		Short:   "Look up events by attribute in what tocsin serve keeps",
		Long: `Looks up events by attribute, as CloudTrail's LookupEvents does, but of any age, of
all accounts and Regions, by several attributes at once and without its limits of
rate. Newest events come first.

Attributes: ` + strings.Join(names, ", ") + ".",
		Example: `  tocsin lookup --data tocsin-data EventName=StopLogging
  tocsin lookup --data tocsin-data --since 2h AccessKeyId=AKIAIOSFODNN7EXAMPLE
  tocsin lookup --endpoint http://127.0.0.1:4580 --count ErrorCode=AccessDenied Username=alice`,
		Annotations: map[string]string{exitCodes: `0  done, also when nothing was found
1  failed
2  wrong usage or input`},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.attributes = args
			return runLookup(cmd.Context(), o, s)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var all []string
			for _, n := range names {
				all = append(all, n+"=")
			}
			return all, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
		},
	}
	o.addFlags(cmd.Flags())
	completeStored(cmd)
	completeWords(cmd, "output", resultForms...)
	completeNothing(cmd, "since", "until", "limit", "log-group")
	return cmd
}

func (o *lookupOptions) addFlags(f *pflag.FlagSet) {
	o.stored.addFlags(f)
	o.stored.addGroupFlag(f)
	f.StringVar(&o.since, "since", "", "events from this `TIME` on: 2h, 3d-1d, 2023-07-10, RFC 3339")
	f.StringVar(&o.until, "until", "", "events up to and including this `TIME`")
	f.Int64Var(&o.limit, "limit", 0, "stop after `N` events")
	f.StringVar(&o.output, "output", "table", "`FORM` of the result: table, json (one record a line) or csv")
	f.BoolVar(&o.oldestFirst, "oldest-first", false, "show the oldest events first")
	f.BoolVar(&o.count, "count", false, "print how many there are")
}

func runLookup(ctx context.Context, o lookupOptions, s Streams) error {
	w, err := parseWindow(o.since, o.until, s.Now())
	if err != nil {
		return err
	}
	if o.limit < 0 {
		return usagef("--limit cannot be negative")
	}
	if err := checkCount(o.count, o.output, o.limit); err != nil {
		return err
	}
	r := w.request()
	r.LogGroup, r.OldestFirst = o.stored.group, o.oldestFirst
	for _, text := range o.attributes {
		a, err := parseAttribute(text)
		if err != nil {
			return err
		}
		r.Attributes = append(r.Attributes, a)
	}
	a, done, err := o.stored.open(ctx, s)
	if err != nil {
		return err
	}
	defer done() // it was only read
	if o.count {
		return countStored(ctx, a, r, s)
	}
	return showStored(ctx, a, r, o.limit, o.output, s)
}

// parseAttribute reads ATTRIBUTE=VALUE; the name's case does not matter.
func parseAttribute(text string) (api.Attribute, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || value == "" {
		return api.Attribute{}, usagef("%q: write ATTRIBUTE=VALUE, such as EventName=StopLogging", text)
	}
	at := slices.IndexFunc(lookupAttributes, func(a events.Attribute) bool { return strings.EqualFold(string(a), name) })
	if at < 0 {
		var names []string
		for _, a := range lookupAttributes {
			names = append(names, string(a))
		}
		return api.Attribute{}, usagef("there is no attribute %q%s; there is %s", name, didYouMean(name, names), strings.Join(names, ", "))
	}
	if lookupAttributes[at] == events.ReadOnly {
		if value = strings.ToLower(value); value != "true" && value != "false" {
			return api.Attribute{}, usagef("%q: ReadOnly is true or false", text)
		}
	}
	return api.Attribute{Key: string(lookupAttributes[at]), Value: value}, nil
}
