package flow

import (
	"cmp"
	"context"
	"runtime"
	"strings"
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
// An error says that something could not be listed or that there are no keys.
func Validate(ctx context.Context, chains []Chain, o ValidateOptions) (ValidateReport, error) {
	began := time.Now()
	report := ValidateReport{Start: o.Start, End: o.End, Chains: []ChainReport{}, Folders: []FolderReport{}}
	r, end := o.reading()
	defer end()
	for _, c := range chains {
		r.progress.Listed.Add(int64(len(c.Keys) + len(c.Backfill)))
	}
	folders := newFolders()
	var err error
	for _, c := range chains {
		found := c.Trail
		if o.Mirror {
			c = r.origin(ctx, c)
		}
		var one *chainCheck
		if one, err = r.chain(ctx, c, o, folders.of(c, found)); err != nil {
			break
		}
		report.Chains = append(report.Chains, one.report)
	}
	if err == nil && o.Unnamed && ctx.Err() == nil {
		report.Folders, err = folders.compare(ctx, o)
	}
	report.Interrupted = ctx.Err() != nil
	report.ElapsedMS = time.Since(began).Milliseconds()
	if report.Interrupted {
		err = nil
	}
	return report, err
}

// A chainCheck is what is known of a chain so far.
type chainCheck struct {
	*reading
	report ChainReport
	folder *folder
	heads  []digest.Head
	known  map[digest.Place]bool
}

// chain checks the normal digests of a chain, then its backfill digests.
func (r *reading) chain(ctx context.Context, c Chain, o ValidateOptions, f *folder) (*chainCheck, error) {
	t := c.Trail
	check := &chainCheck{reading: r, folder: f, known: map[digest.Place]bool{}, report: ChainReport{
		Bucket: c.Bucket, Prefix: t.Prefix, OrganizationID: t.OrganizationID, Account: t.Account, Region: t.Region, Trail: t.Name, HomeRegion: t.Home,
		Covered: []digest.Span{}, Holes: []HoleReport{}, Findings: []Finding{},
	}}
	start := o.Start
	if start.IsZero() {
		start = c.oldest(o.End)
	}
	normal := &keyring{source: o.Keys, region: keyRegion(t)}
	if len(c.Keys) > 0 {
		if err := normal.load(ctx, start, o.End.Add(keysAfter)); err != nil {
			return nil, err
		}
	}
	if err := check.all(ctx, c, false, normal, o.Start); err != nil {
		return nil, err
	}
	if first, ok := check.first(); ok && o.Start.IsZero() {
		start = first.Start
		if first.Previous != (digest.Place{}) {
			check.report.Older = first.Previous.String()
		}
	}
	if ctx.Err() == nil { // digests that were not read are not missing
		check.cover(t, start, o.End)
	}
	check.heads = nil
	err := check.all(ctx, c, true, &keyring{source: o.Keys, region: keyRegion(t)}, o.Start)
	sortFindings(check.report.Findings)
	return check, err
}

// oldest is when the window of the oldest listed digest begins, by its name.
func (c *Chain) oldest(end time.Time) time.Time {
	for _, keys := range [][]string{c.Keys, c.Backfill} {
		if len(keys) > 0 {
			if _, stamp, _, ok := digest.ParseKey(keys[0]); ok && stamp.Add(-digest.Rhythm).Before(end) {
				end = stamp.Add(-digest.Rhythm)
			}
		}
	}
	return end
}

// first is the oldest valid digest.
func (c *chainCheck) first() (oldest digest.Head, ok bool) {
	for _, h := range c.heads {
		if h.Reason == digest.Valid && (!ok || h.Start.Before(oldest.Start)) {
			oldest, ok = h, true
		}
	}
	return oldest, ok
}

// all examines the listed digests of a kind, and those that these name, back to
// the one that holds start. With a zero start what lies before the oldest listed
// one is not missed: it may have been deleted by its age.
func (c *chainCheck) all(ctx context.Context, chain Chain, backfill bool, keys *keyring, start time.Time) error {
	take := func(d *DigestResult) bool {
		c.take(d)
		return true
	}
	pass{c.reading, keys, chain.Bucket, chain.keys(backfill)}.newestFirst(ctx, take)
	if oldest, ok := c.first(); ok && start.IsZero() {
		start = oldest.Start
	}
	buckets := map[string]bool{chain.Bucket: true}
	for i := 0; i < len(c.heads) && ctx.Err() == nil; i++ {
		h := c.heads[i] // the list grows on the way
		if h.Reason != digest.Valid || h.Previous == (digest.Place{}) || !h.Start.After(start) || c.known[h.Previous] {
			continue
		}
		if bucket := h.Previous.Bucket; !buckets[bucket] && !c.mirror {
			// The trail had another bucket before; older digests are listed there.
			buckets[bucket] = true
			older, err := FindChain(ctx, c.objects, bucket, chain.Trail, start, h.Start)
			if err != nil {
				return err
			}
			pass{c.reading, keys, bucket, older.keys(backfill)}.newestFirst(ctx, take)
		}
		if !c.known[h.Previous] {
			if d := c.examine(ctx, keys, h.Previous, h.Place); ctx.Err() == nil {
				c.take(d)
			}
		}
	}
	return nil
}

// take books what was found about a digest and its log files.
func (c *chainCheck) take(d *DigestResult) {
	c.known[d.Place] = true
	c.heads = append(c.heads, digest.HeadOf(d.Checked))
	kind, counts := KindDigest, &c.report.Digests
	if digest.IsBackfill(d.Place.Key) {
		kind, counts = KindBackfill, &c.report.Backfill
	}
	counts.count(d.Verdict.Reason)
	if !d.Verdict.Valid() {
		c.find(kind, d.Place, d.Verdict, "")
		return
	}
	if d.OutsideKeyPeriod {
		c.report.OutsideKeyPeriod++
	}
	for i := range d.Logs {
		l := &d.Logs[i]
		c.report.LogFiles.count(l.Verdict.Reason)
		c.folder.name(l.Place)
		if l.Earlier {
			c.report.Earlier++
		}
		if !l.Verdict.Valid() {
			c.find(KindLog, l.Place, l.Verdict, d.Place.String())
		}
	}
	c.done.note(d)
}

func (c *chainCheck) find(kind string, at digest.Place, v digest.Verdict, by string) {
	c.report.Findings = append(c.report.Findings, Finding{Kind: kind, File: at.String(), Reason: v.Reason, Text: v.Text(), Digest: by})
}

// cover says what the normal digests prove, and names those that must have been
// there as well.
func (c *chainCheck) cover(t digest.Trail, start, end time.Time) {
	coverage := digest.Cover(t, c.heads, start, end)
	if len(coverage.Proven) > 0 {
		c.report.Covered = coverage.Proven
	}
	c.folder.proven = append(c.folder.proven, coverage.Proven)
	for _, h := range coverage.Holes {
		c.report.Holes = append(c.report.Holes, HoleReport{h.Span, h.Cause})
		for _, a := range h.Digests {
			if a.Inferred {
				c.report.Digests.Missing++
				c.report.Findings = append(c.report.Findings, Finding{
					Kind: KindDigest, File: a.Place.String(), Reason: a.Reason, Inferred: true,
					Text: "missing: no digest that is left names it, but the chain goes on over its hour",
				})
			}
		}
	}
	for _, at := range coverage.Replaced {
		c.report.Digests.Valid--
		c.report.Digests.Invalid++
		c.find(KindDigest, at, digest.Verdict{Reason: digest.Replaced}, "")
	}
}

// origin learns from the newest digest that can be read where a mirrored chain
// was written, and names its digests so.
func (r *reading) origin(ctx context.Context, c Chain) Chain {
	for _, keys := range [][]string{c.Keys, c.Backfill} {
		for i := len(keys) - 1; i >= 0; i-- {
			o, err := r.read(ctx, digest.Place{Key: keys[i]})
			if err != nil || o.Damage != nil {
				continue // it is examined later, and told then
			}
			f, err := digest.Parse(o.Text)
			if err != nil || !strings.HasSuffix(f.Place.Key, fromLogs(keys[i])) {
				continue
			}
			t, _, _, ok := digest.ParseKey(f.Place.Key)
			if !ok {
				continue
			}
			return c.rename(f.Place.Bucket, t)
		}
	}
	return c
}

// fromLogs is a key from AWSLogs on.
func fromLogs(key string) string {
	if i := strings.LastIndex("/"+key, "/AWSLogs/"); i >= 0 {
		return key[i:]
	}
	return key
}

// rename gives a chain's keys the prefix under which they were written.
func (c Chain) rename(bucket string, t digest.Trail) Chain {
	named := Chain{Trail: t, Bucket: bucket}
	prefix := ""
	if t.Prefix != "" {
		prefix = t.Prefix + "/"
	}
	for _, key := range c.Keys {
		named.Keys = append(named.Keys, prefix+fromLogs(key))
	}
	for _, key := range c.Backfill {
		named.Backfill = append(named.Backfill, prefix+fromLogs(key))
	}
	return named
}
