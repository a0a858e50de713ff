package cli

import (
	"bufio"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/control"
	"tocsin/flow"
)

type scanOptions struct {
	pack         string
	controls     []string
	filters      []string
	since, until string
	keepRepeats  bool
	workers      int
	asJSON       bool
}

// defaultPack is what a scan looks for unless told otherwise.
const defaultPack = "cis"

func newScan(s Streams) *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:     "scan [flags] PATH...",
		GroupID: "logs",
		Short:   "Tell which alarms would have rung over log files",
		Long: `Reads CloudTrail log files and tells which security alarms would have rung, when,
and who rang them: the metric filters and alarms of the CIS AWS Foundations
Benchmark or your own, evaluated as CloudWatch does. PATH is a file, a directory,
a zip archive, s3://bucket/prefix, or - for standard input.

A few controls of pack all need values of yours, such as your addresses. They are
left out, and the report names them: --control ID uses one with its example
values, a pack of your own (docs/packs.md) with yours.`,
		Example: `  tocsin scan logs/
  tocsin scan --since 7d s3://my-trail/AWSLogs/111122223333/CloudTrail/
  tocsin scan --pack cis:3.0.0 logs/                the patterns as that version prints them
  tocsin scan --pack none --filter stop='{ $.eventName = "StopLogging" }' logs/
  tocsin scan --json logs/ | jq '.controls[] | select(.alarms != []) | .id'`,
		Args: needArgs("PATH..."),
		Annotations: map[string]string{exitCodes: `0  done, no alarm rang
1  failed, was interrupted, or something could not be read and no alarm rang
2  wrong usage or input
3  done, an alarm rang`},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runScan(cmd.Context(), o, cmd.Flags().Changed("pack"), args, s)
		},
	}
	o.addFlags(cmd.Flags())
	completeControls(cmd)
	return cmd
}

func (o *scanOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.pack, "pack", defaultPack, "the controls to use: `PACK` is "+control.Names+", or a file of your own")
	f.StringSliceVar(&o.controls, "control", nil, "only the control with this `ID`; may be repeated")
	f.StringArrayVar(&o.filters, "filter", nil, "also a filter of your own, `ID=PATTERN`, with an alarm at the first event; may be repeated")
	f.StringVar(&o.since, "since", "", "events from this `TIME` on: 2h, 3d-1d, 2023-07-10, RFC 3339")
	f.StringVar(&o.until, "until", "", "events up to and including this `TIME`")
	f.BoolVar(&o.keepRepeats, "keep-duplicates", false, "count an event as often as it was delivered")
	f.IntVar(&o.workers, "workers", 0, workersHelp)
	f.BoolVar(&o.asJSON, "json", false, "print JSON (docs/json.md)")
}

func runScan(ctx context.Context, o scanOptions, packGiven bool, paths []string, s Streams) error {
	w, err := parseWindow(o.since, o.until, s.Now())
	if err != nil {
		return err
	}
	if o.workers < 0 {
		return usagef("--workers cannot be negative")
	}
	watches, leftOut, err := o.watches(packGiven)
	if err != nil {
		return err
	}
	files, err := open(ctx, paths, s)
	if err != nil {
		return err
	}
	errScreen := newScreen(s.Err, s.Getenv)
	var report flow.Report
	var progress flow.Progress
	newMeter(s.Err, errScreen, "scan").during(ctx, &progress, totalSize(paths), func() {
		report = flow.Scan(ctx, files, flow.ScanOptions{
			Watches: watches, Since: w.since, Until: w.until,
			KeepDuplicates: o.keepRepeats, Workers: workersFor(o.workers, paths), Progress: &progress,
		})
	})

	out := bufio.NewWriter(s.Out)
	if o.asJSON {
		err = writeJSON(out, scanResult{report, leftOut})
	} else {
		sc := newScreen(s.Out, s.Getenv)
		v := scanView{
			w: sc.forPeople(out), sc: sc, options: o, packGiven: packGiven, paths: paths, window: w, leftOut: leftOut,
		}
		v.show(report)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return scanStatus(report, paths)
}

// A scanResult is a scan's report and what it did not look for. Its JSON form is
// documented in docs/json.md.
type scanResult struct {
	flow.Report
	// LeftOut are the controls of the pack whose patterns hold example values
	// that an account has to replace: they would ring without reason.
	LeftOut []string `json:"controls_left_out,omitempty"`
}

// scanStatus is the exit code that a report stands for.
func scanStatus(r flow.Report, paths []string) error {
	switch {
	case r.Interrupted:
		return exitStatus(exitFailed)
	case r.Files.Read == 0 && r.Files.Failed == 0:
		return nothingRead(r.Files, paths)
	case r.Files.Read == 0:
		return fmt.Errorf("nothing could be read")
	case rang(r):
		return exitStatus(exitFindings)
	case r.Files.Failed > 0:
		return exitStatus(exitFailed)
	}
	return nil
}

// rang tells whether an alarm did.
func rang(r flow.Report) bool {
	for _, c := range r.Controls {
		if len(c.Alarms) > 0 {
			return true
		}
	}
	return false
}

// watches readies the controls and filters that the options name, and tells
// which controls of the pack are left out.
func (o *scanOptions) watches(packGiven bool) (watches []flow.Watch, leftOut []string, err error) {
	spec := o.pack
	if len(o.controls) > 0 && !packGiven {
		spec = "all" // whoever names a control need not know which pack has it
	}
	pack, err := loadPack(spec)
	if err != nil {
		return nil, nil, err
	}
	if len(o.controls) > 0 {
		pack, err = chosen(pack, spec, o.controls)
	} else if control.IsName(spec) { // whoever writes a pack puts the values in
		leftOut = leaveOutExamples(pack)
	}
	if err != nil {
		return nil, nil, err
	}
	watches, err = flow.Watches(pack)
	if err != nil {
		return nil, nil, &usageError{err: err}
	}
	if watches, err = o.addFilters(watches); err != nil {
		return nil, nil, err
	}
	if len(watches) == 0 {
		return nil, nil, usagef("nothing to look for: name a pack with --pack, or a filter with --filter ID=PATTERN")
	}
	return watches, leftOut, nil
}

// chosen is the part of a pack with these ids, each control once.
func chosen(pack *control.Pack, spec string, ids []string) (*control.Pack, error) {
	part := *pack
	part.Controls = nil
	for _, id := range ids {
		c, err := findControl(pack, spec, id)
		if err != nil {
			return nil, err
		}
		if _, twice := part.Control(id); !twice {
			part.Controls = append(part.Controls, *c)
		}
	}
	return &part, nil
}

// leaveOutExamples takes the controls off a pack whose patterns hold example
// values, and names them.
func leaveOutExamples(pack *control.Pack) (ids []string) {
	pack.Controls = slices.DeleteFunc(pack.Controls, func(c control.Control) bool {
		if len(c.Parameters) == 0 {
			return false
		}
		ids = append(ids, c.ID)
		return true
	})
	return ids
}

// addFilters adds a watch for each --filter.
func (o *scanOptions) addFilters(watches []flow.Watch) ([]flow.Watch, error) {
	for _, text := range o.filters {
		w, err := parseFilter(text)
		if err != nil {
			return nil, err
		}
		for i := range watches {
			if watches[i].ID == w.ID {
				return nil, usagef("--filter %s: there is a control with this ID already", w.ID)
			}
		}
		watches = append(watches, w)
	}
	return watches, nil
}

// filterID is what a --filter may be called.
const filterID = `^[A-Za-z0-9][A-Za-z0-9._-]*$`

// parseFilter makes a watch of a --filter flag, with the alarm of the CIS items.
func parseFilter(text string) (flow.Watch, error) {
	id, text, ok := strings.Cut(text, "=")
	if !ok || !regexp.MustCompile(filterID).MatchString(id) {
		return flow.Watch{}, usagef(`--filter: write ID=PATTERN, such as stop='{ $.eventName = "StopLogging" }'; the ID has letters, digits, hyphens, dots and underscores`)
	}
	c := control.Control{
		ID: id, Title: id, Kind: control.Alarm, Severity: control.Medium, Pattern: text, Settings: control.DefaultSettings(),
	}
	c.Metric = id
	w, err := flow.NewWatch(&c)
	if err != nil {
		return flow.Watch{}, &usageError{err: err}
	}
	return w, nil
}
