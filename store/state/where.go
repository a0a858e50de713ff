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
	w.text += w.joint() + strings.Replace(condition, "?", parameter(len(w.args)), 1)
}

// in adds the condition that a column is one of some texts.
func (w *where) in(column string, texts []string) {
	w.text += w.joint() + column + " IN " + params(len(w.args)+1, len(texts))
	w.args = append(w.args, anys(texts)...)
}

func (w *where) joint() string {
	if w.text == "" {
		return " WHERE "
	}
	return " AND "
}

// limit is the query's ending for at most n rows, all for 0.
func (w *where) limit(n int) string {
	if n <= 0 {
		return ""
	}
	w.args = append(w.args, n)
	return " LIMIT " + parameter(len(w.args))
}

// byteOrder has PostgreSQL order texts by their bytes, as SQLite does anyway.
const byteOrder = ` COLLATE "C"`

// byBytes is the ending of a column's name that has both databases compare and
// order it by its bytes.
func (tx *Tx) byBytes() string {
	if tx.postgres {
		return byteOrder
	}
	return ""
}
