package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

type options struct {
	dir           string
	files, events int
	rounds        int
	binary        string
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "keep the log files in this folder and use them again (default in the user's cache folder)")
	flag.IntVar(&o.files, "files", 10_000, "how many log files there are")
	flag.IntVar(&o.events, "events", 45, "how many events a log file has in the mean")
	flag.IntVar(&o.rounds, "rounds", 5, "how often each is run; the AWS CLI only once of it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		log.Fatal(err)
	}
}

func (o options) run(ctx context.Context) (err error) {
	if o.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		o.dir = filepath.Join(cache, "tocsin-bench")
	}
	built, err := os.MkdirTemp("", "tocsin-validate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(built)) }()
	o.binary = filepath.Join(built, "tocsin")
	build := exec.CommandContext(ctx, "go", "build", "-o", o.binary, "tocsin/cmd/tocsin")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build tocsin (run bench from the repository): %w", err)
	}
	aws, err := exec.LookPath("aws")
	if err != nil {
		fmt.Println("the AWS CLI is not installed: there is nothing to compare with")
		aws = ""
	}
	small, err := makeMirror(ctx, o.dir, max(1, o.files/10), max(1, o.files/10)*o.events)
	if err != nil {
		return err
	}
	if err := o.agree(ctx, small, aws); err != nil {
		return err
	}
	if err := o.measure(ctx, small, ""); err != nil {
		return err
	}
	large, err := makeMirror(ctx, o.dir, o.files, o.files*o.events)
	if err != nil {
		return err
	}
	return o.measure(ctx, large, aws)
}

// agree damages a mirror and has everybody find it: who is measured looks at
// every log file.
func (o options) agree(ctx context.Context, m *mirror, aws string) (err error) {
	mend, err := m.damage()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mend()) }()
	s, err := serve(m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	want := verdict{valid: int64(m.files) - 2, total: int64(m.files)}
	for _, c := range o.contenders(m, s, aws) {
		r, err := c.run(ctx)
		if err != nil {
			return err
		}
		if r.verdict != want {
			return fmt.Errorf("%s found %+v of a mirror with two damaged files, want %+v", c.name, r.verdict, want)
		}
	}
	return nil
}

// measure runs everybody on a mirror and prints what that took.
func (o options) measure(ctx context.Context, m *mirror, aws string) (err error) {
	s, err := serve(m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	all := o.contenders(m, s, aws)
	taken := make([][]result, len(all))
	for round := range o.rounds {
		for i, c := range all {
			if c.once && round > 0 {
				continue
			}
			r, err := c.run(ctx)
			if err != nil {
				return err
			}
			if want := (verdict{int64(m.files), int64(m.files)}); r.verdict != want {
				return fmt.Errorf("%s found %+v, want %+v", c.name, r.verdict, want)
			}
			taken[i] = append(taken[i], r)
		}
	}
	fmt.Printf("\n%d log files, %.0f MB of gzip, %.0f MB of JSON, listed by %d digests\n\n", m.files, float64(m.packed)/1e6, float64(m.text)/1e6, m.digests)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\twall s\tprocessor s\tresident MB\ttimes ours: wall\tprocessor\t")
	for i, c := range all {
		mine := median(taken[i])
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.0f\t", c.name, mine.wall.Seconds(), mine.processor.Seconds(), float64(mine.resident)/1e6)
		if c.once {
			for _, other := range all[:i] {
				ours := median(taken[slices.IndexFunc(all, func(x contender) bool { return x.name == other.name })])
				fmt.Fprintf(t, "%.1f\t%.1f\tof %s\t", mine.wall.Seconds()/ours.wall.Seconds(), mine.processor.Seconds()/ours.processor.Seconds(), other.name)
			}
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// median is the result with the median wall time.
func median(rs []result) result {
	rs = slices.SortedFunc(slices.Values(rs), func(a, b result) int { return cmp.Compare(a.wall, b.wall) })
	return rs[len(rs)/2]
}
