package source

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A tally keeps how a feed fares, and tells the log when that changes.
type tally struct {
	log *slog.Logger

	mu     sync.Mutex
	status FeedStatus // guarded by mu
}

func newTally(name string, log *slog.Logger) *tally {
	return &tally{log: log, status: FeedStatus{Name: name, Waiting: -1}}
}

// Status is that of Feed.
func (t *tally) Status() FeedStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// Name is that of Feed.
func (t *tally) Name() string { return t.status.Name } // it never changes

// reached says that all went well at now, or what did not.
func (t *tally) reached(now time.Time, err error) {
	t.mu.Lock()
	before := t.status.Problem
	if err == nil {
		t.status.Since, t.status.Problem = now, ""
	} else {
		t.status.Problem = err.Error()
	}
	t.mu.Unlock()
	switch {
	case before == "" && err != nil:
		t.log.Error("source cannot be read, trying again", "source", t.Name(), "error", err)
	case before != "" && err == nil:
		t.log.Info("source can be read again", "source", t.Name())
	}
}

// count adds to the counters.
func (t *tally) count(given, skipped, failed int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Given += given
	t.status.Skipped += skipped
	t.status.Failed += failed
}

// waiting sets how many are known to wait.
func (t *tally) waiting(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.Waiting = n
}

// rounds calls tick again and again until ctx ends or tick fails, and waits in
// between as long as tick says.
func rounds(ctx context.Context, now func() time.Time, tick func(context.Context, time.Time) (time.Duration, error)) error {
	for ctx.Err() == nil {
		pause, err := tick(ctx, now())
		if err != nil {
			return orderly(ctx, err)
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
	return nil
}

// orderly is nil for an error that comes from the end of ctx.
func orderly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// backoff is how long to wait after so many failures in a row: one second, then
// twice as long each time, at most a minute.
func backoff(failures int) time.Duration {
	return min(time.Second<<min(max(failures-1, 0), 6), time.Minute)
}

// marked asks m, which may be nil, in batches.
func marked(ctx context.Context, m Marks, source string, files []FileVersion) ([]bool, error) {
	if m == nil {
		return make([]bool, len(files)), nil
	}
	all := make([]bool, 0, len(files))
	for len(files) > 0 {
		n := min(len(files), marksAtOnce)
		some, err := m.Marked(ctx, source, files[:n])
		if err != nil {
			return nil, err
		}
		all, files = append(all, some...), files[n:]
	}
	return all, nil
}

// marksAtOnce is how many files are asked for in one go.
const marksAtOnce = 500
