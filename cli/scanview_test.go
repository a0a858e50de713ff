package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/flow"
	"tocsin/synth"
)

// commandOutput runs a command in this process and returns what it printed.
func commandOutput(t *testing.T, wantCode int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Getenv: func(string) string { return "" }})
	if code != wantCode {
		t.Fatalf("%q: exit code %d, want %d: %s", args, code, wantCode, errs.String())
	}
	return out.String()
}

// The command that a report shows finds exactly the events that it counted,
// when a shell has read it.
func TestShownCommandsFindTheEvents(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to read the commands")
	}
	t.Chdir(t.TempDir())
	const trail = "it's a trail"
	if _, err := synth.WriteDir(trail, synth.Options{Events: 600, Story: "takeover", Seed: 3, Duplicates: 0.2}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("pack.json", []byte(`{"controls":[{"id":"calls","title":"Calls","pattern":"{ $.eventName = \"Get*\" }"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, options := range [][]string{
		nil,
		{"--keep-duplicates"},
		{"--pack", "cis:3.0.0"},
		{"--pack", "pack.json", "--filter", `mine={ $.eventName = "De*" && $.eventName != "it's" }`},
		{"--control", "access-key-created", "--control", "root-console-login"},
	} {
		var report flow.Report
		args := append(append([]string{"scan"}, options...), trail)
		if err := json.Unmarshal([]byte(commandOutput(t, exitFindings, append(args, "--json")...)), &report); err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{} // matches by the title of the control
		for _, c := range report.Controls {
			want[c.Title] = c.Matches
		}
		title, shown := "", 0
		for line := range strings.Lines(commandOutput(t, exitFindings, args...)) {
			if !strings.HasPrefix(line, " ") {
				for name := range want {
					if strings.Contains(line, name) {
						title = name
					}
				}
			}
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "show ")
			if !ok {
				continue
			}
			shown++
			words, err := exec.Command(bash, "-c", "printf '%s\\0' "+command).Output()
			if err != nil {
				t.Fatal(err)
			}
			search := strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")
			found := commandOutput(t, exitDone, append(search[1:], "--output", "json")...)
			if got := int64(strings.Count(found, "\n")); got != want[title] || got == 0 {
				t.Errorf("%v: %s matched %d times, but %s finds %d", options, title, want[title], command, got)
			}
		}
		if shown == 0 {
			t.Errorf("%v: no alarm rang, so nothing was tried", options)
		}
	}
}

// Whoever can write into a log chooses names, addresses and file names.
func TestReportIsSafeToPrint(t *testing.T) {
	const evil = "a\x1b]0;x\ab\u202ec\x9bd\re"
	when := time.Date(2023, 7, 10, 12, 0, 0, 0, time.UTC)
	counts := []flow.Count{{Value: evil, Count: 2}}
	span := flow.Span{First: when, Last: when.Add(time.Hour)}
	report := flow.Report{
		Events: 2, Span: span, Files: flow.FileCounts{Read: 1},
		Controls: []flow.ControlReport{
			{
				ID: evil, Title: evil, Severity: evil, Pattern: evil, Matches: 2, Events: 2, Span: span,
				Alarms: []flow.Alarm{{At: when, From: when, Reason: evil}},
				Top:    flow.Top{Principals: counts, Addresses: counts, Accounts: append(counts, counts...), Regions: counts, ErrorCodes: counts, Actions: counts},
			},
			{ID: evil, Matches: 1},
			{ID: evil},
		},
		Problems: []flow.Problem{{File: evil, Offset: 1, Error: evil}},
	}
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		v := scanView{w: &out, sc: screen{width: 80, terminal: terminal}, paths: []string{evil}}
		v.show(report)
		for _, c := range out.String() {
			if c != '\n' && !printable(c) {
				t.Errorf("terminal %v: the report holds %U", terminal, c)
			}
		}
		if n := strings.Count(out.String(), `\x1b`); n < 10 {
			t.Errorf("terminal %v: the escaped text stands there %d times only", terminal, n)
		}
	}
}

func TestReportKeepsToTheWidth(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trail")
	if _, err := synth.WriteDir(dir, synth.Options{Events: 1500, Story: "takeover", Seed: 3}); err != nil {
		t.Fatal(err)
	}
	for _, columns := range []string{"60", "80", "120"} {
		var out, errs bytes.Buffer
		Main(t.Context(), []string{"scan", "--pack", "all", dir}, Streams{Out: &out, Err: &errs, Now: time.Now, Getenv: func(name string) string {
			if name == "COLUMNS" {
				return columns
			}
			return ""
		}})
		limit := newScreen(&out, func(string) string { return columns }).width
		for line := range strings.Lines(out.String()) {
			if line = strings.TrimSuffix(line, "\n"); width(line) > limit && !strings.HasPrefix(strings.TrimSpace(line), "show ") {
				t.Errorf("in %s columns, %d: %s", columns, width(line), line)
			}
		}
	}
}
