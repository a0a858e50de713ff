package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/cli"
)

// run runs a command in this process.
func run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = cli.Main(ctx, args, cli.Streams{
		In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Getenv: func(string) string { return "" },
	})
	return code, out.String(), errs.String()
}

// documented are the examples below each heading of docs/json.md.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string][]string{}
	for _, part := range strings.Split(string(page), "\n## ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		for _, m := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(body, -1) {
			examples[heading] = append(examples[heading], m[1])
		}
	}
	return examples
}

// keys adds the paths of all keys and the kinds of their values; free says at
// which paths the keys are not ours.
func keys(t *testing.T, text string, free []string, into map[string]string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		// A judgement holds judgements, wherever it stands.
		path = strings.NewReplacer(".nearest_miss[]", ".root", ".nodes[]", "").Replace(path)
		into[path] = fmt.Sprintf("%T", v)
		switch v := v.(type) {
		case map[string]any:
			for k, member := range v {
				if slices.Contains(free, path) {
					k = "*"
				}
				walk(path+"."+k, member)
			}
		case []any:
			for _, element := range v {
				walk(path+"[]", element)
			}
		case nil:
			t.Errorf("%s is null", path)
		}
	}
	walk("", v)
}

func TestJSONIsAsDocumented(t *testing.T) {
	examples := documented(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	log := write("trail/1.json", `{"Records":[{"eventTime":"2023-07-10T12:00:05Z","eventID":"1","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging",
		"awsRegion":"eu-west-1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.7","userAgent":"x","errorCode":"E",
		"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/mallory"}},
		{"eventTime":"2023-07-12T12:00:05Z","eventID":"2","eventSource":"cloudtrail.amazonaws.com","eventName":"ListTrails"}]}`)
	for i := range 105 {
		write(fmt.Sprintf("trail/broken%03d.json", i), `{"Records":[{"eventName":`)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	config := write("tocsin.yaml", "pack: all\nsources: ['dir:logs']\nsubscribe: ['slack:https://hooks.slack.com/services/abcd/efgh/ijklmnop']\n")
	access := write("access.log", "10.0.0.2 404\n")
	trail := filepath.Dir(log)
	url, key, _ := endpoint(t)
	as(t, key.ID, key.Secret)
	for _, command := range []struct {
		heading string
		free    []string
		// Together the runs show every key that is documented.
		runs []func() (int, string, string)
	}{
		{"tocsin scan --json", nil, []func() (int, string, string){
			func() (int, string, string) {
				return run(t.Context(), "scan", "--json", "--control", "cloudtrail-config-changes", trail)
			},
			func() (int, string, string) { return run(ended, "scan", "--json", "--pack", "all", trail) },
		}},
		{"tocsin pattern test --json", []string{".extracted", ".extracted.*"}, []func() (int, string, string){
			func() (int, string, string) {
				return run(t.Context(), "pattern", "test", "--json", "--lines", "[ip, status]", access)
			},
		}},
		{"tocsin pattern explain --json", nil, []func() (int, string, string){
			func() (int, string, string) {
				return run(t.Context(), "pattern", "explain", "--json", "--limit", "0", `{ $.eventName = "ListTrails" && $.a.b != 1 }`, log)
			},
			func() (int, string, string) {
				return run(t.Context(), "pattern", "explain", "--json", "--lines", "A ?B", access)
			},
			func() (int, string, string) {
				return run(t.Context(), "pattern", "explain", "--json", "--lines", "{ $.a = 1 }", access)
			},
		}},
		{"tocsin pattern lint --json", nil, []func() (int, string, string){
			func() (int, string, string) {
				return run(t.Context(), "pattern", "lint", "--json", "--pack", "cis:1.4.0")
			},
		}},
		{"tocsin synth --json", nil, []func() (int, string, string){
			func() (int, string, string) {
				return run(t.Context(), "synth", "--json", "--out", filepath.Join(dir, "demo"))
			},
		}},
		{"tocsin config check --json", nil, []func() (int, string, string){
			func() (int, string, string) { return run(t.Context(), "config", "check", "--json", config) },
		}},
		{"tocsin subscriptions list --json", nil, []func() (int, string, string){
			func() (int, string, string) {
				return run(t.Context(), "subscriptions", "list", "--json", "--endpoint", url)
			},
		}},
		{"tocsin deliveries list --json", nil, []func() (int, string, string){
			func() (code int, out, errs string) {
				// The hook answers to nobody: its delivery has soon failed once and waits.
				for end := time.Now().Add(2 * time.Minute); time.Now().Before(end) && !strings.Contains(out, `"last"`); {
					code, out, errs = run(t.Context(), "deliveries", "list", "--json", "--endpoint", url)
				}
				return code, out, errs
			},
		}},
		{"tocsin version --json", nil, []func() (int, string, string){
			func() (int, string, string) { return run(t.Context(), "version", "--json") },
		}},
	} {
		t.Run(command.heading, func(t *testing.T) {
			if len(examples[command.heading]) == 0 {
				t.Fatal("docs/json.md has no example for it")
			}
			want, got := map[string]string{}, map[string]string{}
			for _, example := range examples[command.heading] {
				keys(t, example, command.free, want)
			}
			for _, run := range command.runs {
				code, out, errs := run()
				if out == "" {
					t.Fatalf("exit code %d, no output, %s", code, errs)
				}
				keys(t, out, command.free, got)
			}
			if command.heading == "tocsin version --json" { // a test binary does not know its repository
				for _, key := range []string{".revision", ".time"} {
					if _, known := got[key]; !known {
						delete(want, key)
					}
				}
			}
			for key := range got {
				if strings.ToLower(key) != key {
					t.Errorf("%s is not in snake_case", key)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("documented (-) and printed (+) keys differ:\n%s", d)
			}
		})
	}
	for heading := range maps.Keys(examples) {
		if !strings.HasPrefix(heading, "tocsin ") {
			t.Errorf("docs/json.md: %q is no command", heading)
		}
	}
}
