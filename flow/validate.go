package flow

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"time"

	"tocsin/core/digest"
	"tocsin/source"
)

// ValidateOptions says what is to be proven, and with what.
type ValidateOptions struct {
	Objects source.Objects
	// Mirror says that Objects is a directory: bucket and prefix of what lies
	// there are learnt from the digests themselves.
	Mirror bool
	Keys   KeySource
	// Start and End bound the time at which log files were delivered; a zero
	// Start takes all digests there are.
	Start, End time.Time
	// Workers is how many log files are read at a time, 0 for four per processor.
	Workers int
	// Unnamed also looks for log files that no digest names.
	Unnamed bool
	// Bare are folders of log files that no digests are about (see FoundChains).
	Bare []digest.Place
	// Stored, if not nil, is compared with what digests name.
	Stored *Stored
	// Done, if not nil, is what an earlier run was through with.
	Done *Done
	// Progress, if not nil, is kept up to date.
	Progress *ValidateProgress
}

// reading starts the workers that read log files; end waits for them.
func (o *ValidateOptions) reading() (r *reading, end func()) {
	jobs := make(chan logJob)
	r = &reading{objects: o.Objects, jobs: jobs, progress: o.Progress, mirror: o.Mirror, done: o.Done}
	if r.progress == nil {
		r.progress = new(ValidateProgress)
	}
	var workers sync.WaitGroup
	for range cmp.Or(max(o.Workers, 0), 4*runtime.GOMAXPROCS(0)) {
		workers.Go(func() { r.readLogs(jobs) })
	}
	return r, func() {
		close(jobs)
		workers.Wait()
	}
}

// Validate checks every digest of the chains and every log file that they list,
// and tells what is proven by them. It reads all that is listed, whether or not
// a chain leads there, and all that is named, whether or not it is listed. When
// ctx ends the report holds what was found so far and is marked as interrupted.
// An error says that something could not be listed, or that there are no keys for
// any of the chains; of some that fail the report tells why.
func Validate(ctx context.Context, chains []Chain, o ValidateOptions) (ValidateReport, error) {
	began := time.Now()
	report := ValidateReport{Start: o.Start, End: o.End, Chains: []ChainReport{}, Folders: []FolderReport{}}
	r, end := o.reading()
	defer end()
	digested := 0
	for _, c := range chains {
		if !c.Empty() {
			digested++
		}
		r.progress.Listed.Add(int64(len(c.Keys) + len(c.Backfill)))
	}
	folders := newFolders()
	folders.addBare(o)
	stored, err := o.Stored.load(ctx)
	if err != nil && ctx.Err() == nil {
		return report, err
	}
	failed := 0
	for _, c := range chains {
		found := c.Trail
		if o.Mirror {
			c = r.origin(ctx, c)
			folders.wrote(c, found)
		}
		f := folders.of(c, found)
		one, fault := r.chain(ctx, c, o, f, stored)
		if fault != nil && ctx.Err() == nil {
			f.proven = append(f.proven, nil)
			one.report.Problem = fault.Error()
			if failed++; failed == 1 {
				err = fault
			}
		}
		report.Chains = append(report.Chains, one.report)
	}
	if failed < digested {
		err = nil
	}
	if err == nil && o.Unnamed && ctx.Err() == nil {
		report.Folders, err = folders.compare(ctx, o)
	}
	if err == nil && ctx.Err() == nil {
		report.Stored, err = stored.compare(ctx, folders, o)
	}
	report.Interrupted = ctx.Err() != nil
	report.ElapsedMS = time.Since(began).Milliseconds()
	if report.Interrupted {
		err = nil
	}
	return report, err
}
