package pattern

import (
	"slices"
	"unicode/utf8"

	"tocsin/core/event"
)

// A Matcher matches a Set's patterns over one event after another. It belongs to
// one goroutine. Once it has seen the values that its events repeat, it
// allocates nothing.
type Matcher struct {
	set   *Set
	stats Stats
	memo  memo
	found finder
	text  []byte // a value being decoded

	// Of the current event. What belongs to it carries its number, so that
	// nothing needs to be cleared for the next one.
	epoch  uint32
	record []byte
	values []event.Value
	fields []worked
	marks  []uint32 // by predicate: the last event for which it held
	looked []uint32 // by pattern: the last event for which it was looked at
	spill  []predicateID
	nodes  []predicateID

	// Of the walk below a field's extracted part.
	field   int32
	visited bool
	visit   func(event.Value) bool

	nullFound bool
	findNull  func(event.Value) bool

	// Of the message as a line.
	lineEpoch uint32 // the event that tokens are of
	tokens    []lineToken
	columns   []field
}

// worked is what is known about a field of the current event.
type worked struct {
	epoch uint32
	fired []predicateID
}

// Stats count the work of a Matcher since it was made.
type Stats struct {
	Events int
	// Candidates are the patterns whose condition was worked out.
	Candidates int
	// MemoMisses are the values that had to be decoded and looked up anew.
	MemoMisses int
}

// NewMatcher returns a matcher that is ready.
func (s *Set) NewMatcher() *Matcher {
	m := &Matcher{
		set:    s,
		memo:   newMemo(),
		fields: make([]worked, len(s.fields)),
		marks:  make([]uint32, s.predicates),
		looked: make([]uint32, s.patterns),
	}
	m.visit = func(v event.Value) bool {
		m.visited = true
		m.gather(m.lookUp(m.field, v))
		return true
	}
	m.findNull = func(v event.Value) bool {
		m.nullFound = v.Kind == event.Null
		return !m.nullFound
	}
	return m
}

// Stats returns the counts so far.
func (m *Matcher) Stats() Stats { return m.stats }

// Match appends the indexes of the patterns that match the record, ascending.
// The values are those of Set.Paths, in that order; they are read during the
// call only. Where the record was not a JSON object, and so has no values,
// values may be empty. A JSON pattern matches only a record that is valid JSON.
func (m *Matcher) Match(record []byte, values []event.Value, hits []int) []int {
	m.stats.Events++
	m.begin(record, values)
	from := len(hits)
	hits = append(hits, m.set.everything...)
	if len(m.set.fields) > 0 && len(values) >= len(m.set.paths) {
		jsonFrom := len(hits)
		hits = m.matchJSON(hits)
		if len(hits) > jsonFrom && !event.Valid(record) {
			hits = hits[:jsonFrom]
		}
	}
	if len(m.set.messages.patterns) > 0 {
		hits = m.set.messages.match(m, record, hits)
	}
	slices.Sort(hits[from:])
	return hits
}

func (m *Matcher) begin(record []byte, values []event.Value) {
	m.epoch++
	if m.epoch == 0 { // after 2^32 events the numbers come again
		m.epoch = 1
		clear(m.marks)
		clear(m.looked)
		clear(m.fields)
		m.lineEpoch = 0
	}
	m.record, m.values = record, values
	m.spill, m.nodes = m.spill[:0], m.nodes[:0]
}

// first tells whether a pattern is looked at for the first time in this event,
// and counts it.
func (m *Matcher) first(pattern int32) bool {
	if m.looked[pattern] == m.epoch {
		return false
	}
	m.looked[pattern] = m.epoch
	m.stats.Candidates++
	return true
}

// matchJSON lets the watched fields call the patterns that watch them.
func (m *Matcher) matchJSON(hits []int) []int {
	for _, f := range m.set.triggers.watched {
		for _, id := range m.fired(f) {
			hits = m.follow(id, hits)
		}
	}
	return hits
}

// follow looks at the patterns of a node and of those that it leads on to.
func (m *Matcher) follow(n int32, hits []int) []int {
	t := &m.set.triggers
	for _, i := range t.at(t.nodes[n].patterns) {
		hits = m.look(i, hits)
	}
	for _, f := range t.at(t.nodes[n].fields) {
		for _, id := range m.fired(f) {
			if next, ok := t.next[link{n, id}]; ok {
				hits = m.follow(next, hits)
			}
		}
	}
	return hits
}

func (m *Matcher) look(pattern int32, hits []int) []int {
	if m.first(pattern) && m.run(m.set.programs[pattern]) {
		hits = append(hits, int(pattern))
	}
	return hits
}

// fired works a field out, once for each event: it returns the predicates that
// hold and marks them.
func (m *Matcher) fired(f int32) []predicateID {
	w := &m.fields[f]
	if w.epoch == m.epoch {
		return w.fired
	}
	w.epoch = m.epoch
	fd := &m.set.fields[f]
	if len(fd.rest) > 0 {
		w.fired = m.walk(f, fd)
		return w.fired
	}
	w.fired = m.lookUp(f, m.values[fd.slot])
	for _, id := range w.fired {
		m.marks[id] = m.epoch
	}
	return w.fired
}

// walk works out a field that goes on below what was extracted. A predicate
// holds when it holds for one of the values found.
func (m *Matcher) walk(f int32, fd *setField) []predicateID {
	from := len(m.nodes)
	m.field, m.visited = f, false
	raw := m.record
	if fd.slot >= 0 {
		raw = m.values[fd.slot].Raw
		if k := m.values[fd.slot].Kind; k != event.Object && k != event.Array {
			raw = nil
		}
	}
	if raw != nil {
		event.Find(raw, fd.rest, m.visit)
	}
	if !m.visited {
		m.gather(m.lookUp(f, event.Value{}))
	}
	return m.nodes[from:]
}

func (m *Matcher) gather(ids []predicateID) {
	for _, id := range ids {
		if m.marks[id] != m.epoch {
			m.marks[id] = m.epoch
			m.nodes = append(m.nodes, id)
		}
	}
}

// lookUp gives the predicates of a field that a value makes true. They are good
// until the end of the event.
func (m *Matcher) lookUp(f int32, v event.Value) []predicateID {
	x := &m.set.fields[f].index
	if v.Kind == event.Array && len(x.nullInside) > 0 {
		m.nullFound = false
		event.Find(v.Raw, eachStep, m.findNull)
		if m.nullFound {
			return x.nullInside
		}
	}
	if !x.texts || v.Kind != event.String && v.Kind != event.Number {
		return x.kinds[v.Kind]
	}
	from := len(m.spill)
	key := keyOf(f, v.Kind)
	hash := m.memo.hash(key, v.Raw)
	known := false
	if m.spill, known = m.memo.get(m.spill, hash, key, v.Raw); !known {
		m.stats.MemoMisses++
		m.text = v.AppendText(m.text[:0])
		if !utf8.Valid(m.text) {
			m.text = []byte(string([]rune(string(m.text))))
		}
		m.spill = x.fire(m.spill, v.Kind, m.text, &m.found)
		m.memo.put(hash, key, v.Raw, m.spill[from:])
	}
	return m.spill[from:]
}

var eachStep = event.Path{{Kind: event.Each}}
