// Package excerpt shows a place in a text to people: the line, and a caret
// below the character that is meant.
package excerpt

import (
	"strings"
	"unicode/utf8"
)

// width is how many characters of a long line are shown on each side of the caret.
const width = 60

// Place is where the byte at pos of text stands: its line and column, counted
// from 1, the column in characters, and the line itself. At len(text) it is the
// place after the last character.
func Place(text string, pos int) (line, column int, source string) {
	start := strings.LastIndexByte(text[:pos], '\n') + 1
	source, _, _ = strings.Cut(text[start:], "\n")
	return 1 + strings.Count(text[:start], "\n"), 1 + utf8.RuneCountInString(text[start:pos]), strings.TrimRight(source, "\r")
}

// Caret is a line and a second one with a caret below its character at column,
// counted from 1. Both are indented by two blanks, and neither ends in a newline.
// A long line is cut around the caret; tabs keep their width.
func Caret(source string, column int) string {
	runes := []rune(source)
	at := min(max(column-1, 0), len(runes))
	before, after := string(runes[:at]), string(runes[at:])
	if at > width {
		before = "..." + string(runes[at-width:at])
	}
	if len(runes)-at > width {
		after = string(runes[at:at+width]) + "..."
	}
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	return "  " + before + after + "\n  " + indent + "^"
}
