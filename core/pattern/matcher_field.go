package pattern

import (
	"unicode/utf8"

	"tocsin/core/event"
)

// worked is what is known about a field of the current event.
type worked struct {
	epoch uint32 // the event
	held  span   // of Matcher.held
}

// reading is what working a field out needs room for.
type reading struct {
	text []byte // a value being decoded

	field   int32 // being walked
	visited bool  // something was
	visit   func(event.Value) bool

	null     bool // was found in an array
	findNull func(event.Value) bool
}

// start makes the functions that walks call, once, since making them allocates.
func (r *reading) start(m *Matcher) {
	r.visit = func(v event.Value) bool {
		r.visited = true
		m.lookUp(r.field, v)
		return true
	}
	r.findNull = func(v event.Value) bool {
		r.null = v.Kind == event.Null
		return !r.null
	}
}

// holding works a field out, once for each event: it gives the predicates that
// hold, each once, and marks them.
func (m *Matcher) holding(f int32) span {
	w := &m.fields[f]
	if w.epoch == m.epoch {
		return w.held
	}
	from := len(m.held)
	if fd := m.set.fields[f]; fd.walk {
		m.walk(f, fd.slot)
	} else {
		m.lookUp(f, m.values[fd.slot])
	}
	to := from
	for _, id := range m.held[from:] {
		if m.marks[id] != m.epoch {
			m.marks[id] = m.epoch
			m.held[to] = id
			to++
		}
	}
	m.held = m.held[:to]
	*w = worked{m.epoch, span{int32(from), int32(to)}}
	return w.held
}

// walk works out a field that goes on below what was extracted. A predicate
// holds when it holds for one of the values found.
func (m *Matcher) walk(f, slot int32) {
	m.field, m.visited = f, false
	if slot < 0 {
		event.Find(m.record, m.set.rests[f], m.visit)
	} else if v := m.values[slot]; v.Kind == event.Object || v.Kind == event.Array {
		event.Find(v.Raw, m.set.rests[f], m.visit)
	}
	if !m.visited {
		m.lookUp(f, event.Value{})
	}
}

// lookUp appends to m.held the predicates of a field that a value makes true.
func (m *Matcher) lookUp(f int32, v event.Value) {
	if !m.set.fields[f].heeds.has(v.Kind) {
		return
	}
	x := m.set.indexes[f]
	switch {
	case v.Kind == event.Array: // one with a null inside satisfies IS NULL, as recorded from AWS
		m.null = false
		event.Find(v.Raw, eachStep, m.findNull)
		if m.null {
			m.held = append(m.held, x.kinds[event.Null])
		}
	case x.byText && (v.Kind == event.String || v.Kind == event.Number):
		m.remember(f, x, v)
	default:
		m.held = append(m.held, x.kinds[v.Kind])
	}
}

var eachStep = event.Path{{Kind: event.Each}}

// remember is lookUp of a string or number, from the memo when it can.
func (m *Matcher) remember(f int32, x *index, v event.Value) {
	key := keyOf(f, v.Kind)
	hash := m.memo.hash(key, v.Raw)
	from := len(m.held)
	held, known := m.memo.get(m.held, hash, key, v.Raw)
	if !known {
		m.stats.MemoMisses++
		m.text = v.AppendText(m.text[:0])
		if !utf8.Valid(m.text) { // JSON decoders read each wrong byte as U+FFFD
			m.text = []byte(string([]rune(string(m.text))))
		}
		held = x.fire(held, v.Kind, m.text, &m.finder)
		m.memo.put(hash, key, v.Raw, held[from:])
	}
	m.held = held
}
