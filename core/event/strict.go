package event

// A StrictExtractor does what an Extractor and Valid do, in one go and faster than
// both, for records of which nearly all are valid. It is for one goroutine.
type StrictExtractor struct {
	habits  // of names that are valid
	fields  *Fields
	values  []Value
	objects [DefaultMaxDepth/64 + 1]uint64 // for validNested
	// As those of a walk.
	seen   []uint32
	record uint32
	key    []byte
}

// NewStrictExtractor makes an extractor of f.
func NewStrictExtractor(f *Fields) *StrictExtractor {
	return &StrictExtractor{
		habits: newHabits(len(f.nodes)), fields: f, values: make([]Value, f.slots), seen: make([]uint32, len(f.nodes)),
	}
}

// Extract returns the values that an Extractor would if record is Valid and an
// Extractor would take it. Otherwise it returns false, and whoever wants the values
// of a record that is not valid has to ask an Extractor.
func (x *StrictExtractor) Extract(record []byte) ([]Value, bool) {
	clear(x.values)
	if x.record++; x.record == 0 {
		clear(x.seen)
		x.record = 1
	}
	start := blank(record, 0)
	if start >= len(record) || record[start] != '{' {
		return nil, false
	}
	root := &x.fields.nodes[0]
	end := x.object(record, start+1, root, DefaultMaxDepth)
	if end < 0 || blank(record, end) < len(record) {
		return nil, false
	}
	if root.slot >= 0 {
		x.values[root.slot] = Value{Raw: record[start:end], Kind: Object}
	}
	for _, t := range x.fields.twins {
		x.values[t[0]] = x.values[t[1]]
	}
	return x.values, true
}

// object reads the members of an object of a node whose brace is just before p and
// that may nest so many levels, and returns the place after its closing brace, or -1.
func (x *StrictExtractor) object(s []byte, p int, n *node, levels int) int {
	if p = blank(s, p); p < len(s) && s[p] == '}' {
		return p + 1
	}
	for prev := n.id; ; {
		member := -1
		next := x.all[prev].next
		if h := &x.all[next]; p+maxHabit <= len(s) && h.begins(s[p:]) {
			prev, member = next, h.member
			p += h.size
		} else {
			if p, prev, member = x.name(s, p, prev, n); p < 0 {
				return -1
			}
		}
		if p = blank(s, p); p >= len(s) {
			return -1
		}
		if member < 0 {
			p = x.pass(s, p, levels)
		} else {
			p = x.keep(s, p, &x.fields.nodes[member], levels)
		}
		if p < 0 {
			return -1
		}
		if p = blank(s, p); p >= len(s) {
			return -1
		}
		switch s[p] {
		case ',':
			p = blank(s, p+1)
		case '}':
			return p + 1
		default:
			return -1
		}
	}
}

// name reads a member's name and colon and returns the place after them, or -1,
// with the member's habit and node.
func (x *StrictExtractor) name(s []byte, p, prev int, n *node) (after, this, member int) {
	after = validName(s, p)
	if after < 0 {
		return -1, 0, 0
	}
	end, escaped := validString(s, p+1)
	name := s[p+1 : end-1]
	if escaped {
		x.key = appendUnescaped(x.key[:0], name)
		return after, prev, n.members.find(x.key)
	}
	member = n.members.find(name)
	return after, x.follow(prev, n.id, name, member), member
}

// pass goes over the value at p, which nobody wants.
func (x *StrictExtractor) pass(s []byte, p, levels int) int {
	switch s[p] {
	case '"':
		p, _ = validString(s, p+1)
		return p
	case '{', '[':
		return validNested(s, p, x.objects[:], levels-1)
	}
	return validScalar(s, p)
}

// keep goes over the value of a node at p and takes what is wanted of it.
func (x *StrictExtractor) keep(s []byte, p int, n *node, levels int) int {
	if len(n.below) > 0 {
		if x.seen[n.id] == x.record {
			for _, slot := range n.below {
				x.values[slot] = Value{}
			}
		}
		x.seen[n.id] = x.record
	}
	start, v := p, Value{Kind: kindOf(s[p])}
	switch {
	case v.Kind == String:
		if p, v.Escaped = validString(s, p+1); p < 0 {
			return -1
		}
		v.Raw = s[start+1 : p-1]
	case v.Kind == Object && len(n.below) > 0 && levels > 1:
		p = x.object(s, p+1, n, levels-1)
	default:
		p = x.pass(s, p, levels)
	}
	if p < 0 {
		return -1
	}
	if n.slot >= 0 {
		if v.Kind != String {
			v.Raw = s[start:p]
		}
		x.values[n.slot] = v
	}
	return p
}
