package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"tocsin/bench/sets"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	dir      string
	events   int
	sets     string
	rounds   int
	batch    int
	patterns string
	make     bool
	memory   bool
}

func run(ctx context.Context, args []string) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.dir, "dir", "", "folder of the data, made once; default the user's cache folder")
	flags.IntVar(&o.events, "events", 650_000, "events in each set; 650,000 are about 1 GB of JSON")
	flags.StringVar(&o.sets, "sets", "small,large", "sets to measure: small is 2,000 files, large is 20")
	flags.IntVar(&o.rounds, "rounds", 5, "measured rounds after one that warms up; odd numbers have a median")
	flags.IntVar(&o.batch, "batch", 20, "files that every case reads before the next ones")
	flags.StringVar(&o.patterns, "patterns", "15,150,1500,15000", "numbers of patterns; the first are the 15 of CIS")
	flags.BoolVar(&o.make, "make", false, "make the data, print its folders, and measure nothing")
	flags.BoolVar(&o.memory, "memory", false, "measure the peak memory of the tocsin command instead")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.rounds < 1 || o.batch < 1 || o.events < 1 {
		return errors.New("-rounds, -batch and -events are at least 1")
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("no cache folder, name one with -dir: %w", err)
		}
		o.dir = filepath.Join(cache, "tocsin-bench")
	}
	for _, name := range strings.Split(o.sets, ",") {
		s, err := sets.Make(ctx, o.dir, name, o.events)
		if err != nil {
			return err
		}
		switch {
		case o.make:
			fmt.Println(s.Folder)
		case o.memory:
			err = measureMemory(ctx, s)
		default:
			err = measureRatios(ctx, s, o)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
