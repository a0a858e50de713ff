package pattern

import (
	"math/rand/v2"
	"testing"

	"tocsin/core/pattern/internal/gen"
)

// TestGenerated checks what the generator promises, so that tests built on it
// mean something: all its patterns are valid, every language occurs, and about a
// third of the JSON patterns select a JSON event.
func TestGenerated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	languages := map[Language]int{}
	hits := map[Language][2]int{}
	const rounds = 5000
	for range rounds {
		text := gen.Pattern(r)
		p, err := Parse(text)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		languages[p.Language]++
		event := gen.JSONEvent(r)
		if p.Language == SpaceDelimited || p.Language == Terms {
			event = []byte(gen.Line(r))
		}
		h := hits[p.Language]
		h[0]++
		if p.Match(event) {
			h[1]++
		}
		hits[p.Language] = h
	}
	for _, l := range []Language{Everything, Terms, JSON, SpaceDelimited} {
		if languages[l] < rounds/200 {
			t.Errorf("language %d occurs %d times in %d", l, languages[l], rounds)
		}
		share := float64(hits[l][1]) / float64(hits[l][0])
		t.Logf("language %d: %d patterns, share of matches %.2f", l, hits[l][0], share)
		if l != Everything && (share < 0.22 || share > 0.6) {
			t.Errorf("language %d: share of matches %.2f", l, share)
		}
	}
}

func TestGeneratedPrints(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		text := gen.Pattern(r)
		checkPrint(t, mustParse(t, text), [][]byte{gen.Event(r), gen.Event(r), []byte(gen.Line(r))})
	}
}

// checkPrint holds a pattern against what it prints: the same tree, the same
// print, the same answers.
func checkPrint(t *testing.T, p *Pattern, events [][]byte) {
	t.Helper()
	printed := p.String()
	again, err := parse(printed)
	if err != nil {
		t.Fatalf("%q prints as %q, which does not parse:\n%v", p.Text, printed, err)
	}
	if !sameTree(p, again) {
		t.Fatalf("%q prints as %q, which is another tree", p.Text, printed)
	}
	if s := again.String(); s != printed {
		t.Fatalf("%q prints as %q, that as %q", p.Text, printed, s)
	}
	for _, e := range events {
		if p.Match(e) != again.Match(e) {
			t.Fatalf("%q and its print %q differ on %q", p.Text, printed, e)
		}
	}
}
