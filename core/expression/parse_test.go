package expression

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPrint(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"m1", "m1"},
		{" m1+m2 ", "m1 + m2"},
		{"(m1+m2)*3", "(m1 + m2) * 3"},
		{"((m1))", "m1"},
		{"m1-(m2-m3)", "m1 - (m2 - m3)"},
		{"m1-m2-m3", "m1 - m2 - m3"},
		{"m1/(m2*m3)/m4", "m1 / (m2 * m3) / m4"},
		{"2^3^m1", "2 ^ 3 ^ m1"},
		{"(2^3)^m1", "(2 ^ 3) ^ m1"},
		{"-m1^2", "-m1 ^ 2"},
		{"(-m1)^2", "(-m1) ^ 2"},
		{"2^-m1", "2 ^ -m1"},
		{"- -m1", "--m1"},
		{"-(m1*2)", "-(m1 * 2)"},
		{"-m1*2", "-m1 * 2"},
		{"m1 && m2 || m3", "m1 AND m2 OR m3"},
		{"m1 AND (m2 OR m3)", "m1 AND (m2 OR m3)"},
		{"(m1 < m2) == m3", "m1 < m2 == m3"},
		{"m1 < (m2 == m3)", "m1 < (m2 == m3)"},
		{"0.50*m1", "0.5 * m1"},
		{".5*m1+1E3+1e-36", "0.5 * m1 + 1000 + 1e-36"},
		{"SUM( [m1,m2 ] )", "SUM([m1, m2])"},
		{"METRICS()", "METRICS()"},
		{`METRICS("a'b")`, `METRICS("a'b")`},
		{`SEARCH(' {A,B} x="\"q\"" ', 'Sum', 300)`, `SEARCH(' {A,B} x="\"q\"" ', 'Sum', 300)`},
		{"SORT(METRICS(),AVG,DESC,5)", "SORT(METRICS(), AVG, DESC, 5)"},
		{"IF(m1>5,\n\tm1)", "IF(m1 > 5, m1)"},
	} {
		e, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := e.String(); got != c.want {
			t.Errorf("%s: printed as %s, want %s", c.text, got, c.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, message, want string }{
		{"", "Invalid syntax", "expression:1:1: expected a value\n  \n  ^"},
		{"m1 + * m2", "Invalid syntax", "expression:1:6: expected a value\n  m1 + * m2\n       ^"},
		{"m1 m2", "Invalid syntax", "expression:1:4: expected an operator or the end of the expression\n  m1 m2\n     ^"},
		{"(m1", "Invalid syntax", "expression:1:4: expected an operator or \")\"\n  (m1\n     ^"},
		{"SUM(m1", "Invalid syntax", "expression:1:7: expected an operator, \",\" or \")\"\n  SUM(m1\n        ^"},
		{"[m1; m2]", "Invalid syntax", "expression:1:4: expected a number, an id, a function or an operator\n  [m1; m2]\n     ^"},
		{"[]", "Invalid syntax", "expression:1:1: expected an array of at least one id, such as [m1, m2]\n  []\n  ^"},
		{"m1 = m2", "Invalid syntax", "expression:1:4: expected == to compare\n  m1 = m2\n     ^"},
		{"m1 & m2", "Invalid syntax", "expression:1:4: expected &&, or AND and OR\n  m1 & m2\n     ^"},
		{"!m1", "Invalid syntax", "expression:1:1: expected != ; there is no other use of !\n  !m1\n  ^"},
		{"METRICS(“4xx”)", "Invalid syntax", "expression:1:9: expected straight quotes, \" or '\n  METRICS(“4xx”)\n          ^"},
		{"METRICS(\"4xx)", "Invalid syntax", "expression:1:9: expected a closing \"\n  METRICS(\"4xx)\n          ^"},
		{"sum(m1)", "Function 'sum' not found", "expression:1:1: expected SUM: functions are written in upper case\n  sum(m1)\n  ^"},
		{"MEDIAN(m1)", "Function 'MEDIAN' not found", "expression:1:1: expected a function of metric math\n  MEDIAN(m1)\n  ^"},
		{"M1 + m2", "Invalid syntax", "expression:1:1: expected a value; ids begin with a lower-case letter\n  M1 + m2\n  ^"},
		{"m1 + SUM", "Invalid syntax", "expression:1:6: expected SUM(...): a function has its arguments in parentheses\n  m1 + SUM\n       ^"},
		{"[AVG]", "Invalid syntax", "expression:1:2: expected AVG(...): a function has its arguments in parentheses\n  [AVG]\n   ^"},
		{"-(REPEAT)", "Invalid syntax", "expression:1:3: expected a value; ids begin with a lower-case letter\n  -(REPEAT)\n    ^"},
		{"X", "Invalid syntax", "expression:1:1: expected a value; ids begin with a lower-case letter\n  X\n  ^"},
		{"AND m1", "Invalid syntax", "expression:1:1: expected a value before AND\n  AND m1\n  ^"},
		{"1e999 * m1", "Invalid syntax", "expression:1:1: expected a number that fits 64 bits\n  1e999 * m1\n  ^"},
		{"SELECT AVG(x) FROM y", "Invalid syntax", "expression:1:1: expected a metric math expression; Metrics Insights queries (SELECT) are not supported\n  SELECT AVG(x) FROM y\n  ^"},
	} {
		_, err := Parse(c.text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff([]string{c.message, c.want}, []string{syntax.Message, err.Error()}); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
	for _, text := range []string{
		strings.Repeat("(", 2000) + "m1", strings.Repeat("-", 2000) + "m1", "m1" + strings.Repeat("^m1", 600),
		strings.Repeat("ABS(", 500) + "m1", strings.Repeat("m", MaxLength+1),
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%.20s... was taken", text)
		}
	}
}

// node makes expressions of which every kind of value is right.
func node(depth int) *rapid.Generator[string] {
	leaf := rapid.SampledFrom([]string{"m1", "m2", "e_1", "5", "0.25", "1e-9"})
	if depth == 0 {
		return leaf
	}
	inner := node(depth - 1)
	return rapid.OneOf(
		leaf,
		rapid.Custom(func(t *rapid.T) string { return "-" + inner.Draw(t, "x") }),
		rapid.Custom(func(t *rapid.T) string { return "(" + inner.Draw(t, "x") + ")" }),
		rapid.Custom(func(t *rapid.T) string {
			op := rapid.SampledFrom([]string{"+", "-", "*", "/", "^", "<", ">=", "==", "!=", " AND ", "||"}).Draw(t, "op")
			return inner.Draw(t, "x") + op + inner.Draw(t, "y")
		}),
		rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"SUM", "ABS", "IF", "FILL", "METRICS"}).Draw(t, "f") + "(" + inner.Draw(t, "x") + "," + inner.Draw(t, "y") + ")"
		}),
		rapid.Custom(func(t *rapid.T) string { return "[" + inner.Draw(t, "x") + " , " + inner.Draw(t, "y") + "]" }),
	)
}

// sexpr shows a tree without a word on precedence.
func sexpr(n Node) string {
	list := func(head string, items ...Node) string {
		for _, item := range items {
			head += " " + sexpr(item)
		}
		return "(" + head + ")"
	}
	switch n := n.(type) {
	case *Minus:
		return list("minus", n.X)
	case *Binary:
		return list(n.Op, n.X, n.Y)
	case *Call:
		return list(n.Name, n.Args...)
	case *List:
		return list("list", n.Items...)
	}
	return (&Expression{Root: n}).String()
}

func TestPrintedParsesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := node(5).Draw(t, "expression")
		e, err := Parse(text)
		if err != nil {
			t.Skip(err) // too long
		}
		again, err := Parse(e.String())
		if err != nil {
			t.Fatalf("%s is printed as %s: %v", text, e, err)
		}
		if diff := cmp.Diff(sexpr(e.Root), sexpr(again.Root)); diff != "" {
			t.Fatalf("%s is printed as %s: %s", text, e, diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"m1+m2*-3^2", `SORT(METRICS("a"),AVG,DESC,5)`, `SEARCH('{A,"B c"} x="\"" OR (y NOT z)', 'p99', 60)`, "IF(m1>5 AND m2||1,[m1,m2])", "1e-36..5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		printed := e.String()
		again, err := Parse(printed)
		if err != nil {
			if len(printed) > MaxLength {
				return
			}
			t.Fatalf("%q is printed as %q: %v", text, printed, err)
		}
		if a, b := sexpr(e.Root), sexpr(again.Root); a != b {
			t.Fatalf("%q is %s, and printed %s", text, a, b)
		}
		queries := []Query{{ID: "m1", Stat: stat("m1")}, {ID: "m2", Stat: stat("m2")}, {ID: "z", Expression: text}}
		set, err := NewSet(queries)
		if err != nil {
			return
		}
		r := Range{Start: noon, End: noon + 300_000}
		if _, err := set.Evaluate(Request{Range: r, Reader: reader(map[string][]Point{"m1": {{noon, 1}, {noon + 120_000, -3}}})}); err != nil {
			var refused *InvalidError
			if !errors.As(err, &refused) {
				t.Fatal(err)
			}
		}
	})
}
