package ingest

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"tocsin/core/event"
)

// numbered is the id of a number, likely other than those of others.
func numbered(n int) (id event.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

// A set is what a map is.
func TestAnIDSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set idSet
		want := map[event.ID]bool{}
		universe := rapid.SampledFrom([]int{3, 100, 5_000}).Draw(t, "universe")
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			first := rapid.IntRange(0, universe).Draw(t, "first")
			remove := rapid.IntRange(0, 3).Draw(t, "what") == 0
			for n := range rapid.IntRange(1, 40).Draw(t, "how many") {
				id := numbered((first + n) % universe)
				switch {
				case !remove:
					if fresh := set.add(id); fresh == want[id] {
						t.Fatalf("add says %v of %x", fresh, id)
					}
					want[id] = true
				case want[id]:
					set.remove(id)
					delete(want, id)
				}
			}
		}
		if set.len != len(want) {
			t.Fatalf("%d ids, want %d", set.len, len(want))
		}
		for n := range universe {
			if id := numbered(n); set.has(id) != want[id] {
				t.Fatalf("has %x: %v", id, set.has(id))
			}
		}
	})
}

// The least id is one like any other.
func TestAnIDSetHoldsTheZeroID(t *testing.T) {
	var set idSet
	if set.has(event.ID{}) || !set.add(event.ID{}) || set.add(event.ID{}) || !set.has(event.ID{}) {
		t.Error("the id of zeros")
	}
}

// An id takes what spans count for it.
func TestAnIDSetIsSmall(t *testing.T) {
	const ids = 300_000
	var set idSet
	for n := range ids {
		set.add(numbered(n))
	}
	longest := 0
	held := cap(set.buckets) * int(unsafe.Sizeof(set.buckets[0]))
	for _, b := range set.buckets {
		longest = max(longest, len(b))
		held += cap(b) * int(unsafe.Sizeof(event.ID{}))
	}
	if size := float64(held) / ids; size > idSize || set.len != ids {
		t.Errorf("%d ids of %.1f bytes, want %d", set.len, size, idSize)
	}
	if longest > 8*bucketShare {
		t.Errorf("a bucket of %d ids", longest)
	}
}

func BenchmarkIDSet(b *testing.B) {
	for b.Loop() {
		var set idSet
		for n := range 1_000_000 {
			set.add(numbered(n))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/id")
}

func BenchmarkIDMap(b *testing.B) {
	for b.Loop() {
		set := map[event.ID]struct{}{}
		for n := range 1_000_000 {
			set[numbered(n)] = struct{}{}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/id")
}
