package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/control"
	"tocsin/export"
)

type exportOptions struct {
	pack, benchmark  string
	controls         []string
	findings         string
	account, region  string
	prefix           string
	namespace        string
	logGroup         string
	mails, endpoints []string
	trail            bool
	compat           string
	output           string
	force            bool
}

// An exportForm is one of the forms of tocsin export.
type exportForm struct {
	name, short, long string
	form              export.Form
	write             func(*export.Plan) string
}

var exportForms = []exportForm{
	{"terraform", "As a Terraform configuration", `One file for terraform apply, without a provider block: account and Region are
those of the configuration that it is put into, or of the environment. Mail
addresses and the log group are variables.`, export.ForTerraform, export.Terraform},
	{"cloudformation", "As a CloudFormation template", `A template for a stack, of capability CAPABILITY_NAMED_IAM with --with-trail. The
log group and the mail addresses are parameters.`, export.ForCloudFormation, export.CloudFormation},
	{"cli", "As a script of AWS CLI commands", `A bash script that may run again: what is there is left or made equal. Account
and Region are those of AWS_PROFILE, AWS_REGION and the like.`, export.ForScript, export.Script},
}

func newExport(s Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "export",
		GroupID: "logs",
		Short:   "Write the alarms, or an audit's mend, as resources of AWS",
		Long: `Writes an alarm chain as native resources: the alarms of a pack, or what mends
the findings of an audit in the account's own names. --with-trail begins with a
trail, so that an empty account gets a chain that rings. --compat chooses texts
that another auditor accepts, and makes up for what they miss.`,
		Example: `  tocsin export terraform --log-group /cloudtrail/main --email security@example.com > alarms.tf
  tocsin export cloudformation --with-trail --compat securityhub --output alarms.yaml
  tocsin audit --json > findings.json; tocsin export cli --findings findings.json > mend.sh`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, form := range exportForms {
		cmd.AddCommand(newExportForm(s, form))
	}
	return cmd
}

func newExportForm(s Streams, form exportForm) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   form.name,
		Short: form.short,
		Long:  form.long,
		Example: strings.ReplaceAll(`  tocsin export FORM --log-group /cloudtrail/main --email security@example.com
  tocsin export FORM --with-trail --pack all --prefix acme
  tocsin export FORM --benchmark 3.0.0 --control root-usage,vpc-changes
  tocsin export FORM --findings findings.json`, "FORM", form.name),
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runExport(cmd.Context(), o, form, cmd.Flags(), s) },
	}
	o.addFlags(cmd.Flags())
	completeControls(cmd)
	if err := cmd.RegisterFlagCompletionFunc("compat", cobra.FixedCompletions(export.Auditors(), cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag exists and is registered once
	}
	return cmd
}

func (o *exportOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.pack, "pack", "cis", "the alarms of a `PACK`: "+control.Names+", or a file")
	f.StringVar(&o.benchmark, "benchmark", "", "only the controls that this `VERSION` of the CIS AWS Foundations Benchmark has")
	f.StringSliceVar(&o.controls, "control", nil, "only these `CONTROLS`")
	f.StringVar(&o.findings, "findings", "", "instead of a pack: what mends the findings in this `FILE`, or - for standard input, which tocsin audit --format json wrote")
	f.StringVar(&o.account, "account", "", "of the findings, only those of this `ACCOUNT`")
	f.StringVar(&o.region, "region", "", "of the findings, only those of this `REGION`")
	f.StringVar(&o.logGroup, "log-group", "", "`NAME` of the log group that the trail delivers to (default: asked for when it is applied)")
	f.BoolVar(&o.trail, "with-trail", false, "begin with a trail, its bucket, its log group and its role")
	f.StringSliceVar(&o.mails, "email", nil, "mail to these `ADDRESSES`")
	f.StringArrayVar(&o.endpoints, "subscribe", nil, "tell this `ENDPOINT` too: a web address, a telephone number, the ARN of a queue; may be repeated")
	f.StringVar(&o.prefix, "prefix", "security", "begin the `NAMES` of what is new so")
	f.StringVar(&o.namespace, "namespace", "", "`NAMESPACE` of the metrics (default: what the controls say)")
	f.StringVar(&o.compat, "compat", "", "use texts that this `AUDITOR` accepts: "+strings.Join(export.Auditors(), ", "))
	f.StringVar(&o.output, "output", "", "write to this `FILE`, which must not be there yet")
	f.BoolVar(&o.force, "force", false, "write over the file of --output")
}

func runExport(ctx context.Context, o exportOptions, form exportForm, set *pflag.FlagSet, s Streams) error {
	if o.compat != "" && !slices.Contains(export.Auditors(), o.compat) {
		return usagef("--compat: %q is not one of %s%s", o.compat, strings.Join(export.Auditors(), ", "), didYouMean(o.compat, export.Auditors()))
	}
	if o.force && o.output == "" {
		return usagef("--force says that the file of --output may be written over, and there is no --output")
	}
	plan, err := o.plan(ctx, form, set, s)
	if err != nil {
		return err
	}
	text := form.write(plan)
	if form.form == export.ForCloudFormation && export.TooLong(text) {
		fmt.Fprintln(s.Err, "tocsin: the template is too long for --template-body: upload it to a bucket, as aws cloudformation deploy --s3-bucket does")
	}
	if o.output == "" {
		if _, err := fmt.Fprint(s.Out, text); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		return nil
	}
	return o.save(text, form)
}

// save writes the file of --output, and not over one that is there.
func (o *exportOptions) save(text string, form exportForm) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if !o.force {
		flags |= os.O_EXCL
	}
	mode := fs.FileMode(0o644)
	if form.form == export.ForScript {
		mode = 0o755
	}
	f, err := os.OpenFile(o.output, flags, mode)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usagef("--output: %s is there already; --force writes over it", o.output)
	case err != nil:
		return usagef("--output: %w", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// plan is what is asked for: a pack, or the mend of findings.
func (o *exportOptions) plan(ctx context.Context, form exportForm, set *pflag.FlagSet, s Streams) (*export.Plan, error) {
	version := control.Newest
	if o.benchmark != "" {
		v, err := control.ParseVersion(o.benchmark)
		if err != nil {
			return nil, usagef("--benchmark: %w", err)
		}
		version = v
	}
	to := export.Options{
		Pack: filepath.Base(o.pack), Prefix: o.prefix, Namespace: o.namespace, LogGroup: o.logGroup, Trail: o.trail, Compat: o.compat, Version: version,
		Subscribers: append(slices.Clone(o.mails), o.endpoints...),
	}
	if o.findings != "" {
		return o.mend(ctx, form, to, set, s)
	}
	for _, name := range []string{"account", "region"} {
		if set.Changed(name) {
			return nil, usagef("--%s chooses among findings: give --findings too", name)
		}
	}
	controls, err := o.selected(version, s)
	if err != nil {
		return nil, err
	}
	plan, err := export.Pack(controls, to)
	if err != nil {
		return nil, &usageError{err: err}
	}
	return plan, nil
}

// selected are the alarms of the pack that are asked for.
func (o *exportOptions) selected(version control.Version, s Streams) ([]control.Control, error) {
	pack, err := loadPack(o.pack)
	if err != nil {
		return nil, err
	}
	pack.Controls = slices.DeleteFunc(pack.Controls, func(c control.Control) bool { return c.Kind != control.Alarm })
	if len(o.controls) > 0 {
		if pack, err = chosen(pack, o.pack, o.controls); err != nil {
			return nil, err
		}
	} else if left := leaveOutExamples(pack); len(left) > 0 && control.IsName(o.pack) {
		fmt.Fprintf(s.Err, "tocsin: left out, as their patterns hold example values: %s (docs/packs.md)\n", strings.Join(left, ", "))
	}
	if o.benchmark != "" {
		var without []string
		pack.Controls = slices.DeleteFunc(pack.Controls, func(c control.Control) bool {
			_, has := c.CIS[version]
			if !has {
				without = append(without, c.ID)
			}
			return !has
		})
		if len(o.controls) > 0 && len(without) > 0 {
			return nil, usagef("--benchmark: version %s has no %s", version, strings.Join(without, ", "))
		}
	}
	if len(pack.Controls) == 0 {
		return nil, usagef("there is nothing to export: pack %s has no such alarm", o.pack)
	}
	return pack.Controls, nil
}

// mend is the plan of what mends the findings of a file.
func (o *exportOptions) mend(ctx context.Context, form exportForm, to export.Options, set *pflag.FlagSet, s Streams) (*export.Plan, error) {
	for _, name := range []string{"pack", "benchmark", "log-group"} {
		if set.Changed(name) && !(name == "log-group" && o.trail) {
			return nil, usagef("--%s and --findings exclude each other: the findings say what is to be mended, and where", name)
		}
	}
	text, err := readFindings(ctx, o.findings, s)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, usagef("--findings: %w", err)
	}
	all, err := export.ReadFindings(text)
	if err != nil {
		return nil, usagef("--findings: %s: %w", o.findings, err)
	}
	for _, id := range o.controls {
		if !slices.ContainsFunc(all, func(f export.Finding) bool { return f.Control == id }) {
			var ids []string
			for i := range all {
				ids = append(ids, all[i].Control)
			}
			return nil, usagef("--control: %s has no finding on %q%s", o.findings, id, didYouMean(id, ids))
		}
	}
	all = slices.DeleteFunc(all, func(f export.Finding) bool {
		account, region := f.At()
		return o.account != "" && account != o.account || f.Broken() &&
			(o.region != "" && region != o.region || len(o.controls) > 0 && !slices.Contains(o.controls, f.Control))
	})
	if (o.account != "" || o.region != "") && !slices.ContainsFunc(all, func(f export.Finding) bool { return f.Broken() }) {
		return nil, usagef("--findings: %s has nothing to mend in that account and Region", o.findings)
	}
	to.Warnings = len(o.controls) > 0
	plan, err := export.Mend(all, to, form.form)
	if err != nil {
		return nil, usagef("--findings: %s: %w", o.findings, err)
	}
	return plan, nil
}

// readFindings reads a file, or standard input where it is called so.
func readFindings(ctx context.Context, name string, s Streams) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(interruptible(ctx, s.In))
	}
	return os.ReadFile(name)
}
