package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/flow/ingest"
	"tocsin/source"
	"tocsin/store/state"
)

// stops counts the calls of StopLogging.
var stops = count{"stops", `{ $.eventName = "StopLogging" }`}

func TestAFileIsTakenInOnce(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	again := file(keyAt("a"), plainLog(call("1", "StopLogging", 0), call("2", "GetUser", 61)))
	r.take(t, again, again, file(keyAt("b"), plainLog(call("3", "StopLogging", 61))))
	r.take(t, again)
	if n := w.stored(t); n != 3 {
		t.Errorf("%d events are stored", n)
	}
	if d := cmp.Diff(map[int]float64{0: 1, 1: 1}, w.sums(t, "stops")); d != "" {
		t.Error(d)
	}
	s := r.Stats()
	if s.FilesTaken != 4 || s.FilesCommitted != 2 || s.FilesDuplicate != 2 || s.RecordsStored != 3 || s.RecordsDuplicate != 4 {
		t.Errorf("%+v", s)
	}
}

// In one batch, in a later one, and after a restart.
func TestAnEventCountsOnceHoweverManyFilesItIsIn(t *testing.T) {
	for _, room := range []int64{0, 1} { // of the ids in memory
		w := newWorld(t, sqlite(t), stops)
		o := w.options()
		o.MaxIDs = room
		checkRepeats(t, w, o)
	}
}

func checkRepeats(t *testing.T, w *world, o ingest.Options) {
	t.Helper()
	r := start(t, w, o)
	twice := call("2", "StopLogging", 1)
	r.take(t, file(keyAt("a"), plainLog(call("1", "StopLogging", 0), twice, twice)), file(keyAt("b"), plainLog(twice)))
	r.take(t, file(keyAt("other"), plainLog(call("long ago", "GetUser", -3600))))
	r.take(t, file(keyAt("c"), plainLog(twice, call("3", "StopLogging", 2))))
	r.stop()
	r = start(t, w, o)
	r.take(t, file(keyAt("d"), plainLog(twice, call("3", "StopLogging", 2), call("4", "StopLogging", 3))))
	if d := cmp.Diff(map[int]float64{0: 4}, w.sums(t, "stops")); d != "" {
		t.Error(d)
	}
	if s := r.Stats(); s.RecordsStored != 1 || s.RecordsDuplicate != 2 || s.IDs < 1 {
		t.Errorf("%+v", s)
	}
	for id, n := range w.all(t) {
		if n != 1 {
			t.Errorf("event %x is stored %d times", id, n)
		}
	}
}

// A record without an id is known by where it stands.
func TestRecordsWithoutAnIDAreToldApartByTheirPlace(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	record := strings.Replace(call("1", "StopLogging", 0), `"eventID":"1",`, "", 1)
	r.take(t, file(keyAt("a"), plainLog(record, record)), file(keyAt("b"), plainLog(record)))
	if n, counted := w.stored(t), w.sums(t, "stops")[0]; n != 3 || counted != 3 {
		t.Errorf("%d events are stored, %v counted", n, counted)
	}
}

func TestWhatTheMarksTell(t *testing.T) {
	w := newWorld(t, sqlite(t))
	r := start(t, w, w.options())
	r.take(t, file(keyAt("a"), plainLog(call("1", "GetUser", 5), call("1", "GetUser", 5), `{"eventVersion"}`)), file("plain.json", plainLog(call("2", "GetUser", 9))))
	var last []state.LastFile
	w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		last, err = tx.LastFiles(ctx)
		return err
	})
	at := noon.Add(time.Hour)
	want := []state.LastFile{
		{Source: "s3://logs", Key: "plain.json", At: at, NewestEvent: noon.Add(9 * time.Second), Files: 1, Events: 1},
		{Source: "s3://logs", Account: "111122223333", Region: "eu-west-1", Key: keyAt("a"), At: at, NewestEvent: noon.Add(5 * time.Second), Files: 1, Events: 1},
	}
	if d := cmp.Diff(want, last); d != "" {
		t.Error(d)
	}
	if s := r.Stats(); s.RecordsRejected != 1 || s.RecordsRead != 4 {
		t.Errorf("%+v", s)
	}
}

func TestWhatFiltersPublish(t *testing.T) {
	w := newWorld(t, sqlite(t))
	zero := 0.0
	for _, d := range []metric.Definition{
		{FilterName: "rate", FilterPattern: stops.pattern, Transformations: []metric.Transformation{{
			MetricName: "rate", MetricNamespace: namespace, MetricValue: "1", DefaultValue: &zero,
		}}},
		{FilterName: "bytes", FilterPattern: `{ $.bytes = * }`, Transformations: []metric.Transformation{{
			MetricName: "bytes", MetricNamespace: namespace, MetricValue: "$.bytes", Unit: "Bytes",
		}}},
		{FilterName: "who", FilterPattern: stops.pattern, Transformations: []metric.Transformation{{
			MetricName: "who", MetricNamespace: namespace, MetricValue: "2",
			Dimensions: []metric.Dimension{{Name: "User", Value: "$.userIdentity.arn"}},
		}}},
		{FilterName: "where", FilterPattern: stops.pattern, SystemFields: []string{metric.AccountField, metric.RegionField}, Transformations: []metric.Transformation{{
			MetricName: "where", MetricNamespace: namespace, MetricValue: "1",
		}}},
		// Another filter for a metric that has one.
		{FilterName: "more", FilterPattern: `{ $.eventName = "GetUser" }`, Transformations: []metric.Transformation{{
			MetricName: "rate", MetricNamespace: namespace, MetricValue: "10",
		}}},
	} {
		w.put(t, d)
	}
	r := start(t, w, w.options())
	sized := func(id, size string) string {
		return strings.Replace(call(id, "PutObject", 0), "{", `{"bytes":`+size+`,`, 1)
	}
	r.take(t, file(keyAt("a"), plainLog(
		call("1", "StopLogging", 0), call("2", "StopLogging", 1), call("3", "GetUser", 2), call("4", "ListUsers", 70),
		sized("5", "1500"), sized("6", `"many"`), sized("7", "500"), sized("8", "1500"),
	)))
	samples := func(name string, dimensions ...metric.Dimension) []metric.Point {
		return w.points(t, metric.NewIdentity(namespace, name, dimensions...))
	}
	set := func(minute int, s metric.Samples) metric.Point {
		return metric.Point{Time: noon.Add(time.Duration(minute) * time.Minute).UnixMilli(), Samples: s}
	}
	for _, c := range []struct {
		name      string
		got, want []metric.Point
	}{
		{"rate", samples("rate"), []metric.Point{set(0, metric.Of(0, 0, 0, 0, 0, 1, 1, 10)), set(1, metric.Of(0))}},
		{"bytes", samples("bytes"), []metric.Point{set(0, metric.Of(500, 1500, 1500))}},
		{"who", samples("who"), nil},
		{"who", samples("who", metric.Dimension{Name: "User", Value: "arn:aws:iam::111122223333:user/ada"}), []metric.Point{set(0, metric.Of(2, 2))}},
		{"where", samples("where", metric.Dimension{Name: metric.AccountField, Value: "111122223333"}, metric.Dimension{Name: metric.RegionField, Value: "eu-west-1"}), []metric.Point{set(0, metric.Of(1, 1))}},
	} {
		if d := cmp.Diff(c.want, c.got, cmp.AllowUnexported(metric.Samples{})); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// An event's author chooses what becomes a dimension.
func TestDimensionsThatNoDatabaseTakes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, db *state.DB) {
		w := newWorld(t, db)
		w.put(t, metric.Definition{FilterName: "who", FilterPattern: "", Transformations: []metric.Transformation{{
			MetricName: "who", MetricNamespace: namespace, MetricValue: "1", Dimensions: []metric.Dimension{{Name: "Agent", Value: "$.userAgent"}},
		}}})
		r := start(t, w, w.options())
		for i, agent := range []string{`a\u0000b`, "a\xffb", `\ud800`, "plain"} {
			r.take(t, file(keyAt(fmt.Sprint(i)), plainLog(strings.Replace(call(fmt.Sprint(i), "StopLogging", 0), "{", `{"userAgent":"`+agent+`",`, 1))))
		}
		if n := w.stored(t); n != 4 {
			t.Errorf("%d events are stored", n)
		}
	})
}

func TestEvidenceIsTheNewestOfEachMinute(t *testing.T) {
	w := newWorld(t, sqlite(t))
	f := w.put(t, stops.definition())
	r := start(t, w, w.options())
	const more = ingest.EvidencePerMinute + 15
	for _, first := range []int{1, 0} { // the newer half before the older
		var records []string
		for i := first; i < more; i += 2 {
			records = append(records, call(fmt.Sprintf("%02d", i), "StopLogging", i))
		}
		r.take(t, file(keyAt(fmt.Sprint(first)), plainLog(append(records, call("later"+fmt.Sprint(first), "StopLogging", 60+first))...)))
	}
	var kept []state.Evidence
	w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		kept, err = tx.EvidenceOf(ctx, []int64{f.ID}, noon.UnixMilli(), noon.Add(time.Hour).UnixMilli(), 100)
		return err
	})
	var got, want []string
	for _, k := range kept {
		var e evidence.Event
		if err := json.Unmarshal(k.Body, &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e.EventID)
		if e.Principal != "arn:aws:iam::111122223333:user/ada" || e.Time.UnixMilli() != k.Time {
			t.Errorf("%+v", e)
		}
	}
	want = append(want, "later1", "later0")
	for i := more - 1; i >= more-ingest.EvidencePerMinute; i-- {
		want = append(want, fmt.Sprintf("%02d", i))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAlarmsAreDueForTheMinutesTouched(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	w.update(t, func(ctx context.Context, tx *state.Tx) error {
		_, _, err := tx.PutAlarm(ctx, state.Alarm{Scope: scope, Definition: alarm.Alarm{
			Name: "a", ARN: "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a", Namespace: namespace, MetricName: "stops",
			Statistic: metric.MustStatistic("Sum"), Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: alarm.GreaterThanOrEqualToThreshold,
		}})
		return err
	})
	woken := make(chan bool, 10)
	o := w.options()
	o.Workers = 1
	var clock atomic.Int64 // seconds after noon
	began := func(second int64) time.Time { return noon.Add(time.Hour + time.Duration(second)*time.Second) }
	o.Now = func() time.Time { return began(clock.Load()) }
	o.Committed = func() { woken <- true }
	r := start(t, w, o)
	quiet := file(keyAt("old"), plainLog(call("1", "StopLogging", -3600)))
	quiet.Quiet = true
	r.take(t, quiet, file(keyAt("other"), plainLog(call("2", "GetUser", 0))))
	if len(woken) != 0 {
		t.Error("a backfill, and an event that nobody counts, made alarms due")
	}
	r.take(t, file(keyAt("new"), plainLog(call("3", "StopLogging", 0), call("4", "StopLogging", 150))))
	if len(woken) != 1 {
		t.Errorf("woken %d times", len(woken))
	}
	clock.Store(5)
	r.take(t, file(keyAt("newer"), plainLog(call("5", "StopLogging", 0))))
	clock.Store(9)
	r.take(t, file(keyAt("newest"), plainLog(call("6", "GetUser", 0))))
	quiet = file(keyAt("quiet"), plainLog(call("7", "StopLogging", 0)))
	quiet.Quiet = true
	r.take(t, quiet)
	var due []state.DueAlarm
	w.update(t, func(ctx context.Context, tx *state.Tx) (err error) {
		due, err = tx.LeaseAlarms(ctx, "test", noon.Add(2*time.Hour), noon.Add(3*time.Hour), 10)
		return err
	})
	if len(due) != 1 {
		t.Fatalf("%d alarms are due", len(due))
	}
	want := []int64{noon.UnixMilli(), noon.Add(2 * time.Minute).UnixMilli()}
	if d := cmp.Diff(want, due[0].Touched); d != "" {
		t.Error(d)
	}
	if want := began(5).UnixMilli(); due[0].Began != want {
		t.Errorf("the newest file that may ring began to be read at %d, want %d", due[0].Began, want)
	}
	if d := cmp.Diff(map[int]float64{-60: 1, 0: 3, 2: 1}, w.sums(t, "stops")); d != "" {
		t.Error(d)
	}
}

// No event opens a span, or a minute of a metric, at a time that cannot be true.
func TestEventsWithoutATimeThatCanBeTrueAreStoredAndNotCounted(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	r := start(t, w, w.options())
	at := func(id, when string) string {
		return strings.Replace(call(id, "StopLogging", 0), noon.Format(time.RFC3339), when, 1)
	}
	r.take(t,
		file(keyAt("keyed"), plainLog(at("1", "9998-01-01T00:00:00Z"), at("2", "1999-12-31T23:59:59Z"), at("3", "soon"), at("4", "2026-03-02T13:00:01Z"))),
		file("plain.json", plainLog(at("5", ""), call("6", "GetUser", 600), at("7", "0001-01-01T00:00:00Z"))),
	)
	if s := r.Stats(); s.RecordsUndated != 6 || s.RecordsStored != 7 {
		t.Errorf("%+v", s)
	}
	if d := cmp.Diff(map[int]float64{}, w.sums(t, "stops")); d != "" {
		t.Error(d)
	}
	var u state.Usage
	w.view(t, func(ctx context.Context, tx *state.Tx) (err error) {
		u, err = tx.Usage(ctx, w.group.ID)
		return err
	})
	// The key's time for the first four, the record before it for the last; the
	// fifth has nothing but the time at which it was read.
	if first, last := time.UnixMilli(u.First).UTC(), time.UnixMilli(u.Last).UTC(); !first.Equal(noon) || !last.Equal(noon.Add(time.Hour)) {
		t.Errorf("stored from %v to %v", first, last)
	}
	// A day ahead is the most that is believed.
	r.take(t, file(keyAt("ahead"), plainLog(at("8", "2026-03-02T12:59:59Z"))))
	if len(w.sums(t, "stops")) != 1 {
		t.Error("a clock that is a day ahead is not believed")
	}
}

// A machine that has just been started may not know the time yet.
func TestAClockThatIsWrong(t *testing.T) {
	for _, now := range []time.Time{time.Unix(0, 0), noon.AddDate(-1, 0, 0), noon.AddDate(50, 0, 0)} {
		w := newWorld(t, sqlite(t), stops)
		o := w.options()
		o.Now = func() time.Time { return now }
		r := start(t, w, o)
		r.take(t, file(keyAt("a"), plainLog(call("1", "StopLogging", 0))))
		if d := cmp.Diff(map[int]float64{0: 1}, w.sums(t, "stops")); d != "" {
			t.Errorf("at %v: %s", now, d)
		}
	}
}

func TestFiltersThatChangeBetweenDecodingAndWriting(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	changed := make(chan bool, 1)
	changed <- true
	o := w.options()
	o.State = &between{DB: w.db, before: func() {
		if len(changed) == 1 {
			<-changed
			w.put(t, count{"stops", `{ $.eventName = "GetUser" }`}.definition())
			w.put(t, count{"lists", `{ $.eventName = "ListUsers" }`}.definition())
		}
	}}
	r := start(t, w, o)
	r.take(t, file(keyAt("a"), plainLog(call("1", "StopLogging", 0), call("2", "GetUser", 60), call("3", "ListUsers", 60))))
	if d := cmp.Diff([]map[int]float64{{1: 1}, {1: 1}}, []map[int]float64{w.sums(t, "stops"), w.sums(t, "lists")}); d != "" {
		t.Error(d)
	}
	if s := r.Stats(); s.CommitRedone != 1 || s.CommitFailures != 0 {
		t.Errorf("%+v", s)
	}
}

// between does something before each transaction that writes.
type between struct {
	*state.DB
	before func()
}

func (b *between) Update(ctx context.Context, f func(*state.Tx) error) error {
	b.before()
	return b.DB.Update(ctx, f)
}

func TestLogGroupsComeAndGo(t *testing.T) {
	w := newWorld(t, sqlite(t), stops)
	var second state.LogGroup
	r := start(t, w, w.options())
	r.group = func(a source.Arrival) int64 {
		if strings.HasPrefix(a.Key, keyAt("second")) {
			return second.ID
		}
		return w.group.ID
	}
	second.ID = 12345
	if err := r.give(t, file(keyAt("second"), plainLog(call("1", "StopLogging", 0))))[keyAt("second")]; err == nil {
		t.Error("a file was taken in for a log group that there is not")
	}
	w.update(t, func(ctx context.Context, tx *state.Tx) (err error) {
		second, err = tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "second", Created: noon})
		return err
	})
	// The same event counts in each log group.
	r.take(t, file(keyAt("second"), plainLog(call("1", "StopLogging", 0))), file(keyAt("first"), plainLog(call("1", "StopLogging", 0))))
	if n := w.stored(t); n != 1 {
		t.Errorf("%d events are stored in the first", n)
	}
	w.update(t, func(ctx context.Context, tx *state.Tx) error { return tx.DeleteLogGroup(ctx, second.ID) })
	if err := r.give(t, file(keyAt("second")+"2", plainLog(call("2", "StopLogging", 0))))[keyAt("second")+"2"]; err == nil {
		t.Error("a file was taken in for a log group that was deleted")
	}
}
