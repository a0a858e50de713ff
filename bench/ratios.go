package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"tocsin/bench/sets"
	"tocsin/core/control"
	"tocsin/flow"
)

// measureRatios prints what each subject costs in units of the first, which
// only decompresses: the parts of a scan with more and more patterns, taking
// turns every few files, and then the whole of one, file after file to the end.
func measureRatios(ctx context.Context, s *sets.Set, o options) error {
	parts, err := partSubjects(o)
	if err != nil {
		return err
	}
	whole, err := wholeSubjects()
	if err != nil {
		return err
	}
	if err := checkSample(s); err != nil {
		return err
	}
	found, err := measure(ctx, s, parts, o.rounds, o.batch)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d files, %.1f MB of gzip, %.1f MB of JSON (%.1f:1), %d events\nevents that the CIS patterns match: %v\n",
		s.Name, len(s.Files), float64(s.Packed)/1e6, float64(found.bytes)/1e6, float64(found.bytes)/float64(s.Packed), found.events, found.matches)
	if err := table(parts); err != nil {
		return err
	}
	if _, err := measure(ctx, s, whole, o.rounds, len(s.Files)); err != nil {
		return err
	}
	return table(whole)
}

// partSubjects are measured on one thread, turn by turn.
func partSubjects(o options) ([]*subject, error) {
	subjects := []*subject{
		gunzipOnly("gunzip only, klauspost", threadTime, fast),
		gunzipOnly("gunzip only, compress/gzip", threadTime, standard),
		gunzipOnly("gunzip only, ours", threadTime, own),
	}
	for _, text := range strings.Split(o.patterns, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 15 {
			return nil, fmt.Errorf("-patterns %s: want numbers from 15", o.patterns)
		}
		patterns, err := makePatterns(n)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, scanParts(fmt.Sprintf("scan, %d patterns", n), patterns, own))
	}
	// The same library on both sides: what a scan adds to decompression.
	cis, err := makePatterns(15)
	if err != nil {
		return nil, err
	}
	return append(subjects,
		scanParts("scan, 15 patterns, with klauspost", cis, fast),
		scanParts("scan, 15 patterns, with compress/gzip", cis, standard)), nil
}

// wholeSubjects are measured by the time of all threads, the collector's
// included, on all files at once.
func wholeSubjects() ([]*subject, error) {
	pack, err := control.Select("cis")
	if err != nil {
		return nil, err
	}
	watches, err := flow.Watches(pack)
	if err != nil {
		return nil, err
	}
	return []*subject{gunzipOnly("gunzip only, klauspost", processTime, fast), scanWhole(watches)}, nil
}

// measure reads the set with every subject, a warm-up and so many rounds. All
// work is done by one processor. The subjects take turns every batch of files, so
// that whatever slows the machine for a while slows them all. It returns what
// the subjects agreed on.
func measure(ctx context.Context, s *sets.Set, subjects []*subject, rounds, batch int) (result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var found result
	for i := range rounds + 1 {
		fmt.Fprintf(os.Stderr, "bench: %s, round %d of %d\n", s.Name, i, rounds)
		if err := round(ctx, s, subjects, batch, i); err != nil {
			return found, err
		}
		var err error
		if found, err = agree(subjects); err != nil {
			return found, err
		}
		if i == 0 { // the warm-up
			for _, x := range subjects {
				x.times = nil
			}
		}
	}
	return found, nil
}

// round reads all files with all subjects and notes the processor time and the
// allocations of each.
func round(ctx context.Context, s *sets.Set, subjects []*subject, batch, turn int) error {
	for _, x := range subjects {
		x.begin()
		x.times, x.allocs = append(x.times, 0), 0
	}
	runtime.GC()
	var before, after runtime.MemStats
	for files := range slices.Chunk(s.Files, batch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		turn++
		for i := range subjects {
			x := subjects[(i+turn)%len(subjects)]
			runtime.ReadMemStats(&before)
			start, err := x.clock()
			if err != nil {
				return err
			}
			if err := x.read(ctx, files); err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			end, err := x.clock()
			if err != nil {
				return err
			}
			runtime.ReadMemStats(&after)
			x.times[len(x.times)-1] += end - start
			x.allocs += after.Mallocs - before.Mallocs
		}
	}
	return nil
}

// agree holds what the subjects found in a round against each other.
func agree(subjects []*subject) (result, error) {
	first := subjects[0].result()
	for _, x := range subjects[1:] {
		r := x.result()
		if r.bytes != first.bytes {
			return first, fmt.Errorf("%s read %d bytes, %s %d", x.name, r.bytes, subjects[0].name, first.bytes)
		}
		if r.events < 0 {
			continue
		}
		if first.matches == nil {
			first.matches, first.events = r.matches, r.events
		}
		if r.events != first.events || !slices.Equal(r.matches, first.matches) {
			return first, fmt.Errorf("%s found %d events, the CIS patterns matching %v; before it %d and %v", x.name, r.events, r.matches, first.events, first.matches)
		}
	}
	if i := slices.Index(first.matches, 0); i >= 0 {
		return first, fmt.Errorf("CIS pattern %d matches nothing, so that equal counts prove nothing: take more -events", i+1)
	}
	return first, nil
}

// table prints for each subject the median, the least and the greatest of the
// rounds' ratios to the first subject, and for scans to the first scan.
func table(subjects []*subject) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\nsubject\tx gunzip\tleast\tgreatest\tx first scan\tleast\tgreatest\tCPU s\tallocations/event\tmatches/event\tcandidates/event\t\n")
	var firstScan *subject
	for _, x := range subjects {
		fmt.Fprintf(w, "%s\t%s\t", x.name, x.over(subjects[0]))
		r := x.result()
		if r.events < 0 {
			fmt.Fprintf(w, "\t\t\t%.2f\t\t\t\t\n", x.seconds())
			continue
		}
		if firstScan == nil {
			firstScan = x
		}
		events := float64(r.events)
		fmt.Fprintf(w, "%s\t%.2f\t%.4f\t%.3f\t", x.over(firstScan), x.seconds(), float64(x.allocs)/events, float64(r.all)/events)
		if r.candidates >= 0 {
			fmt.Fprintf(w, "%.2f", float64(r.candidates)/events)
		}
		fmt.Fprint(w, "\t\n")
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// over is the median, the least and the greatest ratio of the rounds' times to another's.
func (x *subject) over(other *subject) string {
	ratios := make([]float64, len(x.times))
	for i := range ratios {
		ratios[i] = float64(x.times[i]) / float64(other.times[i])
	}
	slices.Sort(ratios)
	return fmt.Sprintf("%.3f\t%.3f\t%.3f", ratios[len(ratios)/2], ratios[0], ratios[len(ratios)-1])
}

// seconds is the median of the rounds' times.
func (x *subject) seconds() float64 {
	times := slices.Sorted(slices.Values(x.times))
	return times[len(times)/2].Seconds()
}
