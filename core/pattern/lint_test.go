package pattern

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"tocsin/core/pattern/internal/gen"
)

// testdata/lint.txt has rows for each rule: patterns that it remarks on, with
// the remedy, and patterns close to them that it does not.
func TestLintRules(t *testing.T) {
	file, err := os.ReadFile("testdata/lint.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rule, severity, last string
	var remark *Remark
	find := func(text string) *Remark {
		last = text
		for _, r := range Lint(mustParse(t, text)) {
			if r.Rule == rule && r.Severity.String() == severity {
				return &r
			}
		}
		return nil
	}
	count := map[string][2]int{}
	for line := range strings.Lines(string(file)) {
		line = strings.TrimRight(line, "\n")
		mark, text, _ := strings.Cut(line, " ")
		n := count[rule+" "+severity]
		switch mark {
		case "", "#":
		case "+":
			if remark = find(text); remark == nil {
				t.Errorf("%s (%s) says nothing about %s\nbut Lint: %v", rule, severity, text, Lint(mustParse(t, text)))
			} else if remark.Message == "" || remark.End <= remark.Pos || remark.End > len(text) {
				t.Errorf("%s: bad remark %+v", text, remark)
			} else if remark.Remedy != "" {
				mustParse(t, remark.Remedy)
			}
			n[0]++
		case "=":
			if remark == nil || remark.Remedy != text {
				t.Errorf("%s on %s: remedy\n%v\nwant\n%s", rule, last, remark, text)
			}
			if again := find(text); again != nil {
				t.Errorf("%s has something to say about its own remedy %s: %s", rule, text, again.Message)
			}
		case "-":
			if r := find(text); r != nil {
				t.Errorf("%s remarks on %s: %s", rule, text, r.Message)
			}
			n[1]++
		default:
			rule, severity, remark = mark, text, nil
			n = count[rule+" "+severity]
		}
		count[rule+" "+severity] = n
	}
	for name, n := range count {
		if name != " " && (n[0] == 0 || n[1] == 0) {
			t.Errorf("%s has %d rows for and %d against", name, n[0], n[1])
		}
	}
	if len(count) < 30 {
		t.Errorf("%d rules", len(count))
	}
}

func TestLintLength(t *testing.T) {
	long := "{ $.a = x"
	for len(long) < 899 {
		long += " || $.a = y"
	}
	for _, r := range Lint(mustParse(t, long[:strings.LastIndex(long[:880], " ||")]+" }")) {
		if r.Rule == "length" {
			t.Errorf("a remark on a pattern that has room: %s", r.Message)
		}
	}
	remarks := Lint(mustParse(t, long+" }"))
	if len(remarks) == 0 || remarks[0].Rule != "length" {
		t.Errorf("no remark on a pattern of %d characters: %v", len(long)+2, remarks)
	}
}

// What Lint claims of random patterns is so on random events: a pattern that is
// never true matches none, and one without its superfluous terms is the same.
func TestLintClaims(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	claims := map[string]int{}
	for range 3000 {
		p := mustParse(t, gen.JSONPattern(r))
		remarks := Lint(p)
		if len(remarks) == 0 {
			continue
		}
		for range 10 {
			event := gen.JSONEvent(r)
			matches := p.Match(event)
			for _, remark := range remarks {
				switch remark.Rule {
				case "never-true":
					if matches && remark.Span == (Span{0, len(p.Text)}) {
						t.Fatalf("%s matches %s, but Lint: %s", p.Text, event, remark.Message)
					}
				case "duplicate", "covered", "mixed":
					if remark.Remedy != "" && mustParse(t, remark.Remedy).Match(event) != matches {
						t.Fatalf("%s\nand %s\ndiffer on %s, but Lint: %s", p.Text, remark.Remedy, event, remark.Message)
					}
				}
			}
		}
		for _, remark := range remarks {
			claims[remark.Rule]++
		}
	}
	for _, rule := range []string{"never-true", "contradiction", "duplicate", "covered", "mixed"} {
		if claims[rule] < 10 {
			t.Errorf("%s was claimed %d times: too few to tell anything", rule, claims[rule])
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add(`{ ($.eventName = ConsoleLogin || $.eventSource != "x*") && $.errorCode NOT EXISTS && $.a[*].b > 3 }`)
	f.Add(`[a = 1 && a != 2, ..., b]`)
	f.Add(`?a -"b c" %d%`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		for _, r := range Lint(p) {
			if r.Pos < 0 || r.End > len(text) || r.Pos > r.End || r.Message == "" || r.Severity < Note || r.Severity > Wrong {
				t.Errorf("%q: bad remark %+v", text, r)
			}
			if r.Remedy != "" {
				if _, err := parse(r.Remedy); err != nil { // of any length
					t.Errorf("%q: the remedy of %s does not parse: %v", text, r.Rule, err)
				}
			}
		}
	})
}

// docs/lint.md has a row for each rule, and none for another.
func TestLintIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			documented[name] = true
		}
	}
	rows, err := os.ReadFile("testdata/lint.txt")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{"length": true, "auditor": true}
	for line := range strings.Lines(string(rows)) {
		if name, severity, ok := strings.Cut(line, " "); ok && strings.Contains("note warning error", strings.TrimSpace(severity)) && len(name) > 1 {
			rules[name] = true
		}
	}
	for name := range rules {
		if !documented[name] {
			t.Errorf("docs/lint.md does not tell of %s", name)
		}
	}
	for name := range documented {
		if !rules[name] {
			t.Errorf("docs/lint.md tells of %s, which is no rule", name)
		}
	}
}

// A pattern nested as deep as its length allows is linted at once: what it is
// rewritten to was worked out twice at each level.
func TestLintOfDeepNesting(t *testing.T) {
	const levels = 55
	text := "{ " + strings.Repeat("$.a=1||($.b=1&&(", levels) + "$.c=1" + strings.Repeat("))", levels) + "||$.x=1&&$.y=2 }"
	p, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(Lint(p), func(r Remark) bool { return r.Rule == "mixed" && r.Remedy != "" }) {
		t.Error("no remark on && beside ||, and so nothing was rewritten")
	}
}
