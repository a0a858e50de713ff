package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tocsin/internal/crash"
)

// An S3Feed gives the log files below a prefix of a bucket by listing it again
// and again.
//
// In CloudTrail's layout it lists, for each account and Region, the days of today
// and yesterday from somewhat before the newest file on, and now and then whole,
// for files that come late. Any other prefix is listed whole, the less often the
// larger it is. It begins where it got to before, see Positions, or else at
// FeedOptions.Since; what is older is left to a Backfill.
type S3Feed struct {
	*tally
	bucket, prefix string
	o              FeedOptions
	shelf          bucketShelf
	known          *recent
	retry          again[stored]
	fails          int // rounds in a row with an error

	layout   layout
	explored time.Time            // when the layout was found
	since    time.Time            // older files are left out
	from     time.Time            // days before it were listed
	saved    time.Time            // the position as it is kept
	days     map[string]*dayState // by the prefix of a stream's day
	plain    plainState

	mu     sync.Mutex
	flying map[string]time.Time // the day of each file that is being taken in, by key; guarded by mu
}

const (
	// exploreEvery is how often new accounts and Regions are looked for.
	exploreEvery = 2 * time.Minute
	// listers is how many listings go on at once.
	listers = 4
	// maxBatch is how many new files are held before they are given.
	maxBatch = 1 << 14
	// positionPart is the part of a feed's position.
	positionPart = "listed"
)

// NewS3Feed lists a prefix, empty or with a slash at its end, of a bucket.
func NewS3Feed(bucket, prefix string, o FeedOptions) *S3Feed {
	o = o.withDefaults(15 * time.Second)
	name := FeedSpec{Kind: BucketFeed, Bucket: bucket, Prefix: prefix}.String()
	return &S3Feed{
		tally: newTally(name, o.Log), bucket: bucket, prefix: prefix, o: o,
		shelf: bucketShelf{newClients(o.S3), bucket}, known: newRecent(),
		days: map[string]*dayState{}, flying: map[string]time.Time{},
	}
}

// Run is that of Feed.
func (f *S3Feed) Run(ctx context.Context, take func(context.Context, Arrival) error) error {
	return rounds(ctx, f.o.Now, func(ctx context.Context, now time.Time) (time.Duration, error) { return f.Tick(ctx, now, take) })
}

// Tick does one round, and says how long to wait until the next. Its error is
// that of take.
func (f *S3Feed) Tick(ctx context.Context, now time.Time, take Take) (time.Duration, error) {
	err := f.round(ctx, now, take)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return 0, refused.error
	case ctx.Err() != nil:
		return 0, ctx.Err()
	}
	f.reached(now, err)
	if err != nil {
		f.fails++
		return max(f.o.Poll, backoff(f.fails)), nil
	}
	f.fails = 0
	return f.o.Poll, nil
}

// A refusal is an error of take.
type refusal struct{ error }

// round lists what is due. Listings that fail do not keep others from being made.
func (f *S3Feed) round(ctx context.Context, now time.Time, take Take) error {
	if err := f.begin(ctx, now); err != nil {
		return err
	}
	if f.retry.overflowed() {
		f.from = f.saved
		clear(f.days)
		f.plain = plainState{}
	}
	if err := f.give(ctx, f.retry.take(now), take); err != nil {
		return err
	}
	var errs []error
	if now.Sub(f.explored) >= exploreEvery || now.Before(f.explored) {
		found, err := explore(ctx, f.shelf, f.prefix, f.o.kinds())
		switch {
		case err == nil:
			f.layout, f.explored = found, now
		case f.explored.IsZero():
			return err
		default:
			errs = append(errs, err)
		}
	}
	if f.layout.plain {
		errs = append(errs, f.listPlain(ctx, now, take))
	} else {
		errs = append(errs, f.listDays(ctx, now, take))
	}
	f.waiting(int64(f.retry.len()))
	if err := firstOf(slices.DeleteFunc(errs, func(err error) bool { return err == nil })); err != nil {
		return err
	}
	return f.save(ctx, now)
}

// begin finds out where to begin, once.
func (f *S3Feed) begin(ctx context.Context, now time.Time) error {
	if !f.since.IsZero() {
		return nil
	}
	since := f.o.Since
	if since.IsZero() {
		since = dayOf(now).AddDate(0, 0, -1)
	}
	if f.o.Positions != nil {
		text, err := f.o.Positions.Position(ctx, f.Name(), positionPart)
		if err != nil {
			return fmt.Errorf("ask how far the bucket was listed before: %w", err)
		}
		if text != "" {
			if since, err = time.Parse(time.RFC3339, text); err != nil {
				return fmt.Errorf("how far the bucket was listed before: %w", err)
			}
			f.saved = since
		}
	}
	f.since, f.from = since, dayOf(since)
	return nil
}

// save keeps how far the bucket is listed and taken in: the beginning of
// yesterday, or of the oldest day that has a file still on its way.
func (f *S3Feed) save(ctx context.Context, now time.Time) error {
	low := dayOf(now).AddDate(0, 0, -1)
	f.mu.Lock()
	for _, day := range f.flying {
		if day.Before(low) {
			low = day
		}
	}
	f.mu.Unlock()
	if f.o.Positions == nil || !low.After(f.saved) || low.Before(f.since) {
		return nil
	}
	crash.Point("s3: position is about to be kept")
	if err := f.o.Positions.SetPosition(ctx, f.Name(), positionPart, low.Format(time.RFC3339)); err != nil {
		return fmt.Errorf("keep how far the bucket is listed: %w", err)
	}
	crash.Point("s3: position kept")
	f.saved = low
	return nil
}

// gather runs the listings, a few at once, and gives what is new among what they
// find. Each listing tells through its state, if there is no error, how far it
// came; the state holds once all of it was given.
func (f *S3Feed) gather(ctx context.Context, listings []listing, take Take) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	files := make(chan stored, 1000)
	failed := make([]error, len(listings))
	var group errgroup.Group
	group.SetLimit(listers)
	go func() {
		defer close(files)
		for i, l := range listings {
			group.Go(func() error {
				failed[i] = l.list(ctx, f.shelf, files)
				return nil
			})
		}
		_ = group.Wait() // the errors are in failed
	}()
	var batch []stored
	var given error
	for file := range files {
		if given != nil || !f.fresh(file) {
			continue
		}
		if batch = append(batch, file); len(batch) >= maxBatch {
			if given = f.give(ctx, batch, take); given != nil {
				cancel()
			}
			batch = nil
		}
	}
	if given == nil {
		given = f.give(ctx, batch, take)
	}
	if given != nil {
		return given
	}
	var errs []error
	for i, l := range listings {
		if failed[i] != nil {
			errs = append(errs, failed[i])
			continue
		}
		l.listed()
	}
	return firstOf(errs)
}

// firstOf is the first of some errors, with the number of the others.
func firstOf(errs []error) error {
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	return fmt.Errorf("%w (and %d more)", errs[0], len(errs)-1)
}

// fresh tells whether a file is wanted and was not given of late.
func (f *S3Feed) fresh(file stored) bool {
	if f.known.same(file.key, file.version) {
		return false
	}
	if !f.o.wanted(file.key) {
		f.known.put(file.key, file.version)
		f.count(0, 1, 0)
		return false
	}
	return true
}

// give gives the files that are not marked, the oldest first.
func (f *S3Feed) give(ctx context.Context, files []stored, take Take) error {
	slices.SortFunc(files, compareStored)
	versions := make([]FileVersion, len(files))
	for i, file := range files {
		versions[i] = FileVersion{file.key, file.version}
	}
	marks, err := marked(ctx, f.o.Marks, "s3://"+f.bucket, versions)
	for i, file := range files {
		switch {
		case err != nil:
			f.retry.putBack(file.key)
			continue
		case marks[i]:
			f.known.put(file.key, file.version)
			f.retry.done(file.key)
			continue
		}
		f.mu.Lock()
		f.flying[file.key] = dayOf(file.when())
		f.mu.Unlock()
		f.known.put(file.key, file.version)
		if refused := take(ctx, f.arrival(file)); refused != nil {
			f.known.drop(file.key)
			f.retry.putBack(file.key)
			return &refusal{refused}
		}
		f.count(1, 0, 0)
	}
	if err != nil {
		return fmt.Errorf("ask which files were taken in before: %w", err)
	}
	return nil
}

// compareStored orders by time, and then by key.
func compareStored(a, b stored) int {
	if c := a.when().Compare(b.when()); c != 0 {
		return c
	}
	return compareKeys(a, b)
}

func (f *S3Feed) arrival(file stored) Arrival {
	source := "s3://" + f.bucket
	return Arrival{
		Source: source, Key: file.key, Version: file.version, Name: source + "/" + file.key,
		Size: file.size, Again: f.retry.times(file.key),
		Open: func(ctx context.Context) (content, string, error) { return f.shelf.open(ctx, file.key) },
		Done: func(_ context.Context, err error) {
			switch {
			case err == nil:
				f.retry.done(file.key)
				f.land(file.key)
			case !f.retry.failed(file.key, file, f.o.Now()):
				f.known.drop(file.key)
				f.land(file.key)
			}
		},
	}
}

// land says that a file is no longer on its way.
func (f *S3Feed) land(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flying, key)
}
