package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/audit"
	"tocsin/audit/report"
	"tocsin/core/control"
)

type auditOptions struct {
	profiles, regions, accounts []string
	inUse                       []string // Regions
	observers                   []string // accounts
	organization                bool
	role, externalID, endpoint  string
	benchmark                   string
	controls                    []string
	format                      string
	asJSON                      bool
	baseline, resume            string
	workers                     int
}

func newAudit(s Streams) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:     "audit",
		GroupID: "logs",
		Short:   "Would the alarms of an AWS account reach somebody?",
		Long: `Follows the alarm chain of an AWS account from its trails to the subscribers, and
judges the monitoring controls of the CIS benchmark and those on trails by what
the chain does: which events arrive, which the metric filters match, whether one
of them rings an alarm, and whether anybody hears of it. Shows the link that
broke and what would mend it, and which other auditors will not accept a text.
It only reads. What it may not read is NOT_AVAILABLE, with the permission named.
See docs/audit.md.`,
		Example: `  tocsin audit
  tocsin audit --profile prod --profile dev --region eu-west-1
  tocsin audit --organization --role SecurityAudit --resume audit.notes
  tocsin audit --role SecurityAudit --format html > audit.html
  tocsin audit --control root-usage,vpc-changes --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("unexpected argument %q: the account is that of the AWS configuration, or of --profile", args[0]), true}
			}
			return nil
		},
		Annotations: map[string]string{exitCodes: `0  every control is PASSED
1  failed: no account could be asked, or the audit was interrupted
2  wrong usage or input
3  something is FAILED, WARNING or NOT_AVAILABLE, and not in the --baseline`},
		RunE: func(cmd *cobra.Command, _ []string) error { return runAudit(cmd.Context(), o, s) },
	}
	o.addFlags(cmd.Flags())
	for flag, values := range map[string]func() []string{"format": auditFormats, "benchmark": versionNames, "control": controlIDs} {
		if err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		}); err != nil {
			panic(err) // the flag exists and is registered once
		}
	}
	return cmd
}

func (o *auditOptions) addFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.profiles, "profile", nil, "audit the accounts of these `PROFILES` of the AWS configuration (default: the one in use)")
	f.StringSliceVar(&o.regions, "region", nil, "ask for trails in these `REGIONS` (default: the profile's)")
	f.StringSliceVar(&o.observers, "observed-by", nil, "count the alarms of these `ACCOUNTS`, which observe the audited ones, entered by --role")
	f.StringSliceVar(&o.inUse, "regions-in-use", nil, "let single-Region trails in all of these `REGIONS` make up for a trail of all Regions")
	f.StringVar(&o.role, "role", "", "enter other accounts by the role of this `NAME` there, and follow the chain into them")
	f.StringVar(&o.externalID, "external-id", "", "the `ID` that the roles ask for")
	f.StringSliceVar(&o.accounts, "account", nil, "audit these `ACCOUNTS`, by --role")
	f.BoolVar(&o.organization, "organization", false, "audit all active accounts of the organization, by --role; with --account, those of them")
	f.StringVar(&o.endpoint, "endpoint-url", "", "ask this `URL` instead of AWS (default: that of AWS_ENDPOINT_URL)")
	f.StringVar(&o.benchmark, "benchmark", string(control.Newest), "by this `VERSION` of the CIS AWS Foundations Benchmark")
	f.StringSliceVar(&o.controls, "control", nil, "judge only these `CONTROLS`, which may be such that the benchmark does not have")
	f.StringVar(&o.format, "format", "table", "`FORM` of the result: table, json, junit, sarif, html, asff (Security Hub) or ocsf")
	f.BoolVar(&o.asJSON, "json", false, "the same as --format json")
	f.StringVar(&o.baseline, "baseline", "", "accept the findings in this `FILE`, which --format json wrote")
	f.StringVar(&o.resume, "resume", "", "note in this `FILE` the accounts that are done, and do not ask them again in another run")
	f.IntVar(&o.workers, "workers", 4, "audit `N` accounts at a time")
}

func auditFormats() []string {
	return slices.Sorted(maps.Keys(auditWriters(nil)))
}

func versionNames() []string {
	var names []string
	for _, v := range control.Versions() {
		names = append(names, string(v))
	}
	return names
}

func controlIDs() []string {
	var ids []string
	for _, c := range control.Builtin().Controls {
		ids = append(ids, c.ID)
	}
	return ids
}

// auditWriters are the forms of the result by name. The table is for s.
func auditWriters(s *Streams) map[string]report.Writer {
	all := report.Formats()
	all["table"] = func(w io.Writer, a report.Audit) error { return showAudit(w, newScreen(s.Out, s.Getenv), a) }
	return all
}

// An auditing is what the options come to.
type auditing struct {
	o        auditOptions
	s        Streams
	version  control.Version
	controls []control.Control
	accepted *baseline
	notes    *auditNotes // nil without --resume
	pacer    audit.Pacer
}

func runAudit(ctx context.Context, o auditOptions, s Streams) error {
	o.endpoint = cmp.Or(o.endpoint, standIn(s.Getenv, ""))
	write, err := o.check(&s)
	if err != nil {
		return err
	}
	a := &auditing{o: o, s: s}
	if a.version, err = control.ParseVersion(o.benchmark); err != nil {
		return usagef("--benchmark: %w", err)
	}
	if a.controls, err = o.selected(a.version); err != nil {
		return err
	}
	if a.accepted, err = readBaseline(o.baseline); err != nil {
		return err
	}
	if o.resume != "" {
		if a.notes, err = openNotes(o.resume, a.notesHead()); err != nil {
			return err
		}
		defer a.notes.close()
	}
	places, err := a.places(ctx)
	if err != nil {
		return err
	}
	result, asked := a.ask(ctx, places)
	switch {
	case ctx.Err() != nil && asked == 0:
		return ctx.Err()
	case asked == 0:
		return nobody(result)
	}
	findings := a.accept(&result)
	out := bufio.NewWriter(s.Out)
	if err := write(out, result); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return a.ending(ctx, result, asked, findings)
}

// check refuses what does not go together, before anybody is asked.
func (o *auditOptions) check(s *Streams) (report.Writer, error) {
	if o.asJSON {
		o.format = "json"
	}
	write, ok := auditWriters(s)[o.format]
	switch {
	case !ok:
		return nil, usagef("--format: %q is not one of %s%s", o.format, strings.Join(auditFormats(), ", "), didYouMean(o.format, auditFormats()))
	case o.workers < 1:
		return nil, usagef("--workers: at least one account at a time")
	case o.organization && o.role == "":
		return nil, usagef("--organization needs --role: the name of a role that each account has, such as SecurityAudit or OrganizationAccountAccessRole")
	case len(o.accounts) > 0 && o.role == "":
		return nil, usagef("--account needs --role: the name of a role that each of these accounts has")
	case strings.HasPrefix(o.role, "arn:"):
		return nil, usagef("--role: only the role's name is wanted, which is the same in each account: %s", strings.TrimPrefix(o.role[strings.LastIndex(o.role, ":")+1:], "role/"))
	case len(o.observers) > 0 && o.role == "":
		return nil, usagef("--observed-by needs --role: the name of the role by which these accounts are entered")
	case o.externalID != "" && o.role == "":
		return nil, usagef("--external-id goes with --role")
	case (o.organization || len(o.accounts) > 0) && len(o.profiles) > 1:
		return nil, usagef("--organization and --account go with one --profile, whose account the roles trust")
	}
	o.role = strings.TrimPrefix(o.role, "role/")
	for flag, named := range map[string][]string{"--account": o.accounts, "--observed-by": o.observers} {
		for _, id := range named {
			if !accountID.MatchString(id) {
				return nil, usagef("%s: %q is no account, which has 12 digits", flag, id)
			}
		}
	}
	for flag, named := range map[string][]string{"--region": o.regions, "--regions-in-use": o.inUse} {
		for _, region := range named {
			if !regionName.MatchString(region) {
				return nil, usagef("%s: %q is no Region%s", flag, region, didYouMean(region, regions))
			}
		}
	}
	return write, nil
}

var (
	accountID  = regexp.MustCompile(`^\d{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)
)

// selected are the controls to judge: those that the version has, but for what
// this audit does not ask for.
func (o *auditOptions) selected(v control.Version) ([]control.Control, error) {
	var all []control.Control
	pack := control.Builtin()
	for _, id := range o.controls {
		c, ok := pack.Control(id)
		if !ok {
			return nil, usagef("--control: there is no control %q%s", id, didYouMean(id, controlIDs()))
		}
		all = append(all, *c)
	}
	if len(o.controls) > 0 {
		return all, nil
	}
	for _, c := range pack.Controls {
		if _, has := c.CIS[v]; has && c.Kind != control.Account {
			all = append(all, c)
		}
	}
	return all, nil
}
