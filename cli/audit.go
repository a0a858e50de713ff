package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/audit"
	"tocsin/audit/report"
	"tocsin/core/control"
)

type auditOptions struct {
	profiles, regions []string
	role, endpoint    string
	benchmark         string
	controls          []string
	format            string
	asJSON            bool
	baseline          string
}

func newAudit(s Streams) *cobra.Command {
	var o auditOptions
	formats := slices.Sorted(maps.Keys(report.Formats()))
	cmd := &cobra.Command{
		Use:     "audit",
		GroupID: "logs",
		Short:   "Would the alarms of an AWS account reach somebody?",
		Long: `Follows the alarm chain of an AWS account from its trails to the subscribers, and
judges the monitoring controls of the CIS benchmark and those on trails by what
the chain does: which events arrive, which the metric filters match, whether one
of them rings an alarm, and whether anybody hears of it. Shows the link that
broke and what would mend it, and which other auditors will not accept a text.
It only reads. What it may not read is NOT_AVAILABLE, with the permission named.`,
		Example: `  tocsin audit
  tocsin audit --profile prod --profile dev --region eu-west-1
  tocsin audit --role SecurityAudit --format html > audit.html
  tocsin audit --control root-usage,vpc-changes --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("unexpected argument %q: the account is that of the AWS configuration, or of --profile", args[0]), true}
			}
			return nil
		},
		Annotations: map[string]string{exitCodes: `0  every control is PASSED
1  failed: no account could be asked
2  wrong usage or input
3  something is FAILED, WARNING or NOT_AVAILABLE, and not in the --baseline`},
		RunE: func(cmd *cobra.Command, _ []string) error { return runAudit(cmd.Context(), o, s) },
	}
	o.addFlags(cmd.Flags())
	if err := cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag exists and is registered once
	}
	return cmd
}

func (o *auditOptions) addFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.profiles, "profile", nil, "audit the accounts of these `PROFILES` of the AWS configuration (default: the one in use)")
	f.StringSliceVar(&o.regions, "region", nil, "ask for trails in these `REGIONS` (default: the profile's)")
	f.StringVar(&o.role, "role", "", "follow the chain into other accounts by the role of this `NAME` there")
	f.StringVar(&o.endpoint, "endpoint-url", "", "ask this `URL` instead of AWS")
	f.StringVar(&o.benchmark, "benchmark", string(control.Newest), "by this `VERSION` of the CIS AWS Foundations Benchmark")
	f.StringSliceVar(&o.controls, "control", nil, "judge only these `CONTROLS`, which may be such that the benchmark does not have")
	f.StringVar(&o.format, "format", "table", "`FORM` of the result: table, json, junit, sarif or html")
	f.BoolVar(&o.asJSON, "json", false, "the same as --format json")
	f.StringVar(&o.baseline, "baseline", "", "accept the findings in this `FILE`, which --format json wrote")
}

func runAudit(ctx context.Context, o auditOptions, s Streams) error {
	if o.asJSON {
		o.format = "json"
	}
	write, ok := report.Formats()[o.format]
	if !ok {
		formats := slices.Sorted(maps.Keys(report.Formats()))
		return usagef("--format: %q is not one of %s%s", o.format, strings.Join(formats, ", "), didYouMean(o.format, formats))
	}
	version, err := control.ParseVersion(o.benchmark)
	if err != nil {
		return usagef("--benchmark: %w", err)
	}
	controls, err := o.selected(version)
	if err != nil {
		return err
	}
	accepted, err := readBaseline(o.baseline)
	if err != nil {
		return err
	}
	places, err := auditPlaces(ctx, o)
	if err != nil {
		return err
	}
	var reports []report.Report
	findings := false
	for _, p := range places {
		a, err := audit.Read(ctx, audit.Options{
			Account: p.account, Region: p.region, Partition: p.partition, Open: p.open, Now: s.Now().UTC(), Unpaced: o.endpoint != "",
		})
		if err != nil {
			return err
		}
		r := report.Of(&a, audit.Judge(&a, controls, version), version)
		for i := range r.Findings {
			findings = findings || r.Findings[i].Status != audit.Passed && !accepted[keyOf(&r.Findings[i])]
		}
		reports = append(reports, r)
	}
	out := bufio.NewWriter(s.Out)
	if err := write(out, reports); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if findings {
		return exitStatus(exitFindings)
	}
	return nil
}

// selected are the controls to judge: those that the version has, but for what
// this audit does not ask for.
func (o *auditOptions) selected(v control.Version) ([]control.Control, error) {
	var all []control.Control
	pack := control.Builtin()
	for _, id := range o.controls {
		c, ok := pack.Control(id)
		if !ok {
			var ids []string
			for i := range pack.Controls {
				ids = append(ids, pack.Controls[i].ID)
			}
			return nil, usagef("--control: there is no control %q%s", id, didYouMean(id, ids))
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

// keyOf is what a finding is known by in a baseline.
func keyOf(f *audit.Finding) string {
	return strings.Join([]string{f.Account, f.Region, f.Control, string(f.Status)}, "|")
}

// readBaseline reads what is accepted; no file is nothing.
func readBaseline(name string) (map[string]bool, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("--baseline: %w", err)
	}
	var had struct {
		Reports []struct {
			Findings []struct {
				Account, Region, Control string
				Status                   audit.Status
			}
		}
	}
	if err := json.Unmarshal(text, &had); err != nil {
		return nil, usagef("--baseline: %s is not what --format json writes: %w", name, err)
	}
	accepted := map[string]bool{}
	for _, r := range had.Reports {
		for _, f := range r.Findings {
			accepted[keyOf(&audit.Finding{Account: f.Account, Region: f.Region, Control: f.Control, Status: f.Status})] = true
		}
	}
	if len(accepted) == 0 {
		return nil, usagef("--baseline: %s holds no findings", name)
	}
	return accepted, nil
}

// errNoRole is why another account is not entered.
func errNoRole(account string) error {
	return fmt.Errorf("account %s is another one: name a role there with --role", account)
}
