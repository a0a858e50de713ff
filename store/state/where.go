package state

import "strings"

// A where is the conditions of a query that depend on what is asked for.
type where struct {
	text string
	args []any
}

// and adds a condition with one argument, for which a question mark stands.
func (w *where) and(condition string, arg any) {
	w.args = append(w.args, arg)
	joint := " AND "
	if w.text == "" {
		joint = " WHERE "
	}
	w.text += joint + strings.Replace(condition, "?", parameter(len(w.args)), 1)
}

// limit is the query's ending for at most n rows, all for 0.
func (w *where) limit(n int) string {
	if n <= 0 {
		return ""
	}
	w.args = append(w.args, n)
	return " LIMIT " + parameter(len(w.args))
}
