package source

import (
	"os"
	"time"
)

// An audit looks at all files of a tree, a few each round, whatever their
// folders' times say.
type audit struct {
	folders []*folder // still to be looked at
	began   time.Time
	folder  *folder // being looked at
	dir     *os.File
}

const (
	// auditEvery is how often an audit begins, at most.
	auditEvery = time.Minute
	// auditEntries is how many entries of folders it looks at in a round.
	auditEntries = 512
)

// checkSome looks at the next few files.
func (f *DirFeed) checkSome(now time.Time, q *oldest) {
	a := &f.audit
	if a.folder == nil && len(a.folders) == 0 {
		if now.Sub(a.began) < auditEvery && !now.Before(a.began) {
			return
		}
		a.began = now
		a.folders = append(a.folders[:0], f.tree.order...)
	}
	for left := auditEntries; left > 0 && !q.dropped; left-- {
		if a.folder == nil && !f.openNext() {
			if len(a.folders) == 0 {
				return
			}
			continue
		}
		entries, err := a.dir.ReadDir(min(left, auditEntries))
		left -= len(entries)
		for _, e := range entries {
			f.consider(a.folder, e, true, now, q)
		}
		if err != nil {
			// The end, or an error; what cannot be read is told where the folder
			// itself is watched.
			a.close()
		}
	}
}

// openNext goes to the next folder; false when that cannot be opened or there is none.
func (f *DirFeed) openNext() bool {
	a := &f.audit
	if len(a.folders) == 0 {
		return false
	}
	fd := a.folders[len(a.folders)-1]
	a.folders = a.folders[:len(a.folders)-1]
	if fd.gone {
		return false
	}
	dir, err := os.Open(f.path(fd.path))
	if err != nil {
		f.tree.queue(fd)
		return false
	}
	a.folder, a.dir = fd, dir
	return true
}

// close ends the look at a folder.
func (a *audit) close() {
	if a.dir != nil {
		_ = a.dir.Close() // it was only read
	}
	a.folder, a.dir = nil, nil
}
