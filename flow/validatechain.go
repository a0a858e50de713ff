package flow

import (
	"context"
	"errors"
	"time"

	"tocsin/core/digest"
)

// A chainCheck is what is known of a chain so far.
type chainCheck struct {
	*reading
	report ChainReport
	folder *folder
	stored *storedCheck
	// logFindings counts those about log files.
	logFindings int
	heads       []digest.Head
	known       map[digest.Place]bool
}

// chain checks the normal digests of a chain, then its backfill digests. With an
// error nothing was checked.
func (r *reading) chain(ctx context.Context, c Chain, o ValidateOptions, f *folder, stored *storedCheck) (*chainCheck, error) {
	t := c.Trail
	check := &chainCheck{reading: r, folder: f, stored: stored, known: map[digest.Place]bool{}, report: ChainReport{
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
			return check, err
		}
	}
	check.all(ctx, c, false, normal, o.Start)
	if first, ok := check.first(); ok && o.Start.IsZero() {
		start = first.Start
		if first.Previous != (digest.Place{}) && ctx.Err() == nil {
			check.report.Older = first.Previous.String()
		}
	}
	if ctx.Err() == nil { // digests that were not read are not missing
		check.cover(t, start, o.End)
		for i := range check.report.Holes {
			if c.Empty() {
				check.report.Holes[i].Cause = c.whyEmpty()
			}
		}
	}
	check.heads = nil
	check.all(ctx, c, true, &keyring{source: o.Keys, region: keyRegion(t)}, o.Start)
	sortFindings(check.report.Findings)
	return check, nil
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
func (c *chainCheck) all(ctx context.Context, chain Chain, backfill bool, keys *keyring, start time.Time) {
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
			// One that cannot be listed, or is gone, is told by the digest that is
			// named there.
			if older, err := FindChain(ctx, c.objects, bucket, chain.Trail, start, h.Start); err == nil {
				pass{c.reading, keys, bucket, older.keys(backfill)}.newestFirst(ctx, take)
			}
		}
		if !c.known[h.Previous] {
			if d := c.examine(ctx, keys, h.Previous, h.Place); ctx.Err() == nil {
				c.take(d)
			}
		}
	}
}

// errTakenIn is the remark on a missing log file whose events are not lost.
var errTakenIn = errors.New("its events are known: the server had taken it in")

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
	by := d.Place.String()
	for i := range d.Logs {
		l := &d.Logs[i]
		c.report.LogFiles.count(l.Verdict.Reason)
		c.folder.name(l.Place)
		taken := c.stored.name(l.Place)
		if l.Earlier {
			c.report.Earlier++
		}
		if !l.Verdict.Valid() {
			if taken && l.Verdict.Reason == digest.NotFound {
				l.Verdict.Detail = errTakenIn
			}
			c.find(KindLog, l.Place, l.Verdict, by)
		}
	}
	c.done.note(d)
}

func (c *chainCheck) find(kind string, at digest.Place, v digest.Verdict, by string) {
	if kind == KindLog {
		if c.logFindings++; c.logFindings > MaxLogFindings {
			c.report.FindingsLeftOut++
			return
		}
	}
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
