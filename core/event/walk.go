package event

// A fault is why a walk over a record could not go on.
type fault uint8

const (
	sound    fault = iota
	short          // the text ends inside the record
	deep           // nested deeper than allowed
	noObject       // no { where the record should begin
	noName         // no member name where one should stand
	noColon        // no colon after a member name
	noValue        // no value after the colon
	noComma        // neither a comma nor the closing brace after a value
	noEnd          // something after the record
	mismatch       // { closed by ], or [ by }
)

var faultTexts = [...]string{
	sound:    "",
	short:    "cut off",
	deep:     "nested too deeply",
	noObject: `expected "{"`,
	noName:   "expected a member name",
	noColon:  `expected ":" after a member name`,
	noValue:  "expected a value",
	noComma:  `expected "," or "}" after a value`,
	noEnd:    "expected nothing after the object",
	mismatch: "the wrong bracket closes a value",
}

// A walk goes over records on a tape and takes the wanted fields out of them.
// It looks at the members of the objects that wanted paths lead through, and
// skips everything else by its brackets.
type walk struct {
	tape
	habits
	fields *Fields
	values []Value
	room   int // how many levels a record may nest

	// Duplicate members: the last one counts, and what was found below an
	// earlier one is forgotten. seen holds, for each node, the last record
	// that had it.
	seen   []uint32
	record uint32
	key    []byte // an unescaped name

	why fault
	at  int // where
}

func newWalk(f *Fields, room int) walk {
	return walk{
		habits: newHabits(len(f.nodes)), fields: f, values: make([]Value, f.slots),
		seen: make([]uint32, len(f.nodes)), room: room,
	}
}

// take walks the record that begins at p and returns the place after it, or
// -1 with w.why and w.at set. Afterwards w.values are its fields.
func (w *walk) take(p int) int {
	clear(w.values)
	if w.record++; w.record == 0 {
		clear(w.seen)
		w.record = 1
	}
	if p >= len(w.text) {
		return w.fail(short, p)
	}
	if w.text[p] != '{' {
		return w.fail(noObject, p)
	}
	root := &w.fields.nodes[0]
	end := w.object(p+1, root, w.room)
	if end < 0 {
		return -1
	}
	if root.slot >= 0 {
		w.values[root.slot] = Value{Raw: w.text[p:end], Kind: Object}
	}
	for _, t := range w.fields.twins {
		w.values[t[0]] = w.values[t[1]]
	}
	return end
}

// object walks the members of an object whose brace is just before p, and
// returns the place after its closing brace, or -1.
func (w *walk) object(p int, n *node, room int) int {
	text := w.text
	if p = blank(text, p); p < len(text) && text[p] == '}' {
		return p + 1
	}
	for prev := n.id; ; {
		member := -1
		next := w.all[prev].next
		if h := &w.all[next]; p+maxHabit <= len(text) && h.begins(text[p:]) {
			prev, member = next, h.member
			p += h.size
		} else {
			if p, prev, member = w.name(p, prev, n); p < 0 {
				return -1
			}
		}
		if member < 0 {
			p = w.pass(p, room)
		} else {
			p = w.keep(p, &w.fields.nodes[member], room)
		}
		if p < 0 {
			return -1
		}
		if p < len(text) && text[p] <= ' ' {
			p = blank(text, p)
		}
		if p >= len(text) {
			return w.fail(short, p)
		}
		switch text[p] {
		case ',':
			if p++; p < len(text) && text[p] != '"' {
				p = blank(text, p)
			}
		case '}':
			return p + 1
		default:
			return w.fail(noComma, p)
		}
	}
}

// name reads a member's name and colon and returns the place after them, or -1,
// with the member's habit and node.
func (w *walk) name(p, prev int, n *node) (after, this, member int) {
	name, escaped, after := w.label(p)
	switch {
	case after < 0:
		return -1, 0, 0
	case escaped:
		w.key = appendUnescaped(w.key[:0], name)
		return after, prev, n.members.find(w.key)
	}
	member = n.members.find(name)
	return after, w.follow(prev, n.id, name, member), member
}

// label reads a member's name, as it stands in the text, and its colon, and
// returns the place after that, or -1.
func (w *walk) label(p int) (name []byte, escaped bool, after int) {
	text := w.text
	if p >= len(text) {
		return nil, false, w.fail(short, p)
	}
	if text[p] != '"' {
		return nil, false, w.fail(noName, p)
	}
	end := w.quote(p + 1)
	if end < 0 {
		return nil, false, w.fail(short, p)
	}
	colon := blank(text, end+1)
	if colon >= len(text) {
		return nil, false, w.fail(short, colon)
	}
	if text[colon] != ':' {
		return nil, false, w.fail(noColon, colon)
	}
	return text[p+1 : end], w.slashed(p+1, end), colon + 1
}

// pass goes over a value that nobody wants, and the space before it.
func (w *walk) pass(p, room int) int {
	if p < len(w.text) && w.text[p] <= ' ' {
		p = blank(w.text, p)
	}
	if p >= len(w.text) {
		return w.fail(short, p)
	}
	switch w.text[p] {
	case '"':
		if end := w.quote(p + 1); end >= 0 {
			return end + 1
		}
		return w.fail(short, p)
	case '{', '[':
		end, why := w.skip(p+1, room-1)
		if why != sound {
			return w.fail(why, end)
		}
		// The brackets between are counted, whatever their kind; a missing
		// quote mostly shows here.
		if w.text[end-1] != w.text[p]+2 {
			return w.fail(mismatch, end-1)
		}
		return end
	}
	return w.scalar(p)
}

// keep goes over the value of a node, and the space before it, and takes what
// is wanted of it.
func (w *walk) keep(p int, n *node, room int) int {
	p = blank(w.text, p)
	if p >= len(w.text) {
		return w.fail(short, p)
	}
	if len(n.below) > 0 {
		if w.seen[n.id] == w.record {
			for _, slot := range n.below {
				w.values[slot] = Value{}
			}
		}
		w.seen[n.id] = w.record
	}
	start, kind := p, kindOf(w.text[p])
	switch {
	case kind == Object && len(n.below) > 0 && room > 1:
		if p = w.object(p+1, n, room-1); p < 0 {
			return -1
		}
	case kind == String:
		end := w.quote(p + 1)
		if end < 0 {
			return w.fail(short, p)
		}
		if n.slot >= 0 {
			w.values[n.slot] = Value{Raw: w.text[p+1 : end], Kind: String, Escaped: w.slashed(p+1, end)}
		}
		return end + 1
	default:
		if p = w.pass(p, room); p < 0 {
			return -1
		}
	}
	if n.slot >= 0 {
		w.values[n.slot] = Value{Raw: w.text[start:p], Kind: kind}
	}
	return p
}

// scalar goes over a number or a literal. Whether it is a right one is Valid's
// business.
func (w *walk) scalar(p int) int {
	if kindOf(w.text[p]) == Absent {
		return w.fail(noValue, p)
	}
	if rest := w.text[p:]; len(rest) > 4 && (string(rest[:4]) == "null" || string(rest[:4]) == "true") {
		return p + 4
	}
	if p = scalarEnd(w.text, p); p == len(w.text) {
		return w.fail(short, p)
	}
	return p
}

func (w *walk) fail(why fault, at int) int {
	w.why, w.at = why, at
	return -1
}

// kindOf tells by its first byte what a value is; Absent: it is none.
func kindOf(c byte) Kind {
	switch c {
	case '"':
		return String
	case '{':
		return Object
	case '[':
		return Array
	case 't':
		return True
	case 'f':
		return False
	case 'n':
		return Null
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return Number
	}
	return Absent
}

// blank is the place of the first byte at or after p that is not white space.
func blank(text []byte, p int) int {
	for p < len(text) {
		switch text[p] {
		case ' ', '\t', '\n', '\r':
			p++
		default:
			return p
		}
	}
	return p
}

// scalarEnd is the place of the first byte at or after p that no number or
// literal has.
func scalarEnd(text []byte, p int) int {
	for p < len(text) {
		switch c := text[p]; {
		case '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'z', c == '.', c == '-', c == '+':
			p++
		default:
			return p
		}
	}
	return p
}
