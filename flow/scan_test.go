package flow_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/pattern"
	"tocsin/flow"
	"tocsin/source"
)

// call is a record of a call at a minute of 2026-03-01 12:00.
func call(id, name string, minute int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333"},`+
		`"eventTime":"2026-03-01T12:%02d:00Z","eventSource":"cloudtrail.amazonaws.com","eventName":%q,"awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7",`+
		`"eventID":%q,"recipientAccountId":"111122223333"}`, minute, name, id)
}

// logFile is a log file as CloudTrail delivers it.
func logFile(t *testing.T, records ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, `{"Records":[`+strings.Join(records, ",")+`]}`); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// files puts contents under names into a new folder, and returns it.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range contents {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const stop = `{ $.eventName = "StopLogging" }`

func TestAnEventCountsOnceHoweverOftenItIsDelivered(t *testing.T) {
	dir := files(t, map[string]string{
		"a.json.gz": logFile(t, call("1", "StopLogging", 0), call("2", "StopLogging", 1)),
		"b.json.gz": logFile(t, call("2", "StopLogging", 1), call("3", "GetUser", 1)),
	})
	watches := []flow.Watch{watch(t, "stop", stop)}
	r := scan(t, flow.ScanOptions{Watches: watches}, dir)
	if r.Events != 3 || r.Duplicates != 1 || r.Controls[0].Matches != 2 || r.Controls[0].Events != 2 {
		t.Errorf("got %d events, %d repeated, %d matches, %d different", r.Events, r.Duplicates, r.Controls[0].Matches, r.Controls[0].Events)
	}
	r = scan(t, flow.ScanOptions{Watches: watches, KeepDuplicates: true}, dir)
	if r.Events != 4 || r.Duplicates != 1 || r.Controls[0].Matches != 3 || r.Controls[0].Events != 2 {
		t.Errorf("kept: got %d events, %d repeated, %d matches, %d different", r.Events, r.Duplicates, r.Controls[0].Matches, r.Controls[0].Events)
	}
}

func TestOneIDOnTwoRecordsLosesNoMatch(t *testing.T) {
	dir := files(t, map[string]string{"a.json": logFile(t, call("1", "GetUser", 0), call("1", "StopLogging", 1))})
	r := scan(t, flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", stop)}}, dir)
	if r.Controls[0].Matches != 1 {
		t.Errorf("%d matches, want 1", r.Controls[0].Matches)
	}
}

// The files are named in either order, so that either copy is read first.
func TestEvidenceOfADuplicateIsInTheFirstFile(t *testing.T) {
	dir := files(t, map[string]string{"a.json": call("1", "StopLogging", 1) + call("2", "StopLogging", 2), "b.json": call("2", "StopLogging", 2)})
	a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	for _, keep := range []bool{false, true} {
		o := flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", `{ $.eventName = StopLogging }`)}, Workers: 1, KeepDuplicates: keep}
		for _, paths := range [][]string{{a, b}, {b, a}} {
			var got []string
			for _, e := range scan(t, o, paths...).Controls[0].Evidence {
				got = append(got, e.EventID+" "+filepath.Base(e.File))
			}
			if d := cmp.Diff([]string{"2 a.json", "1 a.json"}, got); d != "" {
				t.Errorf("%v, keep %v: %s", paths, keep, d)
			}
		}
	}
}

func TestTheFirstProblemsAreKeptWhicheverComeFirst(t *testing.T) {
	contents := map[string]string{}
	for i := range 3*flow.MaxProblems + 7 {
		contents[fmt.Sprintf("%03d.json", i)] = "no JSON"
	}
	for range 3 {
		r := scan(t, flow.ScanOptions{Workers: 4}, files(t, contents))
		if len(r.Problems) != flow.MaxProblems || r.ProblemsLeftOut != 2*flow.MaxProblems+7 {
			t.Fatalf("%d problems and %d left out", len(r.Problems), r.ProblemsLeftOut)
		}
		for i, p := range r.Problems {
			if want := fmt.Sprintf("%03d.json", i); filepath.Base(p.File) != want {
				t.Fatalf("problem %d is in %s", i, p.File)
			}
		}
	}
}

// Made-up names cannot keep a frequent one that comes after them off the list.
func TestTopListsWhoComesAfterManyOthers(t *testing.T) {
	var log strings.Builder
	for i := range 20_000 {
		name := fmt.Sprintf("user/u%d", i)
		if i >= 10_000 && i%10 == 0 {
			name = "user/eve"
		}
		log.WriteString(strings.Replace(call(fmt.Sprint(i), "StopLogging", 1), "user/ada", name, 1))
	}
	o := flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", `{ $.eventName = StopLogging }`)}, Workers: 1}
	top := scan(t, o, files(t, map[string]string{"a.json": log.String()})).Controls[0].Top.Principals
	if d := cmp.Diff(flow.Count{Value: "arn:aws:iam::111122223333:user/eve", Count: 1000}, top[0]); d != "" {
		t.Error(d)
	}
}

func TestAlarmRingsAndReturns(t *testing.T) {
	dir := files(t, map[string]string{"a.json": logFile(t, call("1", "StopLogging", 3))})
	r := scan(t, flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", stop)}}, dir)
	c := r.Controls[0]
	at := func(h, m int) time.Time { return time.Date(2026, 3, 1, h, m, 0, 0, time.UTC) }
	if len(c.Alarms) != 1 {
		t.Fatalf("alarms: %+v", c.Alarms)
	}
	// The datapoint of 12:03 is whole at 12:04; the alarm looks at three periods
	// of five minutes, so that the match keeps it until it leaves the oldest.
	want := flow.Alarm{At: at(12, 4), From: at(12, 4), To: at(12, 19), Reason: "Threshold Crossed: 1 datapoint [1.0 (01/03/26 11:59:00)] was greater than or equal to the threshold (1.0)."}
	if d := cmp.Diff(want, c.Alarms[0]); d != "" {
		t.Error(d)
	}
	evidence := []flow.Evidence{{
		Time: at(12, 3), EventID: "1", Source: "cloudtrail.amazonaws.com", Name: "StopLogging", Account: "111122223333", Region: "eu-west-1",
		Principal: "arn:aws:iam::111122223333:user/ada", Address: "192.0.2.7", File: filepath.Join(dir, "a.json"), Offset: 12,
	}}
	if d := cmp.Diff(evidence, c.Evidence); d != "" {
		t.Error(d)
	}
	top := flow.Top{
		Principals: []flow.Count{{Value: "arn:aws:iam::111122223333:user/ada", Count: 1}}, Addresses: []flow.Count{{Value: "192.0.2.7", Count: 1}},
		Accounts: []flow.Count{{Value: "111122223333", Count: 1}}, Regions: []flow.Count{{Value: "eu-west-1", Count: 1}},
		ErrorCodes: []flow.Count{}, Actions: []flow.Count{{Value: "cloudtrail:StopLogging", Count: 1}},
	}
	if d := cmp.Diff(top, c.Top); d != "" {
		t.Error(d)
	}
}

// A heartbeat is missed between the events of the scan, but not before and after them.
func TestSilenceRingsBetweenTheEvents(t *testing.T) {
	w := watch(t, "heartbeat", `{ $.eventName = Beat }`)
	w.Alarm.ComparisonOperator, w.Alarm.TreatMissingData = alarm.LessThanThreshold, alarm.Breaching
	for name, c := range map[string]struct {
		records []string
		want    []string
	}{
		"no gap":          {[]string{call("1", "Beat", 1), call("2", "Beat", 5), call("3", "Beat", 9)}, nil},
		"a gap":           {[]string{call("1", "Beat", 0), call("2", "Beat", 1), call("3", "Beat", 40), call("4", "Beat", 42)}, []string{"12:17 12:41"}},
		"never":           {[]string{call("1", "Other", 0), call("2", "Other", 30)}, []string{"12:05 00:00"}},
		"not at the end":  {[]string{call("1", "Beat", 1), call("2", "Beat", 20), call("3", "Other", 59)}, []string{"12:17 12:21", "12:36 00:00"}},
		"a single event":  {[]string{call("1", "Other", 1)}, nil},
		"no event at all": {nil, nil},
	} {
		var got []string
		r := scan(t, flow.ScanOptions{Watches: []flow.Watch{w}}, files(t, map[string]string{"a.json": strings.Join(c.records, "")}))
		for _, a := range r.Controls[0].Alarms {
			got = append(got, a.From.Format("15:04 ")+a.To.Format("15:04"))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSinceAndUntilAreInclusive(t *testing.T) {
	dir := files(t, map[string]string{"a.json": logFile(t, call("1", "StopLogging", 1), call("2", "StopLogging", 2), call("3", "StopLogging", 3), call("4", "StopLogging", 4))})
	o := flow.ScanOptions{
		Watches: []flow.Watch{watch(t, "stop", stop)},
		Since:   time.Date(2026, 3, 1, 12, 2, 0, 0, time.UTC), Until: time.Date(2026, 3, 1, 12, 3, 0, 0, time.UTC),
	}
	if r := scan(t, o, dir); r.Events != 2 || r.Controls[0].Matches != 2 {
		t.Errorf("%d events, %d matches, want 2 and 2", r.Events, r.Controls[0].Matches)
	}
}

func TestFilesAreCountedByTheirFate(t *testing.T) {
	const log, digest = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/", "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/"
	whole := logFile(t, call("1", "StopLogging", 0), call("2", "StopLogging", 0))
	dir := files(t, map[string]string{
		log + "111122223333_CloudTrail_eu-west-1_20260301T1205Z_abcdefghijklmnop.json.gz":            whole,
		log + "111122223333_CloudTrail_eu-west-1_20260301T1210Z_abcdefghijklmnop.json.gz":            logFile(t),
		digest + "111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260301T125959Z.json.gz": "not looked at",
		"cut.json.gz":  whole[:len(whole)-9],
		"noise.txt":    "hello\n",
		"broken.json":  `{"Records":[{"eventName":`,
		"bomb.json.gz": logFile(t, strings.Repeat(" ", 80<<20)),
	})
	r := scan(t, flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", stop)}}, dir)
	if got := r.Files; got.Read+got.Skipped+got.Failed != 7 || got.Skipped != 2 || got.Read < 3 {
		t.Errorf("files: %+v", got)
	}
	told := map[string]bool{}
	for _, p := range r.Problems {
		told[filepath.Base(p.File)] = true
		if p.Error == "" {
			t.Errorf("a problem of %s without a text", p.File)
		}
	}
	for _, name := range []string{"cut.json.gz", "noise.txt", "broken.json", "bomb.json.gz"} {
		if !told[name] {
			t.Errorf("nothing is said about %s: %+v", name, r.Problems)
		}
	}
	if len(told) != 4 || r.Controls[0].Matches != 2 {
		t.Errorf("%d matches, problems %+v", r.Controls[0].Matches, r.Problems)
	}
}

// failing is a file that breaks while it is read.
type failing struct{ io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("connection reset by peer")
	}
	return n, err
}
func (failing) Close() error { return nil }

func TestAReadErrorKeepsWhatWasRead(t *testing.T) {
	whole := `{"Records":[` + call("1", "StopLogging", 0) + `,` + call("2", "StopLogging", 1)
	seq := func(yield func(source.File, error) bool) {
		yield(source.File{Name: "far", Size: -1, Open: func(context.Context) (io.ReadCloser, error) {
			return failing{strings.NewReader(whole)}, nil
		}}, nil)
	}
	r := flow.Scan(t.Context(), seq, flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", stop)}})
	if r.Controls[0].Matches != 2 || len(r.Problems) == 0 || !strings.Contains(r.Problems[0].Error, "connection reset") {
		t.Errorf("%d matches, problems %+v", r.Controls[0].Matches, r.Problems)
	}
}

// TestEndless stops a scan of a file that never ends.
func TestEndless(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var n int
	endless := readerFunc(func(p []byte) (int, error) {
		if n++; n == 1 {
			return copy(p, `{"Records":[`), nil
		}
		if n == 50 {
			cancel()
		}
		return copy(p, call(fmt.Sprint(n), "StopLogging", 0)+","), nil
	})
	seq := func(yield func(source.File, error) bool) {
		yield(source.File{Name: "-", Size: -1, Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(endless), nil }}, nil)
	}
	r := flow.Scan(ctx, seq, flow.ScanOptions{Watches: []flow.Watch{watch(t, "stop", stop)}})
	if !r.Interrupted || r.Controls[0].Matches < 10 || len(r.Problems) != 0 {
		t.Errorf("interrupted %v, %d matches, problems %+v", r.Interrupted, r.Controls[0].Matches, r.Problems)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestSearchKeepsTheOrderOfTheFiles(t *testing.T) {
	contents := map[string]string{}
	for i := range 60 {
		var records []string
		for j := range 1 + i*7%13 {
			records = append(records, call(fmt.Sprintf("%02d-%02d", i, j), "StopLogging", j))
		}
		contents[fmt.Sprintf("%02d.json.gz", i)] = logFile(t, append(records, call("once", "StopLogging", 59), call("x", "GetUser", 0))...)
	}
	dir := files(t, contents)
	p, err := pattern.Parse(stop)
	if err != nil {
		t.Fatal(err)
	}
	find := func(workers, limit int) (ids []string, r flow.SearchReport) {
		t.Helper()
		seq, err := source.Open(t.Context(), []string{dir}, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r = flow.Search(t.Context(), seq, flow.SearchOptions{Patterns: []*pattern.Pattern{p}, Workers: workers}, func(f flow.Found) bool {
			_, id, _ := strings.Cut(string(f.Raw), `"eventID":"`)
			id, _, _ = strings.Cut(id, `"`)
			ids = append(ids, id)
			return len(ids) != limit
		})
		return ids, r
	}
	one, r := find(1, 0)
	if int(r.Found) != len(one) || r.Files.Read != 60 || len(one) < 300 {
		t.Errorf("%d found, report %+v", len(one), r)
	}
	for _, workers := range []int{2, 8} {
		many, _ := find(workers, 0)
		if d := cmp.Diff(one, many); d != "" {
			t.Errorf("%d workers: %s", workers, d)
		}
		some, _ := find(workers, 17)
		if d := cmp.Diff(one[:17], some); d != "" {
			t.Errorf("%d workers, limit 17: %s", workers, d)
		}
	}
}

// searchOf searches for StopLogging in what a reader gives.
func searchOf(ctx context.Context, t *testing.T, r io.Reader, visit func(flow.Found) bool) flow.SearchReport {
	t.Helper()
	p, err := pattern.Parse(stop)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := source.Open(t.Context(), []string{"-"}, source.Options{Stdin: r})
	if err != nil {
		t.Fatal(err)
	}
	return flow.Search(ctx, seq, flow.SearchOptions{Patterns: []*pattern.Pattern{p}}, visit)
}

// Each line is only written when the event of the one before was found.
func TestSearchDoesNotWaitForMore(t *testing.T) {
	const lines = 20
	r, w := io.Pipe()
	found := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range lines {
			line := call(fmt.Sprint(i), "StopLogging", i) + "\n"
			for _, part := range []string{line[:100], line[100:]} { // as a full buffer somewhere cuts it
				if _, err := io.WriteString(w, part); err != nil {
					t.Error(err)
				}
			}
			<-found
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	report := searchOf(t.Context(), t, r, func(flow.Found) bool {
		found <- struct{}{}
		return true
	})
	writing.Wait()
	if report.Found != lines {
		t.Errorf("%d found, want %d", report.Found, lines)
	}
}

// What was found before the end of the context is given, however late that ends.
func TestSearchLosesNothingWhenItIsInterrupted(t *testing.T) {
	for n := range 50 { // it was a matter of chance
		ctx, cancel := context.WithCancel(t.Context())
		log := strings.NewReader(strings.Repeat(call("", "StopLogging", 1)+"\n", 100+n))
		report := searchOf(ctx, t, readerFunc(func(p []byte) (int, error) {
			if log.Len() == 0 {
				cancel()
				return 0, ctx.Err()
			}
			return log.Read(p)
		}), func(flow.Found) bool { return true })
		if report.Found != int64(100+n) || !report.Interrupted {
			t.Fatalf("%d of %d found, interrupted %v", report.Found, 100+n, report.Interrupted)
		}
	}
}
