package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/store/state"
)

// again reads another text in place of a configuration.
func again(t *testing.T, c Config, text string) Config {
	t.Helper()
	if err := os.WriteFile(c.Path, []byte("data: state\nlisten: 127.0.0.1:0\nconsole: 127.0.0.1:0\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Setup{Path: c.Path, Getenv: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReload(t *testing.T) {
	c := configured(t, "pack: none\nsources: [dir:one]\nsubscribe: ['http://127.0.0.1:1/a']\n")
	folder := filepath.Dir(c.Path)
	for _, name := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	level := new(slog.LevelVar)
	log := &logbook{}
	a, _ := launchWith(t, c, Options{Level: level, Log: slog.New(slog.NewTextHandler(log, nil))})

	c = again(t, c, `
pack: cis
sources: [dir:two]
subscribe: ['http://127.0.0.1:1/b', 'http://127.0.0.1:1/c']
log: {level: warn, format: json}
region: eu-central-1
log_groups: [{name: aws-cloudtrail-logs, retention_days: 30}, other]
alarms: {repeat: off}
`)
	if err := a.Reload(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if level.Level() != slog.LevelWarn {
		t.Errorf("the level is %v", level)
	}
	for _, want := range []string{"a new start\" key=region", "a new start\" key=log.format"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
	if got := a.Config(); got.Region != "us-east-1" || got.Log.Format != FormatAuto {
		t.Errorf("what needs a new start is %s, %s", got.Region, got.Log.Format)
	}
	if s := a.feeds.status(); len(s) != 1 || s[0].Name != "dir:"+filepath.Join(folder, "two") {
		t.Errorf("sources are %+v", s)
	}
	view(t, a, func(tx *state.Tx) error {
		subscriptions, err := tx.Subscriptions(t.Context(), "")
		if err != nil {
			return err
		}
		var told []string
		for _, s := range subscriptions {
			told = append(told, s.Endpoint)
		}
		if len(told) != 2 || strings.Contains(strings.Join(told, " "), "/a") {
			t.Errorf("told are %v", told)
		}
		groups, err := tx.LogGroups(t.Context())
		if err != nil {
			return err
		}
		if len(groups) != 2 || groups[0].RetentionDays != 30 {
			t.Errorf("log groups are %+v", groups)
		}
		alarms, err := tx.Alarms(t.Context())
		if err != nil {
			return err
		}
		if len(alarms) != 15 || alarms[0].Extra.Repeat != (state.Repeat{}) {
			t.Errorf("%d alarms, the first with %+v", len(alarms), alarms[0].Extra)
		}
		return nil
	})
	// A file in the new folder is read, into the default log group.
	copyTree(t, "../examples/takeover", filepath.Join(folder, "two"))
	eventually(t, "the new source is read", func() bool { return a.ingest.Stats().FilesCommitted == 36 })

	c = again(t, c, "pack: cis\nalarms: {overrides: [{alarm: root-usage, repeat: interval, every: 5m}]}\n")
	if err := a.Reload(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	view(t, a, func(tx *state.Tx) error {
		alarms, err := tx.Alarms(t.Context())
		for _, one := range alarms {
			want := state.Repeat{Mode: state.RepeatOnNewEvents, Every: time.Hour}
			if one.Definition.Name == "root-usage" {
				want = state.Repeat{Mode: state.RepeatInterval, Every: 5 * time.Minute}
			}
			if one.Extra.Repeat != want {
				t.Errorf("%s repeats %+v", one.Definition.Name, one.Extra.Repeat)
			}
		}
		return err
	})
	// A pack's file has changed, and its name has not.
	pack := filepath.Join(folder, "mine.yaml")
	control := func(id string) string {
		return "  - {id: " + id + ", title: A, pattern: '{ $.eventName = DeleteTrail }'}\n"
	}
	c.Pack = pack
	for i, text := range []string{control("a"), control("a") + control("b")} {
		if err := os.WriteFile(pack, []byte("controls:\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := a.Reload(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		view(t, a, func(tx *state.Tx) error {
			alarms, err := tx.Alarms(t.Context())
			if len(alarms) != 16+i {
				t.Errorf("%d alarms, want %d", len(alarms), 16+i)
			}
			return err
		})
	}
	level.Set(slog.LevelInfo)
	if err := a.Reload(t.Context(), c); err != nil || !strings.Contains(log.String(), "read again\" changed=nothing") {
		t.Errorf("the same once more: %v\n%s", err, log)
	}
}

// An endpoint that never answers does not keep the stop from ending in time.
func TestStopWithAnEndpointThatHangs(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for five seconds")
	}
	t.Parallel()
	hangs := make(chan struct{})
	asked := make(chan struct{}, 10)
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-hangs
	}))
	defer endpoint.Close()
	defer close(hangs)
	c := configured(t, "pack: none\nsubscribe: ['"+endpoint.URL+"/x']\n")
	_, stop := launch(t, c, Options{})
	<-asked
	if err := stop(); err != nil { // as it is when it took more than stopWithin
		t.Error(err)
	}
}

// A connection that says nothing is closed, and does not take the place of others.
func TestLimitedListener(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	s.Listener = limited(s.Listener, 1)
	s.Start()
	defer s.Close()
	for range 3 {
		r, err := http.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		http.DefaultClient.CloseIdleConnections()
	}
}

func TestMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	c := configured(t, "pack: cis\nsources: [dir:.]\nsubscribe: ['http://127.0.0.1:1/a']\n")
	a, _ := launch(t, c, Options{})
	eventually(t, "an attempt was made", func() bool { return a.courier.Stats().Attempts > 0 })
	get(t, a.ListenURL()+"/")
	_, text := get(t, a.ConsoleURL()+"/metrics")
	var named int
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(line, "# TYPE tocsin_")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, " ")
		if named++; !bytes.Contains(page, []byte("`tocsin_"+name)) {
			t.Errorf("docs/metrics.md does not tell of tocsin_%s", name)
		}
	}
	if named < 20 {
		t.Errorf("only %d metrics: %s", named, text)
	}
}
