package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/event"
	"tocsin/core/metric"
	"tocsin/core/pattern"
	"tocsin/flow/ingest"
	"tocsin/store/blob"
	"tocsin/store/events"
	"tocsin/store/state"
)

// lines are events of some messages, a second apart from noon on.
func lines(messages ...string) (out []ingest.PutEvent) {
	for i, m := range messages {
		out = append(out, ingest.PutEvent{Time: noon.Add(time.Duration(i) * time.Second).UnixMilli(), Message: []byte(m)})
	}
	return out
}

func (r *runner) put(t testing.TB, w *world, stream string, list ...ingest.PutEvent) {
	t.Helper()
	if err := r.Put(t.Context(), ingest.Put{Group: w.group.ID, Stream: stream, Events: list}); err != nil {
		t.Fatal(err)
	}
	checkStats(t, r.Stats())
}

// What is put is matched by patterns of each language, counted with values,
// dimensions and defaults, and found again in blocks and in segments.
func TestPut(t *testing.T) {
	w := newWorld(t, sqlite(t))
	store := events.New(events.Options{State: w.db, Blobs: blob.NewMemory(), Owner: "test", Now: func() time.Time { return noon.Add(time.Hour) }})
	w.ids = store
	zero := 0.0
	w.put(t, count{"errors", "ERROR"}.definition())
	w.put(t, metric.Definition{FilterName: "bytes", FilterPattern: "[ip, status = 4*, bytes]", Transformations: []metric.Transformation{{
		MetricName: "bytes", MetricNamespace: namespace, MetricValue: "$bytes", DefaultValue: &zero,
	}}})
	w.put(t, metric.Definition{FilterName: "latency", FilterPattern: "{ $.latency > 10 }", Transformations: []metric.Transformation{{
		MetricName: "latency", MetricNamespace: namespace, MetricValue: "$.latency", Dimensions: []metric.Dimension{{Name: "Route", Value: "$.route"}},
	}}})
	r := start(t, w, w.options())
	messages := []string{
		"ERROR one", "192.0.2.1 404 1534", `{"latency": 50, "route": "/a"}`, "192.0.2.1 403 100", "all is well", "{ ERROR", "192.0.2.1 200 7",
	}
	r.put(t, w, "app", lines(messages...)...)
	if d := cmp.Diff(map[int]float64{0: 2}, w.sums(t, "errors")); d != "" {
		t.Error(d)
	}
	points := w.points(t, metric.NewIdentity(namespace, "bytes"))
	if len(points) != 1 || points[0].Samples.Sum != 1634 || points[0].Samples.SampleCount != 7 {
		t.Errorf("bytes: %+v", points)
	}
	points = w.points(t, metric.NewIdentity(namespace, "latency", metric.Dimension{Name: "Route", Value: "/a"}))
	if len(points) != 1 || points[0].Samples.Sum != 50 {
		t.Errorf("latency: %+v", points)
	}
	for _, where := range []string{"blocks", "segments"} {
		for text, want := range map[string][]string{"": messages, "ERROR": {"ERROR one", "{ ERROR"}, "{ $.route = * }": {messages[2]}} {
			p, err := pattern.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			page, err := store.Search(t.Context(), events.Query{Group: w.group.ID, To: 1 << 62, Pattern: p, Streams: []string{"app"}, OldestFirst: true})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range page.Events {
				got = append(got, string(e.Message))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%q in %s: %s", text, where, d)
			}
		}
		if err := store.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// An event with an id is there once; one without is another each time, and of one
// time they stand in the order in which they were put.
func TestPutTwice(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	record := call("a1b2c3d4-0000-4000-8000-000000000001", "StopLogging", 0)
	id, _ := event.IDOf(event.Value{Kind: event.String, Raw: []byte("a1b2c3d4-0000-4000-8000-000000000001")})
	known := ingest.PutEvent{Time: noon.UnixMilli(), Message: []byte(record), ID: id}
	r.put(t, w, "trail", known, known)
	r.put(t, w, "trail", known)
	r.take(t, file(keyAt("same"), plainLog(record)))
	if n := w.stored(t); n != 1 || w.sums(t, stops.name)[0] != 1 {
		t.Errorf("%d events are stored, %v counted", n, w.sums(t, stops.name))
	}
	made := ingest.PutEvent{Time: noon.UnixMilli(), Message: []byte("x")}
	r.put(t, w, "s", made, made, made)
	r.put(t, w, "s", made)
	if n := w.stored(t); n != 5 {
		t.Errorf("%d events are stored", n)
	}
	if all := w.all(t); len(all) != 5 {
		t.Errorf("ids are the same: %v", all)
	}
}

func TestPutIsRefused(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	for name, test := range map[string]struct {
		put  ingest.Put
		want error
	}{
		"before all logs": {ingest.Put{Group: w.group.ID, Events: []ingest.PutEvent{{Time: 1}}}, ingest.ErrTime},
		"after all logs":  {ingest.Put{Group: w.group.ID, Events: []ingest.PutEvent{{Time: 1 << 50}}}, ingest.ErrTime},
		"no such group":   {ingest.Put{Group: 99, Events: lines("x")}, state.ErrNotFound},
	} {
		if err := r.Put(t.Context(), test.put); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.Put(t.Context(), ingest.Put{Group: w.group.ID}); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Put(ended, ingest.Put{Group: w.group.ID, Events: lines("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("of a caller that has gone: %v", err)
	}
	r.stop()
	if err := r.Put(t.Context(), ingest.Put{Group: w.group.ID, Events: lines("x")}); !errors.Is(err, ingest.ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
	if n := w.stored(t); n != 0 {
		t.Errorf("%d events are stored", n)
	}
	checkStats(t, r.Stats())
}

// A group that goes while events wait takes them with it.
func TestPutIntoAGroupThatGoes(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	r.put(t, w, "s", lines("x")...)
	w.update(t, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogGroup(ctx, w.group.ID) })
	if err := r.Put(t.Context(), ingest.Put{Group: w.group.ID, Stream: "s", Events: lines("y")}); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// Many put at a time while Run ends: each is told whether its events are stored.
func TestPutsAndTheEnd(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	var mu sync.Mutex
	stored := int64(0)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 50 {
				err := r.Put(context.Background(), ingest.Put{Group: w.group.ID, Stream: fmt.Sprint(i), Events: lines("x", "y")})
				mu.Lock()
				if err == nil {
					stored += 2
				} else if !errors.Is(err, ingest.ErrStopped) && !errors.Is(err, context.Canceled) {
					t.Errorf("put %d: %v", n, err)
				}
				mu.Unlock()
				if i == 0 && n == 5 {
					go r.stop()
				}
			}
		})
	}
	all.Wait()
	r.stop()
	if n := w.stored(t); n != stored {
		t.Errorf("%d events are stored, %d were told of", n, stored)
	}
	checkStats(t, r.Stats())
}

// Streams are noted with the events, of files and of puts, and a deleted stream's
// events stay out of a later one of its name.
func TestStreamsAreNoted(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	r.take(t, file(keyAt("a"), plainLog(call("1", "StopLogging", 0), call("2", "StopLogging", 90))))
	r.put(t, w, "app", lines("one", "two")...)
	ingested := noon.Add(time.Hour).UnixMilli()
	streams := func() (out []state.LogStream) {
		t.Helper()
		w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
			out, err = tx.LogStreams(ctx, w.group.ID)
			return err
		})
		return out
	}
	at := noon.UnixMilli()
	length := int64(len(call("1", "StopLogging", 0)))
	want := []state.LogStream{
		{LogGroup: w.group.ID, Name: "111122223333_CloudTrail_eu-west-1", Created: noon.Add(time.Hour), First: at, Last: at + 90_000, Ingested: ingested, Bytes: 2 * length},
		{LogGroup: w.group.ID, Name: "app", Created: noon.Add(time.Hour), First: at, Last: at + 1000, Ingested: ingested, Bytes: 6},
	}
	if d := cmp.Diff(want, streams()); d != "" {
		t.Error(d)
	}
	w.update(t, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogStream(ctx, w.group.ID, "app") })
	r.put(t, w, "app", lines("three")...)
	want[1].Generation, want[1].Last, want[1].Bytes = 1, at, 5
	if d := cmp.Diff(want, streams()); d != "" {
		t.Error(d)
	}
	store := events.New(events.Options{State: w.db, Blobs: blob.NewMemory(), Owner: "test"})
	page, err := store.Search(t.Context(), events.Query{Group: w.group.ID, To: 1 << 62, Streams: []string{"app", "app:1"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range page.Events {
		names = append(names, e.Stream)
	}
	slices.Sort(names)
	if d := cmp.Diff([]string{"app", "app", "app:1"}, names); d != "" {
		t.Error(d)
	}
}

// However transactions go wrong, what is put is there once, counts once and is sent
// on once.
func TestPutWhenTransactionsGoWrong(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *state.DB) {
		w := newWorld(t, db, stops)
		filter := w.subscribe(t, "all", "")
		broken := &faulty{DB: db}
		o := w.options()
		o.State = broken
		r := start(t, w, o)
		n := 0
		for _, first := range []fault{refused, rolledBack, lostAnswer, unknown, unknownLost} {
			for _, second := range []fault{none, refused, lostAnswer, unknown, unknownLost} {
				broken.mu.Lock()
				broken.faults = []fault{first, second}
				broken.mu.Unlock()
				r.put(t, w, "app", lines(call(fmt.Sprint(n), "StopLogging", 0), "x")...)
				n++
				if got := w.sums(t, stops.name)[0]; got != float64(n) {
					t.Fatalf("%d, %d: counted %v of %d", first, second, got, n)
				}
			}
		}
		if got := w.stored(t); got != int64(2*n) {
			t.Errorf("%d of %d events are stored", got, 2*n)
		}
		if got := messages(w.waiting(t, filter)); len(got) != 2*n {
			t.Errorf("%d of %d events are sent on", len(got), 2*n)
		}
		var stream state.LogStream
		w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
			stream, err = tx.LogStream(ctx, w.group.ID, "app")
			return err
		})
		want := int64(0)
		for i := range n {
			want += int64(len(call(fmt.Sprint(i), "StopLogging", 0)) + 1)
		}
		if stream.Bytes != want {
			t.Errorf("the stream has %d bytes, want %d", stream.Bytes, want)
		}
	})
}

// The system fields of an event that does not tell them are those of its group.
func TestSystemFieldsOfWhatIsPut(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.put(t, metric.Definition{
		FilterName: "errors", FilterPattern: "ERROR", SystemFields: []string{metric.AccountField, metric.RegionField},
		Transformations: []metric.Transformation{{MetricName: "errors", MetricNamespace: namespace, MetricValue: "1"}},
	})
	r := start(t, w, w.options())
	r.put(t, w, "app", lines("ERROR", `{"ERROR":1,"recipientAccountId":"111122223333","awsRegion":"us-east-1"}`)...)
	for _, where := range [][2]string{{scope.Account, scope.Region}, {"111122223333", "us-east-1"}} {
		id := metric.NewIdentity(namespace, "errors", metric.Dimension{Name: metric.AccountField, Value: where[0]}, metric.Dimension{Name: metric.RegionField, Value: where[1]})
		if points := w.points(t, id); len(points) != 1 || points[0].Samples.Sum != 1 {
			t.Errorf("%v: %+v", where, points)
		}
	}
}
