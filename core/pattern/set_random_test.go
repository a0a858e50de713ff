package pattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A sample makes random patterns and messages over a few names and values, so
// that they meet often.
type sample struct{ *rand.Rand }

func newSample(r *rand.Rand) sample { return sample{r} }

func (s sample) of(list ...string) string { return list[s.IntN(len(list))] }

func (s sample) pattern() string {
	switch s.IntN(12) {
	case 0:
		return ""
	case 1, 2:
		var items []string
		for range 1 + s.IntN(3) {
			items = append(items, s.of("", "", "-", "?")+s.of("ab", "a", "1", `"a b"`, "%a.*b%", `"x\"y"`, "b"))
		}
		return strings.Join(items, " ")
	case 3:
		return s.of("[x=a*, y]", "[..., y=1]", "[x, ..., y!=b]", "[]", "[x > 1]")
	}
	for {
		text := "{ " + s.condition(3) + " }"
		if _, err := Parse(text); err == nil { // it has no more wildcards than are allowed
			return text
		}
	}
}

func (s sample) condition(depth int) string {
	if depth == 0 || s.IntN(3) == 0 {
		return s.comparison()
	}
	op := s.of(" && ", " || ")
	var parts []string
	for range 2 + s.IntN(2) {
		c := s.condition(depth - 1)
		if s.IntN(2) == 0 || strings.Contains(c, "||") {
			c = "(" + c + ")"
		}
		parts = append(parts, c)
	}
	return strings.Join(parts, op)
}

func (s sample) comparison() string {
	path := s.of("$.a", "$.a", "$.b", "$.c", "$.a.b", "$.c.a", "$.l[0]", "$.l[1].a", "$.['x y']", "$.c.d.e")
	if s.IntN(30) == 0 {
		path = s.of("$.l[*]", "$.l[*].a", "$.c.*")
	}
	switch s.IntN(10) {
	case 0:
		return path + " " + s.of("IS NULL", "IS TRUE", "IS FALSE", "NOT EXISTS", "NOT EXISTS")
	case 1:
		return path + s.of(" < ", " <= ", " > ", ">=") + s.of("0", "1", "-1.5", "2e1", "1.0")
	case 2, 3:
		return path + " != " + s.value()
	}
	return path + " = " + s.value()
}

func (s sample) value() string {
	return s.of("a", "b", "ab", `"a*"`, `"*b"`, `"*a*"`, `"*ab*"`, "1", "1.0", `"1"`, "20", "*", `""`, `"a b"`, `"é"`, "true", `"\"a"`)
}

func (s sample) message() []byte {
	if s.IntN(10) == 0 {
		return []byte(s.of("", "a b 1", "ab x\"y", "1", "[]", "null", `{"a":1`, `{"a":01}`, `{"a":"a","b":tru}`, "b 2 a", `["a"]`))
	}
	return []byte(s.object(3))
}

func (s sample) object(depth int) string {
	var members []string
	for range s.IntN(6) {
		members = append(members, fmt.Sprintf("%q:%s", s.of("a", "a", "b", "c", "c", "l", "d", "e", "x y"), s.json(depth-1)))
	}
	return "{" + strings.Join(members, s.of(",", ", ")) + "}"
}

func (s sample) json(depth int) string {
	if depth > 0 && s.IntN(4) == 0 {
		if s.IntN(2) == 0 {
			return s.object(depth)
		}
		var elements []string
		for range s.IntN(4) {
			elements = append(elements, s.json(depth-1))
		}
		return "[" + strings.Join(elements, ",") + "]"
	}
	return s.of("null", "true", "false", "1", "1.0", "1e0", "0", "-2", "20", `"a"`, `"a"`, `"b"`, `"ab"`, `"xaby"`, `"ba"`, `""`, `"1"`, `"1.0"`, `"true"`, `"a b"`, `"\u0061"`, `"\u00e9"`, `"é"`, `"\"a"`)
}
