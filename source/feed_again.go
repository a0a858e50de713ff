package source

import (
	"sync"
	"time"
)

// again holds what was given and not taken in, until it is time to give it once
// more. It is bounded: what does not fit has to be found anew by a whole listing.
type again[T any] struct {
	mu       sync.Mutex
	waits    map[string]*rerun[T] // by key; guarded by mu
	overflow bool                 // something did not fit; guarded by mu
}

// A rerun is a file to give again.
type rerun[T any] struct {
	file  T
	times int
	due   time.Time
	out   bool // it is being given
}

// maxAgain is how many files are held.
const maxAgain = 4096

// failed notes that the file was given and not taken in; false when there is no
// room for it.
func (a *again[T]) failed(key string, file T, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.waits[key]
	if r == nil {
		if len(a.waits) >= maxAgain {
			a.overflow = true
			return false
		}
		if a.waits == nil {
			a.waits = map[string]*rerun[T]{}
		}
		r = &rerun[T]{}
		a.waits[key] = r
	}
	r.times++
	r.file, r.due, r.out = file, now.Add(backoff(r.times)), false
	return true
}

// done notes that the file needs not be given again.
func (a *again[T]) done(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waits, key)
}

// times is how often the file was not taken in.
func (a *again[T]) times(key string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.waits[key]; r != nil {
		return r.times
	}
	return 0
}

// take returns the files whose time has come; each waits for failed or done.
func (a *again[T]) take(now time.Time) []T {
	a.mu.Lock()
	defer a.mu.Unlock()
	var files []T
	for _, r := range a.waits {
		if !r.out && !r.due.After(now) {
			r.out = true
			files = append(files, r.file)
		}
	}
	return files
}

// putBack returns a file to the list whose turn did not come after all.
func (a *again[T]) putBack(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.waits[key]; r != nil {
		r.out = false
	}
}

// len is how many files wait or are being given once more.
func (a *again[T]) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.waits)
}

// overflowed tells, once, whether something did not fit.
func (a *again[T]) overflowed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.overflow
	a.overflow = false
	return was
}
