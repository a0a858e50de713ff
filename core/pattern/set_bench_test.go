package pattern

import (
	"fmt"
	"testing"
)

// BenchmarkSet matches already extracted fields of one event an operation; the
// cost should hardly depend on the number of patterns.
func BenchmarkSet(b *testing.B) {
	events := generatedEvents(4096)
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
