package expression

import (
	"strings"
	"unicode/utf8"
)

// A tokenKind is what a piece of an expression is.
type tokenKind uint8

const (
	endToken    tokenKind = iota
	numberToken           // 5, 0.5, 1e-36
	nameToken             // m1, SUM, AND
	textToken             // 'text' or "text"
	markToken             // operators, brackets and commas
)

type token struct {
	kind tokenKind
	text string // as written
	pos  int    // in bytes
}

// marks are the operators and brackets, the longer ones first.
var marks = []string{"==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", ",", "+", "-", "*", "/", "^", "<", ">"}

// lex splits an expression.
func lex(text string) ([]token, error) {
	var tokens []token
	for i := 0; ; {
		i += len(text[i:]) - len(strings.TrimLeft(text[i:], " \t\r\n"))
		t := token{pos: i}
		rest := text[i:]
		switch {
		case rest == "":
			return append(tokens, t), nil
		case isDigit(rest[0]) || rest[0] == '.' && len(rest) > 1 && isDigit(rest[1]):
			t.kind, t.text = numberToken, rest[:numberLength(rest)]
		case isLetter(rest[0]):
			t.kind, t.text = nameToken, rest[:nameLength(rest)]
		case rest[0] == '\'' || rest[0] == '"':
			n := textLength(rest)
			if n == 0 {
				return nil, syntaxError(text, i, "a closing "+rest[:1])
			}
			t.kind, t.text = textToken, rest[:n]
		default:
			t.kind = markToken
			for _, m := range marks {
				if strings.HasPrefix(rest, m) {
					t.text = m
					break
				}
			}
			if t.text == "" {
				return nil, strange(text, i)
			}
		}
		tokens = append(tokens, t)
		i += len(t.text)
	}
}

// strange is the error for a character that begins nothing.
func strange(text string, pos int) error {
	r, _ := utf8.DecodeRuneInString(text[pos:])
	switch r {
	case '=':
		return syntaxError(text, pos, "== to compare")
	case '&', '|':
		return syntaxError(text, pos, string(r)+string(r)+", or AND and OR")
	case '!':
		return syntaxError(text, pos, "!= ; there is no other use of !")
	case '“', '”', '‘', '’':
		return syntaxError(text, pos, `straight quotes, " or '`)
	case '{', '}':
		return syntaxError(text, pos, "square or round brackets")
	}
	return syntaxError(text, pos, "a number, an id, a function or an operator")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func nameLength(s string) int {
	n := 0
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
		n++
	}
	return n
}

func numberLength(s string) int {
	digits := func(n int) int {
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		return n
	}
	n := digits(0)
	if n < len(s) && s[n] == '.' {
		n = digits(n + 1)
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		sign := n + 1
		if sign < len(s) && (s[sign] == '+' || s[sign] == '-') {
			sign++
		}
		if end := digits(sign); end > sign {
			n = end
		}
	}
	return n
}

// textLength is the length of the string in quotes that s begins with, 0 when it
// has no end. A quote behind a backslash ends nothing.
func textLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		}
	}
	return 0
}
