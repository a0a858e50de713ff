package cloudtrail_test

import (
	"testing"

	"tocsin/service"
)

// What a call costs more because it is kept before it is answered.
func BenchmarkRecord(b *testing.B) {
	w := newWorld(b)
	r := service.Record{Caller: w.Caller(), Source: "sns.amazonaws.com", Name: "CreateTopic"}
	for b.Loop() {
		if err := w.Record(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}

// What it costs to carry records on to the log groups, for one of them.
func BenchmarkDispatch(b *testing.B) {
	w := newWorld(b)
	w.group(b, "trails")
	w.start(b, "main", logsTo(groupARN))
	r := service.Record{Caller: w.Caller(), Source: "sns.amazonaws.com", Name: "CreateTopic"}
	for range b.N {
		if err := w.Record(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	w.tick(b)
}
