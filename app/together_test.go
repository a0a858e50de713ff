package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/internal/pgtest"
)

// Two processes on one PostgreSQL and one folder: every event is stored once,
// every alarm is told once, and when one of them ends the other goes on.
func TestTwoProcessesShareTheWork(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PostgreSQL")
	}
	dsn := pgtest.Start(t).Database(t)
	hook := &hook{}
	endpoint := httptest.NewServer(hook)
	defer endpoint.Close()
	folder := t.TempDir()
	logs := filepath.Join(folder, "logs")
	if err := os.Mkdir(logs, 0o755); err != nil {
		t.Fatal(err)
	}
	process := func() (*App, func() error) {
		c, err := load(t, "listen: 127.0.0.1:0\nconsole: 127.0.0.1:0\ndatabase: {env: DB}\nsegments: "+folder+"/segments\nsources: ['dir:"+logs+
			"']\nsubscribe: ['"+endpoint.URL+"/hook']\n", map[string]string{"DB": dsn})
		if err != nil {
			t.Fatal(err)
		}
		c.Data = t.TempDir()
		return launch(t, c, Options{})
	}
	one, stop := process()
	two, _ := process()
	if !one.First().Start || two.First().Start || one.First().RootKey != two.First().RootKey {
		t.Errorf("%+v and %+v", one.First(), two.First())
	}
	eventually(t, "the endpoint confirms", func() bool { return confirmed(t, one) == 1 })
	copyTree(t, "../examples/takeover", logs)
	const events, files = 1200, 36
	eventually(t, "all is stored", func() bool {
		a, b := one.ingest.Stats(), two.ingest.Stats()
		return a.FilesCommitted+b.FilesCommitted == files && a.FilesInFlight+b.FilesInFlight == 0
	})
	if n := one.ingest.Stats().RecordsStored + two.ingest.Stats().RecordsStored; n != events {
		t.Errorf("%d events are stored, want %d", n, events)
	}
	eventually(t, "the endpoint is told", func() bool { return len(hook.told()) >= 8 })
	told := map[string]int{}
	for _, d := range hook.told() {
		told[d.MessageID]++
	}
	for id, n := range told {
		if n > 1 {
			t.Errorf("message %s came %d times", id, n)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	before := len(hook.told())
	late := `{"Records":[{"eventVersion":"1.08","eventTime":"2026-03-04T12:00:05Z","eventID":"7","eventSource":"ec2.amazonaws.com","eventName":"DeleteVpc","awsRegion":"eu-central-1","recipientAccountId":"111122223333"}]}`
	if err := os.WriteFile(filepath.Join(logs, "late.json.part"), []byte(late), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(logs, "late.json.part"), filepath.Join(logs, "late.json")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other tells of what comes then", func() bool {
		return slices.ContainsFunc(hook.told()[before:], func(d topic.Document) bool { return strings.Contains(d.Subject, "vpc-changes") })
	})
}

// While the database is away the log says so once, readiness tells it, memory
// and sources wait; the stop takes no longer than it may, and the next start
// does what was left.
func TestWithoutDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("starts PostgreSQL, and waits for a stop")
	}
	server := pgtest.Start(t)
	dsn := server.Database(t)
	folder := t.TempDir()
	logs := filepath.Join(folder, "logs")
	if err := os.Mkdir(logs, 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := load(t, "data: state\nlisten: 127.0.0.1:0\nconsole: 127.0.0.1:0\ndatabase: {env: DB}\nsources: ['dir:"+logs+"']\n", map[string]string{"DB": dsn})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	eventually(t, "it is ready", func() bool { code, _ := get(t, a.ConsoleURL()+"/readyz"); return code == http.StatusOK })
	server.Stop(t)
	copyTree(t, "../examples/takeover", logs)
	eventually(t, "it is not ready", func() bool {
		code, body := get(t, a.ConsoleURL()+"/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "database") && !strings.Contains(body, "password=")
	})
	if m := sample(t, a); m["tocsin_database_up"] != 0 {
		t.Errorf("tocsin_database_up is %v", m["tocsin_database_up"])
	}
	cancel()
	// It does not wait for the database, which comes back only then.
	select {
	case err = <-ended:
	case <-time.After(2 * time.Minute):
		t.Fatal("it does not stop")
	}
	if err != nil && !errors.Is(err, ErrLeft) {
		t.Error(err)
	}
	server.Restart(t)
	a, _ = launch(t, c, Options{})
	eventually(t, "what was left is done", func() bool { return a.ingest.Stats().FilesCommitted == 36 })
}

// A stretch of the past is stored and counted, and rings nothing.
func TestBackfillIsQuiet(t *testing.T) {
	hook := &hook{}
	endpoint := httptest.NewServer(hook)
	defer endpoint.Close()
	c := configured(t, "sources: [{from: 'dir:logs', since: now, backfill: {from: 2026-03-01, to: 2026-04-01}}]\nsubscribe: ['"+endpoint.URL+"/hook']\n")
	copyTree(t, "../examples/takeover", filepath.Join(filepath.Dir(c.Path), "logs"))
	a, _ := launch(t, c, Options{})
	eventually(t, "the past is read", func() bool { return a.ingest.Stats().FilesCommitted == 36 })
	m := sample(t, a)
	if m[`tocsin_events_total{result="stored"}`] != 1200 || m["tocsin_published_total"] != 0 || len(hook.told()) != 0 {
		t.Errorf("%v, told %d", m, len(hook.told()))
	}
}
