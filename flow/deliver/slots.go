package deliver

import (
	"sync"
	"time"
)

// An endpoint that hangs holds its attempt until the timeout. So that a few of
// them do not hold up all others, an attempt counts among Concurrency only while
// it is young; those that take longer go on beside, up to slowShare times as
// many attempts in all.
const (
	young     = time.Second
	slowShare = 8
)

// slots are the places for attempts.
type slots struct {
	fast, all int    // how many there are, for young attempts and for all
	freed     func() // called when one becomes free

	mu    sync.Mutex
	young int
	taken int
}

// free is how many attempts may begin.
func (s *slots) free() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, min(s.fast-s.young, s.all-s.taken))
}

// take takes a slot until leave is called, once.
func (s *slots) take() (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.young++
	s.taken++
	old := false // guarded by mu
	age := time.AfterFunc(young, func() {
		s.mu.Lock()
		if !old {
			old = true
			s.young--
		}
		s.mu.Unlock()
		s.freed()
	})
	return func() {
		age.Stop()
		s.mu.Lock()
		if !old {
			old = true
			s.young--
		}
		s.taken--
		s.mu.Unlock()
		s.freed()
	}
}
