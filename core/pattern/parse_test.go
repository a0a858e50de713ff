package pattern

import (
	"math/rand/v2"
	"strings"
	"testing"

	"tocsin/core/event"
	"tocsin/core/pattern/internal/gen"
)

func TestLanguage(t *testing.T) {
	cases := []struct {
		pattern string
		want    Language
	}{
		{"", Everything},
		{" \n", Everything},
		{"x", Terms},
		{"%x%", Terms},
		{"?x", Terms},
		{`"[x]"`, Terms},
		{" {$.a=1}\t", JSON},
		{"[ERROR]", SpaceDelimited},
		{" [a, b]\n", SpaceDelimited},
	}
	for _, c := range cases {
		if got := mustParse(t, c.pattern).Language; got != c.want {
			t.Errorf("%q is in language %d, want %d", c.pattern, got, c.want)
		}
	}
}

func TestLiterals(t *testing.T) {
	cases := []struct {
		value          string
		kind           LiteralKind
		text, body     string
		prefix, suffix bool
	}{
		{"1", Numeric, "1", "", false, false},
		{"-1.5e+3", Numeric, "-1.5e+3", "", false, false},
		{".5", Numeric, ".5", "", false, false},
		{"5.", Word, "5.", "5.", false, false},
		{"10.0.0.1", Word, "10.0.0.1", "10.0.0.1", false, false},
		{"1-2", Word, "1-2", "1-2", false, false},
		{"1e", Word, "1e", "1e", false, false},
		{"-", Word, "-", "-", false, false},
		{"true", Word, "true", "true", false, false},
		{"TRUE", Word, "TRUE", "TRUE", false, false},
		{"*", Word, "*", "", true, true},
		{"**", Word, "**", "", true, true},
		{"***", Word, "***", "*", true, true},
		{"*a", Word, "*a", "a", true, false},
		{"a*", Word, "a*", "a", false, true},
		{"*a*b*", Word, "*a*b*", "a*b", true, true},
		{"arn:aws:s3/b", Word, "arn:aws:s3/b", "arn:aws:s3/b", false, false},
		{`""`, Quoted, "", "", false, false},
		{`"*"`, Quoted, "*", "", true, true},
		{`"1"`, Quoted, "1", "1", false, false},
		{`"*a b"`, Quoted, "*a b", "a b", true, false},
		{`"\"\\\n"`, Quoted, `"\\n`, `"\\n`, false, false},
		{`%[a]{,2}%`, Regexp, "[a]{,2}", "", false, false},
	}
	for _, c := range cases {
		l := mustParse(t, "{ $.a = "+c.value+" }").Condition.(*Comparison).Value
		if l.Kind != c.kind || l.Text != c.text || l.Body != c.body || l.Prefix != c.prefix || l.Suffix != c.suffix {
			t.Errorf("%s is %+v", c.value, l)
		}
	}
	if n := mustParse(t, "{ $.a = -1.5e+3 }").Condition.(*Comparison).Value.Number; n != -1500 {
		t.Errorf("-1.5e+3 is %v", n)
	}
}

func TestPrecedence(t *testing.T) {
	for text, want := range map[string]string{
		"$.a=1 || $.b=1 && $.c=1":         "(a | (b & c))",
		"$.a=1 && $.b=1 || $.c=1":         "((a & b) | c)",
		"($.a=1 || $.b=1) && $.c=1":       "((a | b) & c)",
		"$.a=1 || $.b=1 || $.c=1":         "(a | b | c)",
		"$.a=1 || ($.b=1 || $.c=1)":       "(a | (b | c))",
		"$.a=1 && $.b=1 && $.c=1||$.d=1":  "((a & b & c) | d)",
		"((($.a=1)) && (($.b=1||$.c=1)))": "(a & (b | c))",
	} {
		if got := shape(mustParse(t, "{"+text+"}").Condition); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func shape(n Node) string {
	join := func(nodes []Node, operator string) string {
		var parts []string
		for _, n := range nodes {
			parts = append(parts, shape(n))
		}
		return "(" + strings.Join(parts, operator) + ")"
	}
	switch n := n.(type) {
	case *Or:
		return join(n.Nodes, " | ")
	case *And:
		return join(n.Nodes, " & ")
	default:
		return n.(*Comparison).Selector[0].Name
	}
}

func TestSelectorPaths(t *testing.T) {
	got := mustParse(t, "{ $.a-b.['c.d']['e'][12].* = 1 }").Condition.(*Comparison).Selector
	want := event.Path{{Name: "a-b"}, {Name: "c.d"}, {Name: "e"}, {Kind: event.Element, Index: 12}, {Kind: event.Each}}
	if !got.Equal(want) {
		t.Errorf("%v", got)
	}
}

func TestTermsMatch(t *testing.T) {
	cases := []struct {
		pattern, message string
		want             bool
	}{
		{`" "`, "one", false},
		{`" "`, "one two", true},
		{`""`, "one", true},
		{`-""`, "one", false},
		{`?one ?two -three`, "none of them", true},
		{`?one ?two -three`, "one three", false},
		{`- "three"`, "three", false},
		{`"say \"hi\""`, `say "hi"`, true},
		{`"a\\b"`, `a\b`, true},
		{`"a\nb"`, `a\nb`, true},
		{"-%x{2}% y", "xyx", true},
		{"-%x{2}% y", "xxy", false},
		{"?%x% ?y", "y", true},
		{"ERROR", "", false},
		{"-ERROR", "", true},
		{"\"\u00e9\"", "caf\xc3\xa9", true},
	}
	for _, c := range cases {
		if got := mustParse(t, c.pattern).Match([]byte(c.message)); got != c.want {
			t.Errorf("%s on %q: %v", c.pattern, c.message, got)
		}
	}
}

// TestDeep parses what is nested as deeply as the length allows, and more.
func TestDeep(t *testing.T) {
	for _, n := range []int{500, 100_000} {
		text := "{" + strings.Repeat("(", n) + "$.a=1" + strings.Repeat(")", n) + "}"
		p, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if c := p.Condition.(*Comparison); c.Parens != n || !p.Match([]byte(`{"a":1}`)) {
			t.Errorf("%d pairs of parentheses become %d", n, c.Parens)
		}
	}
}

// FuzzParse parses anything: what is accepted prints as the same pattern, what
// is refused is refused with a place in the pattern.
func FuzzParse(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		f.Add(gen.Pattern(r))
	}
	f.Add(strings.Repeat("0", MaxLength) + "\xdd0")
	for _, s := range []string{`{ $.a = "x\"y" && ($.b[*].c != %x{,2}% || $.['d e'] IS NULL) }`, "[a=1||a=%x%, ..., ]", `?a -"b c" %d%`, "{ $.a = “x” }", "[", "{}", "%\\", "{ $.a$['}"} {
		f.Add(s)
	}
	var events [][]byte
	for range 20 {
		events = append(events, gen.Event(r))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err == nil {
			checkPrint(t, p, events)
			checkSpans(t, p)
			return
		}
		e := err.(*SyntaxError)
		if e.Pattern != text || e.Pos < 0 || e.Pos > len(text) || e.Message == "" || e.Expected == "" {
			t.Errorf("%q: %+v", text, e)
		}
		if lines := strings.Split(e.Error(), "\n"); len(lines) != 3 {
			t.Errorf("%q: the error has %d lines:\n%s", text, len(lines), e)
		}
	})
}

// checkSpans looks whether the parts of a pattern say where they stand.
func checkSpans(t *testing.T, p *Pattern) {
	t.Helper()
	for _, term := range p.Terms {
		again, err := parseTerms(p.Text[term.Pos:term.End])
		if err != nil || len(again) != 1 || !sameTerm(term, again[0]) {
			t.Errorf("%q: a term stands at %d-%d", p.Text, term.Pos, term.End)
		}
	}
	var walk func(Node)
	walk = func(n Node) {
		switch n := n.(type) {
		case *Or:
			for _, m := range n.Nodes {
				walk(m)
			}
		case *And:
			for _, m := range n.Nodes {
				walk(m)
			}
		case *Comparison:
			if n.Selector == nil {
				return
			}
			again, err := parse("{" + p.Text[n.Pos:n.End] + "}")
			if err != nil {
				t.Fatalf("%q: a comparison stands at %q", p.Text, p.Text[n.Pos:n.End])
			}
			same := *n
			same.Parens = 0
			if !sameNode(&same, again.Condition) {
				t.Errorf("%q: a comparison stands at %q", p.Text, p.Text[n.Pos:n.End])
			}
		}
	}
	if p.Language == JSON {
		walk(p.Condition)
	}
}
