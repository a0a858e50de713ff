package flow_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"tocsin/flow"
	"tocsin/source"
)

// A file whose name says that all its events are older than the time asked for
// is passed over, with an hour to spare; what cannot be listed is a problem; and
// the progress tells of what was read.
func TestFilesThatAreTooOld(t *testing.T) {
	key := func(stamp string) string {
		return "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T" + stamp + "Z_0123456789abcdef.json.gz"
	}
	dir := files(t, map[string]string{
		key("1100"):    logFile(t, call("1", "StopLogging", 0)), // its event is late enough, but its name says otherwise
		key("1105"):    logFile(t, call("2", "StopLogging", 4), call("3", "StopLogging", 6)),
		"copy.json.gz": logFile(t, call("4", "StopLogging", 7)), // no name that says anything
	})
	folder, err := source.Open(t.Context(), []string{dir}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listed := func(yield func(source.File, error) bool) {
		for f, err := range folder {
			if rel, _ := filepath.Rel(dir, f.Name); err == nil {
				f.Key = filepath.ToSlash(rel)
			}
			if !yield(f, err) {
				return
			}
		}
		yield(source.File{Name: "gone"}, errors.New("cannot be listed"))
	}
	var progress flow.Progress
	r := flow.Scan(t.Context(), listed, flow.ScanOptions{
		Watches: []flow.Watch{watch(t, "stop", stop)}, Progress: &progress,
		Since: time.Date(2026, 3, 1, 12, 5, 0, 0, time.UTC),
	})
	if r.Files != (flow.FileCounts{Read: 2, Skipped: 1, Failed: 1}) || r.Events != 2 || r.Controls[0].Matches != 2 {
		t.Errorf("files %+v, %d events, %d matches", r.Files, r.Events, r.Controls[0].Matches)
	}
	if len(r.Problems) != 1 || r.Problems[0] != (flow.Problem{File: "gone", Offset: -1, Error: "cannot be listed"}) {
		t.Errorf("problems %+v", r.Problems)
	}
	if progress.Files.Load() != 2 || progress.Events.Load() != 2 || progress.Bytes.Load() == 0 {
		t.Errorf("progress: %d files, %d events, %d bytes", progress.Files.Load(), progress.Events.Load(), progress.Bytes.Load())
	}
}
