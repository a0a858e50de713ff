// Package examples_test holds the example data to what its README says of it.
package examples_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/app"
	"tocsin/core/control"
	"tocsin/core/event"
	"tocsin/core/pattern"
	"tocsin/synth"
)

// takeover are the options of the command line in README.md.
var takeover = synth.Options{Story: "takeover", Events: 1200, Files: 36, Seed: 7}

// TestTakeoverIsMade compares the folder with what synth makes, decompressed,
// because another version of Go may compress otherwise.
func TestTakeoverIsMade(t *testing.T) {
	want := make(map[string]string)
	err := synth.Generate(takeover, func(f synth.File) error {
		var text strings.Builder
		err := f.WriteJSON(&text)
		want[f.Key] = text.String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	var size int64
	err = filepath.WalkDir("takeover", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		packed, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		size += int64(len(packed))
		zip, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(zip)
		if err != nil {
			return err
		}
		key, err := filepath.Rel("takeover", path)
		got[filepath.ToSlash(key)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("examples/takeover/%s is not what synth makes: make the folder again as examples/README.md says", key)
		}
	}
	if len(got) != len(want) {
		t.Errorf("examples/takeover holds %d files, synth makes %d", len(got), len(want))
	}
	if size > 300<<10 {
		t.Errorf("examples/takeover has grown to %d bytes: the repository holds it, keep it under 300 KB", size)
	}
}

// TestStoriesRing counts the events that each control of a pack matches in the stories.
func TestStoriesRing(t *testing.T) {
	for _, test := range []struct {
		name, pack string
		o          synth.Options
		want       map[string]int
	}{
		{"quiet", "cis", synth.Options{Story: "quiet", Events: 8000, Files: 80, Accounts: 3}, map[string]int{}},
		{"takeover", "cis", takeover, map[string]int{
			"unauthorized-api-calls": 47, "console-signin-without-mfa": 1, "root-usage": 25, "iam-policy-changes": 4, "cloudtrail-config-changes": 4,
			"console-auth-failures": 7, "kms-key-disable-or-delete": 1, "s3-bucket-policy-changes": 2, "config-changes": 1, "security-group-changes": 2,
		}},
		{"the user's own pack", "pack.yaml", takeover, map[string]int{
			"deploy-key-elsewhere": 58, "invoices-read-by-strangers": 36, "large-machine": 6, "many-refusals": 56, "secret-read-by-user": 3,
		}},
		{"insider", "cis", synth.Options{Story: "insider", Events: 1000, Files: 30}, map[string]int{
			"s3-bucket-policy-changes": 1, "config-changes": 1, "nacl-changes": 1, "route-table-changes": 1,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pack, err := app.Pack(test.pack)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, count(t, pack, test.o)); diff != "" {
				t.Errorf("events by control (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("busy", func(t *testing.T) {
		pack, err := app.Pack("cis")
		if err != nil {
			t.Fatal(err)
		}
		got := count(t, pack, synth.Options{Story: "busy", Events: 20000, Files: 40, Accounts: 12})
		for _, c := range pack.Controls {
			if c.Pattern != "" && got[c.ID] == 0 {
				t.Errorf("nothing rings %s on a busy day", c.ID)
			}
		}
	})
}

// count reads the files of the story and counts the distinct events of each control.
func count(t *testing.T, pack *control.Pack, o synth.Options) map[string]int {
	t.Helper()
	var patterns []*pattern.Pattern
	var ids []string
	for _, c := range pack.Controls {
		if c.Pattern == "" {
			continue
		}
		p, err := pattern.Parse(c.Pattern)
		if err != nil {
			t.Fatal(err)
		}
		patterns, ids = append(patterns, p), append(ids, c.ID)
	}
	set := pattern.NewSet(patterns)
	reader := event.NewReader(event.NewFields(append([]event.Path{event.Members("eventID")}, set.Paths()...)...), event.Options{})
	matcher := set.NewMatcher()
	var seen event.Seen
	got := make(map[string]int)
	var hits []int
	err := synth.Generate(o, func(f synth.File) error {
		var text bytes.Buffer
		if err := f.WriteJSON(&text); err != nil {
			return err
		}
		reader.Reset(f.Key, &text)
		for {
			r, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if id, ok := event.IDOf(r.Values[0]); !ok || !seen.Add(id) {
				continue
			}
			hits = matcher.Match(r.Raw, r.Values[1:], hits[:0])
			for _, i := range hits {
				got[ids[i]]++
			}
		}
		if problems := reader.Problems(); len(problems) > 0 {
			t.Errorf("%s: %v", f.Key, problems[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
