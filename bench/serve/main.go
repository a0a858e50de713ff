package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench/serve:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	dir    string
	parts  string
	runs   int
	rate   int
	events int
	rounds int
	length time.Duration
	keep   bool
	// against is another build of the daemon, to measure cost in turns with.
	against string

	binary string // made
	temp   string // where daemons live
}

func run(ctx context.Context, args []string) (err error) {
	var o options
	flags := flag.NewFlagSet("bench/serve", flag.ContinueOnError)
	flags.StringVar(&o.dir, "dir", "", "folder of the log files, made once; default the user's cache folder")
	flags.StringVar(&o.parts, "parts", "latency,cost,memory", "what to measure")
	flags.IntVar(&o.runs, "runs", 32, "notices of each way that are timed")
	flags.IntVar(&o.rate, "rate", 10_000, "events a second that come in besides, for latency and memory")
	flags.IntVar(&o.events, "events", 650_000, "events whose cost is measured")
	flags.IntVar(&o.rounds, "rounds", 3, "measurements of cost; odd numbers have a median")
	flags.DurationVar(&o.length, "length", 2*time.Minute, "how long memory is watched")
	flags.StringVar(&o.against, "against", "", "another build of tocsin, with the build tag gunzip_klauspost, whose cost is measured in turns with that of this tree's")
	flags.BoolVar(&o.keep, "keep", false, "leave the daemons' folders, and print where they are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.runs < 1 || o.rate < 1 || o.events < 1 || o.rounds < 1 {
		return errors.New("-runs, -rate, -events and -rounds are at least 1")
	}
	if o.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no cache folder, name one with -dir: %w", err)
		}
		o.dir = filepath.Join(cache, "tocsin-bench")
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	// Beside the log files, which are linked into watched folders.
	if o.temp, err = os.MkdirTemp(o.dir, "serve-"); err != nil {
		return err
	}
	if o.keep {
		fmt.Fprintln(os.Stderr, "bench/serve: everything is in", o.temp)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(o.temp)) }()
	}
	o.binary = filepath.Join(o.temp, "tocsin")
	if err := build(ctx, o.binary, ""); err != nil {
		return err
	}
	parts := map[string]func(context.Context, options) error{"latency": measureLatency, "cost": measureCost, "memory": measureMemory}
	for name := range strings.SplitSeq(o.parts, ",") {
		measure, ok := parts[name]
		if !ok {
			return fmt.Errorf("no part %q: there are latency, cost and memory", name)
		}
		if err := measure(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// build builds the command, with build tags.
func build(ctx context.Context, binary, tags string) error {
	command := exec.CommandContext(ctx, "go", "build", "-tags", tags, "-o", binary, "tocsin/cmd/tocsin")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build tocsin (run bench from the repository): %w", err)
	}
	return nil
}
