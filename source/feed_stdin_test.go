package source_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"tocsin/source"
)

func TestStdinFeed(t *testing.T) {
	keys := map[string]bool{}
	for range 2 {
		f := source.NewStdinFeed(source.FeedOptions{Stdin: strings.NewReader("text")})
		err := f.Run(t.Context(), func(ctx context.Context, a source.Arrival) error {
			if text, version := read(t, a); text != "text" || version != a.Version || a.Source != "stdin:" || a.Size != -1 {
				t.Errorf("%q of %+v", text, a)
			}
			if _, _, err := a.Open(ctx); err == nil {
				t.Error("opened twice")
			}
			keys[a.Key] = true
			a.Done(ctx, nil)
			return nil
		})
		if err != nil || f.Status().Given != 1 {
			t.Errorf("%v, %+v", err, f.Status())
		}
	}
	if len(keys) != 2 {
		t.Errorf("two runs have the keys %v", keys)
	}
}

func TestStdinFeedEnds(t *testing.T) {
	never, _ := io.Pipe()
	f := source.NewStdinFeed(source.FeedOptions{Stdin: never})
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Run(ctx, func(ctx context.Context, a source.Arrival) error {
		content, _, err := a.Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := content.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("read after the end: %v", err)
		}
		a.Done(ctx, ctx.Err())
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	f = source.NewStdinFeed(source.FeedOptions{Stdin: strings.NewReader("x")})
	err = f.Run(t.Context(), func(ctx context.Context, a source.Arrival) error {
		a.Done(ctx, errTest)
		return nil
	})
	if !errors.Is(err, errTest) || f.Status().Problem == "" || f.Status().Failed != 1 {
		t.Errorf("not taken in: %v, %+v", err, f.Status())
	}
}
