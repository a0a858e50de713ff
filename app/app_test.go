package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/topic"
	"tocsin/store/state"
)

// configured is the configuration of a text, with its data in a folder of the test.
func configured(t *testing.T, text string) Config {
	t.Helper()
	c, err := load(t, "data: state\nlisten: 127.0.0.1:0\nconsole: 127.0.0.1:0\n"+text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A logbook is a log that can be read while it is written.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// launch runs an app; stop ends it and gives what Run gave.
func launch(t *testing.T, c Config, o Options) (a *App, stop func() error) {
	t.Helper()
	log := &logbook{}
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	return launchWith(t, c, o)
}

// launchWith is launch with a log of the test's own.
func launchWith(t *testing.T, c Config, o Options) (a *App, stop func() error) {
	t.Helper()
	a, err := New(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return a, stop
}

// eventually waits for something that other goroutines bring about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func view(t *testing.T, a *App, f func(tx *state.Tx) error) {
	t.Helper()
	if err := a.db.View(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// copyTree copies log files as somebody drops them into a folder: under another
// name first.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, below)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target+".part", text, 0o644); err != nil {
			return err
		}
		return os.Rename(target+".part", target)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A hook is an endpoint that confirms and keeps what it is told.
type hook struct {
	mu    sync.Mutex
	notes []topic.Document // guarded by mu
}

func (h *hook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	d, err := topic.ParseDocument(body)
	if err != nil {
		return
	}
	if d.Type == topic.SubscriptionConfirmation {
		go func() {
			if r, err := http.Get(d.SubscribeURL); err == nil {
				r.Body.Close()
			}
		}()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, d)
}

func (h *hook) told() []topic.Document {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.notes
}

// The whole chain: a folder of log files becomes stored events, rung alarms and
// notices at an endpoint that confirmed; a second start does nothing of it again.
func TestFromFolderToSubscriber(t *testing.T) {
	hook := &hook{}
	endpoint := httptest.NewServer(hook)
	defer endpoint.Close()
	c := configured(t, "sources: [dir:logs]\nsubscribe: ['"+endpoint.URL+"/hook']\n")
	logs := filepath.Join(filepath.Dir(c.Path), "logs")
	if err := os.Mkdir(logs, 0o755); err != nil {
		t.Fatal(err)
	}

	a, stop := launch(t, c, Options{})
	first := a.First()
	if !first.Start || !first.Made || len(first.Alarms) != 15 || len(first.Subscribers) != 1 {
		t.Errorf("the first start made %+v", first)
	}
	eventually(t, "the endpoint confirms", func() bool { return confirmed(t, a) == 1 })
	copyTree(t, "../examples/takeover", logs)
	eventually(t, "all events are stored", func() bool { return a.ingest.Stats().FilesCommitted == 36 })
	const events = 1200
	if s := a.ingest.Stats(); s.RecordsStored != events || s.RecordsRead != s.RecordsStored+s.RecordsDuplicate+s.RecordsRejected {
		t.Errorf("%+v", s)
	}
	eventually(t, "the endpoint is told", func() bool { return len(hook.told()) >= 8 })
	eventually(t, "nothing more is to be told", func() bool { return !busy(t, a) })
	for _, d := range hook.told() {
		if !strings.HasPrefix(d.Subject, `ALARM: "`) {
			t.Errorf("told of %q", d.Subject)
		}
	}

	code, page := get(t, a.ConsoleURL()+"/")
	if code != http.StatusOK || !strings.Contains(page, "root-usage") {
		t.Errorf("status page: %d %.200s", code, page)
	}
	m := sample(t, a)
	if sum := m[`tocsin_events_total{result="stored"}`] + m[`tocsin_events_total{result="duplicate"}`] + m[`tocsin_events_total{result="rejected"}`]; sum != m["tocsin_records_read_total"] || m[`tocsin_events_total{result="stored"}`] != events {
		t.Errorf("metrics do not add up: %v", m)
	}
	if m["tocsin_database_up"] != 1 || m[`tocsin_alarms{state="OK"}`]+m[`tocsin_alarms{state="ALARM"}`]+m[`tocsin_alarms{state="INSUFFICIENT_DATA"}`] != 15 {
		t.Errorf("metrics: %v", m)
	}
	if code, body := get(t, a.ConsoleURL()+"/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}

	told := len(hook.told())
	a, _ = launch(t, c, Options{})
	if again := a.First(); again.Start || again.Made || len(again.Alarms) != 0 || again.RootKey != first.RootKey {
		t.Errorf("the second start made %+v", again)
	}
	eventually(t, "the source is looked at", func() bool { return sample(t, a)["tocsin_source_up{source=\""+"dir:"+logs+"\"}"] == 1 })
	if s := a.ingest.Stats(); s.RecordsStored != 0 || len(hook.told()) != told {
		t.Errorf("the second start stored %d and told %d", s.RecordsStored, len(hook.told())-told)
	}
}

// sample is the value of each metric by its name and labels.
func sample(t *testing.T, a *App) map[string]float64 {
	t.Helper()
	_, text := get(t, a.ConsoleURL()+"/metrics")
	m := map[string]float64{}
	for line := range strings.Lines(text) {
		var v float64
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			if _, err := fmt.Sscan(line[i+1:], &v); err == nil {
				m[line[:i]] = v
			}
		}
	}
	return m
}

func busy(t *testing.T, a *App) bool {
	t.Helper()
	is, err := a.Busy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func confirmed(t *testing.T, a *App) int {
	n := 0
	view(t, a, func(tx *state.Tx) error {
		all, err := tx.Subscriptions(t.Context(), "")
		n = 0
		for _, s := range all {
			if s.Confirmed {
				n++
			}
		}
		return err
	})
	return n
}

// What the user changed or deleted of a pack stays so; another pack adds what
// was never there.
func TestPackBelongsToTheUser(t *testing.T) {
	c := configured(t, "pack: cis\n")
	a, stop := launch(t, c, Options{})
	scope := c.Scope()
	arn := func(id string) string { return alarm.ARN(scope.Partition, scope.Region, scope.Account, id) }
	err := a.db.Update(t.Context(), func(tx *state.Tx) error {
		if err := tx.DeleteAlarm(t.Context(), arn("root-usage")); err != nil {
			return err
		}
		mine, err := tx.Alarm(t.Context(), arn("vpc-changes"))
		if err != nil {
			return err
		}
		mine.Definition.Threshold = 5
		if _, _, err = tx.PutAlarm(t.Context(), mine); err != nil {
			return err
		}
		group, err := tx.LogGroup(t.Context(), scope, "aws-cloudtrail-logs")
		if err != nil {
			return err
		}
		return tx.SetRetention(t.Context(), group.ID, 90)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	c.Pack = "all"
	a, _ = launch(t, c, Options{})
	if made := a.First().Alarms; len(made) == 0 || strings.Contains(strings.Join(made, " "), "root-usage") {
		t.Errorf("made %v", made)
	}
	view(t, a, func(tx *state.Tx) error {
		if _, err := tx.Alarm(t.Context(), arn("root-usage")); err == nil {
			t.Error("a deleted alarm is back")
		}
		if mine, err := tx.Alarm(t.Context(), arn("vpc-changes")); err != nil || mine.Definition.Threshold != 5 {
			t.Errorf("a changed alarm is %v, %v", mine.Definition.Threshold, err)
		}
		if group, err := tx.LogGroup(t.Context(), scope, "aws-cloudtrail-logs"); err != nil || group.RetentionDays != 90 {
			t.Errorf("the log group keeps %d days, %v", group.RetentionDays, err)
		}
		return nil
	})
}

func TestRootKey(t *testing.T) {
	c := configured(t, "pack: none\n")
	a, stop := launch(t, c, Options{})
	made := a.First().RootKey
	if !a.First().Made || len(made.ID) != 20 || len(made.Secret) < 40 {
		t.Errorf("made %s", made)
	}
	if text := fmt.Sprintf("%v %+v %#v", a.First(), made, made); strings.Contains(text, made.Secret) {
		t.Error("the secret is shown")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	given := RootKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	a, stop = launch(t, c, Options{RootKey: given})
	if got := a.First(); got.RootKey != given || got.Made {
		t.Errorf("given, it is %+v", got)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	a, _ = launch(t, c, Options{})
	if got := a.First(); got.RootKey != given || got.Made {
		t.Errorf("then it is %+v", got)
	}
	for _, env := range []map[string]string{
		{rootKeyID: "AKIAIOSFODNN7EXAMPLE"}, {rootKeySecret: "12345678"}, {rootKeyID: "a b", rootKeySecret: "12345678"}, {rootKeyID: "AKIA", rootKeySecret: "1"},
	} {
		if _, err := RootKeyOf(environment(env)); !isConfigError(err) {
			t.Errorf("%v: %v", env, err)
		}
	}
}

func TestAddressInUse(t *testing.T) {
	c := configured(t, "pack: none\n")
	a, _ := launch(t, c, Options{})
	other := configured(t, "pack: none\n")
	other.Console = Listen(a.console.Addr().String())
	_, err := New(t.Context(), other, Options{})
	if !isConfigError(err) || !strings.Contains(err.Error(), "is in use, perhaps by another tocsin: give console (--console) another port") {
		t.Errorf("got %v", err)
	}
	same := c
	same.Listen, same.Console = "127.0.0.1:0", "127.0.0.1:0"
	if _, err = New(t.Context(), same, Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("on the same data: %v", err)
	}
}

func TestHealthAndForeignNames(t *testing.T) {
	c := configured(t, "pack: none\nsources: [dir:nowhere]\n")
	a, _ := launch(t, c, Options{})
	if code, _ := get(t, a.ConsoleURL()+"/healthz"); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
	// A source that is not there is told, and keeps the process from nothing.
	var told health
	eventually(t, "the missing folder is told", func() bool {
		code, body := get(t, a.ConsoleURL()+"/readyz")
		if err := json.Unmarshal([]byte(body), &told); err != nil {
			t.Fatal(err)
		}
		return code == http.StatusOK && len(told.Sources) == 1
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.ConsoleURL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example.com"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("under a foreign name: %d", answer.StatusCode)
	}
}
