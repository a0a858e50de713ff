package cloudtrail

import (
	"sync"
	"time"
)

// Calls whose caller is not known, with an unknown key or a bad signature, cost
// nothing to make. They are recorded at this rate, after a burst.
const (
	refusedBurst = 100
	refusedEvery = 100 * time.Millisecond
)

// A bucketOfTokens lets some through and counts the others.
type bucketOfTokens struct {
	mu      sync.Mutex
	full    time.Time // when the bucket is full again; guarded by mu
	dropped int64     // guarded by mu
}

// take tells whether one more may pass at now.
func (b *bucketOfTokens) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full.Before(now) || b.full.Sub(now) > 2*refusedBurst*refusedEvery { // the clock was set back
		b.full = now
	}
	if b.full.Sub(now) > (refusedBurst-1)*refusedEvery {
		b.dropped++
		return false
	}
	b.full = b.full.Add(refusedEvery)
	return true
}

// lost is how many did not pass since it was asked last.
func (b *bucketOfTokens) lost() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.dropped
	b.dropped = 0
	return n
}
