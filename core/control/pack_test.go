package control

import (
	"slices"
	"strings"
	"testing"
)

func ids(p *Pack) []string {
	var ids []string
	for _, c := range p.Controls {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestBuiltinLoads(t *testing.T) {
	p, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]int{}
	for _, c := range p.Controls {
		kinds[c.Kind]++
	}
	if kinds[Alarm] != 44 || kinds[Trail] != 8 || kinds[Account] != 1 {
		t.Errorf("kinds %v, want 44 alarms, 8 on trails, 1 on the account", kinds)
	}
}

func TestSelect(t *testing.T) {
	for _, row := range []struct {
		spec, name string
		count      int
	}{
		{"none", "none", 0},
		{"all", "all", 44},
		{"cis", "cis", 15},
		{"securityhub", "securityhub", 14},
		{"cis:1.2.0", "cis:1.2.0", 14},
		{"cis:1.3.0", "cis:1.3.0", 15},
		{"cis:3.0.0", "cis:3.0.0", 15},
		{"cis:v3", "cis:3.0.0", 15},
		{"cis:4.0", "cis:4.0.1", 15},
		{"cis:7.0.0", "cis:7.0.0", 15},
	} {
		p, err := Select(row.spec)
		if err != nil {
			t.Errorf("Select(%q): %v", row.spec, err)
			continue
		}
		if len(p.Controls) != row.count || p.Name != row.name {
			t.Errorf("Select(%q) = %s with %d controls %v, want %s with %d", row.spec, p.Name, len(p.Controls), ids(p), row.name, row.count)
		}
		for _, c := range p.Controls {
			if c.Pattern == "" {
				t.Errorf("Select(%q): %s has no pattern", row.spec, c.ID)
			}
		}
		if !IsName(row.spec) {
			t.Errorf("IsName(%q) = false", row.spec)
		}
	}
}

func TestSelectRefuses(t *testing.T) {
	for _, row := range []struct{ spec, want string }{
		{"cis:8.0.0", `unknown CIS version "8.0.0": there are 1.2.0, 1.3.0, 1.4.0, 1.5.0, 2.0.0, 3.0.0, 4.0.1, 5.0.0, 6.0.0, 7.0.0`},
		{"cis:1", `unknown CIS version "1": there are`},
		{"cis:", `unknown CIS version "": there are`},
		{"CIS", `unknown pack "CIS": want cis, cis:VERSION, securityhub, all or none`},
		{"", `unknown pack ""`},
	} {
		_, err := Select(row.spec)
		if err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("Select(%q): %v, want %s", row.spec, err, row.want)
		}
	}
}

func TestSelectOfAVersionTakesItsText(t *testing.T) {
	const id = "unauthorized-api-calls"
	pattern := func(spec string) string {
		p, err := Select(spec)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := p.Control(id)
		if !ok {
			t.Fatalf("%s has no %s", spec, id)
		}
		return c.Pattern
	}
	if got := pattern("cis:1.4.0"); !strings.Contains(got, `|| ($.eventName!="HeadBucket")`) {
		t.Errorf("cis:1.4.0 has %s, want the text that it prints, all OR", got)
	}
	if got := pattern("cis"); !strings.Contains(got, `&& ($.eventName != "HeadBucket")`) {
		t.Errorf("cis has %s, want the corrected text", got)
	}
	if got, want := pattern("securityhub"), `{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}`; got != want {
		t.Errorf("securityhub has %s, want %s", got, want)
	}
}

// Every version of the benchmark prints exactly one audit text for each of its items.
func TestEveryVersionHasItsText(t *testing.T) {
	for _, c := range Builtin().Controls {
		for _, v := range Versions() {
			var texts []string
			for _, text := range c.Texts {
				if slices.Contains(text.CIS, v) {
					texts = append(texts, text.Name)
				}
			}
			want := 0
			if _, listed := c.CIS[v]; listed && c.Kind == Alarm {
				want = 1
			}
			if len(texts) != want {
				t.Errorf("%s in %s: texts %v, want %d", c.ID, v, texts, want)
			}
		}
	}
}
