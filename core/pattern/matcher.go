package pattern

import (
	"slices"

	"tocsin/core/event"
)

// A Matcher matches a Set's patterns over one event after another. It belongs to
// one goroutine. Once it has seen the values that its events repeat, it
// allocates nothing, but for selectors with a wildcard below an object.
type Matcher struct {
	set   *Set
	stats Stats
	memo  memo

	reading
	finder

	// Of the current event. What belongs to it carries its number, so that
	// nothing needs to be cleared for the next one.
	epoch  uint32
	record []byte
	values []event.Value
	fields []worked
	marks  []uint32      // by predicate: the last event for which it held
	looked []uint32      // by pattern: the last event for which it was looked at
	held   []predicateID // those that hold, field by field

	// Of the message as a line.
	lineEpoch uint32 // the event that tokens are of
	tokens    []lineToken
	columns   []field
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
	m.start(m)
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
	m.held = m.held[:0]
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
		held := m.holding(f)
		for i := held.from; i < held.to; i++ {
			hits = m.follow(m.held[i], hits)
		}
	}
	return hits
}

// follow looks at the patterns of a node and of those that it leads on to.
func (m *Matcher) follow(n int32, hits []int) []int {
	t := &m.set.triggers
	at := t.nodes[n]
	for _, i := range t.patterns[at.patterns.from:at.patterns.to] {
		hits = m.look(i, hits)
	}
	for _, b := range t.branches[at.branches.from:at.branches.to] {
		held := m.holding(b.field)
		for i := held.from; i < held.to; i++ {
			if next, ok := t.next(b.links, m.held[i]); ok {
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
