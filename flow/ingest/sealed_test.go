package ingest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/store/blob"
	"tocsin/store/events"
)

// Events in segments are known as well as those in blocks, and are found under
// the log streams that CloudTrail would have written them to.
func TestRepeatsOfWhatIsSealed(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	store := events.New(events.Options{State: w.db, Blobs: blob.NewMemory(), Owner: "test", Now: func() time.Time { return noon.Add(time.Hour) }})
	w.ids = store
	r := start(t, w, w.options())
	var records []string
	for i := range 40 {
		records = append(records, call(fmt.Sprint(i), "StopLogging", 60*i))
	}
	other := strings.Replace(call("40", "StopLogging", 0), `"eu-west-1"`, `"us-east-1"`, 1)
	nowhere := strings.Replace(call("41", "StopLogging", 0), `"awsRegion":"eu-west-1",`, "", 1)
	organization := strings.Replace(keyAt("org"), "AWSLogs/", "AWSLogs/o-abc/", 1)
	r.take(t,
		file(keyAt("a"), plainLog(records[:20]...)), file("my:export.json", plainLog(other, nowhere)),
		file(organization, plainLog(call("42", "StopLogging", 0))),
	)
	if err := store.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.take(t, file(keyAt("b"), plainLog(records[:25]...)))
	r.stop()
	r = start(t, w, w.options())
	r.take(t, file(keyAt("c"), plainLog(records...)), file(keyAt("d"), plainLog(other, nowhere)))
	if s := r.Stats(); s.RecordsStored != 15 || s.RecordsDuplicate != 27 {
		t.Errorf("%+v", s)
	}
	page, err := store.Search(t.Context(), events.Query{Group: w.group.ID, To: 1 << 62, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	streams := map[string]int{}
	var messages []string
	for _, e := range page.Events {
		streams[e.Stream]++
		messages = append(messages, string(e.Message))
	}
	want := append(slices.Clone(records), other, nowhere, call("42", "StopLogging", 0))
	slices.Sort(messages)
	slices.Sort(want)
	if d := cmp.Diff(want, messages); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{
		"111122223333_CloudTrail_eu-west-1": 40, "111122223333_CloudTrail_us-east-1": 1,
		"my_export.json": 1, "o-abc_111122223333_CloudTrail_eu-west-1": 1,
	}, streams); d != "" {
		t.Error(d)
	}
}

// A transaction waits for more files as long as it may, and no longer than until it is full.
func TestFilesAreWrittenTogether(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	o := w.options()
	o.MaxDelay, o.MaxFiles = time.Hour, 3
	r := start(t, w, o)
	for round := range 2 {
		a, b, c := fmt.Sprint(round, "a"), fmt.Sprint(round, "b"), fmt.Sprint(round, "c")
		r.take(t, file(a, plainLog(call(a, "StopLogging", 0))), file(b, plainLog(call(b, "StopLogging", 0))), file(c, plainLog(call(c, "StopLogging", 0))))
	}
	if s := r.Stats(); s.Commits != 2 {
		t.Errorf("%d transactions for two times three files", s.Commits)
	}
}
