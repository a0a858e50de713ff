package pattern

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/pattern/internal/gen"
)

// testdata/explain.txt holds cases of a pattern, a message and the text that
// explains them, parted by lines of dashes.
func TestExplainText(t *testing.T) {
	file, err := os.ReadFile("testdata/explain.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, c := range strings.Split(string(file), "\n----\n")[1:] {
		parts := strings.SplitN(c, "\n", 3)
		if len(parts) != 3 {
			t.Fatalf("a case needs a pattern, a message and a text:\n%s", c)
		}
		p, err := Parse(parts[0])
		if err != nil {
			t.Error(err)
			continue
		}
		want := strings.TrimRight(parts[2], "\n")
		got := strings.TrimRight(Explain(p, []byte(parts[1])).Text(false), "\n")
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s\n%s\n%s\n%s", parts[0], parts[1], got, diff)
		}
		cases++
	}
	if cases < 20 {
		t.Errorf("%d cases", cases)
	}
}

func TestExplainTextInASCII(t *testing.T) {
	p, err := Parse(`{ $.a = 1 && ($.b = 2 || $.c = 3) }`)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Explain(p, []byte(`{"a":1,"b":3}`)).Text(true) {
		if r > 0x7e {
			t.Errorf("the text has a %q", r)
		}
	}
}

func TestExplainJSON(t *testing.T) {
	p, err := Parse(`{ $.a != 1 && $.b IS NULL }`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(Explain(p, []byte(`{"a":[1]}`)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"pattern":"{ $.a != 1 \u0026\u0026 $.b IS NULL }","matched":false,"root":{"kind":"all","text":"$.a != 1 \u0026\u0026 $.b IS NULL","pos":2,"end":25,"true":false,"nodes":[` + notOne + `,` + isNull + `]},"nearest_miss":[` + notOne + `,` + isNull + `]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

const (
	notOne = `{"kind":"comparison","text":"$.a != 1","pos":2,"end":10,"true":false,"found":[{"kind":"array"}],"found_count":1,"why":"it is an array: != compares strings and numbers only","hint":"[*] looks at its elements"}`
	isNull = `{"kind":"comparison","text":"$.b IS NULL","pos":14,"end":25,"true":false,"why":"absent: IS NULL is false on a field that is not there; NOT EXISTS finds that"}`
)

// Explain says what Match says, and its nearest miss is one: were its terms
// true, the pattern would match, and not if one of them stayed false.
func TestExplainAgreesWithMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	matched, missed := 0, 0
	for range 20000 {
		text := gen.Pattern(r)
		p, err := Parse(text)
		if err != nil {
			continue
		}
		message := gen.Event(r)
		e := Explain(p, message)
		if e.Matched != p.Match(message) {
			t.Fatalf("%s\n%s\nMatch says %v, Explain\n%s", text, message, p.Match(message), e.Text(false))
		}
		if e.Matched {
			matched++
			continue
		}
		if e.Reason != "" {
			continue
		}
		missed++
		turned := map[*Judgement]bool{}
		for _, j := range e.NearestMiss {
			turned[j] = true
		}
		if !truth(e.Root, turned) {
			t.Fatalf("%s\n%s\nits nearest miss is none:\n%s", text, message, e.Text(false))
		}
		for _, j := range e.NearestMiss {
			delete(turned, j)
			if truth(e.Root, turned) {
				t.Fatalf("%s\n%s\nthe nearest miss does not need %s", text, message, j.Text)
			}
			turned[j] = true
		}
	}
	if matched < 1000 || missed < 1000 {
		t.Errorf("%d matches and %d misses: too few to tell anything", matched, missed)
	}
}

// truth is the truth of j with some false leaves turned true.
func truth(j *Judgement, turned map[*Judgement]bool) bool {
	if j.Ignored || len(j.Nodes) == 0 {
		return j.Ignored && j.Kind == JudgeTerm || j.True || turned[j]
	}
	for _, n := range j.Nodes {
		if truth(n, turned) == (j.Kind == JudgeAny) {
			return j.Kind == JudgeAny
		}
	}
	return j.Kind != JudgeAny
}

func FuzzExplain(f *testing.F) {
	f.Add(`{ $.a = "b*" && ($.c NOT EXISTS || $.d[*] != 2) }`, `{"a":"bc","d":[1,2]}`)
	f.Add(`ERROR -"bad request" ?x`, "ERROR\nfine")
	f.Add(`[a, b = 4*, ..., c > 3 && c < 9]`, `x "40 4" [z] 5`)
	f.Add(`%a+b% -%c%`, "aab")
	f.Fuzz(func(t *testing.T, text, message string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		e := Explain(p, []byte(message))
		if e.Matched != p.Match([]byte(message)) {
			t.Errorf("%q on %q: Match says %v\n%s", text, message, !e.Matched, e.Text(true))
		}
		if out := e.Text(false); len(out) > 4096+64*len(text)+64*maxFoundText*(1+len(text)) {
			t.Errorf("%q: the explanation has %d bytes", text, len(out))
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	})
}
