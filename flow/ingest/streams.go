package ingest

import (
	"time"

	"tocsin/store/state"
)

// storedAs is the name that events of a log stream are stored under.
func (g *group) storedAs(stream string) string {
	return state.StreamStoredAs(stream, g.generations[stream])
}

// streams are the log streams of the new events.
func (s *sheet) streams(now time.Time) []state.LogStream {
	var out []state.LogStream
	of := map[string]int{}
	// Most events come right behind one of the same stream.
	var part *part
	var stream uint32
	var last int
	for _, at := range s.kept {
		r := &at.part.records[at.index]
		if at.part != part || r.stream != stream {
			part, stream = at.part, r.stream
			name := part.streams[stream]
			n, known := of[name]
			if !known {
				n = len(out)
				of[name] = n
				out = append(out, state.LogStream{
					LogGroup: s.group.log.ID, Name: name, Created: now, First: r.time, Last: r.time, Ingested: now.UnixMilli(),
				})
			}
			last = n
		}
		seen := &out[last]
		seen.First, seen.Last = min(seen.First, r.time), max(seen.Last, r.time)
		seen.Bytes += int64(len(at.part.message(at.index)))
	}
	return out
}
