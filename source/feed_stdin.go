package source

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// A StdinFeed gives what is piped in as one file, as it comes.
//
// What comes out of a pipe has no name that it could be known by the next time.
// Its key is the time of the start and a random text, so no mark ever matches:
// what is piped in twice is read twice, and told apart by the ids of its events
// alone. Records without an eventID count twice then.
type StdinFeed struct {
	*tally
	o FeedOptions
}

// NewStdinFeed reads FeedOptions.Stdin.
func NewStdinFeed(o FeedOptions) *StdinFeed {
	o = o.withDefaults(0)
	return &StdinFeed{newTally("stdin:", o.Log), o}
}

// Run gives the one file and returns when it is done with. An error says that it
// was not taken in: it cannot be given again.
func (f *StdinFeed) Run(ctx context.Context, take func(context.Context, Arrival) error) error {
	now := f.o.Now()
	done := make(chan error, 1)
	var once sync.Once
	a := Arrival{
		Source: f.Name(), Key: now.UTC().Format(time.RFC3339Nano) + "-" + rand.Text()[:8], Name: "standard input", Size: -1,
		Open: func(ctx context.Context) (content, string, error) {
			var r io.ReadCloser
			once.Do(func() { r = inputOf(ctx, f.o.Stdin) })
			if r == nil {
				return nil, "", errors.New("standard input can be read once only")
			}
			return r, "", nil
		},
		Done: func(_ context.Context, err error) { done <- err },
	}
	f.reached(now, nil)
	if err := take(ctx, a); err != nil {
		return orderly(ctx, err)
	}
	f.count(1, 0, 0)
	select {
	case err := <-done:
		if err != nil && ctx.Err() == nil {
			f.count(0, 0, 1)
			err = fmt.Errorf("standard input was not taken in, and cannot be read again: %w", err)
			f.reached(f.o.Now(), err)
			return err
		}
	case <-ctx.Done():
	}
	return nil
}

// inputOf reads r until ctx ends. Nothing ends a read of standard input early, so
// the one who waits in it may be left behind.
func inputOf(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	end := context.AfterFunc(ctx, func() { _ = in.CloseWithError(ctx.Err()) })
	go func() {
		defer end()
		_, err := io.Copy(in, r)
		_ = in.CloseWithError(err) // it has no error
	}()
	return out
}
