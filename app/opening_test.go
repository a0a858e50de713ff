package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"testing"

	"tocsin/source"
)

func TestFilesThatCannotBeOpenedAreToldOnce(t *testing.T) {
	var log logbook
	var o opening
	throttled := errors.New("SlowDown")
	next := throttled
	take := o.watch("sqs:q", slog.New(slog.NewTextHandler(&log, nil)), func(ctx context.Context, a source.Arrival) error {
		_, _, err := a.Open(ctx)
		return err
	})
	for _, step := range []struct {
		err   error
		times int
		told  bool
	}{
		{throttled, 2, false},
		{nil, 1, false},
		{throttled, 2, false},
		{fs.ErrNotExist, 5, false},
		{throttled, 9, true},
		{nil, 3, false},
	} {
		next = step.err
		for range step.times {
			err := take(t.Context(), source.Arrival{Open: func(context.Context) (io.ReadCloser, string, error) { return nil, "", next }})
			if !errors.Is(err, step.err) {
				t.Fatal(err)
			}
		}
		if told := strings.Contains(o.why(), "SlowDown"); told != step.told {
			t.Errorf("after %d times %v: %q", step.times, step.err, o.why())
		}
	}
	if begins, ends := strings.Count(log.String(), "cannot be opened"), strings.Count(log.String(), "can be opened again"); begins != 1 || ends != 1 {
		t.Errorf("told %d and %d times:\n%s", begins, ends, &log)
	}
}
