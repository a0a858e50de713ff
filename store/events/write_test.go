package events

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"tocsin/core/event"
	"tocsin/synth"
)

// synthetic are n events as tocsin synth makes them, in the order of a segment.
func synthetic(t testing.TB, n int) []Event {
	t.Helper()
	var all []Event
	seen := map[event.ID]bool{}
	fields := event.NewExtractor(event.NewFields(event.Members("eventTime"), event.Members("eventID")))
	err := synth.Generate(synth.Options{Events: n, Story: "busy", Accounts: 12, Span: 24 * time.Hour, Files: max(1, n/325)}, func(f synth.File) error {
		for raw := range f.Records {
			v, _ := fields.Extract(raw)
			at, _ := event.Time(v[0])
			id, _ := event.IDOf(v[1])
			if !seen[id] {
				seen[id] = true
				key, _ := event.ParseKey(f.Key)
				all = append(all, Event{Time: at, ID: id, Ingested: at/300000*300000 + 420_000, Stream: key.Account + "_CloudTrail_" + key.Region, Message: bytes.Clone(raw)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, compareEvents)
	return all
}

func TestSizes(t *testing.T) {
	if os.Getenv("SIZES") == "" {
		t.Skip()
	}
	all := synthetic(t, 200000)
	start := time.Now()
	w := newSegmentWriter(defaultSizes)
	var total, raw int64
	perColumn := map[string]int64{}
	for len(all) > 0 {
		hour := all[0].Time / 3600000
		n := 0
		for n < len(all) && all[n].Time/3600000 == hour {
			w.add(all[n])
			raw += int64(len(all[n].Message))
			n++
		}
		file, err := w.end()
		if err != nil {
			t.Fatal(err)
		}
		total += int64(len(file))
		f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range f.Metadata().RowGroups {
			for _, c := range g.Columns {
				perColumn[strings.Join(c.MetaData.PathInSchema, ".")] += c.MetaData.TotalCompressedSize
				perColumn["bloom "+strings.Join(c.MetaData.PathInSchema, ".")] += int64(c.MetaData.BloomFilterLength)
			}
		}
		all = all[n:]
		w.reset()
	}
	for k, v := range perColumn {
		if v > 0 {
			t.Logf("%7.2f %s", float64(v)/200000, k)
		}
	}
	t.Logf("%.1f bytes an event of %.1f, %v", float64(total)/200000, float64(raw)/200000, time.Since(start))
}
