package pattern

import (
	"slices"
	"strconv"

	"tocsin/core/event"
)

// An index tells which of one field's predicates a value makes true.
//
// Texts are looked up, not compared one by one: whole texts in a map, those
// with a wildcard at one end in a map for each length that occurs, those with
// wildcards at both ends all together by one search. A regular expression is
// tried only where a text was found that it needs. What remains is tried one
// after another: the ordering of numbers, and expressions without any fixed text.
type index struct {
	// kinds is for each kind the predicate that is true of every value of it, or
	// never: there is at most one, such as IS NULL.
	kinds [event.Array + 1]predicateID

	whole    map[string]predicateID
	wholeOf  map[string]predicateID   // for strings only: the text of a Numeric
	numbers  map[string][]predicateID // for numbers only: by decimal.appendKey, 1 and 1.0
	prefixes affixes
	suffixes affixes
	inner    literals
	numberOf map[string]int32 // of texts in inner
	insides  []inside         // by number
	tried    []tried

	byText bool // what a string or number says matters
}

// An inside is what it means that a text occurs in a value.
type inside struct {
	fires []predicateID
	tried []tried
}

// tried is a predicate that has no index.
type tried struct {
	id predicateID
	*Comparison
}

// affixes are texts that a value may begin with, or end with.
type affixes struct {
	lengths []int // distinct, ascending
	ids     map[string]predicateID
}

func (a *affixes) add(text string, id predicateID) {
	a.ids[text] = id
	if at, found := slices.BinarySearch(a.lengths, len(text)); !found {
		a.lengths = slices.Insert(a.lengths, at, len(text))
	}
}

func newIndex() *index {
	x := &index{
		whole:    map[string]predicateID{},
		wholeOf:  map[string]predicateID{},
		numbers:  map[string][]predicateID{},
		prefixes: affixes{ids: map[string]predicateID{}},
		suffixes: affixes{ids: map[string]predicateID{}},
		numberOf: map[string]int32{},
	}
	for k := range x.kinds {
		x.kinds[k] = never
	}
	return x
}

// add takes in the predicate p, which stands for c and all comparisons like it.
func (x *index) add(id predicateID, p predicate, c *Comparison) {
	is := func(k event.Kind) { x.kinds[k] = id }
	switch {
	case p.op == NotExists:
		is(event.Absent)
		return
	case p.op == IsNull:
		is(event.Null)
		return
	case p.op == IsTrue:
		is(event.True)
		return
	case p.op == IsFalse:
		is(event.False)
		return
	case p.op == Equal && p.form == anyText:
		is(event.String)
		is(event.Number)
		return
	}
	x.byText = true
	switch {
	case p.op == Equal && p.form == wholeText:
		x.whole[p.text] = id
	case p.op == Equal && p.form == numberText:
		x.wholeOf[p.text] = id
		key := string(c.Value.decimal.appendKey(nil))
		x.numbers[key] = append(x.numbers[key], id)
	case p.op == Equal && p.form == prefixText:
		x.prefixes.add(p.text, id)
	case p.op == Equal && p.form == suffixText:
		x.suffixes.add(p.text, id)
	case p.op == Equal && p.form == innerText:
		in := x.inside(p.text)
		in.fires = append(in.fires, id)
	case p.op == Equal && p.form == regexText:
		texts := needed(c.Value.Regex)
		for _, text := range texts {
			in := x.inside(text)
			in.tried = append(in.tried, tried{id, c})
		}
		if texts == nil {
			x.tried = append(x.tried, tried{id, c})
		}
	default:
		x.tried = append(x.tried, tried{id, c})
	}
}

// inside is the entry of a text in insides.
func (x *index) inside(text string) *inside {
	n, ok := x.numberOf[text]
	if !ok {
		n = int32(len(x.insides))
		x.numberOf[text] = n
		x.inner.add(text)
		x.insides = append(x.insides, inside{})
	}
	return &x.insides[n]
}

// heeds are the kinds of values that may make a predicate true.
func (x *index) heeds() kinds {
	var s kinds
	for k := range x.kinds {
		if x.kinds[k] != never {
			s.add(event.Kind(k))
		}
	}
	if x.kinds[event.Null] != never {
		s.add(event.Array)
	}
	if x.byText {
		s.add(event.String)
		s.add(event.Number)
	}
	return s
}

func (x *index) finish() { x.inner.finish() }

// fire appends the predicates that a string or number makes true. text is the
// decoded text of a string, a number as it is written.
func (x *index) fire(dst []predicateID, kind event.Kind, text []byte, found *finder) []predicateID {
	if x.kinds[kind] != never {
		dst = append(dst, x.kinds[kind])
	}
	if id, ok := x.whole[string(text)]; ok {
		dst = append(dst, id)
	}
	if kind == event.String {
		if id, ok := x.wholeOf[string(text)]; ok {
			dst = append(dst, id)
		}
	} else if number, ok := parseDecimal(text); ok && len(x.numbers) > 0 {
		var room [64]byte
		dst = append(dst, x.numbers[string(number.appendKey(room[:0]))]...)
	}
	for _, n := range x.prefixes.lengths {
		if n > len(text) {
			break
		}
		if id, ok := x.prefixes.ids[string(text[:n])]; ok {
			dst = append(dst, id)
		}
	}
	for _, n := range x.suffixes.lengths {
		if n > len(text) {
			break
		}
		if id, ok := x.suffixes.ids[string(text[len(text)-n:])]; ok {
			dst = append(dst, id)
		}
	}
	for _, i := range found.find(&x.inner, text) {
		dst = append(dst, x.insides[i].fires...)
		dst = try(dst, x.insides[i].tried, kind, text)
	}
	return try(dst, x.tried, kind, text)
}

func try(dst []predicateID, list []tried, kind event.Kind, text []byte) []predicateID {
	for _, t := range list {
		if t.holds(kind, text) {
			dst = append(dst, t.id)
		}
	}
	return dst
}

// appendKey appends a text that two decimals share only when they are equal.
func (d decimal) appendKey(dst []byte) []byte {
	if d.zero() {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	from := len(dst)
	dst = append(append(dst, d.whole...), d.fraction...)
	for len(dst) > from && dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return strconv.AppendInt(append(dst, 'e'), int64(d.point), 10)
}
