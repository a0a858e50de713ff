package ring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/flow/ring"
	"tocsin/internal/pgtest"
	"tocsin/store/state"
)

const topicARN = "arn:aws:sns:eu-central-1:123456789012:security"

var (
	scope = state.Scope{Partition: "aws", Account: "123456789012", Region: "eu-central-1"}
	start = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)
)

// onBoth runs a test on SQLite, and on PostgreSQL where there is one.
func onBoth(t *testing.T, test func(t *testing.T, db *state.DB)) {
	t.Run("SQLite", func(t *testing.T) { test(t, openDB(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, openDB(t, pgtest.Start(t).Database(t))) })
}

func openDB(t testing.TB, dsn string) *state.DB {
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

func sqlite(t testing.TB) *state.DB {
	return openDB(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
}

// A world is a database with a topic and a log group, and a Ringer over it.
type world struct {
	*ring.Ringer
	t     testing.TB
	db    *state.DB
	group state.LogGroup
	log   logs
	told  int // calls of Published
}

// logs is a log that several goroutines write.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t testing.TB, db *state.DB, change func(*ring.Options)) *world {
	t.Helper()
	w := &world{t: t, db: db}
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		if err := tx.PutTopic(ctx, state.Topic{ARN: topicARN, Owner: scope.Account, Created: start}); err != nil {
			return err
		}
		w.group, err = tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "trail", Created: start})
		return err
	})
	o := ring.Options{
		State: db, Owner: "one", Log: slog.New(slog.NewTextHandler(&w.log, nil)), Published: func() { w.told++ },
		Command: func(a state.Alarm, from, to time.Time) string {
			return "tocsin search --since " + from.Format(time.RFC3339) + " --until " + to.Format(time.RFC3339) + " " + a.Control
		},
	}
	if change != nil {
		change(&o)
	}
	w.Ringer = ring.New(o)
	return w
}

func (w *world) update(f func(context.Context, *state.Tx) error) {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	if err := w.db.Update(ctx, func(tx *state.Tx) error { return f(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// alarm puts an alarm on the metric CIS/name that rings at one event in five minutes.
func (w *world) alarm(name string, change func(*state.Alarm)) state.Alarm {
	w.t.Helper()
	a := state.Alarm{
		Scope: scope, Record: alarm.NewRecord(start), Control: name,
		Extra: state.AlarmExtra{Title: "Title of " + name, Severity: "high"},
		Definition: alarm.Alarm{
			Name: name, ARN: alarm.ARN(scope.Partition, scope.Region, scope.Account, name),
			ActionsEnabled: true, AlarmActions: []string{topicARN},
			Namespace: "CIS", MetricName: name, Statistic: metric.MustStatistic("Sum"),
			Period: 300, EvaluationPeriods: 1, Threshold: 1,
			ComparisonOperator: alarm.GreaterThanOrEqualToThreshold, TreatMissingData: alarm.NotBreaching,
			ConfigurationUpdated: start,
		},
	}
	if change != nil {
		change(&a)
	}
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		a, _, err = tx.PutAlarm(ctx, a)
		return err
	})
	return a
}

// filter puts a metric filter that publishes the metric CIS/name.
func (w *world) filter(name string, change func(*metric.Definition)) state.MetricFilter {
	w.t.Helper()
	f := state.MetricFilter{LogGroup: w.group.ID, Created: start, Definition: metric.Definition{
		FilterName: name, FilterPattern: `{ $.eventName = "*" }`,
		Transformations: []metric.Transformation{{MetricName: name, MetricNamespace: "CIS", MetricValue: "1"}},
	}}
	if change != nil {
		change(&f.Definition)
	}
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		f, err = tx.PutMetricFilter(ctx, f)
		return err
	})
	return f
}

// events is what ingest writes of events that a filter matched at a time, each of
// which counts as one.
func (w *world) events(f state.MetricFilter, m metric.Identity, at time.Time, events ...evidence.Event) {
	w.t.Helper()
	minute := metric.Minute(at.UnixMilli())
	var shown []state.Evidence
	var samples metric.Samples
	for i, e := range events {
		e.Time = at.Add(time.Duration(i) * time.Millisecond)
		body, err := json.Marshal(e)
		if err != nil {
			w.t.Fatal(err)
		}
		s := state.Evidence{Filter: f.ID, Minute: minute, Time: e.Time.UnixMilli(), Body: body}
		s.Event[0], s.Event[1] = byte(i), byte(at.Minute())
		shown = append(shown, s)
		samples.Add(1, 1)
	}
	w.update(func(ctx context.Context, tx *state.Tx) error {
		if err := tx.AddPoints(ctx, []state.Points{{Scope: scope, Metric: m, Points: []metric.Point{{Time: minute, Samples: samples}}}}); err != nil {
			return err
		}
		if err := tx.AddEvidence(ctx, shown, 20); err != nil {
			return err
		}
		return tx.MarkDue(ctx, []state.Touch{{Scope: scope, Metric: m, Minute: minute, Began: at.UnixMilli() + 1}})
	})
}

// count publishes samples of one without evidence.
func (w *world) count(name string, at time.Time, n float64) {
	w.t.Helper()
	m := metric.NewIdentity("CIS", name)
	var samples metric.Samples
	samples.Add(1, n)
	minute := metric.Minute(at.UnixMilli())
	w.update(func(ctx context.Context, tx *state.Tx) error {
		if err := tx.AddPoints(ctx, []state.Points{{Scope: scope, Metric: m, Points: []metric.Point{{Time: minute, Samples: samples}}}}); err != nil {
			return err
		}
		return tx.MarkDue(ctx, []state.Touch{{Scope: scope, Metric: m, Minute: minute}})
	})
}

func (w *world) tick(at time.Time) time.Time {
	w.t.Helper()
	next, err := w.Tick(w.t.Context(), at)
	if err != nil {
		w.t.Fatal(err)
	}
	return next
}

// run ticks whenever something is due, up to a time.
func (w *world) run(from, to time.Time) {
	w.t.Helper()
	for at := from; ; {
		next := w.tick(at)
		if next.IsZero() || next.After(to) {
			return
		}
		at = next
	}
}

// outbox takes the publications out of the outbox.
func (w *world) outbox() []state.Publication {
	w.t.Helper()
	var out []state.Publication
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		out, err = tx.LeasePublications(ctx, "outbox", start, start.AddDate(1, 0, 0), 1000)
		for _, p := range out {
			if err == nil {
				err = tx.Spread(ctx, "outbox", p.Message.ID, nil, start)
			}
		}
		return err
	})
	return out
}

// subjects are the subjects of the publications in the outbox, which are taken out.
func (w *world) subjects() []string {
	var out []string
	for _, p := range w.outbox() {
		out = append(out, p.Message.Subject)
	}
	return out
}

func (w *world) stored(arn string) (a state.Alarm) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		a, err = tx.Alarm(ctx, arn)
		return err
	})
	return a
}

func (w *world) history(arn string) (out []state.StoredHistoryItem) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		out, err = tx.History(ctx, state.HistoryQuery{ARN: arn, OldestFirst: true, Limit: 1000})
		return err
	})
	return out
}

func (w *world) rings(a state.Alarm) (out []state.Ring) {
	w.t.Helper()
	w.update(func(ctx context.Context, tx *state.Tx) (err error) {
		out, err = tx.Rings(ctx, a.ID, 0, state.MaxTime)
		return err
	})
	return out
}

// A fault is a database that fails: before it does what it is asked for, or after.
type fault struct {
	*state.DB
	mu            sync.Mutex
	before, after int // how many more Updates fail, -1 for all
	views         int
}

var errBroken = errors.New("broken")

func (f *fault) take(n *int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *n == 0 {
		return false
	}
	*n--
	return true
}

func (f *fault) Update(ctx context.Context, do func(*state.Tx) error) error {
	if f.take(&f.before) {
		return errBroken
	}
	err := f.DB.Update(ctx, do)
	if err == nil && f.take(&f.after) {
		return state.ErrUnknown
	}
	return err
}

func (f *fault) View(ctx context.Context, do func(*state.Tx) error) error {
	if f.take(&f.views) {
		return errBroken
	}
	return f.DB.View(ctx, do)
}
