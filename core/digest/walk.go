package digest

import "time"

// A Walk goes through a chain of digests from the newest backwards, with the
// choices of the AWS CLI's validate-logs: it follows the names in the digests,
// and where one is missing or invalid it goes on with the next older one listed.
// It reads nothing itself: ask Next what to read, hand what was found to Took.
type Walk struct {
	start   time.Time
	bucket  string
	listed  []string // keys not yet used, oldest first
	key     string   // the next; empty: none
	bound   time.Time
	relist  bool
	seen    map[Place]bool
	lastEnd time.Time
}

// A Step is what a walk has to say about a digest, or about what lies between two.
type Step struct {
	// Gap: no digests were written between From and To, since the chain begins
	// anew at To. Not a fault. All else of the step is empty then.
	Gap      bool
	From, To time.Time
	Digest   Checked
}

// NewWalk begins at the newest of the listed keys, which are in the order of
// their names, oldest first, and belong to one chain. It goes back to the digest
// that holds start.
func NewWalk(bucket string, listed []string, start time.Time) *Walk {
	w := &Walk{start: start, bucket: bucket, listed: listed, seen: map[Place]bool{}}
	if n := len(listed); n > 0 {
		w.key, w.listed = listed[n-1], listed[:n-1]
		w.bound, _ = stampOf(w.key)
	}
	return w
}

// InRange tells whether a digest with that end is listed for a walk from start
// to end: one hour more, since log files are listed in the digest after them.
func InRange(stamp, start, end time.Time) bool {
	return !stamp.Before(start.Truncate(time.Second)) && !stamp.After(end.Add(time.Hour))
}

// Next is the digest to read next; false when the walk is over. A digest that
// was visited before ends it too.
func (w *Walk) Next() (Place, bool) {
	p := Place{w.bucket, w.key}
	return p, w.key != "" && !w.start.After(w.bound) && !w.seen[p]
}

// Took takes what was found at the place that Next gave, and tells what that
// means: one step, and a gap after it if the chain begins there.
func (w *Walk) Took(c Checked) []Step {
	at := w.key
	w.seen[Place{w.bucket, at}] = true
	steps := []Step{{Digest: c}}
	if !c.Verdict.Valid() {
		w.key, _ = w.older(at)
		return steps
	}
	w.bound, w.lastEnd = c.File.Start, c.File.End
	previous := c.File.Previous
	if !previous.Named() {
		key, end := w.older(at)
		if w.key = key; key != "" {
			steps = append(steps, Step{Gap: true, From: end, To: c.File.Start})
		}
		return steps
	}
	w.key = previous.Place.Key
	if previous.Place.Bucket != w.bucket {
		w.bucket, w.relist = previous.Place.Bucket, true
	}
	return steps
}

// Relist asks, after Took, for the keys of another bucket in which the chain
// goes on: those InRange until end. Hand them to Listed.
func (w *Walk) Relist() (bucket string, end time.Time, ask bool) {
	return w.bucket, w.lastEnd, w.relist
}

// Listed replaces the listed keys.
func (w *Walk) Listed(keys []string) { w.listed, w.relist = keys, false }

// older takes the next listed key that ends before the given one.
func (w *Walk) older(than string) (string, time.Time) {
	before, ok := stampOf(than)
	for n := len(w.listed); ok && n > 0; n = len(w.listed) {
		key := w.listed[n-1]
		w.listed = w.listed[:n-1]
		if end, ok := stampOf(key); ok && end.Before(before) {
			return key, end
		}
	}
	return "", time.Time{}
}
