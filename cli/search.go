package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/core/pattern"
	"tocsin/flow"
	"tocsin/source"
)

type searchOptions struct {
	stored       storedOptions
	since, until string
	where        []string
	control      string
	pack         string
	limit        int64
	output       string
	keepRepeats  bool
	workers      int
	oldestFirst  bool
	count        bool
}

func newSearch(s Streams) *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use:     "search [flags] PATTERN [PATH...]",
		GroupID: "logs",
		Short:   "Find the events that a filter pattern matches",
		Long: `Searches CloudTrail log files for events that match a filter pattern. PATH is a
file, a directory, a zip archive, s3://bucket/prefix, or - for standard input.
The empty pattern '' matches every event. Events come in the order of the files;
an event that was delivered twice is shown once.

With --data or --endpoint in place of PATH it searches what tocsin serve keeps,
where an index makes rare events quick to find; newest events come first.`,
		Example: `  tocsin search '{ $.eventName = "StopLogging" }' logs/
  tocsin search --since 3d-1d --where userIdentity.arn='*:user/alice' '' logs/
  tocsin search --where errorCode='AccessDenied*' --output csv '' logs/ > denied.csv
  tocsin search --control root-usage --output json logs/ | jq .eventName
  tocsin search --data tocsin-data --since 1h '{ $.errorCode = "AccessDenied*" }'
  tocsin search --data tocsin-data --count --control root-usage`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch stored := o.stored.given(); {
			case stored && o.control != "":
				return noArgs(cmd, args)
			case stored:
				return needArgs("PATTERN")(cmd, args)
			case o.control != "":
				return needArgs("PATH...")(cmd, args)
			}
			return needArgs("PATTERN", "PATH...")(cmd, args)
		},
		Annotations: map[string]string{exitCodes: `0  done, also when nothing was found
1  failed, was interrupted, or something could not be read
2  wrong usage or input`},
		RunE: func(cmd *cobra.Command, args []string) error { return runSearch(cmd.Context(), o, args, s) },
	}
	o.addFlags(cmd.Flags())
	completeControls(cmd)
	completeStored(cmd)
	completeWords(cmd, "output", resultForms...)
	completeNothing(cmd, "since", "until", "limit", "log-group", "where", "workers")
	return cmd
}

func (o *searchOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.since, "since", "", "events from this `TIME` on: 2h, 3d-1d, 2023-07-10, RFC 3339")
	f.StringVar(&o.until, "until", "", "events up to and including this `TIME`")
	f.StringArrayVar(&o.where, "where", nil, "also demand that `FIELD=VALUE`; * at either end of the value stands for anything; may be repeated")
	f.StringVar(&o.control, "control", "", "use the pattern of the control with this `ID` in place of PATTERN")
	f.StringVar(&o.pack, "pack", "", "where --control looks: a built-in `PACK` or a file (default all)")
	f.Int64Var(&o.limit, "limit", 0, "stop after `N` events")
	f.StringVar(&o.output, "output", "table", "`FORM` of the result: table, json (one record a line) or csv")
	f.BoolVar(&o.keepRepeats, "keep-duplicates", false, "show an event as often as it was delivered")
	f.IntVar(&o.workers, "workers", 0, workersHelp)
	o.stored.addFlags(f)
	o.stored.addGroupFlag(f)
	f.BoolVar(&o.oldestFirst, "oldest-first", false, "with --data or --endpoint: show the oldest events first")
	f.BoolVar(&o.count, "count", false, "with --data or --endpoint: print how many there are")
}

func runSearch(ctx context.Context, o searchOptions, args []string, s Streams) error {
	w, err := parseWindow(o.since, o.until, s.Now())
	if err != nil {
		return err
	}
	if o.limit < 0 || o.workers < 0 {
		return usagef("--limit and --workers cannot be negative")
	}
	patterns, paths, err := o.patterns(args)
	if err != nil {
		return err
	}
	switch {
	case o.stored.given():
		return o.searchStored(ctx, patterns, w, s)
	case o.count || o.oldestFirst || o.stored.group != "":
		return onlyStored("--count, --oldest-first, --log-group")
	}
	files, err := open(ctx, paths, s)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(s.Out, 64<<10)
	sc, errScreen := newScreen(s.Out, s.Getenv), newScreen(s.Err, s.Getenv)
	meter := newMeter(s.Err, errScreen, "search")
	results, err := newResults(o.output, out, sc, meter)
	if err != nil {
		return err
	}
	prompt := promptResults{out: out, results: results}

	began := time.Now()
	var report flow.SearchReport
	var writing error
	var progress flow.Progress
	shown := int64(0)
	meter.during(ctx, &progress, totalSize(paths), func() {
		report = flow.Search(ctx, files, flow.SearchOptions{
			Patterns: patterns, Since: w.since, Until: w.until,
			KeepDuplicates: o.keepRepeats, Workers: workersFor(o.workers, paths), Progress: &progress,
		}, func(f flow.Found) bool {
			if writing = prompt.add(f); writing != nil {
				return false
			}
			shown++
			return o.limit == 0 || shown < o.limit
		})
	})
	if writing == nil {
		writing = prompt.end()
	}
	if writing != nil {
		return fmt.Errorf("write the result: %w", writing)
	}
	writeProblems(s.Err, errScreen, report.Problems, report.ProblemsLeftOut)
	limited := o.limit > 0 && shown == o.limit
	for _, note := range append([]string{searchSummary(report, limited, time.Since(began))}, results.notes()...) {
		for _, line := range errScreen.wrap(note, 0) {
			fmt.Fprintln(s.Err, errScreen.paint(dim, line))
		}
	}
	switch {
	case report.Interrupted || report.Files.Failed > 0:
		return exitStatus(exitFailed)
	case report.Files.Read == 0 && !limited:
		return nothingRead(report.Files, paths)
	}
	return nil
}

// patterns are what an event has to match, and the paths that follow in the arguments.
func (o *searchOptions) patterns(args []string) (all []*pattern.Pattern, paths []string, err error) {
	var p *pattern.Pattern
	if o.control != "" {
		spec := o.pack
		if spec == "" {
			spec = "all"
		}
		pack, err := loadPack(spec)
		if err != nil {
			return nil, nil, err
		}
		c, err := findControl(pack, spec, o.control)
		if err != nil {
			return nil, nil, err
		}
		p, err = pattern.Parse(c.Pattern)
		if err != nil {
			return nil, nil, err
		}
		paths = args
	} else {
		if o.pack != "" {
			return nil, nil, usagef("--pack says where to find a control; name one with --control")
		}
		if p, err = pattern.Parse(args[0]); err != nil {
			return nil, nil, err
		}
		paths = args[1:]
	}
	all = append(all, p)
	for _, text := range o.where {
		p, err := parseWhere(text)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, p)
	}
	return all, paths, nil
}

// workersHelp explains --workers.
const workersHelp = "read `N` files at a time (default one per processor, 16 from s3://)"

// remoteWorkers is how many files are read at a time from where waiting costs
// more than computing.
const remoteWorkers = 16

// workersFor is how many files to read at a time; 0 is one per processor.
func workersFor(asked int, paths []string) int {
	if asked == 0 && slices.ContainsFunc(paths, source.Remote) {
		return remoteWorkers
	}
	return asked
}

// open gives the files that the paths name.
func open(ctx context.Context, paths []string, s Streams) (source.Files, error) {
	files, err := source.Open(ctx, paths, source.Options{Stdin: interruptible(ctx, s.In)})
	switch {
	case err == nil:
		return files, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return nil, &usageError{err: err}
	case errors.Is(err, fs.ErrPermission), slices.ContainsFunc(paths, source.Remote):
		return nil, err
	}
	return nil, &usageError{err: err}
}

// searchSummary says what was found in what.
func searchSummary(r flow.SearchReport, limited bool, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s found among %s in %s (%s)", count(r.Found, "event"), thousands(r.Events), count(r.Files.Read, "file"), elapsed(took))
	if r.Files.Skipped > 0 {
		fmt.Fprintf(&b, ", %s passed over", count(r.Files.Skipped, "other file"))
	}
	if r.Files.Failed > 0 {
		fmt.Fprintf(&b, ", %s could not be read", count(r.Files.Failed, "file"))
	}
	if limited {
		b.WriteString("; stopped at the limit, there may be more")
	}
	if r.Interrupted {
		b.WriteString("; interrupted, there may be more")
	}
	return b.String()
}
