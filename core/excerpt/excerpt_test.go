package excerpt

import (
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("a", 100)
	for _, c := range []struct {
		name, text   string
		pos          int
		line, column int
		want         string
	}{
		{"nothing", "", 0, 1, 1, "  \n  ^"},
		{"the first character", "one", 0, 1, 1, "  one\n  ^"},
		{"the end", "one", 3, 1, 4, "  one\n     ^"},
		{"a later line", "one\ntwo\nthree", 6, 2, 3, "  two\n    ^"},
		{"the end of a line", "one\r\ntwo", 3, 1, 4, "  one\n     ^"},
		{"after it", "one\r\ntwo", 4, 1, 5, "  one\n     ^"},
		{"characters are not bytes", "größe = x", 10, 1, 9, "  größe = x\n          ^"},
		{"tabs", "\tx = y", 5, 1, 6, "  \tx = y\n  \t    ^"},
		{"a long line", long + "b" + long, 100, 1, 101, "  ..." + long[:60] + "b" + long[:59] + "...\n  " + strings.Repeat(" ", 63) + "^"},
	} {
		line, column, source := Place(c.text, c.pos)
		if line != c.line || column != c.column {
			t.Errorf("%s: place %d:%d, want %d:%d", c.name, line, column, c.line, c.column)
		}
		if got := Caret(source, column); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
