package event

import "bytes"

// Find calls visit with every value of record that p leads to, in the order
// of the text, until visit returns false. Of duplicate members the last
// counts. It goes as far as the structure is sound, and visits nothing that
// begins after the first fault it meets.
//
// It is the plain way to a value. For the same paths of many records there is
// the Extractor.
func Find(record []byte, p Path, visit func(Value) bool) {
	if v, _, ok := readValue(record, blank(record, 0)); ok {
		find(v, p, visit)
	}
}

// find visits what p leads to from v; false: visit wants no more.
func find(v Value, p Path, visit func(Value) bool) bool {
	if len(p) == 0 {
		return visit(v)
	}
	step, rest := p[0], p[1:]
	switch {
	case step.Kind == Member && v.Kind == Object:
		var last Value
		eachMember(v.Raw, func(name, member Value) bool {
			if isName(name, step.Name) {
				last = member
			}
			return true
		})
		return last.Kind == Absent || find(last, rest, visit)
	case step.Kind == Element && v.Kind == Array:
		i, on := 0, true
		eachElement(v.Raw, func(element Value) bool {
			if i == step.Index {
				on = find(element, rest, visit)
				return false
			}
			i++
			return true
		})
		return on
	case step.Kind == Each && v.Kind == Array:
		on := true
		eachElement(v.Raw, func(element Value) bool {
			on = find(element, rest, visit)
			return on
		})
		return on
	case step.Kind == Each && v.Kind == Object:
		for _, member := range lastMembers(v.Raw) {
			if !find(member, rest, visit) {
				return false
			}
		}
	}
	return true
}

// lastMembers are the values of an object's members, of duplicates the last,
// at the place of the first.
func lastMembers(object []byte) []Value {
	var members []Value
	place := map[string]int{}
	var key []byte
	eachMember(object, func(name, member Value) bool {
		key = name.AppendText(key[:0])
		if i, ok := place[string(key)]; ok {
			members[i] = member
			return true
		}
		place[string(key)] = len(members)
		members = append(members, member)
		return true
	})
	return members
}

// isName tells whether a member's name, as it stands in the text, is want.
func isName(name Value, want string) bool {
	if !name.Escaped {
		return string(name.Raw) == want
	}
	return string(name.AppendText(nil)) == want
}

// eachMember calls visit with each member of an object, until it returns false.
func eachMember(object []byte, visit func(name, member Value) bool) {
	p := blank(object, 1)
	for p < len(object) && object[p] == '"' {
		name, end, ok := readValue(object, p)
		if !ok {
			return
		}
		if p = blank(object, end); p >= len(object) || object[p] != ':' {
			return
		}
		member, end, ok := readValue(object, blank(object, p+1))
		if !ok || !visit(name, member) {
			return
		}
		if p = blank(object, end); p >= len(object) || object[p] != ',' {
			return
		}
		p = blank(object, p+1)
	}
}

// eachElement calls visit with each element of an array, until it returns false.
func eachElement(array []byte, visit func(Value) bool) {
	p := blank(array, 1)
	for {
		element, end, ok := readValue(array, p)
		if !ok || !visit(element) {
			return
		}
		if p = blank(array, end); p >= len(array) || array[p] != ',' {
			return
		}
		p = blank(array, p+1)
	}
}

// readValue reads the value that begins at p and returns it with the place
// after it. Of an object or array only the brackets are looked at.
func readValue(s []byte, p int) (Value, int, bool) {
	if p >= len(s) {
		return Value{}, 0, false
	}
	v := Value{Kind: kindOf(s[p])}
	end := p
	switch v.Kind {
	case Absent:
		return Value{}, 0, false
	case String:
		n, escaped := stringEnd(s[p+1:])
		if n < 0 {
			return Value{}, 0, false
		}
		v.Raw, v.Escaped = s[p+1:p+1+n], escaped
		return v, p + n + 2, true
	case Object, Array:
		if end = containerEnd(s, p); end < 0 {
			return Value{}, 0, false
		}
	default:
		end = scalarEnd(s, p)
	}
	v.Raw = s[p:end]
	return v, end, true
}

// stringEnd is the place of the quote that ends a string whose inside s begins
// with, or -1, and whether there is a backslash before it.
func stringEnd(s []byte) (int, bool) {
	end := bytes.IndexByte(s, '"')
	if end < 0 {
		return -1, false
	}
	slash := bytes.IndexByte(s[:end], '\\')
	if slash < 0 {
		return end, false
	}
	for p := slash; p < len(s); p++ {
		switch s[p] {
		case '\\':
			p++
		case '"':
			return p, true
		}
	}
	return -1, true
}

// containerEnd is the place after the bracket that closes the one at p, or -1.
func containerEnd(s []byte, p int) int {
	for depth := 0; p < len(s); p++ {
		switch s[p] {
		case '"':
			n, _ := stringEnd(s[p+1:])
			if n < 0 {
				return -1
			}
			p += n + 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return p + 1
			}
		}
	}
	return -1
}
