package pattern

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkSet matches already extracted fields of one event an operation; the
// cost should hardly depend on the number of patterns.
func BenchmarkSet(b *testing.B) {
	events := generatedEvents(512)
	for _, n := range []int{15, 150, 1500, 15000} {
		patterns := parseAll(b, generatedRules(n)...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRunner(patterns)
			kept := keepValues(r, events)
			b.ReportAllocs()
			hits := 0
			for i := 0; b.Loop(); i++ {
				e := kept[i%len(kept)]
				r.hits = r.Match(e.record, e.values, r.hits[:0])
				hits += len(r.hits)
			}
			st := r.Stats()
			b.ReportMetric(float64(hits)/float64(st.Events), "hits/event")
			b.ReportMetric(float64(st.Candidates)/float64(st.Events), "candidates/event")
			b.ReportMetric(float64(st.MemoMisses)/float64(st.Events), "misses/event")
		})
	}
}

// BenchmarkSetExtract adds the extraction of the fields that the set wants.
func BenchmarkSetExtract(b *testing.B) {
	events := generatedEvents(4096)
	for _, n := range []int{15, 150, 1500, 15000} {
		r := newRunner(parseAll(b, generatedRules(n)...))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r.run(events[i%len(events)])
			}
		})
	}
}

func BenchmarkNewSet(b *testing.B) {
	patterns := parseAll(b, generatedRules(15000)...)
	for b.Loop() {
		NewSet(patterns)
	}
}

// BenchmarkSetTerms looks for many texts in the whole record.
func BenchmarkSetTerms(b *testing.B) {
	events := generatedEvents(512)
	for _, n := range []int{1, 15, 1500} {
		r := rand.New(rand.NewPCG(7, 8))
		var texts []string
		for range n {
			texts = append(texts, fmt.Sprintf(`"%s-%06d" -%s`, pick(r, services), r.IntN(1e6), pick(r, tools)))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := NewSet(parseAll(b, texts...)).NewMatcher()
			b.ReportAllocs()
			var hits []int
			for i := 0; b.Loop(); i++ {
				hits = m.Match(events[i%len(events)], nil, hits[:0])
			}
		})
	}
}
