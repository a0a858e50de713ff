package pattern

import "testing"

func TestPrint(t *testing.T) {
	cases := []struct{ pattern, want string }{
		{"", ""},
		{" \t", ""},
		{"  ERROR  -DEBUG\n?x ", "ERROR -DEBUG ?x"},
		{`- "a b" %x y% -%z%`, `-"a b" %x y% -%z%`},
		{`"say \"hi\"" "back\\" "a\b" "\\\\"`, `"say \"hi\"" "back\\" "a\b" "\\\\"`},
		{`{$.a=1}`, `{ $.a = 1 }`},
		{`{ $['a'].*.['b c'][2] != "x" }`, `{ $.a[*].['b c'][2] != "x" }`},
		{"\n{ $.a\tIS\nNULL&&$.b NOT  EXISTS||$.c IS TRUE }", `{ $.a IS NULL && $.b NOT EXISTS || $.c IS TRUE }`},
		{`{(($.a=1)&&($.b=2||$.c>=+3e+1))}`, `{ (($.a = 1) && ($.b = 2 || $.c >= +3e+1)) }`},
		{`{ $.a = *x* || $.a = "*" || $.a = * || $.a != %^x% }`, `{ $.a = *x* || $.a = "*" || $.a = * || $.a != %^x% }`},
		{"[]", "[]"},
		{"[ ]", "[]"},
		{"[a,b]", "[a, b]"},
		{"[a,,b,]", "[a, , b, ]"},
		{"[...,a=1&&a!=2||a=\"x\"]", `[..., a = 1 && a != 2 || a = "x"]`},
	}
	for _, c := range cases {
		p := mustParse(t, c.pattern)
		if got := p.String(); got != c.want {
			t.Errorf("%s prints as %s, want %s", c.pattern, got, c.want)
		}
		checkPrint(t, p, nil)
	}
}

func TestPrintParts(t *testing.T) {
	p := mustParse(t, `{ (($.a = "x*") && $.b NOT EXISTS) }`)
	and := p.Condition.(*And)
	if and.Parens != 1 || and.Nodes[0].(*Comparison).Parens != 1 {
		t.Errorf("parentheses: %+v", and)
	}
	for i, want := range []string{`$.a = "x*"`, "$.b NOT EXISTS"} {
		c := and.Nodes[i].(*Comparison)
		if got := c.String(); got != want {
			t.Errorf("comparison %d prints as %s", i, got)
		}
		if got := p.Text[c.Pos:c.End]; got != want {
			t.Errorf("comparison %d stands at %s", i, got)
		}
	}
	if got := p.Text[and.Pos:and.End]; got != `($.a = "x*") && $.b NOT EXISTS` {
		t.Errorf("the && stands at %s", got)
	}
	c := mustParse(t, `[a=-5, ...]`).Columns[0].Condition.(*Comparison)
	if c.String() != "= -5" || c.Value.String() != "-5" {
		t.Errorf("a column's comparison prints as %s", c)
	}
	if s := mustParse(t, `-"x y"`).Terms[0].String(); s != `-"x y"` {
		t.Errorf("a term prints as %s", s)
	}
}
