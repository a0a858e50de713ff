package ingest

import (
	"context"
	"sync"
)

// A room bounds the bytes of records that wait to be written. What is taken may
// go over the limit; who wants to take more waits until it is no longer reached.
// It is waited for only with empty hands, so that what fills it can always go on.
type room struct {
	limit int64

	mu    sync.Mutex
	used  int64         // guarded by mu
	freed chan struct{} // closed, and made anew, when some is given back; guarded by mu
}

// wait returns when there is room.
func (r *room) wait(ctx context.Context) error {
	for {
		r.mu.Lock()
		free, freed := r.used < r.limit, r.freed
		r.mu.Unlock()
		if err := ctx.Err(); free || err != nil {
			return err
		}
		select {
		case <-freed:
		case <-ctx.Done():
		}
	}
}

func (r *room) take(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used += n
}

func (r *room) give(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used -= n
	close(r.freed)
	r.freed = make(chan struct{})
}

// taken is how many bytes wait.
func (r *room) taken() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used
}
