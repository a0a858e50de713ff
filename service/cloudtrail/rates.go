package cloudtrail

import (
	"sync"
	"time"
)

// rates count calls, a second at a time, by who makes them.
type rates struct {
	mu     sync.Mutex
	second int64          // guarded by mu
	count  map[string]int // of that second; guarded by mu
}

// take tells whether one more call is within the rate.
func (r *rates) take(who string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := now.Unix(); r.count == nil || s != r.second {
		r.second, r.count = s, map[string]int{}
	}
	r.count[who]++
	return r.count[who] <= lookupsPerSecond
}
