package app

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/control"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The complete example of docs/packs.md loads.
func TestDocumentedPack(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "packs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## A complete example\n")
	_, block, _ := strings.Cut(section, "```yaml\n")
	example, _, closed := strings.Cut(block, "```\n")
	if !closed {
		t.Fatal("docs/packs.md has no complete example")
	}
	p, err := LoadPack(write(t, "pack.yaml", example))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "shop" || len(p.Controls) != 2 || p.Controls[1].DatapointsToAlarm != 2 || len(p.Controls[0].Examples.Match) != 1 {
		t.Errorf("got %+v", p)
	}
}

const small = `controls:
  - id: trail-deleted
    title: A trail was deleted
    pattern: '{ $.eventName = DeleteTrail }'
`

func TestLoadPackForms(t *testing.T) {
	want, err := LoadPack(write(t, "a.yaml", small))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, text string }{
		{"JSON", `{"controls": [{"id": "trail-deleted", "title": "A trail was deleted", "pattern": "{ $.eventName = DeleteTrail }"}]}`},
		{"JSON with tabs", "{\n\t\"controls\": [\n\t\t{\"id\": \"trail-deleted\",\n\t\t\"title\": \"A trail was deleted\", \"pattern\": \"{ $.eventName = DeleteTrail }\"}\n\t]\n}\n"},
		{"JSON with escapes", `{"controls": [{"id": "trail-deleted", "title": "A tr\u0061il was deleted", "pattern": "{ $.eventName = DeleteTrail }"}]}`},
		{"lines that end with CR LF", strings.ReplaceAll(small, "\n", "\r\n")},
		{"a byte order mark", "\ufeff" + small},
		{"a document mark and comments", "# ours\n---\n" + small + "# end\n"},
		{"a block", strings.Replace(small, "'{ $.eventName = DeleteTrail }'", "|\n      { $.eventName = DeleteTrail }\n", 1)},
		{"double quotes", strings.Replace(small, "'{ $.eventName = DeleteTrail }'", `"{ $.eventName = DeleteTrail }"`, 1)},
		{"settings written out", small + "    period: 300\n    threshold: 1e0\n    metricValue: 1\n    severity: medium\n"},
	} {
		p, err := LoadPack(write(t, "a.yaml", row.text))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if diff := cmp.Diff(want.Controls, p.Controls); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func TestLoadPackKeepsEventsAsWritten(t *testing.T) {
	p, err := LoadPack(write(t, "a.json", `{"controls": [{"id": "a", "title": "A", "pattern": "{ $.n = \"1.50\" }",
		"examples": {"match": [{"name": "x", "event": {"n": 1.50, "big": 12345678901234567890123, "s": "é\ud83d\ude00", "e": 1e3}}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]json.RawMessage
	if err := json.Unmarshal(p.Controls[0].Examples.Match[0].Event, &event); err != nil {
		t.Fatal(err)
	}
	want := map[string]json.RawMessage{"n": []byte("1.50"), "big": []byte("12345678901234567890123"), "s": []byte(`"é😀"`), "e": []byte("1e3")}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Error(diff)
	}
}

func TestBuiltinLoadsAsAFile(t *testing.T) {
	text, err := json.Marshal(control.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	p, err := LoadPack(write(t, "builtin.json", string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(control.Builtin().Controls[0].Settings, p.Controls[0].Settings); diff != "" || len(p.Controls) != len(control.Builtin().Controls) {
		t.Errorf("%d controls: %s", len(p.Controls), diff)
	}
}

func TestLoadPackRefuses(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "FILE:1:1: the file is empty: a pack needs controls, each with an id, a title and a pattern"},
		{"only a comment", "# nothing\n", "FILE:1:1: the file is empty"},
		{"unknown member", small + "    severty: high\n", `FILE:5:5: controls[0].severty: unknown member "severty": did you mean "severity"?
      severty: high
      ^`},
		{"wrong type", small + "    period: five\n", `FILE:5:13: controls[0].period: want a whole number, not the text "five"
      period: five
              ^`},
		{"bad pattern in single quotes", strings.Replace(small, "DeleteTrail }'", "}'", 1), `FILE:4:31: controls[0].pattern: EXPECTED
      pattern: '{ $.eventName = }'
                                ^`},
		{"bad pattern with quotes in single quotes", strings.Replace(small, "{ $.eventName = DeleteTrail }", `{ $.x = ''a'' }`, 1), `FILE:4:23: controls[0].pattern: EXPECTED
      pattern: '{ $.x = ''a'' }'
                        ^`},
		{"bad pattern in JSON", `{"controls": [{"id": "a", "title": "A", "pattern": "{ $.x = \"a\" && }"}]}`, `FILE:1:70: controls[0].pattern: EXPECTED
  ...s": [{"id": "a", "title": "A", "pattern": "{ $.x = \"a\" && }"}]}
                                                                 ^`},
		{"bad pattern in a block", strings.Replace(small, "'{ $.eventName = DeleteTrail }'", "|\n      { $.eventName = DeleteTrail ||\n        ($.eventName = ) }", 1), `FILE:6:24: controls[0].pattern: EXPECTED
          ($.eventName = ) }
                         ^`},
		{"pattern without quotes", strings.Replace(small, "'", "", 2), `FILE:4:5: controls[0].pattern: want text, not members: put it in quotes
      pattern: { $.eventName = DeleteTrail }
      ^`},
		{"columns without quotes", strings.Replace(small, "'{ $.eventName = DeleteTrail }'", "[w1=ERROR, w2]", 1), `FILE:4:5: controls[0].pattern: want text, not a list: put it in quotes
      pattern: [w1=ERROR, w2]
      ^`},
		{"member without value", strings.Replace(small, "'{ $.eventName = DeleteTrail }'", "", 1), "FILE:4:5: controls[0].pattern: nothing stands here: give it a value or leave it out\n      pattern: \n      ^"},
		{"missing member", "controls:\n  - title: A\n    pattern: x\n", `FILE:2:5: controls[0].id: the control has no id
    - title: A
      ^`},
		{"same id twice", small + strings.TrimPrefix(small, "controls:\n"), `FILE:5:9: controls[1].id: the id "trail-deleted" is taken by controls[0]
    - id: trail-deleted
          ^`},
		{"no controls", "name: x\n", "FILE:1:1: controls: the pack has no controls: give it one with an id, a title and a pattern\n  name: x\n  ^"},
		{"list of no controls", "name: x\ncontrols: []\n", "FILE:2:1: controls: the pack has no controls: give it one with an id, a title and a pattern\n  controls: []\n  ^"},
		{"member twice", small + "    title: B\n", `FILE:5:5: mapping key "title" already defined at [3:5]
      title: B
      ^`},
		{"broken YAML", "controls: [\n", "FILE:1:11: "},
		{"tab in YAML", "controls:\n\t- id: a\n", "FILE:2:"},
		{"anchor", "controls:\n  - &a\n    id: a\n", "FILE:2:5: a pack has no anchors and aliases"},
		{"alias", "name: &n x\ntitle: *n\n", "FILE:1:7: a pack has no anchors and aliases"},
		{"tag", "name: !!str 1\n", "FILE:1:7: a pack has no tags"},
		{"merge key", "<<: {name: x}\n", "FILE:1:1: a member's name is a plain text"},
		{"infinity", small + "    threshold: .inf\n", "FILE:5:16: a pack has only members, lists, texts, numbers, true and false"},
		{"second document", small + "---\n" + small, "FILE:6:1: a second document begins here: a pack has a file of its own"},
		{"not UTF-8", "name: caf\xe9\n", "FILE:1:10: this byte is not UTF-8: save the file as UTF-8\n"},
		{"deep", strings.Repeat("[", 100000), "FILE:1:101: more than 100 brackets are open here"},
		{"deep by indentation", deep(200), "FILE:102:"},
		{
			"event that is filed wrongly", small + "    examples:\n      noMatch:\n        - name: x\n          event: {eventName: DeleteTrail}\n",
			"FILE:8:11: controls[0].examples.noMatch[0].event: the pattern matches this event, which is listed under noMatch\n            event: {eventName: DeleteTrail}\n            ^",
		},
	} {
		path := write(t, "pack.yaml", row.text)
		_, err := LoadPack(path)
		if err == nil {
			t.Errorf("%s: LoadPack accepts\n%s", row.name, row.text)
			continue
		}
		got := strings.ReplaceAll(err.Error(), path, "FILE")
		want := row.want
		if before, after, ok := strings.Cut(want, "EXPECTED"); ok { // the words are the parser's
			if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
				t.Errorf("%s:\n%s\nwant\n%s", row.name, got, want)
			}
		} else if !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", row.name, got, want)
		}
	}
}

func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestLoadPackOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadPack(dir); err == nil || !strings.Contains(err.Error(), "is a directory: name a YAML or JSON file in it") {
		t.Errorf("directory: %v", err)
	}
	if _, err := LoadPack(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	long := write(t, "long.yaml", strings.Repeat("#", MaxText+1))
	if _, err := LoadPack(long); err == nil || !strings.Contains(err.Error(), "is longer than 8 MB: that is no pack") {
		t.Errorf("long file: %v", err)
	}
}

func TestPackByNameOrFile(t *testing.T) {
	p, err := Pack("cis:3.0.0")
	if err != nil || p.Name != "cis:3.0.0" {
		t.Errorf("cis:3.0.0: %v, %v", p, err)
	}
	if _, err := Pack("cis:9"); err == nil || !strings.Contains(err.Error(), "there are 1.2.0,") {
		t.Errorf("cis:9: %v", err)
	}
	if p, err = Pack(write(t, "a.yaml", small)); err != nil || len(p.Controls) != 1 {
		t.Errorf("a file: %v, %v", p, err)
	}
	const want = `there is no pack and no file "ciss": want cis, cis:VERSION, securityhub, all or none, or the path of a pack`
	if _, err := Pack("ciss"); err == nil || err.Error() != want {
		t.Errorf("neither: %v, want %s", err, want)
	}
}

func TestFileErrorIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("controls:\n")
	for range 50 {
		b.WriteString("  - id: a\n    title: A\n    pattern: x\n")
	}
	_, err := LoadPack(write(t, "a.yaml", b.String()))
	if err == nil || !strings.HasSuffix(err.Error(), "\nand 29 more") {
		t.Errorf("got %v", err)
	}
	_, err = LoadPack(write(t, "a.yaml", "name: "+strings.Repeat("x", 5000)+"\nbad: 1\ncontrols: "+strings.Repeat(" ", 5000)+"[1]\n"))
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("the message has %d bytes: %v", len(err.Error()), err)
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"controls": [{"id": "a", "title": "A", "pattern": "{ $.x = \"1\" }", "examples": {"match": [{"name": "x", "event": {"x": 1.0}}]}}]}`))
	f.Add([]byte("controls:\n  - id: a\n    title: >\n      A\n    pattern: |-\n      { $.x =\n        }\n"))
	f.Add([]byte("a: &x [1]\nb: *x\n<<: {c: !!str 1}\n---\n? d\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parsePack("pack", text)
		if (p == nil) == (err == nil) {
			t.Errorf("pack %v and error %v", p, err)
		}
		places := (*FileError)(nil)
		if errors.As(err, &places) {
			for _, at := range places.Places {
				if at.Line < 1 || at.Column < 1 || at.Message == "" {
					t.Errorf("bad place %+v", at)
				}
			}
			if places.Error() == "" {
				t.Error("no message")
			}
		}
	})
}
