package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A DirFeed gives the log files of a folder and of all folders below it, and then
// those that appear there.
//
// It polls, so it works on network disks too. Only folders whose time of change
// moved are read again; besides, all files are looked at in turn, a few each
// round, for the file systems whose folders do not tell. A file is given when it
// did not change from one round to the next, or at once when it was renamed into
// place or has been there for a minute. What was taken in before is told by the
// marks, not by a memory that grows.
//
// Symbolic links to files are followed, those to folders are not. Names that
// begin with a dot are passed over.
type DirFeed struct {
	*tally
	root  string
	o     FeedOptions
	tree  tree
	audit audit
	waits map[string]*found // seen and not given yet
	known *recent           // given, marked, or not wanted
	retry again[string]
	fails int // rounds in a row in which the marks could not be asked

	mu      sync.Mutex
	refused []string // not complete, as the taker found; guarded by mu
}

// maxWaiting is how many files a feed holds that it has seen and not given. Where
// there are more, the oldest come first, and folders are read again for the rest.
const maxWaiting = 1 << 15

// NewDirFeed watches the folder at an absolute path.
func NewDirFeed(path string, o FeedOptions) *DirFeed {
	o = o.withDefaults(200 * time.Millisecond)
	return &DirFeed{
		tally: newTally("dir:"+path, o.Log), root: path, o: o, tree: newTree(),
		waits: map[string]*found{}, known: newRecent(),
	}
}

// Run is that of Feed.
func (f *DirFeed) Run(ctx context.Context, take func(context.Context, Arrival) error) error {
	defer f.audit.close()
	return rounds(ctx, f.o.Now, func(ctx context.Context, now time.Time) (time.Duration, error) { return f.Tick(ctx, now, take) })
}

// Tick does one round, and says how long to wait until the next. Its error is
// that of take.
func (f *DirFeed) Tick(ctx context.Context, now time.Time, take Take) (time.Duration, error) {
	defer func() { f.waiting(int64(len(f.waits) + f.retry.len())) }()
	// First what was seen before, so that it need not wait for a large folder.
	f.takeBack(now)
	_, err := f.give(ctx, now, take)
	began := f.o.Now()
	if err == nil {
		f.look(ctx, now)
	}
	spent := min(f.o.Now().Sub(began), maxRest)
	given := 0
	if err == nil {
		given, err = f.give(ctx, now, take)
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return 0, refused.error
	case err != nil:
		f.fails++
		f.reached(now, err)
		return backoff(f.fails), nil
	}
	f.fails = 0
	f.reached(now, f.tree.problem())
	if given > 0 && len(f.tree.due) > 0 {
		return 0, nil // there was more than could be held
	}
	pause := f.o.Poll
	if len(f.waits) > 0 {
		pause /= 2 // until what is new has been seen twice
	}
	return max(pause-spent, spent), nil // a slow disk has its rest too
}

// give gives the files that can be, the oldest first, but for those that are
// marked, and tells how many could.
func (f *DirFeed) give(ctx context.Context, now time.Time, take Take) (int, error) {
	ready := f.settle(now)
	fresh, err := f.fresh(ctx, ready)
	if err != nil {
		return 0, fmt.Errorf("ask which files were taken in before: %w", err)
	}
	for _, w := range fresh {
		if err := take(ctx, f.arrival(w, now)); err != nil {
			f.forget(w)
			return 0, &refusal{err}
		}
		f.count(1, 0, 0)
		delete(f.waits, w.key)
	}
	return len(ready), nil
}

// maxRest bounds the rest after a long round.
const maxRest = time.Minute

// look finds files that are new and puts them to those that wait.
func (f *DirFeed) look(ctx context.Context, now time.Time) {
	if f.retry.overflowed() {
		f.tree.allDue()
	}
	f.tree.look(f.root, now)
	q := oldest{room: maxWaiting - len(f.waits)}
	var read []*folder
	for due := f.tree.take(); len(due) > 0; due = f.tree.take() {
		for i, fd := range due {
			if len(q.found) >= q.room || ctx.Err() != nil {
				f.tree.queue(due[i:]...)
				break
			}
			read = append(read, fd)
			f.gather(fd, now, &q)
		}
		if len(q.found) >= q.room || ctx.Err() != nil {
			break
		}
	}
	if len(q.found) < q.room {
		f.checkSome(now, &q)
	}
	if q.dropped {
		f.tree.queue(read...)
	}
	for _, w := range q.found {
		f.waits[w.key] = w
	}
}

// gather reads a folder: folders below it that are new are explored, files that
// are new go to q.
func (f *DirFeed) gather(fd *folder, now time.Time, q *oldest) {
	f.tree.tell(fd, now, readFolder(f.path(fd.path), func(entries []fs.DirEntry) {
		for _, e := range entries {
			f.consider(fd, e, false, now, q)
		}
	}), f.tally)
}

// consider looks at one entry of a folder. Names that are known are passed over,
// unless deep asks whether the file is still the one that is known.
func (f *DirFeed) consider(fd *folder, e fs.DirEntry, deep bool, now time.Time, q *oldest) {
	key := fd.path + e.Name()
	switch {
	case strings.HasPrefix(e.Name(), "."):
		return
	case e.IsDir():
		f.tree.explore(f.root, key+"/", now, f.tally)
		return
	}
	known := f.known.has(key)
	if known && !deep || f.waits[key] != nil {
		return
	}
	if !f.o.wanted(key) {
		f.skip(key, known, 1, 0)
		return
	}
	info, err := os.Stat(f.path(key))
	switch {
	case errors.Is(err, fs.ErrNotExist) && e.Type()&fs.ModeSymlink == 0:
		return // it vanished
	case err != nil: // a link that leads nowhere, or in a circle, or where nobody may look
		f.skip(key, known, 0, 1)
		return
	case !info.Mode().IsRegular():
		f.skip(key, known, 1, 0)
		return
	}
	w := &found{key: key, stamp: stampOf(info), since: now, seen: now}
	if f.known.same(key, w.version()) {
		return
	}
	var named bool
	if w.when, named = nameTime(key); !named {
		w.when = w.modified
	}
	if w.when.Before(f.o.Since) {
		f.known.put(key, w.version())
		return
	}
	q.add(w)
}

// skip notes a file that is not given, and counts it the first time.
func (f *DirFeed) skip(key string, known bool, skipped, failed int64) {
	if !known {
		f.count(0, skipped, failed)
		f.known.put(key, "")
	}
}

// settle returns the files that can be given, the oldest first.
func (f *DirFeed) settle(now time.Time) []*found {
	var ready []*found
	for key, w := range f.waits {
		if w.seen.Before(now) {
			info, err := os.Stat(f.path(key))
			if err != nil || !info.Mode().IsRegular() {
				f.forget(w)
				f.retry.done(key)
				continue
			}
			w.see(stampOf(info), now)
		}
		if w.ready(now) {
			ready = append(ready, w)
		}
	}
	slices.SortFunc(ready, (*found).compare)
	return ready
}

// fresh leaves out the files that are marked.
func (f *DirFeed) fresh(ctx context.Context, ready []*found) ([]*found, error) {
	versions := make([]FileVersion, len(ready))
	for i, w := range ready {
		versions[i] = FileVersion{w.key, w.version()}
	}
	marks, err := marked(ctx, f.o.Marks, f.Name(), versions)
	if err != nil {
		return nil, err
	}
	fresh := ready[:0]
	for i, w := range ready {
		f.known.put(w.key, versions[i].Version)
		if marks[i] {
			delete(f.waits, w.key)
			f.retry.done(w.key)
			continue
		}
		fresh = append(fresh, w)
	}
	return fresh, nil
}

// arrival is what is given of a file.
func (f *DirFeed) arrival(w *found, now time.Time) Arrival {
	key := w.key
	return Arrival{
		Source: f.Name(), Key: key, Version: w.version(), Name: f.path(key), Size: w.size,
		MayGrow: w.mayGrow(now), Again: f.retry.times(key),
		Open: func(ctx context.Context) (content, string, error) { return openFile(ctx, f.path(key)) },
		Done: func(_ context.Context, err error) { f.done(key, err) },
	}
}

// done is an arrival's Done.
func (f *DirFeed) done(key string, err error) {
	switch {
	case err == nil:
		f.retry.done(key)
	case errors.Is(err, ErrIncomplete):
		f.mu.Lock()
		defer f.mu.Unlock()
		f.refused = append(f.refused, key)
	case !f.retry.failed(key, key, f.o.Now()):
		f.known.drop(key)
	}
}

// takeBack puts what was given and not taken in to those that wait.
func (f *DirFeed) takeBack(now time.Time) {
	f.mu.Lock()
	refused := f.refused
	f.refused = nil
	f.mu.Unlock()
	back := func(key string, refused bool) {
		info, err := os.Stat(f.path(key))
		if err != nil {
			f.known.drop(key)
			f.retry.done(key)
			return
		}
		w := &found{key: key, stamp: stampOf(info), since: now, seen: now, refused: refused, again: !refused}
		w.when, _ = nameTime(key)
		f.waits[key] = w
	}
	for _, key := range refused {
		back(key, true)
	}
	for _, key := range f.retry.take(now) {
		back(key, false)
	}
}

// forget leaves a file to be found anew.
func (f *DirFeed) forget(w *found) {
	delete(f.waits, w.key)
	f.known.drop(w.key)
	f.retry.putBack(w.key)
}

// path is where a key is on disk.
func (f *DirFeed) path(key string) string { return filepath.Join(f.root, filepath.FromSlash(key)) }
