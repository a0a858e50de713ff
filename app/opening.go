package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"

	"tocsin/source"
)

// An opening watches whether the files that a source tells of can be opened,
// which is another question than whether the source can be reached: a queue may
// work while the bucket that it speaks of does not.
type opening struct {
	mu      sync.Mutex
	failed  int    // in a row; guarded by mu
	problem string // why files cannot be opened, "" while they can; guarded by mu
}

// enoughFailed is how many attempts in a row must fail until it is more than a
// file that is broken.
const enoughFailed = 3

// watch gives what take gives, and tells the log once when files of the source
// cannot be opened, and once when they can again.
func (o *opening) watch(name string, log *slog.Logger, take source.Take) source.Take {
	return func(ctx context.Context, a source.Arrival) error {
		open := a.Open
		a.Open = func(ctx context.Context) (io.ReadCloser, string, error) {
			content, version, err := open(ctx)
			if ctx.Err() == nil && !errors.Is(err, fs.ErrNotExist) {
				o.note(name, log, err)
			}
			return content, version, err
		}
		return take(ctx, a)
	}
}

func (o *opening) note(name string, log *slog.Logger, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		if o.problem != "" {
			log.Info("log files of a source can be opened again", "source", name)
		}
		o.failed, o.problem = 0, ""
		return
	}
	if o.failed++; o.failed < enoughFailed {
		return
	}
	if o.problem == "" {
		log.Error("log files of a source cannot be opened; they wait there until they can", "source", name, "error", err)
	}
	o.problem = fmt.Sprintf("its log files cannot be opened: %v", err)
}

// why is the problem, "" when there is none.
func (o *opening) why() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.problem
}
