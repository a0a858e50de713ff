package audit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"tocsin/audit"
	"tocsin/core/control"
)

// short are the names by which fixtures speak of places in the answers.
var short = map[string]string{
	"trail":    `cloudtrail:DescribeTrails|*|trailList|0`,
	"trails":   `cloudtrail:DescribeTrails|*|trailList`,
	"status":   `cloudtrail:GetTrailStatus|arn:aws:cloudtrail:us-east-1:111122223333:trail/main`,
	"select":   `cloudtrail:GetEventSelectors|arn:aws:cloudtrail:us-east-1:111122223333:trail/main`,
	"filters":  `logs:DescribeMetricFilters|arn:aws:logs:us-east-1:111122223333:log-group:cloudtrail|metricFilters`,
	"alarms":   `cloudwatch:DescribeAlarms|111122223333/us-east-1|MetricAlarms`,
	"composed": `cloudwatch:DescribeAlarms|111122223333/us-east-1|CompositeAlarms`,
	"history":  `cloudwatch:DescribeAlarmHistory|111122223333/us-east-1|AlarmHistoryItems`,
	"topic":    `sns:GetTopicAttributes|arn:aws:sns:us-east-1:111122223333:security|Attributes`,
	"subs":     `sns:ListSubscriptionsByTopic|arn:aws:sns:us-east-1:111122223333:security|Subscriptions`,
	"sub":      `sns:GetSubscriptionAttributes|arn:aws:sns:us-east-1:111122223333:security:0f0e0d0c-0001-4000-8000-000000000001|Attributes`,
}

// names are the members that an item of a list is known by.
var names = []string{"filterName", "AlarmName", "Name", "SubscriptionArn"}

func steps(path string) []string {
	first, rest, more := strings.Cut(path, "|")
	if s, ok := short[first]; ok {
		first = s
	}
	if more {
		first += "|" + rest
	}
	return strings.Split(first, "|")
}

func index(list []any, step string) int {
	if i, err := strconv.Atoi(step); err == nil && i < len(list) {
		return i
	}
	return slices.IndexFunc(list, func(v any) bool {
		m, _ := v.(map[string]any)
		return slices.ContainsFunc(names, func(n string) bool { return m[n] == step })
	})
}

// change puts f(what is there) at a path; a result of nil takes the member out.
func change(v any, path []string, f func(any) any) (any, error) {
	if len(path) == 0 {
		return f(v), nil
	}
	switch v := v.(type) {
	case map[string]any:
		next, err := change(v[path[0]], path[1:], f)
		if next == nil {
			delete(v, path[0])
		} else {
			v[path[0]] = next
		}
		return v, err
	case []any:
		i := index(v, path[0])
		if i < 0 {
			return v, fmt.Errorf("no item %s", path[0])
		}
		next, err := change(v[i], path[1:], f)
		if next == nil {
			return slices.Delete(v, i, i+1), err
		}
		v[i] = next
		return v, err
	case nil:
		next, err := change(nil, path[1:], f)
		return map[string]any{path[0]: next}, err
	}
	return v, fmt.Errorf("nothing below %s", path[0])
}

// apply does one line of a fixture:
//
//	set PATH JSON     add PATH JSON (to a list)     del PATH     text PATH any text to the end
func apply(answers map[string]any, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	path, text, _ := strings.Cut(rest, " ")
	var value any
	switch verb {
	case "text":
		value = text
	case "set", "add":
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	case "del":
	default:
		return fmt.Errorf("unknown verb %s", verb)
	}
	_, err := change(answers, steps(path), func(was any) any {
		if verb == "add" {
			list, _ := was.([]any)
			return append(list, value)
		}
		return value
	})
	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

func healthy(t testing.TB) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "healthy.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// pack is read once.
var pack = sync.OnceValue(control.Builtin)

// controls are those of a fixture: the CIS alarms and the controls on trails.
func controls() []control.Control {
	return slices.DeleteFunc(slices.Clone(pack().Controls), func(c control.Control) bool { return len(c.CIS) == 0 || c.Kind == control.Account })
}

// TestAccounts judges the accounts of testdata/accounts/*.txtar: each is the
// healthy one with some changes, and says which findings become something else.
//
//	> CONTROL STATUS part of the summary
//	+ CONTROL part of a remark        - CONTROL what no remark says
//
// A * stands for every alarm of the benchmark that no line names.
//
// A finding that no line tells of has to be PASSED.
func TestAccounts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "accounts", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	count := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			count++
			t.Run(f.Name, func(t *testing.T) { testAccount(t, string(f.Data)) })
		}
	}
	if count < 60 {
		t.Errorf("%d accounts, want at least 60", count)
	}
}

func testAccount(t *testing.T, text string) {
	answers := healthy(t)
	version := control.Newest
	var expected, regions []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "version "):
			version = control.Version(strings.TrimPrefix(line, "version "))
		case strings.HasPrefix(line, "regions "):
			regions = strings.Fields(line)[1:]
		case strings.ContainsRune(">+-", rune(line[0])):
			expected = append(expected, line)
		default:
			if err := apply(answers, line); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := read(t, answers, regions...)
	findings := audit.Judge(&a, controls(), version)
	said, own, c := map[string]bool{}, map[string]bool{}, map[string]control.Kind{}
	for _, k := range controls() {
		c[k.ID] = k.Kind
	}
	for _, line := range expected {
		if fields := strings.Fields(line); fields[0] == ">" {
			own[fields[1]] = true
		}
	}
	for _, line := range expected {
		kind, rest, _ := strings.Cut(line, " ")
		id, rest, _ := strings.Cut(rest, " ")
		found := false
		for i := range findings {
			f := &findings[i]
			if f.Control == id || id == "*" && c[f.Control] == "alarm" && !(kind == ">" && own[f.Control]) {
				found = true
				said[f.Control] = check(t, f, kind, rest) || said[f.Control]
			}
		}
		if !found {
			t.Errorf("no finding for %s", id)
		}
	}
	for i := range findings {
		if f := &findings[i]; f.Status != audit.Passed && !said[f.Control] {
			t.Errorf("%s is %s: %s", f.Control, f.Status, f.Summary)
		}
	}
}

// check holds a finding against one line; true when the line tells its status.
func check(t *testing.T, f *audit.Finding, kind, want string) bool {
	t.Helper()
	if kind == ">" {
		status, text, _ := strings.Cut(want, " ")
		if string(f.Status) != status || !strings.Contains(f.Summary+" | "+strings.Join(f.Missed, ", "), text) {
			t.Errorf("%s is %s: %s\n  missed %v\n  want %s %s", f.Control, f.Status, f.Summary, f.Missed, status, text)
		}
		if f.Status == audit.Failed && f.Mend == nil && !strings.Contains(f.Summary, "it failed at") && !strings.Contains(f.Summary, "composite") {
			t.Errorf("%s has no mend: %s", f.Control, f.Summary)
		}
		return true
	}
	has := slices.ContainsFunc(f.Remarks, func(r audit.Remark) bool { return strings.Contains(r.Text, want) })
	if has != (kind == "+") {
		t.Errorf("%s: remark %q: %v, want %v; remarks are %v", f.Control, want, has, kind == "+", f.Remarks)
	}
	return false
}
