package pattern

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"tocsin/core/event"
)

// A tokenKind tells the tokens of the JSON and the space-delimited language apart.
type tokenKind uint8

const (
	tokenEnd      tokenKind = iota // the end of the pattern
	tokenIllegal                   // what the tokenizer stumbled over; nothing follows it
	tokenWord                      // unquoted text: a value, a number, a column's name, a keyword, ...
	tokenQuoted                    // "text"
	tokenRegexp                    // %source%
	tokenSelector                  // $.path
	tokenOp                        // = != < <= > >=
	tokenAnd                       // &&
	tokenOr                        // ||
	tokenMark                      // one of { } ( ) [ ] ,
)

// A token is a piece of a pattern. Its source is the text at its Span.
type token struct {
	kind tokenKind
	// text is what the token stands for: of a tokenQuoted the text without quotes
	// and escapes, of a tokenRegexp its source between the percent signs, of a
	// tokenIllegal the fragment that AWS would name, of all others the source.
	text string
	op   Op         // of a tokenOp
	path event.Path // of a tokenSelector
	// expected is, of a tokenIllegal, what a person should do about it, noticed at
	// the byte place.
	expected string
	place    int
	Span
}

// is tells whether the token is this punctuation mark.
func (t token) is(mark string) bool { return t.kind == tokenMark && t.text == mark }

// word tells whether the token is this unquoted word.
func (t token) word(w string) bool { return t.kind == tokenWord && t.text == w }

// keyword tells whether the token is this keyword.
func (t token) keyword(k string) bool { return t.kind == tokenWord && sameKeyword(t.text, k) }

// A lexer cuts a pattern into tokens from the left, each as long as possible.
// AWS's error messages show that it does the same, for the whole pattern and
// before it looks at the grammar: their fragments run from the first character
// of a token to the one that cannot continue it.
type lexer struct {
	text string
	at   int
	in   Language
}

// lex cuts text into tokens. The last one is tokenEnd or tokenIllegal.
func lex(text string, in Language) []token {
	l := lexer{text: text, in: in}
	var tokens []token
	for {
		t := l.next()
		tokens = append(tokens, t)
		if t.kind == tokenEnd || t.kind == tokenIllegal {
			return tokens
		}
	}
}

func (l *lexer) next() token {
	for l.at < len(l.text) && blank(l.text[l.at]) {
		l.at++
	}
	start := l.at
	if start == len(l.text) {
		return token{kind: tokenEnd, Span: Span{start, start}}
	}
	two := l.text[start:min(start+2, len(l.text))]
	switch c := l.text[start]; {
	case two == "&&":
		return l.take(tokenAnd, 2)
	case two == "||":
		return l.take(tokenOr, 2)
	case strings.IndexByte("=!<>", c) >= 0:
		return l.operator(two)
	case strings.IndexByte("{}()", c) >= 0, l.in == SpaceDelimited && strings.IndexByte("[],", c) >= 0:
		return l.take(tokenMark, 1)
	case c == '"':
		return l.quoted()
	case c == '%':
		return l.regexp()
	case c == '$' && l.in == JSON:
		return l.selector()
	case wordStart(c), c == '+':
		return l.word()
	}
	return l.illegal(start, start)
}

func (l *lexer) take(kind tokenKind, n int) token {
	t := token{kind: kind, text: l.text[l.at : l.at+n], Span: Span{l.at, l.at + n}}
	l.at += n
	return t
}

// illegal is the token that began at start and cannot go on with the character at stop.
func (l *lexer) illegal(start, stop int) token {
	_, n := utf8.DecodeRuneInString(l.text[stop:])
	t := token{kind: tokenIllegal, text: l.text[start : stop+n], Span: Span{start, stop + n}}
	t.expected, t.place = illegalRemedy(l.text, start, stop, l.in)
	return t
}

func (l *lexer) operator(two string) token {
	for i, text := range opText[:IsNull] {
		if len(text) == 2 && text == two {
			t := l.take(tokenOp, 2)
			t.op = Op(i)
			return t
		}
	}
	for i, text := range opText[:IsNull] {
		if text == two[:1] {
			t := l.take(tokenOp, 1)
			t.op = Op(i)
			return t
		}
	}
	return l.illegal(l.at, l.at+1) // a lone !
}

// quoted reads a text in double quotes.
func (l *lexer) quoted() token {
	text, n, ok := unquote(l.text[l.at:])
	if !ok {
		return l.illegal(l.at, len(l.text))
	}
	t := l.take(tokenQuoted, n)
	t.text = text
	return t
}

// unquote reads the quoted text at the beginning of s, which takes n bytes with its quotes.
func unquote(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1, true
		case s[i] == '\\' && i+1 < len(s) && escapable(s[i+1]):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", 0, false
}

// regexp reads a regular expression.
func (l *lexer) regexp() token {
	n, ok := regexpLength(l.text[l.at:])
	if !ok {
		return l.illegal(l.at, l.at+n)
	}
	t := l.take(tokenRegexp, n)
	t.text = t.text[1 : n-1]
	return t
}

// word reads unquoted text. A plus sign belongs to numbers only.
func (l *lexer) word() token {
	n := 0
	for l.at+n < len(l.text) && (wordByte(l.text[l.at+n]) || l.text[l.at+n] == '+') {
		n++
	}
	text := l.text[l.at : l.at+n]
	if plus := strings.IndexByte(text, '+'); plus >= 0 && !numeric(text) {
		if plus == 0 {
			return l.illegal(l.at, l.at)
		}
		n = plus
	}
	return l.take(tokenWord, n)
}

// selector reads $ and the steps that follow it.
func (l *lexer) selector() token {
	path, n, begun := cutSelector(l.text[l.at:])
	if path == nil {
		return l.illegal(l.at+begun, l.at+n)
	}
	t := l.take(tokenSelector, n)
	t.path = path
	return t
}

// cutSelector reads the selector at the beginning of s, which is n bytes long.
// When it breaks off within a step, path is nil, begun is where that step begins
// (0 for the first: $ alone is no token) and n where it cannot go on.
func cutSelector(s string) (path event.Path, n, begun int) {
	for n = 1; n < len(s); {
		begun = n
		if n == 1 {
			begun = 0
		}
		step, m, ok := cutStep(s[n:])
		if n += m; !ok {
			return nil, n, begun
		}
		if m == 0 {
			break
		}
		path = append(path, step)
	}
	return path, n, begun
}

// cutStep reads one step, which is n bytes long; n is 0 when s begins with none.
// When ok is false the step breaks off after n bytes.
func cutStep(s string) (step event.Step, n int, ok bool) {
	dot := 0
	if s[0] == '.' {
		dot = 1
		for n = dot; n < len(s) && nameByte(s[n]); n++ {
		}
		if n > dot {
			return event.Step{Name: s[dot:n]}, n, true
		}
		if strings.HasPrefix(s, ".*") {
			return event.Step{Kind: event.Each}, 2, true
		}
	}
	bracket := s[dot:]
	switch {
	case strings.HasPrefix(bracket, "['"):
		end := strings.Index(bracket[2:], "']")
		if end < 0 {
			return step, len(s), false
		}
		return event.Step{Name: bracket[2 : 2+end]}, dot + end + 4, true
	case dot == 1 && strings.HasPrefix(bracket, "["):
		return step, 2, false
	case dot == 1:
		return step, 1, false
	case strings.HasPrefix(bracket, "[*]"):
		return event.Step{Kind: event.Each}, 3, true
	case bracket[0] != '[':
		return step, 0, true
	}
	for n = 1; n < len(s) && digit(s[n]); n++ {
	}
	if n == 1 || n == len(s) || s[n] != ']' {
		return step, min(n, len(s)), false
	}
	index, err := strconv.ParseInt(s[1:n], 10, 32)
	if err != nil {
		return step, n - 1, false
	}
	return event.Step{Kind: event.Element, Index: int(index)}, n + 1, true
}

// blanks are the characters that may stand between tokens.
const blanks = " \t\n\r"

func blank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

func digit(c byte) bool { return '0' <= c && c <= '9' }

// termByte is a character of an unquoted term.
func termByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || digit(c) || c == '_'
}

// nameByte is a character of a member's or a column's name.
func nameByte(c byte) bool { return termByte(c) || c == '-' }
