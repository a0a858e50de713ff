package alarm

import (
	"fmt"
	"strings"
)

// A tokenKind is what a piece of a rule is.
type tokenKind uint8

const (
	endToken    tokenKind = iota
	symbolToken           // ( ) ,
	wordToken             // anything else up to a blank, a parenthesis or a comma
	quotedToken           // "..."
)

type token struct {
	kind tokenKind
	text string // as written
	name string // of a quoted token, what is between the quotes, unescaped
	pos  int    // in bytes from the start of the rule
}

// lexRule splits a rule. It fails on a quote that is not closed.
func lexRule(text string) ([]token, error) {
	var tokens []token
	for i := 0; ; {
		i += len(text[i:]) - len(strings.TrimLeft(text[i:], " \t\r\n"))
		if i == len(text) {
			return append(tokens, token{kind: endToken, pos: i}), nil
		}
		t := token{pos: i}
		switch c := text[i]; {
		case c == '(' || c == ')' || c == ',':
			t.kind, t.text = symbolToken, text[i:i+1]
		case c == '"':
			t.kind = quotedToken
			end := closingQuote(text, i)
			if end < 0 {
				return nil, ruleError(text, i, `a closing "`,
					fmt.Sprintf("Unsupported token '%s' at char %d", text[i:], charAt(text, i)))
			}
			t.text = text[i : end+1]
			t.name = unescapeRef(text[i+1 : end])
		default:
			t.kind = wordToken
			end := strings.IndexAny(text[i:], " \t\r\n(),\"")
			if end < 0 {
				end = len(text) - i
			}
			t.text = text[i : i+end]
			t.name = t.text
		}
		tokens = append(tokens, t)
		i += len(t.text)
	}
}

// closingQuote is the index of the quote that ends the one at start, or -1.
func closingQuote(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unescapeRef resolves \" and \\; a backslash before anything else is itself. UNSURE
func unescapeRef(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\') {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
