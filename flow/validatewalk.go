package flow

import (
	"context"
	"slices"

	"tocsin/core/digest"
)

// A StepResult is a step of a walk, with the log files of a valid digest.
type StepResult struct {
	digest.Step
	Backfill bool
	Logs     []LogResult
}

// WalkAsCLI goes through a chain as the AWS CLI's validate-logs does, normal
// digests first, then backfill digests, and gives what it finds in the same
// order; visit ends it with an error. What the CLI does not look at is not told
// here: see Validate. The chain was listed by FindChain, as far as o.End.
func WalkAsCLI(ctx context.Context, c Chain, o ValidateOptions, visit func(StepResult) error) error {
	r, end := o.reading()
	defer end()
	r.progress.Listed.Add(int64(len(c.Keys) + len(c.Backfill)))
	if o.Mirror {
		c = r.origin(ctx, c)
	}
	keys := &keyring{source: o.Keys, region: keyRegion(c.Trail)}
	if err := keys.load(ctx, o.Start, o.End.Add(keysAfter)); err != nil {
		return err
	}
	for _, backfill := range []bool{false, true} {
		w := cliWalk{reading: r, chain: c, o: o, backfill: backfill, visit: visit, keys: keys, found: map[digest.Place]*DigestResult{}}
		if backfill {
			w.keys = &keyring{source: o.Keys, region: keyRegion(c.Trail)}
		}
		if err := w.run(ctx, c.keys(backfill)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// A cliWalk brings together the walk, which knows the way only step by step,
// and the listed digests, which are read ahead in parallel.
type cliWalk struct {
	*reading
	chain    Chain
	o        ValidateOptions
	backfill bool
	keys     *keyring
	visit    func(StepResult) error
	walk     *digest.Walk
	found    map[digest.Place]*DigestResult // read, and the walk may still come there
	last     digest.Place
	err      error
}

func (w *cliWalk) run(ctx context.Context, listed []string) error {
	w.walk = digest.NewWalk(w.chain.Bucket, slices.Clone(listed), w.o.Start)
	p := pass{w.reading, w.keys, w.chain.Bucket, listed}
	unread := len(listed)
	p.newestFirst(ctx, func(d *DigestResult) bool {
		unread--
		w.found[d.Place] = d
		for w.err == nil {
			at, more := w.walk.Next()
			if !more {
				return false
			}
			if _, ahead := slices.BinarySearch(listed[:unread], at.Key); ahead && at.Bucket == w.chain.Bucket {
				break // it is being read
			}
			w.step(ctx, at)
		}
		clear(w.found) // the walk has passed them by
		return w.err == nil
	})
	for w.err == nil && ctx.Err() == nil {
		at, more := w.walk.Next()
		if !more {
			break
		}
		w.step(ctx, at)
	}
	return w.err
}

// step visits one digest and decides where to go on.
func (w *cliWalk) step(ctx context.Context, at digest.Place) {
	d := w.found[at]
	if d == nil {
		d = w.examine(ctx, w.keys, at, w.last)
	}
	if w.err = ctx.Err(); w.err != nil {
		return // what was not read to its end is not told
	}
	w.last = at
	for _, s := range w.walk.Took(d.Checked) {
		result := StepResult{Step: s, Backfill: w.backfill}
		if !s.Gap {
			result.Logs = d.Logs
		}
		if w.err = w.visit(result); w.err != nil {
			return
		}
	}
	bucket, end, ask := w.walk.Relist()
	if !ask {
		return
	}
	c, err := FindChain(ctx, w.objects, bucket, w.chain.Trail, w.o.Start, end)
	if w.err = err; err != nil {
		return
	}
	w.walk.Listed(c.keys(w.backfill))
}
