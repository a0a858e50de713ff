package events

import (
	"slices"
	"testing"

	"tocsin/store/state"
)

// sealedAtOnce is about how many events SealBytes are.
const sealedAtOnce = 43_000

// BenchmarkSeal makes segments of blocks, the database included.
func BenchmarkSeal(b *testing.B) {
	all := synthetic(b, sealedAtOnce)
	f := newFixture(b, nil)
	var blocks []state.Block
	for some := range slices.Chunk(all, 2000) {
		block, err := Encode(f.group.ID, slices.Values(some))
		if err != nil {
			b.Fatal(err)
		}
		blocks = append(blocks, block)
	}
	for b.Loop() {
		b.StopTimer()
		f.update(func(tx *state.Tx) error {
			for _, block := range blocks {
				if _, err := tx.AddBlock(b.Context(), block); err != nil {
					return err
				}
			}
			return nil
		})
		b.StartTimer()
		f.seal()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/event")
}
