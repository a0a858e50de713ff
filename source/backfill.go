package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Backfill gives the log files of a stretch of time once, the oldest day first,
// and ends. It goes on where it was, see Positions, when it is begun anew with the
// same source and the same stretch; a file that changed or came late behind that
// place is then not looked for.
type Backfill struct {
	*tally
	o      BackfillOptions
	source string // of its arrivals
	shelf  shelf
	prefix string
	part   string // of its position
	retry  again[*step]
	fails  int // rounds in a row with an error

	begun   bool
	streams []stream // none: all below prefix is listed
	first   string   // the first day, and the last; empty without streams
	last    string
	at      place // up to where files were given
	listed  bool  // all were

	mu       sync.Mutex
	way      []*step // files on their way, in order; guarded by mu
	flying   int     // how many of them are not done; guarded by mu
	low      place   // all up to here are done; guarded by mu
	stuck    bool    // a file was given up, so low does not move; guarded by mu
	progress BackfillProgress

	saved     place // the position as it is kept
	savedDone int64 // how many were done then
}

// BackfillOptions are those of a Backfill.
type BackfillOptions struct {
	FeedOptions
	// From and To are the stretch of time, To left out; zero means from the first
	// file, and up to now. A file belongs to it by the time in its name, or else by
	// that of its last change. CloudTrail names a file after the end of the minutes
	// that it is about, so files are taken up to a quarter of an hour after To.
	From, To time.Time
	// Ring lets the events ring alarms as if they came now.
	Ring bool
}

// BackfillProgress is how far a backfill got, since it was opened.
type BackfillProgress struct {
	From, To time.Time // as asked for
	Day      string    // 2006-01-02, of the file listed last; empty outside CloudTrail's layout
	Listed   int64     // files of the stretch
	Known    int64     // of these, those that were taken in before
	Done     int64     // of these, those that were taken in now
	GivenUp  int64     // of these, those that could not be taken in
	Bytes    int64     // of the listed, as stored
	Finished bool
}

const (
	// slack is how long after the end of a stretch files may tell of it.
	slack = 15 * time.Minute
	// attempts of a backfill at one file.
	backfillAttempts = 5
	// stepsAtOnce is how many files a round gives.
	stepsAtOnce = 1000
	// restWhileDoing is how long a round waits for what is on its way.
	restWhileDoing = 100 * time.Millisecond
	// positionEvery is how many files are done before the position is kept again.
	positionEvery = 500
)

// NewBackfill reads from a folder or a bucket.
func NewBackfill(spec FeedSpec, o BackfillOptions) (*Backfill, error) {
	o.FeedOptions = o.withDefaults(restWhileDoing)
	b := &Backfill{o: o}
	switch spec.Kind {
	case FolderFeed:
		b.source, b.shelf = spec.String(), folderShelf(spec.Path)
	case BucketFeed:
		b.source, b.shelf, b.prefix = "s3://"+spec.Bucket, bucketShelf{newClients(o.S3), spec.Bucket}, spec.Prefix
	default:
		return nil, fmt.Errorf("a backfill reads from dir:PATH or s3://BUCKET/PREFIX, not from %s", spec)
	}
	if !o.To.IsZero() && !o.From.Before(o.To) {
		return nil, fmt.Errorf("a backfill from %s to %s is empty", o.From.UTC().Format(time.RFC3339), o.To.UTC().Format(time.RFC3339))
	}
	stretch := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	b.part = "backfill " + stretch(o.From) + " " + stretch(o.To)
	b.tally = newTally(spec.String(), o.Log)
	b.progress.From, b.progress.To = o.From, o.To
	return b, nil
}

// Progress is how far it got.
func (b *Backfill) Progress() BackfillProgress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.progress
}

// Run gives the files and returns nil when all of them are done. An error says
// how many could not be taken in; a later run tries those again.
func (b *Backfill) Run(ctx context.Context, take func(context.Context, Arrival) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := rounds(ctx, b.o.Now, func(ctx context.Context, now time.Time) (time.Duration, error) {
		pause, err := b.Tick(ctx, now, take)
		if b.Progress().Finished {
			cancel()
		}
		return pause, err
	})
	if p := b.Progress(); err == nil && p.Finished && p.GivenUp > 0 {
		return fmt.Errorf("%s: %d files could not be taken in; run the backfill again to try them once more", b.Name(), p.GivenUp)
	}
	return err
}

// Tick gives some files, and says how long to wait until the next round. Its
// error is that of take.
func (b *Backfill) Tick(ctx context.Context, now time.Time, take Take) (time.Duration, error) {
	more, err := b.round(ctx, now, take)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return 0, refused.error
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	b.reached(now, err)
	if err != nil {
		b.fails++
		return backoff(b.fails), nil
	}
	b.fails = 0
	if more {
		return 0, nil
	}
	return restWhileDoing, nil
}

// round goes on for some files; more says that there are others to be listed.
func (b *Backfill) round(ctx context.Context, now time.Time, take Take) (more bool, err error) {
	if !b.begun {
		if err := b.begin(ctx, now); err != nil {
			return false, err
		}
	}
	for _, s := range b.retry.take(now) {
		if err := b.give(ctx, s, take); err != nil {
			b.retry.putBack(s.Key)
			return false, err
		}
	}
	if !b.listed {
		if err := b.advance(ctx, take); err != nil {
			return false, err
		}
	}
	return !b.listed, b.save(ctx)
}

// begin finds out what there is, and where to go on.
func (b *Backfill) begin(ctx context.Context, now time.Time) error {
	at, err := b.position(ctx)
	if err != nil {
		return err
	}
	found, err := explore(ctx, b.shelf, b.prefix, b.o.kinds())
	if err != nil {
		return err
	}
	if !found.plain {
		from, to := b.o.From, b.o.To.Add(slack)
		if b.o.To.IsZero() {
			to = now.Add(slack)
		}
		if from.IsZero() {
			if from, err = firstDay(ctx, b.shelf, found.streams, to); err != nil {
				return err
			}
		}
		b.streams, b.first, b.last = found.streams, dayText(from), dayText(to)
		slices.SortFunc(b.streams, func(x, y stream) int { return cmp.Compare(x.prefix, y.prefix) })
	}
	b.at, b.saved, b.begun, b.listed = at, at, true, !found.plain && len(found.streams) == 0
	b.mu.Lock()
	defer b.mu.Unlock()
	b.low = at
	return nil
}

// advance lists on from where it is, and gives what it finds, up to some number of
// files.
func (b *Backfill) advance(ctx context.Context, take Take) error {
	var batch []*step
	seen := 0
	for s, err := range b.rest(ctx) {
		if err != nil {
			return err
		}
		if b.inStretch(s.stored) {
			batch = append(batch, s)
		}
		if seen++; len(batch) < marksAtOnce && seen < stepsAtOnce {
			continue
		}
		if err := b.giveAll(ctx, batch, take); err != nil {
			return err
		}
		if b.at, batch = s.place, nil; seen >= stepsAtOnce {
			return nil
		}
	}
	if err := b.giveAll(ctx, batch, take); err != nil {
		return err
	}
	b.listed = ctx.Err() == nil
	return ctx.Err()
}

// inStretch tells whether a file is to be taken in.
func (b *Backfill) inStretch(file stored) bool {
	when := file.when()
	if when.Before(b.o.From) || !b.o.To.IsZero() && !when.Before(b.o.To.Add(slack)) {
		return false
	}
	if !b.o.wanted(file.key) {
		b.count(0, 1, 0)
		return false
	}
	return true
}

// giveAll gives the files that are not marked, in order.
func (b *Backfill) giveAll(ctx context.Context, steps []*step, take Take) error {
	versions := make([]FileVersion, len(steps))
	for i, s := range steps {
		versions[i] = FileVersion{s.Key, s.version}
	}
	marks, err := marked(ctx, b.o.Marks, b.source, versions)
	if err != nil {
		return fmt.Errorf("ask which files were taken in before: %w", err)
	}
	for i, s := range steps {
		b.depart(s, marks[i])
		if !marks[i] {
			if err := b.give(ctx, s, take); err != nil {
				return err
			}
		}
		b.at = s.place
	}
	return nil
}

// give gives one file.
func (b *Backfill) give(ctx context.Context, s *step, take Take) error {
	name := b.source + "/" + s.Key
	if root, ok := b.shelf.(folderShelf); ok {
		name = root.path(s.Key)
	}
	err := take(ctx, Arrival{
		Source: b.source, Key: s.Key, Version: s.version, Name: name, Size: s.size,
		Quiet: !b.o.Ring, Again: b.retry.times(s.Key),
		Open: func(ctx context.Context) (content, string, error) { return b.shelf.open(ctx, s.Key) },
		Done: func(_ context.Context, err error) { b.arrive(s, err) },
	})
	if err != nil {
		return &refusal{err}
	}
	b.count(1, 0, 0)
	return nil
}
