package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// measureMemory prints the memory of a daemon that nothing comes to, and of one
// that files keep coming to, and how long it takes to start.
func measureMemory(ctx context.Context, o options) error {
	if _, _, err := o.loadSet(ctx); err != nil {
		return err
	}
	dir := filepath.Join(o.temp, "memory")
	config := "pack: cis\nsources: ['dir:" + filepath.Join(dir, "trail") + "']\n"
	starts, idle, err := startAndRest(ctx, o, dir, config)
	if err != nil {
		return err
	}
	fmt.Printf("\nempty: ready after %.2f s (median of %d starts), %.0f MB resident when idle\n", median(starts).Seconds(), len(starts), idle)
	if err := watchMemory(ctx, o, dir, config); err != nil {
		return err
	}
	starts, idle, err = startAndRest(ctx, o, dir, config)
	if err != nil {
		return err
	}
	fmt.Printf("filled: ready after %.2f s (median of %d starts), %.0f MB resident when idle\n", median(starts).Seconds(), len(starts), idle)
	return nil
}

// startAndRest starts a daemon several times and tells how much memory the last
// one has when it has had nothing to do for a while, in MB.
func startAndRest(ctx context.Context, o options, dir, config string) (starts []time.Duration, idle float64, err error) {
	for range 5 {
		d, err := start(ctx, o, dir, config)
		if err != nil {
			return nil, 0, err
		}
		starts = append(starts, d.started)
		if len(starts) == 5 {
			err = sleep(ctx, 10*time.Second)
		}
		resident, sizing := d.resident()
		idle = float64(resident) / 1e6
		if err := errors.Join(err, sizing, d.stop()); err != nil {
			return nil, 0, err
		}
	}
	return starts, idle, nil
}

// watchMemory prints the memory by quarters of the time that files come in.
func watchMemory(ctx context.Context, o options, dir, config string) (err error) {
	d, err := start(ctx, o, dir, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	feed, err := o.load(ctx, d, nil, "folder")
	if err != nil {
		return err
	}
	began := time.Now()
	fed := make(chan error, 1)
	go func() { fed <- feed(ctx) }()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "after\tevents stored\tresident, median\tgreatest\theap in use\tids held\tCPU\t\n")
	const quarters = 4
	for q := range quarters {
		var sizes []float64
		spent, err := d.spentSoFar(ctx)
		if err != nil {
			return err
		}
		since := time.Now()
		for end := o.length * time.Duration(q+1) / quarters; time.Since(began) < end; {
			if err := sleep(ctx, 250*time.Millisecond); err != nil {
				return err
			}
			n, err := d.resident()
			if err != nil {
				return err
			}
			sizes = append(sizes, float64(n)/1e6)
		}
		m, err := d.metrics(ctx)
		if err != nil {
			return err
		}
		slices.Sort(sizes)
		cpu := (m["process_cpu_seconds_total"] - spent) / time.Since(since).Seconds()
		fmt.Fprintf(w, "%.0f s\t%.0f\t%.0f MB\t%.0f MB\t%.0f MB\t%.0f\t%.0f %% of a core\t\n", time.Since(began).Seconds(), m[storedEvents], sizes[len(sizes)/2],
			sizes[len(sizes)-1], m["go_memstats_heap_inuse_bytes"]/1e6, m["tocsin_repeat_ids"], 100*cpu)
	}
	return errors.Join(<-fed, w.Flush())
}

// spentSoFar is the processor time of a daemon that runs, in seconds.
func (d *daemon) spentSoFar(ctx context.Context) (float64, error) {
	m, err := d.metrics(ctx)
	return m["process_cpu_seconds_total"], err
}
