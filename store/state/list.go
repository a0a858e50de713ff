package state

import (
	"slices"
	"strconv"
	"strings"
)

// batches calls do for parts of a list of n. The parts have few different
// lengths, so that their statements are prepared once.
func batches(n int, do func(from, to int) error) error {
	from := 0
	for _, size := range []int{64, 16, 4, 1} {
		for ; n-from >= size; from += size {
			if err := do(from, from+size); err != nil {
				return err
			}
		}
	}
	return nil
}

// values is "($1, $2), ($3, $4)": rows of so many parameters.
func values(rows, columns int) string {
	types := make([]string, columns)
	return typedValues(rows, types...)
}

// typedValues is values with the type of each parameter, which PostgreSQL must be
// told where it cannot be seen from a column.
func typedValues(rows int, types ...string) string {
	var b strings.Builder
	n := 0
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j, t := range types {
			if j > 0 {
				b.WriteString(", ")
			}
			n++
			if t != "" {
				b.WriteString("CAST(" + parameter(n) + " AS " + t + ")")
			} else {
				b.WriteString(parameter(n))
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

// params is "($1, $2, $3)", beginning with $first.
func params(first, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte("(,"[min(i, 1)])
		b.WriteString(parameter(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// anys is a list as arguments.
func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// distinct is a list in ascending order without repeats, for locks.
func distinct[T int64 | string](list []T) []T {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// parameter is "$n".
func parameter(n int) string { return "$" + strconv.Itoa(n) }
