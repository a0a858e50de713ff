package pattern

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLiteralsFindWhatContainsFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	word := func(longest int) string {
		b := make([]byte, 1+r.IntN(longest))
		for i := range b {
			b[i] = "ab\x00\xff"[min(r.IntN(6), 3)&r.IntN(4)]
		}
		return string(b)
	}
	var f finder
	for range 3000 {
		var l literals
		for range r.IntN(20) {
			if w := word(5); !slices.Contains(l.texts, w) {
				l.add(w)
			}
		}
		l.finish()
		for range 5 {
			text := word(30)
			var want []int32
			for i, w := range l.texts {
				if strings.Contains(text, w) {
					want = append(want, int32(i))
				}
			}
			got := slices.Clone(f.find(&l, []byte(text)))
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("in %q found %v of %q, want %v", text, got, l.texts, want)
			}
		}
	}
}
