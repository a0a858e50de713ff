package event

import (
	"fmt"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	member := func(name string) Step { return Step{Name: name} }
	element := func(i int) Step { return Step{Kind: Element, Index: i} }
	each := Step{Kind: Each}
	const record = ` {"a":[{"b":1},{"b":[2,3]},4,{"c":5}],"o":{"x":{"b":6},"y":7,"x":{"b":8}},"s":"t\n","e":{},"f":[]} `
	for _, c := range []struct {
		path Path
		want string
	}{
		{Path{}, strings.TrimSpace(record)},
		{Path{member("a"), element(0), member("b")}, "1"},
		{Path{member("a"), element(2)}, "4"},
		{Path{member("a"), element(4)}, ""},
		{Path{member("o"), element(0)}, ""},
		{Path{member("a"), member("b")}, ""},
		{Path{member("a"), each, member("b")}, "1 [2,3]"},
		{Path{member("a"), each, member("b"), each}, "2 3"},
		{Path{member("o"), each}, `{"b":8} 7`},
		{Path{member("o"), each, member("b")}, "8"},
		{Path{member("o"), member("x"), member("b")}, "8"},
		{Path{each, each, member("b")}, "1 [2,3] 8"},
		{Path{member("s")}, `t\n`},
		{Path{member("s"), each}, ""},
		{Path{member("e"), each}, ""},
		{Path{member("f"), each}, ""},
		{Path{member("f"), element(0)}, ""},
		{Path{member("no")}, ""},
	} {
		var found []string
		Find([]byte(record), c.path, func(v Value) bool {
			found = append(found, string(v.Raw))
			return true
		})
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("%v: %s, want %s", c.path, got, c.want)
		}
		calls := 0
		Find([]byte(record), c.path, func(Value) bool { calls++; return false })
		if calls > 1 {
			t.Errorf("%v: %d visits after the last one wanted", c.path, calls-1)
		}
	}
	for _, bad := range []string{``, `{`, `{"a`, `{"a"`, `{"a":`, `{"a":[`, `{"a":[1,`, `{"a" 1}`, `{a}`, `{"b":"\"}`, `x`} {
		for i := range 3 {
			path := Path{member("a"), {Kind: StepKind(i)}}
			Find([]byte(bad), path, func(v Value) bool {
				t.Errorf("%v found %s in %s", path, v.Raw, bad)
				return true
			})
		}
	}
}

func TestAppendText(t *testing.T) {
	for raw, want := range map[string]string{
		``: ``, `plain`: `plain`, `\"\\\/\b\f\n\r\t`: "\"\\/\b\f\n\r\t", `\u0041\u00e9`: "Aé", `\ud83d\ude00`: "😀",
		`\ud83d`: "\ufffd", `\ud83dx`: "\ufffdx", `\ude00\ud83d`: "\ufffd\ufffd", `\ud83d\u0041`: "\ufffdA",
		"\\n\xff": "\n\xff", `\x`: `\x`, `\u12`: `\u12`, `\`: `\`,
	} {
		v := Value{Raw: []byte(raw), Kind: String, Escaped: strings.Contains(raw, `\`)}
		if got := string(v.AppendText([]byte("<"))); got != "<"+want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
	if got := string(Value{Raw: []byte("1.50"), Kind: Number}.AppendText(nil)); got != "1.50" {
		t.Errorf("a number is %s", got)
	}
}

func TestPathString(t *testing.T) {
	p := Path{{Name: "a"}, {Kind: Element, Index: 2}, {Kind: Each}, {Name: "b.c"}, {Name: "d_e-F9"}}
	if got := fmt.Sprint(p); got != "$.a[2][*].['b.c'].d_e-F9" {
		t.Error(got)
	}
	if !p.Wild() || Members("a", "b").Wild() || p.Equal(p[:4]) || !p.Equal(append(Path{}, p...)) {
		t.Error("Wild or Equal is wrong")
	}
}
