package ingest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"tocsin/core/event"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/store/state"
)

// A sheet is what a batch adds to one log group, and what it counts for there.
type sheet struct {
	group *group
	kept  []place // the events that are new, in the order of the batch
	cells map[cellKey]*cell
	shown map[shownKey][]exhibit
	last  []lastCell // by filter: the cell used last of a metric without dimensions
	// tapped are the events of each subscription filter; nil when none has any.
	tapped [][]place
}

// A place is where a record stands.
type place struct {
	part  *part
	index int
}

// A cell is what one filter publishes for one metric in one minute.
type cell struct {
	metric metric.Identity
	unit   string
	// The first value and how often it came are kept apart, since most filters
	// publish the same value, 1, every time.
	value   float64
	repeats float64
	others  metric.Samples
	began   int64 // when the newest file of it that may ring began to be read; 0 when none may
}

type cellKey struct {
	filter     int32
	minute     int64
	dimensions string // of the metric; "" for none
}

type lastCell struct {
	minute int64
	cell   *cell
}

// An exhibit is a matching event that may become evidence.
type exhibit struct {
	place
	time int64
	id   event.ID
}

type shownKey struct {
	filter int32
	minute int64
}

// evidencePerMinute is how many events are kept of each filter and minute, the newest.
const evidencePerMinute = 20

func newSheet(g *group) *sheet {
	return &sheet{group: g, cells: map[cellKey]*cell{}, shown: map[shownKey][]exhibit{}, last: make([]lastCell, len(g.filters))}
}

// add takes in a new event and counts it.
func (s *sheet) add(p *part, i int, reader *evidence.Reader) {
	s.kept = append(s.kept, place{p, i})
	r := &p.records[i]
	if !r.dated {
		return
	}
	matches := p.matches(i)
	if len(matches) == 0 && len(s.group.defaults) == 0 {
		return
	}
	e := metric.Event{Timestamp: r.time}
	for _, hit := range matches {
		if tap := int(hit) - len(s.group.filters); tap >= 0 {
			s.tap(tap, place{p, i})
			continue
		}
		f := &s.group.filters[hit]
		e.Message = p.message(i)
		if len(f.SystemFields) > 0 {
			reader.Read(e.Message)
			e.Account = cmp.Or(string(reader.Text(evidence.Account)), s.group.log.Account)
			e.Region = cmp.Or(string(reader.Text(evidence.Region)), s.group.log.Region)
			e.Source = s.group.log.Name
		}
		if d, ok := f.Datapoint(e, true); ok {
			s.publish(hit, d, p.file)
		}
		s.show(hit, exhibit{place{p, i}, r.time, r.id})
	}
	for _, filter := range s.group.defaults {
		if slices.Contains(matches, filter) {
			continue
		}
		if d, ok := s.group.filters[filter].Datapoint(e, false); ok {
			s.publish(filter, d, p.file)
		}
	}
}

// publish counts a datapoint of a file.
func (s *sheet) publish(filter int32, d metric.Datapoint, f *file) {
	last := &s.last[filter]
	found := last.cell
	if plain := len(d.Metric.Dimensions) == 0; !plain || found == nil || last.minute != d.Time {
		key := cellKey{filter: filter, minute: d.Time}
		if !plain {
			key.dimensions = d.Metric.Key()
		}
		if found = s.cells[key]; found == nil {
			found = &cell{metric: d.Metric, unit: d.Unit}
			s.cells[key] = found
		}
		if plain {
			*last = lastCell{d.Time, found}
		}
	}
	if !f.arrival.Quiet {
		found.began = max(found.began, f.began)
	}
	switch {
	case found.repeats == 0:
		found.value, found.repeats = d.Value, 1
	case found.value == d.Value:
		found.repeats++
	default:
		found.others.Add(d.Value, 1)
	}
}

// show keeps an event as evidence if it is among the newest of its minute.
func (s *sheet) show(filter int32, e exhibit) {
	key := shownKey{filter, metric.Minute(e.time)}
	kept := s.shown[key]
	at, _ := slices.BinarySearchFunc(kept, e, compareExhibits)
	if at == evidencePerMinute {
		return
	}
	s.shown[key] = slices.Insert(kept, at, e)[:min(len(kept)+1, evidencePerMinute)]
}

// compareExhibits orders newest first; ties, which whole seconds make common, by
// id, so that the choice does not depend on who came first.
func compareExhibits(a, b exhibit) int {
	return cmp.Or(cmp.Compare(b.time, a.time), bytes.Compare(a.id[:], b.id[:]))
}

// evidence writes the evidence out.
func (s *sheet) evidence(reader *evidence.Reader) ([]state.Evidence, error) {
	var out []state.Evidence
	bodies := map[place][]byte{} // of events that several filters match
	for key, kept := range s.shown {
		for _, e := range kept {
			body := bodies[e.place]
			if body == nil {
				reader.Read(e.part.message(e.index))
				var err error
				if body, err = json.Marshal(reader.Event(time.UnixMilli(e.time))); err != nil {
					return nil, err
				}
				bodies[e.place] = body
			}
			out = append(out, state.Evidence{
				Filter: s.group.filters[key.filter].id, Minute: key.minute, Time: e.time, Event: e.id, Body: body,
			})
		}
	}
	return out, nil
}

// A ledger is what a batch counts for, by metric.
type ledger struct {
	metrics map[metricKey]*account
}

type metricKey struct {
	scope  state.Scope
	metric string
}

// An account is what was published for one metric, by minute.
type account struct {
	scope   state.Scope
	metric  metric.Identity
	unit    string
	minutes map[int64]metric.Samples
	touched map[int64]int64 // minutes that may ring: when the newest file of each began to be read
}

// add takes in what was counted for a log group.
func (l *ledger) add(s *sheet) {
	for key, c := range s.cells {
		id := metricKey{s.group.log.Scope, c.metric.Key()}
		a := l.metrics[id]
		if a == nil {
			a = &account{
				scope: id.scope, metric: c.metric, unit: c.unit,
				minutes: map[int64]metric.Samples{}, touched: map[int64]int64{},
			}
			if l.metrics == nil {
				l.metrics = map[metricKey]*account{}
			}
			l.metrics[id] = a
		}
		samples := a.minutes[key.minute]
		samples.Add(c.value, c.repeats)
		samples.Merge(c.others)
		a.minutes[key.minute] = samples
		if c.began != 0 {
			a.touched[key.minute] = max(a.touched[key.minute], c.began)
		}
	}
}

// points are the datapoints, and touched the minutes whose alarms are due.
func (l *ledger) points() (points []state.Points, touched []state.Touch) {
	for _, a := range l.metrics {
		of := state.Points{Scope: a.scope, Metric: a.metric, Unit: a.unit}
		for minute, samples := range a.minutes {
			of.Points = append(of.Points, metric.Point{Time: minute, Samples: samples})
			if began := a.touched[minute]; began != 0 {
				touched = append(touched, state.Touch{Scope: a.scope, Metric: a.metric, Minute: minute, Began: began})
			}
		}
		slices.SortFunc(of.Points, func(a, b metric.Point) int { return cmp.Compare(a.Time, b.Time) })
		points = append(points, of)
	}
	return points, touched
}
