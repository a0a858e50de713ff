package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A tree is the folders below a root. Of each it keeps when the folder was last
// changed, so that only those that changed are read again.
type tree struct {
	folders map[string]*folder // by path
	order   []*folder          // all; the hot ones, those that changed last, come first
	hot     int
	young   []*folder // of the others, those that came or changed since order was made
	turn    int       // the next of the others to be looked at
	sorted  time.Time // when order was made
	due     []*folder // to be read
	bad     int       // how many cannot be read
	badErr  error     // why one of them cannot
}

// A folder is one of a tree.
type folder struct {
	path    string    // below the root with a slash after it; empty for the root
	day     time.Time // in the path, zero when there is none
	mtime   time.Time // when it was changed, before it was last read
	changed time.Time // when that was seen
	due     bool      // it is among those to be read
	gone    bool
	bad     bool
	retry   time.Time // when a bad one is tried again
}

const (
	// maxFolders is how many folders are watched.
	maxFolders = 1 << 20
	// eachRound is how many folders are looked at in each round: as many of those
	// that changed last, and as many of the others in turn.
	eachRound = 1024
	// sortAgain is how often the folders are ordered anew by their changes.
	sortAgain = time.Minute
	// coarse is for how long after a change a folder is read again although its
	// time does not move, on file systems that tell it in whole seconds or two.
	coarse = 2500 * time.Millisecond
	// badRetry is how long a folder that cannot be read is left alone.
	badRetry = 5 * time.Second
)

func newTree() tree {
	root := &folder{}
	return tree{folders: map[string]*folder{"": root}, order: []*folder{root}}
}

// datePath is the end of a path that is a day in CloudTrail's layout.
var datePath = regexp.MustCompile(`(?:^|/)(\d{4}/\d{2}/\d{2})/$`)

// look finds out which folders changed.
func (t *tree) look(root string, now time.Time) {
	if now.Sub(t.sorted) >= sortAgain || now.Before(t.sorted) {
		t.sort(now)
	}
	for _, fd := range t.order[:t.hot] {
		t.check(root, fd, now)
	}
	for _, fd := range t.young {
		t.check(root, fd, now)
	}
	rest := t.order[t.hot:]
	for range min(eachRound, len(rest)) {
		t.turn++
		if fd := rest[t.turn%len(rest)]; t.check(root, fd, now) && len(t.young) < eachRound {
			t.young = append(t.young, fd)
		}
	}
}

// sort orders the folders anew, without those that are gone.
func (t *tree) sort(now time.Time) {
	t.sorted = now
	t.order = slices.DeleteFunc(t.order, func(fd *folder) bool { return fd.gone })
	slices.SortFunc(t.order, func(a, b *folder) int { return b.mtime.Compare(a.mtime) })
	t.hot, t.young = min(eachRound, len(t.order)), nil
}

// check looks whether a folder changed, and has it read if so.
func (t *tree) check(root string, fd *folder, now time.Time) (changed bool) {
	if fd.gone || fd.bad && now.Before(fd.retry) && !now.Before(fd.retry.Add(-badRetry)) {
		return false
	}
	stat := os.Lstat
	if fd.path == "" {
		stat = os.Stat // the user may name a link
	}
	info, err := stat(filepath.Join(root, filepath.FromSlash(fd.path)))
	switch {
	case fd.path != "" && (errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir()):
		t.remove(fd)
	case err != nil || fd.bad:
		t.queue(fd) // reading tells what is wrong, or that nothing is now
	case !info.ModTime().Equal(fd.mtime):
		fd.mtime, fd.changed = info.ModTime(), now
		t.queue(fd)
		return true
	case !fd.changed.IsZero():
		// What was added after the folder was read, and within the resolution of
		// its time, did not move it.
		if fine := fd.mtime.Nanosecond() != 0; fine || now.Sub(fd.changed) > coarse || now.Before(fd.changed) {
			fd.changed = time.Time{}
		}
		t.queue(fd)
	}
	return false
}

// queue has folders read.
func (t *tree) queue(folders ...*folder) {
	for _, fd := range folders {
		if !fd.gone && !fd.due {
			fd.due = true
			t.due = append(t.due, fd)
		}
	}
}

func (t *tree) remove(fd *folder) {
	fd.gone = true
	delete(t.folders, fd.path)
	t.good(fd)
}

// allDue has all folders read again.
func (t *tree) allDue() {
	t.queue(t.order...)
}

// take gives the folders that are to be read, those of the oldest day first, and
// those without a day in the order of their changes.
func (t *tree) take() []*folder {
	due := slices.DeleteFunc(t.due, func(fd *folder) bool { return fd.gone })
	t.due = nil
	for _, fd := range due {
		fd.due = false
	}
	slices.SortFunc(due, func(a, b *folder) int { return a.when().Compare(b.when()) })
	return due
}

// when is what folders are read in the order of.
func (fd *folder) when() time.Time {
	if fd.day.IsZero() {
		return fd.mtime
	}
	return fd.day
}

// explore takes up a folder that is new, with all that are below it.
func (t *tree) explore(root, path string, now time.Time, report *tally) {
	for paths := []string{path}; len(paths) > 0; {
		path := paths[len(paths)-1]
		paths = paths[:len(paths)-1]
		if t.folders[path] != nil {
			continue
		}
		fd := &folder{path: path}
		if len(t.folders) >= maxFolders {
			t.tell(t.folders[""], now, fmt.Errorf("more than %d folders: watch one that is further down", maxFolders), report)
			return
		}
		if m := datePath.FindStringSubmatch(path); m != nil {
			fd.day, _ = time.Parse("2006/01/02", m[1]) // zero when it is no day
		}
		name := filepath.Join(root, filepath.FromSlash(path))
		if info, err := os.Lstat(name); err == nil {
			fd.mtime, fd.changed = info.ModTime(), now
		}
		t.folders[path] = fd
		t.order = append(t.order, fd)
		if len(t.young) < eachRound {
			t.young = append(t.young, fd)
		}
		t.queue(fd)
		err := readFolder(name, func(entries []fs.DirEntry) {
			for _, e := range entries {
				if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
					paths = append(paths, path+e.Name()+"/")
				}
			}
		})
		t.tell(fd, now, err, report)
	}
}

// tell notes whether a folder could be read.
func (t *tree) tell(fd *folder, now time.Time, err error, report *tally) {
	switch {
	case err == nil:
		t.good(fd)
	case fd.path != "" && errors.Is(err, fs.ErrNotExist):
		t.remove(fd)
	default:
		if !fd.bad {
			t.bad++
			report.count(0, 0, 1)
		}
		fd.bad, fd.retry, t.badErr = true, now.Add(badRetry), err
	}
}

func (t *tree) good(fd *folder) {
	if fd.bad {
		t.bad--
	}
	fd.bad = false
}

// problem says what cannot be read.
func (t *tree) problem() error {
	switch t.bad {
	case 0:
		return nil
	case 1:
		return t.badErr
	}
	return fmt.Errorf("%w (and %d more)", t.badErr, t.bad-1)
}

// atOnce is how many entries of a folder are read in one go.
const atOnce = 1024

// readFolder calls visit with the entries of a folder, some at a time and in no order.
func readFolder(path string, visit func([]fs.DirEntry)) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	for {
		entries, err := dir.ReadDir(atOnce)
		visit(entries)
		if err == io.EOF {
			return dir.Close()
		}
		if err != nil {
			return errors.Join(err, dir.Close())
		}
	}
}
