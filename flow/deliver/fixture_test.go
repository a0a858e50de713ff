package deliver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/notify"
	"tocsin/store/roster"
	"tocsin/store/state"
)

const (
	alarms = "arn:aws:sns:eu-central-1:123456789012:alarms"
	queue  = "arn:aws:sqs:eu-central-1:123456789012:dead"
	site   = topic.Site("https://tocsin.example.com")
)

var (
	scope = state.Scope{Partition: "aws", Account: "123456789012", Region: "eu-central-1"}
	start = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
)

// A clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// zeros is a source of randomness without any: no jitter.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// A bench is a database with a topic, and a courier on a clock set by hand.
type bench struct {
	db     *state.DB
	clock  *clock
	roster *roster.Roster
	signer *roster.Signer
	log    *safeBuffer
	*deliver.Courier
	options deliver.Options
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newBench(t testing.TB, change func(*deliver.Options)) *bench {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return benchOn(t, db, change)
}

func benchOn(t testing.TB, db *state.DB, change func(*deliver.Options)) *bench {
	t.Helper()
	signer, err := roster.OpenSigner(t.Context(), db, site, start)
	if err != nil {
		t.Fatal(err)
	}
	receivers, err := notify.New(notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(receivers.Close)
	b := &bench{db: db, clock: &clock{at: start}, signer: signer, log: &safeBuffer{}}
	b.roster = roster.New(roster.Options{State: db, Now: b.clock.now, Wake: func() { b.Wake() }})
	b.options = deliver.Options{
		State: db, Receivers: receivers, Signer: signer, Site: site, Owner: "one",
		Now: b.clock.now, Random: zeros{}, Log: slog.New(slog.NewTextHandler(b.log, nil)),
	}
	if change != nil {
		change(&b.options)
	}
	b.Courier = deliver.New(b.options)
	if _, err := b.roster.CreateTopic(t.Context(), scope, roster.NewTopic{Name: "alarms"}); err != nil {
		t.Fatal(err)
	}
	return b
}

// subscribe puts a confirmed subscription on the roster, which may be on loopback.
func (b *bench) subscribe(t testing.TB, protocol topic.Protocol, endpoint string, attributes map[string]string) string {
	t.Helper()
	settings, err := topic.NewSettings(protocol, attributes)
	if err != nil {
		t.Fatal(err)
	}
	s := state.Subscription{Subscription: topic.Subscription{
		ARN: fmt.Sprintf("%s:%s-%x", alarms, protocol, endpoint), TopicARN: alarms, Owner: scope.Account, Protocol: protocol, Endpoint: endpoint,
		Settings: settings, Confirmed: true, Requested: start,
	}, Trusted: true, Created: start}
	b.update(t, func(ctx context.Context, tx *state.Tx) error { return tx.PutSubscription(ctx, s) })
	return s.ARN
}

func (b *bench) update(t testing.TB, f func(context.Context, *state.Tx) error) {
	t.Helper()
	if err := b.db.Update(t.Context(), func(tx *state.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) publish(t testing.TB, message string) (id string) {
	t.Helper()
	id, err := b.roster.Publish(t.Context(), topic.Publication{TopicARN: alarms, Message: message})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bench) tick(t testing.TB) int {
	t.Helper()
	n, err := b.Tick(t.Context(), b.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// next is when something is due, and false when nothing is pending.
func (b *bench) next(t testing.TB) (time.Time, bool) {
	t.Helper()
	var ms int64
	if err := b.db.View(t.Context(), func(tx *state.Tx) (err error) {
		ms, err = tx.NextDelivery(t.Context(), b.clock.now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(ms)
	return at, at.Before(start.AddDate(50, 0, 0))
}

// runOut lets the clock jump from one attempt to the next until nothing is
// pending any more.
func (b *bench) runOut(t testing.TB) {
	t.Helper()
	for range 1000 {
		at, ok := b.next(t)
		if !ok {
			return
		}
		if at.After(b.clock.now()) {
			b.clock.set(at)
		}
		b.tick(t)
	}
	t.Fatal("there is no end of it")
}

func (b *bench) deliveries(t testing.TB) []state.Delivery {
	t.Helper()
	var all []state.Delivery
	if err := b.db.View(t.Context(), func(tx *state.Tx) (err error) {
		all, err = tx.Deliveries(t.Context(), state.DeliveryQuery{Limit: 10_000})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// delivery is the only one.
func (b *bench) delivery(t testing.TB) state.Delivery {
	t.Helper()
	all := b.deliveries(t)
	if len(all) != 1 {
		t.Fatalf("there are %d deliveries", len(all))
	}
	return all[0]
}

func (b *bench) attempts(t testing.TB, of state.Delivery) []state.Attempt {
	t.Helper()
	var all []state.Attempt
	if err := b.db.View(t.Context(), func(tx *state.Tx) (err error) {
		all, err = tx.Attempts(t.Context(), of.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// A received request is one that an endpoint got.
type received struct {
	at     time.Time
	header http.Header
	body   []byte
}

func (r received) document(t testing.TB) topic.Document {
	t.Helper()
	d, err := topic.ParseDocument(r.body)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.body)
	}
	return d
}

// An endpoint is a real HTTP server on loopback that notes what it gets.
type endpoint struct {
	*httptest.Server
	now func() time.Time
	// answer answers the n-th request, from 1, which was noted; nil: 200.
	answer func(n int, w http.ResponseWriter, r *http.Request)

	mu  sync.Mutex
	got []received
}

func newEndpoint(t testing.TB, now func() time.Time, answer func(n int, w http.ResponseWriter, r *http.Request)) *endpoint {
	e := &endpoint{now: now, answer: answer}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // who sent it has given up, or was killed
		}
		e.mu.Lock()
		e.got = append(e.got, received{at: e.now(), header: r.Header.Clone(), body: body})
		n := len(e.got)
		e.mu.Unlock()
		if e.answer != nil {
			e.answer(n, w, r)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

// requests are those so far.
func (e *endpoint) requests() []received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]received(nil), e.got...)
}

// offsets are the times of the requests in seconds after the first, as JSON.
func (e *endpoint) offsets(t testing.TB) string {
	t.Helper()
	var out []float64
	for _, r := range e.requests() {
		out = append(out, float64(r.at.Sub(e.requests()[0].at).Milliseconds())/1000)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func status(code int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
