package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/synth"
)

type synthOptions struct {
	out        string
	force      bool
	start      string
	duplicates float64
	asJSON     bool
	make       synth.Options
}

// A synthResult says what was written. Its JSON form is documented in docs/json.md.
type synthResult struct {
	Out               string `json:"out"`
	Story             string `json:"story"`
	Seed              uint64 `json:"seed"`
	Files             int    `json:"files"`
	Events            int    `json:"events"`
	Duplicates        int    `json:"duplicates"`
	CompressedBytes   int64  `json:"compressed_bytes"`
	DecompressedBytes int64  `json:"decompressed_bytes"`
}

func newSynth(s Streams) *cobra.Command {
	var o synthOptions
	cmd := &cobra.Command{
		Use:     "synth --out DIR [flags]",
		GroupID: "other",
		Short:   "Make synthetic CloudTrail log files",
		Long: `Writes synthetic CloudTrail log files, realistic in size, shape and content, under
DIR as CloudTrail lays them out. The same options and seed always give the same
bytes.

Stories:
` + storyList(),
		Example: `  tocsin synth --out demo --story takeover
  tocsin synth --out load --events 1000000 --files 20000 --seed 7`,
		Args: noArgs,
		Annotations: map[string]string{exitCodes: `0  done
1  failed, or was interrupted
2  wrong usage, such as a folder that is not empty`},
		RunE: func(cmd *cobra.Command, _ []string) error { return runSynth(cmd.Context(), o, s) },
	}
	o.addFlags(cmd.Flags())
	if err := cmd.RegisterFlagCompletionFunc("story", cobra.FixedCompletions(synth.Stories(), cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag exists and is registered once
	}
	return cmd
}

// storyList tells each story in a few lines.
func storyList() string {
	var b strings.Builder
	for _, name := range synth.Stories() {
		for i, line := range wrap(synth.About(name), 66) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(&b, "  %-10s%s\n", name, line)
		}
	}
	return b.String()
}

func (o *synthOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.out, "out", "", "write under this `DIR`, which is made if it is missing and has to be empty otherwise")
	f.BoolVar(&o.force, "force", false, "write into a folder that is not empty; files of the same name are replaced")
	f.StringVar(&o.make.Story, "story", "quiet", "what happens: `STORY` is "+strings.Join(synth.Stories(), ", "))
	f.IntVar(&o.make.Events, "events", 2000, "make `N` events")
	f.IntVar(&o.make.Files, "files", 0, "in `N` files (default one for every 50 events)")
	f.Uint64Var(&o.make.Seed, "seed", 1, "the `NUMBER` that chooses among all data of the same shape")
	f.StringVar(&o.start, "start", "", "begin at this `TIME` (default 2026-03-03T08:00:00Z)")
	f.DurationVar(&o.make.Span, "span", 3*time.Hour, "let it last so long, a `DURATION` such as 90m or 48h")
	f.IntVar(&o.make.Accounts, "accounts", 1, "in `N` accounts")
	f.StringSliceVar(&o.make.Regions, "region", nil, "in this `REGION`, the busiest first; may be repeated")
	f.Float64Var(&o.duplicates, "duplicates", 0.02, "deliver this `SHARE` of the events twice, 0 to 1")
	f.BoolVar(&o.asJSON, "json", false, "print JSON (docs/json.md)")
}

func runSynth(ctx context.Context, o synthOptions, s Streams) error {
	if err := o.complete(s.Now()); err != nil {
		return err
	}
	type done struct {
		sum synth.Summary
		err error
	}
	finished := make(chan done, 1)
	go func() { // ends with the process when it is interrupted
		sum, err := o.write()
		finished <- done{sum, err}
	}()
	var d done
	select {
	case d = <-finished:
	case <-ctx.Done():
		return fmt.Errorf("interrupted; %s is incomplete", o.out)
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case d.err == nil:
	case errors.As(d.err, &path), errors.As(d.err, &link):
		return d.err
	default:
		return &usageError{err: d.err}
	}
	if o.asJSON {
		return writeJSON(s.Out, synthResult{
			Out: o.out, Story: o.make.Story, Seed: o.make.Seed, Files: d.sum.Files, Events: d.sum.Events,
			Duplicates: d.sum.Duplicates, CompressedBytes: d.sum.Compressed, DecompressedBytes: d.sum.Decompressed,
		})
	}
	_, err := fmt.Fprintf(newScreen(s.Out, s.Getenv).forPeople(s.Out), "%s with %s (%s), %s, compressed %s\nLook at them with: tocsin scan %s\n",
		count(int64(d.sum.Files), "file"), count(int64(d.sum.Events), "event"), count(int64(d.sum.Duplicates), "duplicate"),
		size(float64(d.sum.Decompressed)), size(float64(d.sum.Compressed)), shellQuote(o.out))
	return err
}

// complete checks the options and makes of them what synth takes.
func (o *synthOptions) complete(now time.Time) error {
	if o.out == "" {
		return &usageError{fmt.Errorf("say with --out DIR where to write"), true}
	}
	if synth.About(o.make.Story) == "" {
		stories := synth.Stories()
		return usagef("--story %q: there are %s%s", o.make.Story, strings.Join(stories, ", "), didYouMean(o.make.Story, stories))
	}
	if o.make.Events < 1 || o.make.Files < 0 || o.make.Accounts < 1 || o.make.Span <= 0 {
		return usagef("--events, --files, --accounts and --span cannot be negative, nor zero")
	}
	if o.duplicates < 0 || o.duplicates > 1 {
		return usagef("--duplicates is a share, 0 to 1")
	}
	o.make.Duplicates = o.duplicates
	if o.duplicates == 0 {
		o.make.Duplicates = -1 // zero stands for the default there
	}
	if o.start != "" {
		begin, _, ok := moment(o.start, now)
		if !ok {
			return usagef("--start: %q is no time; %s", o.start, timeForms)
		}
		o.make.Start = begin
	}
	return nil
}

// write makes the files; with force beside the folder first, and then moves
// them in, so that what is there is only replaced by whole files.
func (o *synthOptions) write() (synth.Summary, error) {
	entries, err := os.ReadDir(o.out)
	if !o.force || err != nil || len(entries) == 0 {
		return synth.WriteDir(o.out, o.make)
	}
	beside, err := os.MkdirTemp(filepath.Dir(filepath.Clean(o.out)), ".tocsin-synth-")
	if err != nil {
		return synth.Summary{}, err
	}
	sum, err := synth.WriteDir(beside, o.make)
	if err == nil {
		err = moveInto(o.out, beside)
	}
	return sum, errors.Join(err, os.RemoveAll(beside))
}

// moveInto moves every file below from to the same place below to.
func moveInto(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		return os.Rename(path, target)
	})
}
