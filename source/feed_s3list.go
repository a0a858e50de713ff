package source

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
)

// A listing is one that is to be made in a round.
type listing struct {
	prefix, after string
	wanted        func(stored) bool
	listed        func() // called when all of it was listed and given
}

// list sends what is wanted of a listing.
func (l listing) list(ctx context.Context, s shelf, to chan<- stored) error {
	for file, err := range s.files(ctx, l.prefix, l.after) {
		if err != nil {
			return err
		}
		if !l.wanted(file) {
			continue
		}
		select {
		case to <- file:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func compareKeys(a, b stored) int { return cmp.Compare(a.key, b.key) }

// A dayState is how far a stream's day was listed.
type dayState struct {
	newest string    // the last key by CloudTrail's layout
	whole  time.Time // when it was last listed from its beginning
}

const (
	// lookBack is how far before the newest file a listing begins.
	lookBack = 2 * time.Hour
	// wholeEvery is how often a day is listed from its beginning.
	wholeEvery = 10 * time.Minute
	// openFor is how long after its end a day is listed in every round.
	openFor = 2 * time.Hour
	// ahead is how far before our midnight the next day is listed: clocks differ,
	// and a file's time is the end of its five minutes.
	ahead = 10 * time.Minute
)

// listDays lists the days from the first that is not done to today, a day after
// the other, so that the oldest files come first.
func (f *S3Feed) listDays(ctx context.Context, now time.Time, take Take) error {
	yesterday := dayOf(now).AddDate(0, 0, -1)
	var errs []error
	for day := f.from; !day.After(dayOf(now.Add(ahead))); day = day.AddDate(0, 0, 1) {
		err := f.gather(ctx, f.listings(day, now), take)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && errors.As(err, new(*refusal)):
			return err
		case err != nil:
			errs = append(errs, err)
		case len(errs) == 0 && day.Before(yesterday):
			f.from = day.AddDate(0, 0, 1)
			f.forget(day)
		}
	}
	return firstOf(errs)
}

// listings are those of a day that are due.
func (f *S3Feed) listings(day, now time.Time) []listing {
	var due []listing
	for _, s := range f.layout.streams {
		prefix, ok := s.day(day)
		if !ok {
			continue
		}
		state := f.days[prefix]
		if state == nil {
			state = &dayState{}
			f.days[prefix] = state
		}
		after := ""
		switch sinceWhole := now.Sub(state.whole); {
		case state.whole.IsZero(), sinceWhole >= wholeEvery, sinceWhole < 0:
		case now.After(day.AddDate(0, 0, 1).Add(openFor)):
			continue
		default:
			after = keyBefore(state.newest, lookBack)
		}
		newest := state.newest
		due = append(due, listing{
			prefix: prefix, after: after,
			wanted: func(file stored) bool {
				if _, ok := parseKey(file.key); ok {
					newest = max(newest, file.key)
				}
				return !file.when().Before(f.since)
			},
			listed: func() {
				state.newest = newest
				if after == "" {
					state.whole = now
				}
			},
		})
	}
	return due
}

// keyBefore is a text that sorts before the keys whose times are later than d
// before a key's own, in the same folder; empty when that is before all of them.
func keyBefore(key string, d time.Duration) string {
	t, ok := nameTime(key)
	if !ok || dayOf(t.Add(-d)) != dayOf(t) {
		return ""
	}
	const stamp, early = "20060102T1504Z", "20060102T1504"
	at := strings.LastIndex(key, t.Format(stamp))
	if at < 0 {
		return ""
	}
	return key[:at] + t.Add(-d).Format(early)
}

// forget drops the states of a day that is done.
func (f *S3Feed) forget(day time.Time) {
	for _, s := range f.layout.streams {
		if prefix, ok := s.day(day); ok {
			delete(f.days, prefix)
		}
	}
}

// A plainState is how far a prefix in no layout was listed.
type plainState struct {
	newest time.Time // when the last object was changed
	next   time.Time // when to list again
}

const (
	// plainBack is how far before the newest object others may still come to be
	// listed.
	plainBack = time.Hour
	// plainRest is how long a listing rests for each page that it took.
	plainRest = time.Second
	// plainRestMax bounds that.
	plainRestMax = 15 * time.Minute
	// pageSize is how many objects S3 lists on a page.
	pageSize = 1000
)

// listPlain lists all of a prefix, and takes what was changed of late.
func (f *S3Feed) listPlain(ctx context.Context, now time.Time, take Take) error {
	if now.Before(f.plain.next) && now.After(f.plain.next.Add(-plainRestMax)) {
		return nil
	}
	objects, newest, since := 0, f.plain.newest, f.since
	if after := newest.Add(-plainBack); after.After(since) {
		since = after
	}
	return f.gather(ctx, []listing{{
		prefix: f.prefix,
		wanted: func(file stored) bool {
			objects++
			if file.modified.After(newest) {
				newest = file.modified
			}
			return !file.modified.Before(since)
		},
		listed: func() {
			f.plain.newest = newest
			f.plain.next = now.Add(min(time.Duration(objects/pageSize)*plainRest, plainRestMax))
		},
	}}, take)
}
