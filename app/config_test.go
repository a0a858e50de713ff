package app

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/store/state"
)

func noEnv(string) string { return "" }

// environment is a Getenv over a map.
func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

func isConfigError(err error) bool {
	var file *FileError
	return errors.As(err, &file)
}

// load reads a configuration's text.
func load(t *testing.T, text string, env map[string]string, flags ...Setting) (Config, error) {
	t.Helper()
	return Load(Setup{Path: write(t, "tocsin.yaml", text), Flags: flags, Getenv: environment(env)})
}

var configs = cmp.Options{cmp.AllowUnexported(Secret{}), cmpopts.IgnoreFields(Config{}, "Path"), cmpopts.EquateComparable()}

func TestNothingSaidIsTheDefault(t *testing.T) {
	got, err := Load(Setup{Getenv: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got, configs); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "# nothing\n", "{}\n"} {
		if got, err = load(t, text, nil); err != nil || cmp.Diff(Default(), got, configs) != "" {
			t.Errorf("%q: %v %v", text, err, cmp.Diff(Default(), got, configs))
		}
	}
}

// keyPaths are all keys of a configuration, [] standing for the elements of a list.
func keyPaths(t reflect.Type, prefix string) []string {
	var paths []string
	for _, k := range keys(t) {
		of, name := k.field.Type, prefix+k.name
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct && len(keys(of.Elem())) > 0 {
			of, name = of.Elem(), name+"[]"
		}
		if of.Kind() == reflect.Struct && len(keys(of)) > 0 {
			paths = append(paths, keyPaths(of, name+".")...)
			continue
		}
		paths = append(paths, name)
	}
	return paths
}

// The example as it stands is the default; with its comments' signs taken off
// it has every key, and is sound.
func TestExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "examples", "tocsin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(t, string(text), nil)
	if err != nil {
		t.Fatalf("as it stands: %v", err)
	}
	if diff := cmp.Diff(Default(), c, configs); diff != "" {
		t.Errorf("what stands there without # is not the default:\n%s", diff)
	}
	var all []string
	sign := regexp.MustCompile(`^( *)# ?((?: *- )? *[a-z_]+:.*|  *- .*)$`)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if m := sign.FindStringSubmatch(line); m != nil && !strings.Contains(line, "tocsin config") {
			line = m[1] + m[2]
		}
		all = append(all, line)
	}
	folder := t.TempDir()
	for name, secret := range map[string]string{
		"slack-url": "slack:https://hooks.slack.com/services/T/B/x\n", "smtp-password": "hunter2\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(folder, "tocsin.yaml")
	whole := []byte(strings.Join(all, "\n") + "\n")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"TOCSIN_DATABASE": "postgres://tocsin:secret@db/tocsin"}
	c, err = Load(Setup{Path: path, Getenv: environment(env)})
	if err != nil {
		t.Fatalf("with all keys: %v", err)
	}
	if len(c.Sources) != 3 || len(c.Subscribe) != 5 || c.SMTP.Password.Reveal() != "hunter2" || len(c.Networks) != 1 {
		t.Errorf("with all keys: %+v", c)
	}
	_, file, err := parseYAML(path, "a configuration", "", whole)
	if err != nil {
		t.Fatal(err)
	}
	index := regexp.MustCompile(`\[\d+\]`)
	var has []string
	for at := range file.keys {
		has = append(has, strings.TrimPrefix(index.ReplaceAllString(at, "[]"), "$."))
	}
	for _, want := range keyPaths(reflect.TypeFor[Config](), "") {
		if !slices.Contains(has, want) {
			t.Errorf("examples/tocsin.yaml does not have %s", want)
		}
	}
}

// docs/config.md tells of every key and of no other, with the default.
func TestDocumentedKeys(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, page2, _ := strings.Cut(string(page), "\n## The keys\n")
	told := map[string]string{}
	for line := range strings.Lines(page2) {
		if cells := strings.Split(line, " | "); len(cells) == 3 && strings.HasPrefix(cells[0], "| `") {
			told[strings.Trim(cells[0], "| `")] = strings.Trim(cells[1], "`")
		}
	}
	want := keyPaths(reflect.TypeFor[Config](), "")
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(maps.Keys(told))); diff != "" {
		t.Errorf("keys that are not told of (-) and told of but not there (+):\n%s", diff)
	}
	for name, value := range map[string]any{
		"data": Default().Data, "account": Default().Account, "region": Default().Region, "listen": Default().Listen, "console": Default().Console,
		"log_groups[].name": Default().LogGroups[0].Name, "topics[].name": Default().Topics[0].Name,
		"keep.marks": Default().Keep.Marks, "keep.points": Default().Keep.Points, "keep.evidence": Default().Keep.Evidence,
		"keep.messages": Default().Keep.Messages, "limits.records": Default().Limits.Records, "limits.ids": Default().Limits.IDs,
		"limits.workers": 0, "limits.deliveries": Default().Limits.Deliveries, "limits.seal_after": Default().Limits.SealAfter,
		"pack": Default().Pack, "alarms.repeat": Default().Alarms.Repeat, "alarms.every": Default().Alarms.Every, "timing": Default().Timing,
		"smtp.require_tls": false, "sources[].any_key": false, "sources[].insights": false, "sources[].backfill.ring": false, "log.format": Default().Log.Format, "log.level": Default().Log.Level,
		"subscribe[].raw": false,
	} {
		if told[name] != fmt.Sprint(value) {
			t.Errorf("docs/config.md says that %s is %q by default; it is %v", name, told[name], value)
		}
	}
}

func TestFlagsWinAndAddToLists(t *testing.T) {
	const text = `
account: 012345678901
data: state
listen: 127.0.0.1:1
sources: ["dir:logs"]
`
	c, err := load(t, text, map[string]string{"HOOK": "https://example.com/secret"},
		Setting{"--listen", "listen", ":2"}, Setting{"--source", "sources", "dir:more"},
		Setting{"--subscribe", "subscribe", "env:HOOK"}, Setting{"--log-level", "log.level", "warn"})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(c.Path)
	want := Default()
	want.Account, want.Data, want.Listen = "012345678901", filepath.Join(folder, "state"), ":2"
	want.Sources = []Source{{From: "dir:" + filepath.Join(folder, "logs")}, {From: "dir:more"}}
	want.Subscribe = []Subscriber{{To: Secret{"https://example.com/secret", "env:HOOK"}}}
	want.Log.Level = LogLevel(4)
	if diff := cmp.Diff(want, c, configs); diff != "" {
		t.Error(diff)
	}
}

// testdata/wrong-*.txt: a configuration, and what is told of it. UPDATE=1 writes
// the latter anew.
func TestWhatIsWrongIsToldAtOnceWithItsPlace(t *testing.T) {
	cases, err := filepath.Glob("testdata/wrong-*.txt")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range cases {
		golden, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text, want, _ := strings.Cut(string(golden), "\n=====\n")
		_, err = load(t, text, nil, Setting{"--source", "sources", "foo"}, Setting{"--database", "database", "postgres://u:hunter3@h/db"},
			Setting{"--account", "account", "1"})
		var file *FileError
		if !errors.As(err, &file) {
			t.Fatalf("%s: %v", name, err)
		}
		got := strings.ReplaceAll(file.Error(), file.Path, "tocsin.yaml") + "\n"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(name, []byte(text+"\n=====\n"+got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if strings.Contains(got, "hunter") {
			t.Errorf("%s: a password is shown", name)
		}
	}
}

func TestSecretsHide(t *testing.T) {
	c, err := load(t, "database: {env: DB}\nsubscribe: ['https://example.com/hook']\n", map[string]string{"DB": "postgres://u:hunter2@h/db"})
	if err != nil {
		t.Fatal(err)
	}
	if c.DSN() != "postgres://u:hunter2@h/db" {
		t.Errorf("DSN is %s", c.DSN())
	}
	if text := fmt.Sprintf("%v %+v %#v %s", c, c, c.Subscribe, c.Database); strings.Contains(text, "hunter2") || strings.Contains(text, "hook") {
		t.Errorf("shown: %s", text)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5 min": 5 * time.Minute, "14 days": 14 * 24 * time.Hour, "1d12h": 36 * time.Hour, "1 hour 30 minutes": 90 * time.Minute,
		"2w": 14 * 24 * time.Hour, "250ms": 250 * time.Millisecond, "0s": 0,
	} {
		var d Duration
		if err := d.read(text); err != nil || time.Duration(d) != want {
			t.Errorf("%q: %v, %v", text, time.Duration(d), err)
		}
		var again Duration
		if err := again.read(d.String()); d != 0 && (err != nil || again != d) {
			t.Errorf("%q prints as %q, which is %v, %v", text, d, time.Duration(again), err)
		}
	}
	for _, text := range []string{"", "5", "5 fortnights", "-1s", "1.5h", "1000000 days", "99999999999999999999s", "s", "1h and 2m"} {
		var d Duration
		if d.read(text) == nil {
			t.Errorf("%q is read as %v", text, time.Duration(d))
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"4 MiB": 4 << 20, "4mib": 4 << 20, "100MB": 100e6, "16 GiB": 16 << 30, "1 B": 1} {
		var s, again Size
		if err := s.read(text); err != nil || s != want {
			t.Errorf("%q: %d, %v", text, s, err)
		}
		if err := again.read(s.String()); err != nil || again != s {
			t.Errorf("%q prints as %q", text, s)
		}
	}
	for _, text := range []string{"", "5", "5 Mb/s", "-1 B", "9999999999 TiB"} {
		var s Size
		if s.read(text) == nil {
			t.Errorf("%q is read as %d", text, s)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"beginning": time.Unix(1, 0), "now": now, "7 days": now.AddDate(0, 0, -7), "2h ago": now.Add(-2 * time.Hour),
		"2026-01-31": time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), "2026-01-31T10:00:00+02:00": time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC),
	} {
		var s, again Since
		if err := s.read(text); err != nil || !s.From(now).Equal(want) {
			t.Errorf("%q: %v, %v", text, s.From(now), err)
		}
		if err := again.read(s.String()); err != nil || again != s {
			t.Errorf("%q prints as %q", text, s)
		}
	}
}

func TestRepeatOf(t *testing.T) {
	c, err := load(t, `
alarms:
  every: 2 hours
  overrides:
    - {alarm: root-usage, repeat: interval, every: 5 min}
    - {alarm: unauthorized-api-calls, repeat: off}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]state.Repeat{
		"root-usage":             {Mode: state.RepeatInterval, Every: 5 * time.Minute},
		"unauthorized-api-calls": {},
		"iam-policy-changes":     {Mode: state.RepeatOnNewEvents, Every: 2 * time.Hour},
	} {
		if got := c.RepeatOf(name); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestSite(t *testing.T) {
	for _, row := range []struct{ listen, public, want string }{
		{"127.0.0.1:4580", "", "http://127.0.0.1:4580"},
		{":4580", "", "http://localhost:4580"},
		{"[::]:4580", "", "http://localhost:4580"},
		{":4580", "https://tocsin.example.com/", "https://tocsin.example.com"},
	} {
		c := Default()
		c.Listen, c.PublicURL = Listen(row.listen), row.public
		if got := string(c.Site()); got != row.want {
			t.Errorf("%+v: %s", row, got)
		}
	}
}

func FuzzConfig(f *testing.F) {
	example, err := os.ReadFile(filepath.Join("..", "examples", "tocsin.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Add("sources: [dir:x, {from: s3://b}]\nsubscribe: [{env: X}]\nsmtp: {url: smtp://h}\n")
	f.Add("account: 0x10\nkeep: 1\nlog_groups: [[a]]\nallow_networks: [10.0.0.0/8, 1]\nalarms: {overrides: [{alarm: 1}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "c.yaml")
		if strings.Contains(text, "file") || strings.Contains(text, "pack") {
			t.Skip("would read other files")
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(Setup{Path: path, Getenv: noEnv})
		var file *FileError
		if err != nil && !errors.As(err, &file) && !strings.HasPrefix(err.Error(), "read ") {
			t.Errorf("%T %v", err, err)
		}
	})
}

// A mistake in a line with a webhook's address put the line into the log at a reload.
func TestErrorsDoNotShowLinesWithSecrets(t *testing.T) {
	for _, text := range []string{
		"subscribe: ['https://example.com/hook?token=hunter2']\n  bad: indent\n  slack:https://hooks.slack.com/services/hunter2: x\n",
		"subscribe: [slack:https://hooks.slack.com/services/hunter2\n",
		"smtp:\n  password: [hunter2]\n",
		"database: {postgres://u:hunter2@h/db\n",
	} {
		_, err := load(t, text, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
