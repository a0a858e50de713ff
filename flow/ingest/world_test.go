package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/core/control"
	"tocsin/core/metric"
	"tocsin/flow/ingest"
	"tocsin/source"
	"tocsin/store/state"
)

// noon is the time of the tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// call is a record of a call at a second after noon.
func call(id, name string, second int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333"},`+
		`"eventTime":%q,"eventSource":"cloudtrail.amazonaws.com","eventName":%q,"awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7",`+
		`"eventID":%q,"recipientAccountId":"111122223333"}`, noon.Add(time.Duration(second)*time.Second).Format(time.RFC3339), name, id)
}

// plainLog is a log file as CloudTrail delivers it, but for the compression.
func plainLog(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

// zipped is a text as gzip.
func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// keyAt is the key of a log file of noon.
func keyAt(name string) string {
	return "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T1200Z_" + name + ".json.gz"
}

// file is the arrival of a file with that content.
func file(key, content string) source.Arrival {
	return source.Arrival{
		Source: "s3://logs", Key: key, Version: "1", Name: "s3://logs/" + key, Size: int64(len(content)),
		Open: func(context.Context) (io.ReadCloser, string, error) {
			return io.NopCloser(strings.NewReader(content)), "1", nil
		},
	}
}

// A world is a database with a log group and metric filters.
type world struct {
	db    *state.DB
	group state.LogGroup
	// ids tells of stored events; see noEvents.
	ids ingest.Events
}

var scope = state.Scope{Partition: "aws", Account: "000000000000", Region: "eu-west-1"}

// A count is a filter that counts the events that a pattern matches.
type count struct{ name, pattern string }

const namespace = "Tests"

func (c count) definition() metric.Definition {
	return metric.Definition{FilterName: c.name, FilterPattern: c.pattern, Transformations: []metric.Transformation{{
		MetricName: c.name, MetricNamespace: namespace, MetricValue: "1",
	}}}
}

func sqlite(t testing.TB) *state.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
}

func open(t testing.TB, dsn string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newWorld(t testing.TB, db *state.DB, counts ...count) *world {
	t.Helper()
	w := &world{db: db, ids: stored(t, db)}
	w.update(t, func(ctx context.Context, tx *state.Tx) (err error) {
		w.group, err = tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "CloudTrail/logs", Created: noon})
		return err
	})
	for _, c := range counts {
		w.put(t, c.definition())
	}
	return w
}

// put makes or replaces a metric filter.
func (w *world) put(t testing.TB, d metric.Definition) state.MetricFilter {
	t.Helper()
	var f state.MetricFilter
	w.update(t, func(ctx context.Context, tx *state.Tx) (err error) {
		f, err = tx.PutMetricFilter(ctx, state.MetricFilter{LogGroup: w.group.ID, Definition: d, Created: noon})
		return err
	})
	return f
}

func (w *world) update(t testing.TB, f func(context.Context, *state.Tx) error) {
	t.Helper()
	if err := w.db.Update(t.Context(), func(tx *state.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func (w *world) view(t testing.TB, f func(context.Context, *state.Tx) error) {
	t.Helper()
	if err := w.db.View(t.Context(), func(tx *state.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// sums are what was counted for a metric, by minute after noon.
func (w *world) sums(t testing.TB, name string) map[int]float64 {
	t.Helper()
	out := map[int]float64{}
	for _, p := range w.points(t, metric.NewIdentity(namespace, name)) {
		out[int(time.UnixMilli(p.Time).Sub(noon)/time.Minute)] = p.Samples.Sum
	}
	return out
}

func (w *world) points(t testing.TB, m metric.Identity) []metric.Point {
	t.Helper()
	var points []metric.Point
	w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		points, err = tx.Points(ctx, scope, m, -1<<62, 1<<62)
		return err
	})
	return points
}

// stored is how many events are stored.
func (w *world) stored(t testing.TB) int64 {
	t.Helper()
	var u state.Usage
	w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		u, err = tx.Usage(ctx, w.group.ID)
		return err
	})
	return u.Events
}

// options are those of an Ingest on the world.
func (w *world) options() ingest.Options {
	return ingest.Options{
		State: w.db, Events: w.ids,
		Now: func() time.Time { return noon.Add(time.Hour) }, Log: slog.New(slog.DiscardHandler),
	}
}

// A runner is an Ingest that runs until the end of the test, or stop.
type runner struct {
	*ingest.Ingest
	group func(source.Arrival) int64
	stop  func()
}

// Take takes a file for its log group.
func (r *runner) Take(ctx context.Context, a source.Arrival) error {
	return r.Ingest.Take(ctx, r.group(a), a)
}

func start(t testing.TB, w *world, o ingest.Options) *runner {
	t.Helper()
	in, err := ingest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	in.SetPause(func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	in.SetStopWithin(5 * time.Minute) // whatever is decoded is written
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { in.Run(ctx) })
	r := &runner{in, func(source.Arrival) int64 { return w.group.ID }, sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})}
	t.Cleanup(r.stop)
	return r
}

// give gives files and waits until all are done. It returns what Done was told,
// by key.
func (r *runner) give(t testing.TB, arrivals ...source.Arrival) map[string]error {
	t.Helper()
	told := make(chan answer, 2*len(arrivals)+1)
	for _, a := range arrivals {
		a.Done = func(_ context.Context, err error) { told <- answer{a.Key, err} }
		if err := r.Take(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	errs := map[string]error{}
	for range arrivals {
		a := <-told
		errs[a.key] = errors.Join(errs[a.key], a.err)
	}
	t.Cleanup(func() {
		if len(told) > 0 {
			t.Errorf("Done was called %d times too often", len(told))
		}
	})
	return errs
}

type answer struct {
	key string
	err error
}

// take gives files, all of which have to be taken in.
func (r *runner) take(t testing.TB, arrivals ...source.Arrival) {
	t.Helper()
	for key, err := range r.give(t, arrivals...) {
		if err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	checkStats(t, r.Stats())
}

// checkStats holds the counts against what Stats promises.
func checkStats(t testing.TB, s ingest.Stats) {
	t.Helper()
	if s.FilesTaken != s.FilesCommitted+s.FilesDuplicate+s.FilesGivenUp+s.FilesFailed+s.FilesInFlight {
		t.Errorf("files do not add up: %+v", s)
	}
	if s.RecordsRead != s.RecordsStored+s.RecordsDuplicate+s.RecordsRejected {
		t.Errorf("records do not add up: %+v", s)
	}
}

// folder are the files of a folder, as its feed would give them.
func folder(t testing.TB, dir string) []source.Arrival {
	t.Helper()
	files, err := source.Open(t.Context(), []string{dir}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out []source.Arrival
	for f, err := range files {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, source.Arrival{
			Source: "dir:" + dir, Key: f.Key, Version: "1", Name: f.Name, Size: f.Size,
			Open: func(ctx context.Context) (io.ReadCloser, string, error) {
				content, err := f.Open(ctx)
				return content, "1", err
			},
		})
	}
	if len(out) == 0 {
		t.Fatal(fs.ErrNotExist)
	}
	return out
}

// pack are the filters of the built-in controls.
func pack() (defs []metric.Definition) {
	for _, c := range control.Builtin().Controls {
		if c.Kind == control.Alarm {
			defs = append(defs, count{c.ID, c.Pattern}.definition())
		}
	}
	return defs
}
