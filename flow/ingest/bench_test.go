package ingest_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"tocsin/core/event"
	"tocsin/core/pattern"
	"tocsin/flow/decode"
	"tocsin/flow/ingest"
	"tocsin/source"
	"tocsin/store/state"
	"tocsin/synth"
)

// benchEvents is how many events the benchmarks take in, in files of 50 as from
// a small account.
const benchEvents = 20_000

// benchFiles are log files, compressed.
func benchFiles(b *testing.B, start time.Time) []source.Arrival {
	b.Helper()
	var out []source.Arrival
	err := synth.Generate(synth.Options{Events: benchEvents, Start: start, Duplicates: -1}, func(f synth.File) error {
		var text bytes.Buffer
		if err := f.WriteJSON(&text); err != nil {
			return err
		}
		packed := zipped(b, text.String())
		a := file(f.Key, packed)
		a.Open = func(context.Context) (io.ReadCloser, string, error) {
			return io.NopCloser(bytes.NewReader([]byte(packed))), "1", nil
		}
		out = append(out, a)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// BenchmarkDecode is what taking in stands on: files into records, matched.
func BenchmarkDecode(b *testing.B) {
	files := benchFiles(b, noon)
	var patterns []*pattern.Pattern
	for _, d := range pack() {
		p, err := pattern.Parse(d.FilterPattern)
		if err != nil {
			b.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	set := pattern.NewSet(patterns)
	for b.Loop() {
		d, m := decode.New(event.NewFields(set.Paths()...)), set.NewMatcher()
		var hits []int
		for _, a := range files {
			d.File(b.Context(), source.File{Name: a.Key, Key: a.Key, Size: a.Size, Open: func(ctx context.Context) (io.ReadCloser, error) {
				content, _, err := a.Open(ctx)
				return content, err
			}}, func(r *event.Record) error {
				hits = m.Match(r.Raw, r.Values, hits[:0])
				return nil
			}, nil)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchEvents, "ns/event")
}

// nowhere is a database that forgets what is written to it: what is left is what
// it costs to get there.
type nowhere struct{ *state.DB }

func (nowhere) Update(context.Context, func(*state.Tx) error) error { return nil }

// BenchmarkIngest takes files in, with one worker: all of it, and without the database.
func BenchmarkIngest(b *testing.B) {
	for _, c := range []struct {
		name string
		over func(*state.DB) ingest.State
	}{
		{"nowhere", func(db *state.DB) ingest.State { return nowhere{db} }},
		{"sqlite", func(db *state.DB) ingest.State { return db }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var files [][]source.Arrival
			for i := range 4 { // days, so that no event comes again
				files = append(files, benchFiles(b, noon.AddDate(0, 0, -i)))
			}
			for b.Loop() {
				b.StopTimer()
				w := newWorld(b, sqlite(b))
				for _, d := range pack() {
					w.put(b, d)
				}
				o := w.later()
				o.Workers, o.State = 1, c.over(w.db)
				r := start(b, w, o)
				b.StartTimer()
				for _, day := range files {
					var done sync.WaitGroup
					for _, a := range day {
						done.Add(1)
						a.Done = func(context.Context, error) { done.Done() }
						if err := r.Take(b.Context(), a); err != nil {
							b.Fatal(err)
						}
					}
					done.Wait()
				}
				b.StopTimer()
				if s := r.Stats(); s.RecordsStored != int64(len(files))*benchEvents {
					b.Fatalf("%+v", s)
				}
				r.stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(files))/benchEvents, "ns/event")
		})
	}
}
