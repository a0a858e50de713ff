package audit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"tocsin/audit"
	"tocsin/core/control"
)

// monitoring are how many monitoring and trail controls each version has, and the
// section of the former [CIS AWS Foundations Benchmark; spec, version map]. The
// item on Security Hub and those on Config, keys and flow logs are of the account.
var monitoring = map[control.Version]struct {
	alarms, trails int
	section        string
}{
	"1.2.0": {14, 6, "3."}, "1.3.0": {15, 8, "4."}, "1.4.0": {15, 8, "4."}, "1.5.0": {15, 8, "4."}, "2.0.0": {15, 8, "4."},
	"3.0.0": {15, 6, "4."}, "4.0.1": {15, 6, "4."}, "5.0.0": {15, 6, "4."}, "6.0.0": {15, 6, "5."}, "7.0.0": {15, 6, "5."},
}

// Each finding has the item of the version that it was judged by, and the id of
// Security Hub, as testdata/items.json has them.
func TestItemsOfEachVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "items.json"))
	if err != nil {
		t.Fatal(err)
	}
	var spec []struct {
		ID, SecurityHub    string
		CIS, CISAssessment map[control.Version]string
	}
	if err := json.Unmarshal(text, &spec); err != nil || len(spec) < 20 {
		t.Fatal(err, len(spec))
	}
	a := read(t, healthy(t))
	versions := map[control.Version]bool{}
	for _, v := range control.Versions() {
		versions[v] = true
		if _, ok := monitoring[v]; !ok {
			t.Errorf("the table has not version %s", v)
		}
		findings := map[string]audit.Finding{}
		for _, f := range audit.Judge(&a, pack().Controls, v) {
			findings[f.Control] = f
		}
		alarms, trails := 0, 0
		for _, want := range spec {
			f, ok := findings[want.ID]
			if !ok {
				t.Errorf("no finding for %s", want.ID)
				continue
			}
			if f.Item != want.CIS[v] || f.SecurityHub != want.SecurityHub || (f.Item != "") != (f.Benchmark == v) {
				t.Errorf("%s by %s is item %q of %q and %q of Security Hub; want %q and %q", want.ID, v, f.Item, f.Benchmark, f.SecurityHub, want.CIS[v], want.SecurityHub)
			}
			if got := f.CIS[v].Assessment; f.Item != "" && want.CISAssessment[v] != "" && got != want.CISAssessment[v] {
				t.Errorf("%s by %s is assessed %q, want %q", want.ID, v, got, want.CISAssessment[v])
			}
			if c, _ := pack().Control(want.ID); f.Item != "" && c.Kind == control.Alarm {
				if alarms++; f.Item[:2] != monitoring[v].section || f.Status != audit.Passed && v != "1.3.0" && v != "1.4.0" && v != "1.5.0" {
					t.Errorf("%s by %s is item %s and %s: %s", want.ID, v, f.Item, f.Status, f.Summary)
				}
			} else if f.Item != "" && c.Kind == control.Trail {
				trails++
			}
		}
		if alarms != monitoring[v].alarms || trails != monitoring[v].trails {
			t.Errorf("%s has %d monitoring controls and %d on trails, want %+v", v, alarms, trails, monitoring[v])
		}
	}
	for v := range monitoring {
		if !versions[v] {
			t.Errorf("version %s is not known", v)
		}
	}
}
