// Package gen makes random filter patterns and log events for tests. Both draw
// from the same few names and values, so that they meet: a pattern selects about
// a third of the events of its kind. It knows the language but not the
// package that reads it, so that each can be held against the other.
package gen

import (
	"math/rand/v2"
	"strings"
)

// names are those of members and columns; plain ones stand in selectors as they are.
var (
	plainNames = []string{"a", "b", "c", "d-1", "_"}
	oddNames   = []string{"e.f", "", "0", "g h", "é", "i'j"}
)

// texts are the values that are looked for and found. Those up to words can be
// written without quotes in a pattern.
var (
	words = []string{"x", "xy", "xyz", "X", "true", "10.0.0.1", "a-b/c:d"}
	texts = append([]string{"", "1", "1.0", "10", "null", "x y", "é", `say "x"`, `back\slash`, "*", "a*b", "line\nbreak", "\U0001F514", "tab\t"}, words...)
)

// numbers are spelled in several ways that are equal by value.
var numbers = []string{"0", "-0", "1", "1.0", "1e0", "10E-1", "10", "1e1", "-1", "0.5", "5e-1", "2.50", "9007199254740992", "9007199254740993", "1e400"}

// pick is one of the values.
func pick[T any](r *rand.Rand, values []T) T { return values[r.IntN(len(values))] }

// often is true n times out of a hundred.
func often(r *rand.Rand, n int) bool { return r.IntN(100) < n }

// name is mostly a plain one.
func name(r *rand.Rand) string {
	if often(r, 88) {
		return pick(r, plainNames[:2])
	}
	if often(r, 50) {
		return pick(r, plainNames)
	}
	return pick(r, oddNames)
}

// word is mostly a short one.
func word(r *rand.Rand) string {
	if often(r, 65) {
		return pick(r, words[:2])
	}
	return pick(r, words)
}

// text is mostly a short word.
func text(r *rand.Rand) string {
	if often(r, 65) {
		return word(r)
	}
	return pick(r, texts)
}

// repeat joins n to m results of one.
func repeat(r *rand.Rand, n, m int, separator string, one func() string) string {
	parts := make([]string, n+r.IntN(m-n+1))
	for i := range parts {
		parts[i] = one()
	}
	return strings.Join(parts, separator)
}

// space is now and then a blank where none is needed.
func space(r *rand.Rand) string {
	if often(r, 80) {
		return ""
	}
	return pick(r, []string{" ", "  ", "\t", "\n", "\r\n"})
}
