package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"tocsin/source"
	"tocsin/store/state"
)

// groups are the log groups of the configuration, which a reload replaces.
type groups struct {
	mu    sync.Mutex
	named map[string]int64 // guarded by mu
	first int64            // guarded by mu
}

func (g *groups) set(all []state.LogGroup) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.named, g.first = map[string]int64{}, all[0].ID
	for _, l := range all {
		g.named[l.Name] = l.ID
	}
}

// of is the log group with a name, and the first of all for one that there is not.
func (g *groups) of(name string) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id, ok := g.named[name]; ok {
		return id
	}
	return g.first
}

// feeds are the sources at work. They can be changed while they run.
type feeds struct {
	app *App

	mu      sync.Mutex
	all     []*feed // guarded by mu
	running context.Context
	going   sync.WaitGroup
}

// A feed is one source with what ends it.
type feed struct {
	Source
	source.Feed
	past *source.Backfill // nil for none
	stop context.CancelFunc
	// opening is how opening its files fares.
	opening opening

	mu sync.Mutex
	// broken is why it had to be given up for a while, "" while it runs; guarded by mu.
	broken string
}

func newFeeds(a *App) *feeds { return &feeds{app: a} }

// start runs the sources of the configuration until ctx ends; wait waits for that.
func (f *feeds) start(ctx context.Context) error {
	f.mu.Lock()
	f.running = ctx
	f.mu.Unlock()
	return f.set(ctx, f.app.Config().Sources)
}

func (f *feeds) wait() { f.going.Wait() }

// set stops the sources that are wanted no more and starts those that are new.
func (f *feeds) set(ctx context.Context, wanted []Source) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var fresh []*feed
	for _, s := range wanted {
		if !slices.ContainsFunc(f.all, func(r *feed) bool { return sameSource(r.Source, s) }) {
			opened, err := f.open(ctx, s)
			if err != nil {
				return err
			}
			fresh = append(fresh, opened)
		}
	}
	f.all = slices.DeleteFunc(f.all, func(r *feed) bool {
		gone := !slices.ContainsFunc(wanted, func(s Source) bool { return sameSource(r.Source, s) })
		if gone {
			r.stop()
			f.app.o.Log.Info("source ends", "source", r.Name())
		}
		return gone
	})
	for _, r := range fresh {
		var own context.Context
		own, r.stop = context.WithCancel(f.running)
		f.all = append(f.all, r)
		f.app.o.Log.Info("source begins", "source", r.Name())
		f.going.Go(func() { r.run(own, f.app) })
		if r.past != nil {
			f.going.Go(func() { r.fill(own, f.app) })
		}
	}
	return nil
}

func sameSource(a, b Source) bool {
	return a.From == b.From && a.LogGroup == b.LogGroup && a.Since == b.Since && a.Poll == b.Poll &&
		slices.Equal(a.Buckets, b.Buckets) && a.AnyKey == b.AnyKey && a.Insights == b.Insights &&
		(a.Backfill == nil) == (b.Backfill == nil) && (a.Backfill == nil || *a.Backfill == *b.Backfill)
}

// feedGrace is how long a source waits at the end for what is being taken in.
const feedGrace = 2 * time.Second

func (f *feeds) open(ctx context.Context, s Source) (*feed, error) {
	spec, err := source.ParseFeed(s.From)
	if err != nil {
		return nil, err
	}
	o := f.app.o.Source
	o.Marks, o.Positions = marks{f.app.db}, positions{f.app.db}
	o.Poll, o.Since = time.Duration(s.Poll), s.Since.From(f.app.o.Now())
	o.Buckets, o.AnyKey, o.Insights = s.Buckets, s.AnyKey, s.Insights
	o.Grace, o.Now, o.Log = feedGrace, f.app.o.Now, f.app.o.Log
	opened, err := source.OpenFeed(ctx, spec, o)
	if err != nil {
		return nil, err
	}
	r := &feed{Source: s, Feed: opened}
	if b := s.Backfill; b != nil {
		r.past, err = source.NewBackfill(spec, source.BackfillOptions{FeedOptions: o, From: b.From.Time, To: b.To.Time, Ring: b.Ring})
	}
	return r, err
}

// into takes files for the log group of the source.
func (r *feed) into(a *App) source.Take {
	return r.opening.watch(r.Name(), a.o.Log, func(ctx context.Context, f source.Arrival) error {
		return a.ingest.Take(ctx, a.groups.of(r.LogGroup), f)
	})
}

// Waits before a source that gave up is tried again.
const (
	firstAgain = 5 * time.Second
	lastAgain  = 5 * time.Minute
)

// run runs the source until ctx ends. What only the operator can mend is told,
// and tried again.
func (r *feed) run(ctx context.Context, a *App) {
	for wait := firstAgain; ctx.Err() == nil; wait = min(2*wait, lastAgain) {
		began := time.Now()
		err := r.Run(ctx, r.into(a))
		if ctx.Err() != nil || err == nil {
			return
		}
		if time.Since(began) > lastAgain {
			wait = firstAgain
		}
		r.tell(err.Error())
		a.o.Log.Error("a source cannot go on until somebody mends it", "source", r.Name(), "error", err, "again_in", wait)
		if !pause(ctx, wait) {
			return
		}
		r.tell("")
	}
}

// fill reads the stretch of the past that the source is to be read for besides.
// What could not be taken in is tried again at the next start.
func (r *feed) fill(ctx context.Context, a *App) {
	for wait := firstAgain; ctx.Err() == nil; wait = min(2*wait, lastAgain) {
		err := r.past.Run(ctx, r.into(a))
		p := r.past.Progress()
		switch {
		case ctx.Err() != nil:
			return
		case p.Finished && err == nil:
			a.o.Log.Info("the past was read", "source", r.Name(), "files", p.Listed, "known_before", p.Known, "taken_in", p.Done)
			return
		case p.Finished:
			a.o.Log.Error("the past was read, but not all of it", "source", r.Name(), "files", p.Listed, "given_up", p.GivenUp, "error", err)
			return
		}
		a.o.Log.Error("the past cannot be read", "source", r.Name(), "error", err, "again_in", wait)
		if !pause(ctx, wait) {
			return
		}
	}
}

// pause waits; false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (r *feed) tell(broken string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = broken
}

// status is how the source fares, with why it had to be given up.
func (r *feed) status() source.FeedStatus {
	s := r.Status()
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Problem = cmp.Or(r.broken, s.Problem, r.opening.why())
	return s
}

// status tells how each source fares, in the order of the configuration.
func (f *feeds) status() []source.FeedStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]source.FeedStatus, 0, len(f.all))
	for _, r := range f.all {
		all = append(all, r.status())
		if r.past != nil && !r.past.Progress().Finished {
			s := r.past.Status()
			s.Name += " (the past)"
			all = append(all, s)
		}
	}
	return all
}

// marks are the marks of the database for a feed to ask.
type marks struct{ db *state.DB }

func (m marks) Marked(ctx context.Context, from string, files []source.FileVersion) (known []bool, err error) {
	asked := make([]state.Mark, len(files))
	for i, f := range files {
		asked[i] = state.Mark{Source: from, Key: f.Key, Version: f.Version}
	}
	err = m.db.View(ctx, func(tx *state.Tx) error {
		known, err = tx.Marked(ctx, asked)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", err)
	}
	return known, nil
}

// positions keeps the positions of feeds in the database.
type positions struct{ db *state.DB }

func (p positions) Position(ctx context.Context, from, part string) (position string, err error) {
	err = p.db.View(ctx, func(tx *state.Tx) error {
		position, err = tx.Position(ctx, from, part)
		return err
	})
	return position, err
}

func (p positions) SetPosition(ctx context.Context, from, part, position string) error {
	return p.db.Update(ctx, func(tx *state.Tx) error { return tx.SetPosition(ctx, from, part, position) })
}
