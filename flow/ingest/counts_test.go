package ingest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/control"
	"tocsin/core/metric"
	"tocsin/flow"
	"tocsin/flow/ingest"
	"tocsin/internal/corpus"
	"tocsin/source"
)

// What is counted while files come in is what a scan counts over the same files.
func TestTheTakeoverCountsAsInAScan(t *testing.T) {
	dir := filepath.Join("..", "..", "examples", "takeover")
	watches, err := flow.Watches(control.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	want := scan(t, watches, dir)
	w := newWorld(t, sqlite(t))
	for _, d := range pack() {
		w.put(t, d)
	}
	r := start(t, w, w.later())
	r.take(t, folder(t, dir)...)
	if n := w.stored(t); n != want.Events || n != r.Stats().RecordsStored || r.Stats().RecordsDuplicate != want.Duplicates {
		t.Errorf("%d events stored, %+v; want %d events and %d repeats", n, r.Stats(), want.Events, want.Duplicates)
	}
	rang := 0
	for _, c := range want.Controls {
		minutes := map[time.Time]float64{}
		for _, m := range c.Minutes {
			minutes[m.Minute] = float64(m.Count)
			rang++
		}
		if d := cmp.Diff(minutes, w.minutes(t, c.ID)); d != "" {
			t.Errorf("%s: %s", c.ID, d)
		}
	}
	if rang == 0 {
		t.Error("nothing matched")
	}
}

// later is after all that examples and collections tell of.
func (w *world) later() ingest.Options {
	o := w.options()
	o.Now = func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
	return o
}

// minutes are what was counted for a metric.
func (w *world) minutes(t testing.TB, name string) map[time.Time]float64 {
	t.Helper()
	out := map[time.Time]float64{}
	for _, p := range w.points(t, metric.NewIdentity(namespace, name)) {
		if p.Samples.Sum != p.Samples.SampleCount {
			t.Errorf("%s: %v of %v samples", name, p.Samples.Sum, p.Samples.SampleCount)
		}
		out[time.UnixMilli(p.Time).UTC()] = p.Samples.Sum
	}
	return out
}

func scan(t testing.TB, watches []flow.Watch, paths ...string) flow.Report {
	t.Helper()
	files, err := source.Open(t.Context(), paths, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return flow.Scan(t.Context(), files, flow.ScanOptions{Watches: watches})
}

// expected is what the collections hold, counted by others twice over.
type expected struct {
	Patterns, Variants map[string]struct{ Pattern string }
	Sets               map[string]struct {
		Path     string
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

// A difference is by how much more is stored, and counted for a pattern, than
// expected.json says.
type difference struct {
	events  int64
	matches map[string]int64
}

// differences are where expected.json, which knows an event by its id alone, and
// what comes in, which is a repeat when it has the time of the first one as well
// and counts only when it has a time, are not of one mind. All are about records
// that people made or changed.
var differences = map[string]difference{
	// The copy of a record was given another time, seven minutes later.
	"flaws-excerpt-2020": {1, map[string]int64{
		"unauthorized_api_calls": 1, "unauthorized_api_calls@cis4": 1, "unauthorized_api_calls@grouped": 1, "unauthorized_api_calls@cis1.4": 1,
	}},
	// One record has no time.
	"eventbridge": {0, map[string]int64{"unauthorized_api_calls@cis1.4": -1}},
	// Examples repeat ids years apart, or have none.
	"aws-docs": {11, map[string]int64{"unauthorized_api_calls@cis1.4": 10}},
}

func TestTheCollectionsCountAsExpected(t *testing.T) {
	dir := corpus.Dir(t)
	text, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want expected
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Sets) < 11 || len(want.Patterns)+len(want.Variants) != 20 {
		t.Fatalf("%d sets: expected.json was not understood", len(want.Sets))
	}
	for name, set := range want.Sets {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sqlite(t))
			for _, patterns := range []map[string]struct{ Pattern string }{want.Patterns, want.Variants} {
				for id, p := range patterns {
					w.put(t, count{id, p.Pattern}.definition())
				}
			}
			r := start(t, w, w.later())
			r.give(t, folder(t, filepath.Join(dir, set.Path))...)
			s := r.Stats()
			checkStats(t, s)
			if s.RecordsRead-s.RecordsRejected != set.Records || s.FilesFailed != 0 {
				t.Errorf("%+v, want %d records", s, set.Records)
			}
			differs := differences[name]
			if n := w.stored(t); n != set.Unique+differs.events || n != s.RecordsStored {
				t.Errorf("%d events are stored, want %d%+d", n, set.Unique, differs.events)
			}
			for _, patterns := range []map[string]counts{set.Controls, set.Variants} {
				for id, n := range patterns {
					points := w.points(t, metric.NewIdentity(namespace, id))
					matches := 0.0
					for _, p := range points {
						matches += p.Samples.Sum
					}
					// Every period with a match breaches the threshold of 1.
					periods := metric.Aggregate(points, 5*time.Minute)
					if int64(matches) != n.Unique+differs.matches[id] || int64(len(periods)) != n.Periods {
						t.Errorf("%s: %v matches in %d periods, want %d%+d in %d", id, matches, len(periods), n.Unique, differs.matches[id], n.Periods)
					}
				}
			}
		})
	}
}
