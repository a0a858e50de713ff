package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/flow/ingest"
	"tocsin/source"
)

func TestFilesThatCannotBeRead(t *testing.T) {
	digest := strings.ReplaceAll(keyAt("a"), "CloudTrail", "CloudTrail-Digest")
	whole := zipped(t, plainLog(call("1", "StopLogging", 0), call("2", "StopLogging", 0)))
	gone := file(keyAt("gone"), "")
	gone.Open = func(context.Context) (io.ReadCloser, string, error) {
		return nil, "", fmt.Errorf("get: %w", fs.ErrNotExist)
	}
	growing := func(key, content string) source.Arrival {
		a := file(key, content)
		a.MayGrow = true
		return a
	}
	for name, c := range map[string]struct {
		file    source.Arrival
		givenUp bool
		stored  int64
		again   bool // it has to be given again
	}{
		"digest by its key":     {file(digest, "never opened"), true, 0, false},
		"digest by its content": {file("x.json", `{"digestS3Object":"x","digestStartTime":"y"}`), true, 0, false},
		"foreign":               {file(keyAt("a"), "hello"), true, 0, false},
		"gone":                  {gone, true, 0, false},
		"broken gzip":           {file(keyAt("a"), "\x1f\x8b\x08hello"), true, 0, false},
		"empty":                 {file(keyAt("a"), ""), false, 0, false},
		"without records":       {file(keyAt("a"), plainLog()), false, 0, false},
		"cut":                   {file(keyAt("a"), whole[:len(whole)-9]), false, 2, false},
		"cut and growing":       {growing(keyAt("a"), whole[:len(whole)-9]), false, 0, true},
		"cut text and growing":  {growing("a.json", plainLog(call("1", "StopLogging", 0))[:300]), false, 0, true},
		"empty and growing":     {growing(keyAt("a"), ""), false, 0, true},
		"whole and growing":     {growing(keyAt("a"), whole), false, 2, false},
		"foreign and growing":   {growing("a.txt", "hello"), true, 0, false},
		"an odd record":         {file(keyAt("a"), plainLog(call("1", "StopLogging", 0), "7", `{"some":"thing"}`)), false, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sqlite(t), stops)
			r := start(t, w, w.options())
			err := r.give(t, c.file)[c.file.Key]
			s := r.Stats()
			checkStats(t, s)
			if errors.Is(err, source.ErrIncomplete) != c.again || (err != nil) != c.again {
				t.Errorf("told %v", err)
			}
			if (s.FilesGivenUp == 1) != c.givenUp || (s.FilesFailed == 1) != c.again || s.RecordsStored != c.stored || w.stored(t) != c.stored {
				t.Errorf("%+v", s)
			}
			if c.again {
				return
			}
			r.take(t, c.file)
			if s := r.Stats(); s.FilesDuplicate != 1 {
				t.Errorf("it is not marked: %+v", s)
			}
		})
	}
}

// breaking is a file whose source breaks the first times.
func breaking(content string, times int, during bool) source.Arrival {
	a := file(keyAt("breaking"), content)
	sound := a.Open
	a.Open = func(ctx context.Context) (io.ReadCloser, string, error) {
		if times--; times < 0 {
			return sound(ctx)
		}
		if during {
			return io.NopCloser(io.MultiReader(strings.NewReader(content[:len(content)/2]), brokenReader{})), "1", nil
		}
		return nil, "", errBroken
	}
	return a
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestASourceThatBreaksIsAskedAgain(t *testing.T) {
	content := plainLog(call("1", "StopLogging", 0), call("2", "StopLogging", 0), call("3", "StopLogging", 0))
	for _, during := range []bool{false, true} {
		w := newWorld(t, sqlite(t), stops)
		r := start(t, w, w.options())
		if err := r.give(t, breaking(content, 100, during))[keyAt("breaking")]; !errors.Is(err, errBroken) {
			t.Errorf("told %v", err)
		}
		if n := w.stored(t); n != 0 {
			t.Errorf("%d events of a file that broke are stored", n)
		}
		r.take(t, breaking(content, 3, during))
		if d := cmp.Diff(map[int]float64{0: 3}, w.sums(t, "stops")); d != "" {
			t.Error(d)
		}
		if s := r.Stats(); s.FilesFailed != 1 || s.FilesCommitted != 1 {
			t.Errorf("%+v", s)
		}
	}
}

// The version is that of the content that was read: the same key with another
// content is another file.
func TestTheVersionIsThatOfTheContent(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	for _, version := range []string{"1", "2", "2"} {
		a := file(keyAt("a"), plainLog(call(version, "StopLogging", 0)))
		a.Version = ""
		sound := a.Open
		a.Open = func(ctx context.Context) (io.ReadCloser, string, error) {
			content, _, err := sound(ctx)
			return content, version, err
		}
		r.take(t, a)
	}
	if s := r.Stats(); s.FilesCommitted != 2 || s.FilesDuplicate != 1 {
		t.Errorf("%+v", s)
	}
}

func TestOptionsThatAreNeeded(t *testing.T) {
	w := newWorld(t, sqlite(t))
	for _, lack := range []func(*ingest.Options){
		func(o *ingest.Options) { o.State = nil }, func(o *ingest.Options) { o.Events = nil },
	} {
		o := w.options()
		lack(&o)
		if _, err := ingest.New(o); err == nil {
			t.Errorf("%+v is enough", o)
		}
	}
}
