package pattern

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitLine(t *testing.T) {
	cases := []struct {
		line string
		want []string
	}{
		{"", nil},
		{" \t\r\n", nil},
		{"one  two\tthree\r\nfour", []string{"one", "two", "three", "four"}},
		{`a "b c" d`, []string{"a", "b c", "d"}},
		{"a [b c] d", []string{"a", "b c", "d"}},
		{`"" []`, []string{"", ""}},
		{`["a"] "[b]"`, []string{`"a"`, "[b]"}},
		{`a "b c`, []string{"a", `"b`, "c"}},
		{"a [b c", []string{"a", "[b", "c"}},
		{`[a "b] c"`, []string{`a "b`, `c"`}},
		{`a"b c"`, []string{`a"b`, `c"`}},
		{`"a"b`, []string{"a", "b"}},
		{`"a""b"`, []string{"a", "b"}},
		{"[a]]", []string{"a", "]"}},
		{"x] y", []string{"x]", "y"}},
		{`"a" "b`, []string{"a", `"b`}},
		{"\xff \u00a0é", []string{"\xff", "\u00a0é"}},
	}
	for _, c := range cases {
		var got []string
		for _, token := range splitLine([]byte(c.line)) {
			got = append(got, string(token.text))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q, -want +got:\n%s", c.line, diff)
		}
	}
}

// TestSplitLineUnclosed would take minutes if every opening quote looked through
// the rest of the line.
func TestSplitLineUnclosed(t *testing.T) {
	line := []byte(`"x" ` + strings.Repeat("[a ", 1<<20))
	if got := len(splitLine(line)); got != 1+1<<20 {
		t.Errorf("%d tokens", got)
	}
}

// TestColumns gives for a pattern and a line what is extracted; nil is no match.
func TestColumns(t *testing.T) {
	type texts = map[string]string
	cases := []struct {
		pattern, line string
		want          texts
	}{
		{"[]", "", texts{}},
		{"[ ]", " ", texts{}},
		{"[]", `a "b c"`, texts{"$1": "a", "$2": "b c"}},
		{"[a]", "", nil},
		{"[a]", "x", texts{"$a": "x"}},
		{"[a]", " x  y ", texts{"$a": "x  y"}},
		{"[a]", `"x y"`, texts{"$a": "x y"}},
		{"[a]", `"x y" [z]`, texts{"$a": `"x y" [z]`}},
		{"[,]", "x", nil},
		{"[,]", "x y z", texts{"$1": "x", "$2": "y z"}},
		{"[a,]", "x y", texts{"$a": "x", "$2": "y"}},
		{"[,b]", "x y", texts{"$1": "x", "$b": "y"}},
		{"[...]", "", texts{}},
		{"[...]", "x y", texts{"$1": "x", "$2": "y"}},
		{"[..., z]", "", nil},
		{"[..., z]", "x", texts{"$z": "x"}},
		{"[..., z]", `x "y z"`, texts{"$1": "x", "$z": "y z"}},
		{"[a, ...]", "x y z", texts{"$a": "x", "$2": "y", "$3": "z"}},
		{"[a, ..., y, z]", "1 2", nil},
		{"[a, ..., y, z]", "1 2 3", texts{"$a": "1", "$y": "2", "$z": "3"}},
		{"[a, ..., , z]", "1 2 3 4", texts{"$a": "1", "$2": "2", "$3": "3", "$z": "4"}},
		{"[a=1, b]", "1 2", texts{"$a": "1", "$b": "2"}},
		{"[a=1, b]", "1.0 2", texts{"$a": "1.0", "$b": "2"}},
		{"[a=1, b]", "x 2", nil},
		{"[a!=1, b]", "1.0 2", nil},
		{`[a="1", b]`, "1.0 2", nil},
		{"[a<2.5, b]", "2.49 x", texts{"$a": "2.49", "$b": "x"}},
		{"[a<2.5, b]", "2.5 x", nil},
		{"[a<2.5, b]", "two x", nil},
		{"[a>=2 && a<=3, b]", "3 x", texts{"$a": "3", "$b": "x"}},
		{"[a=x || a=y && a!=y, b]", "x z", texts{"$a": "x", "$b": "z"}},
		{"[a=x || a=y && a!=y, b]", "y z", nil},
		{"[a, b=foo]", "x foo bar", nil},
		{"[a, b=foo*]", "x foo bar", texts{"$a": "x", "$b": "foo bar"}},
		{"[a, b=*]", `x ""`, texts{"$a": "x", "$b": ""}},
		{"[a=%^[0-9]+$%, ...]", "12 x", texts{"$a": "12", "$2": "x"}},
	}
	for _, c := range cases {
		p := mustParse(t, c.pattern)
		if diff := cmp.Diff(c.want, p.Extract([]byte(c.line))); diff != "" {
			t.Errorf("%s on %q, -want +got:\n%s", c.pattern, c.line, diff)
		}
	}
}

func TestLookup(t *testing.T) {
	const object = `{"n":1.50,"s":"a\"b","e":"","nested":{"list":[{"k":"v"}]},"t":true,"z":null,"o":{},"l":[1],"d.t":"dot","n2":1,"n2":"last"}`
	cases := []struct {
		pattern, message, selector, want string
		ok                               bool
	}{
		{"{ $.n = * }", object, "$.n", "1.50", true},
		{"{ $.n = * }", object, "$.s", `a"b`, true},
		{"{ $.n = * }", object, "$.e", "", true},
		{"{ $.n = * }", object, "$.nested.list[0].k", "v", true},
		{"{ $.n = * }", object, "$.['d.t']", "dot", true},
		{"{ $.n = * }", object, "$.n2", "last", true},
		{"{ $.n = * }", object, "$.absent", "", false},
		{"{ $.n = * }", object, "$.t", "", false},
		{"{ $.n = * }", object, "$.z", "", false},
		{"{ $.n = * }", object, "$.o", "", false},
		{"{ $.n = * }", object, "$.l", "", false},
		{"{ $.n = * }", object, "$.l[*]", "", false},
		{"{ $.n = * }", object, "$n", "", false},
		{"{ $.n = * }", object, "n", "", false},
		{"{ $.n = * }", object, "$.n x", "", false},
		{"{ $.n = * }", "no JSON", "$.n", "", false},
		{"[a, , ...]", `1 "2 3" 4 5`, "$a", "1", true},
		{"[a, , ...]", `1 "2 3" 4 5`, "$2", "2 3", true},
		{"[a, , ...]", `1 "2 3" 4 5`, "$4", "5", true},
		{"[a, , ...]", `1 "2 3" 4 5`, "$5", "", false},
		{"[a, , ...]", `1 "2 3" 4 5`, "$1", "", false},
		{"[a, , ...]", `1 "2 3" 4 5`, "$b", "", false},
		{"[a, , ...]", "1", "$a", "", false},
		{"ERROR", "ERROR", "$1", "", false},
		{"", "ERROR", "$1", "", false},
	}
	for _, c := range cases {
		got, ok := mustParse(t, c.pattern).Lookup([]byte(c.message), c.selector)
		if got != c.want || ok != c.ok {
			t.Errorf("%s on %s: %s is %q, %v; want %q, %v", c.pattern, c.message, c.selector, got, ok, c.want, c.ok)
		}
	}
}

func TestParseSelector(t *testing.T) {
	path, err := ParseSelector("$.a[3].['b c'].*")
	if err != nil || path.String() != "$.a[3].['b c'][*]" {
		t.Errorf("%v, %v", path, err)
	}
	for _, s := range []string{"", "a", "$", "$a", "$.", "$.a.", "$.a[", "$.a b", "$.a=1", "$.['a"} {
		if path, err := ParseSelector(s); err == nil {
			t.Errorf("%q is taken for the selector %v", s, path)
		}
	}
}
