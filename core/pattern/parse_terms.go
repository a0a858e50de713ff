package pattern

import (
	"strings"
	"unicode/utf8"
)

// parseTerms parses a list of terms.
func parseTerms(text string) ([]Term, error) {
	var terms []Term
	for at := 0; ; {
		for at < len(text) && blank(text[at]) {
			at++
		}
		if at == len(text) {
			return terms, nil
		}
		term, err := parseTerm(text, at)
		if err != nil {
			return nil, err
		}
		at = term.End
		if at < len(text) && !blank(text[at]) {
			return nil, termError(text, at, at)
		}
		terms = append(terms, term)
	}
}

// parseTerm parses the term that begins at pos.
func parseTerm(text string, pos int) (Term, error) {
	term := Term{Span: Span{Pos: pos}}
	at := pos
	switch text[at] {
	case '?':
		term.Sign = Optional
		at++
	case '-':
		term.Sign = Excluded
		at++
		for blankAfterMinus && at < len(text) && blank(text[at]) {
			at++
		}
	}
	if at == len(text) || blank(text[at]) {
		return term, termError(text, pos, pos)
	}
	switch c := text[at]; {
	case c == '"':
		s, n, ok := unquote(text[at:])
		if !ok {
			return term, termError(text, at, len(text))
		}
		term.Text, term.Quoted, term.End = s, true, at+n
	case c == '%':
		n, ok := regexpLength(text[at:])
		if !ok {
			return term, termError(text, at, at+n)
		}
		term.Text, term.End = text[at+1:at+n-1], at+n
		regex, err := compileRegexp(term.Text)
		if err != nil {
			return term, &SyntaxError{text, at, messageRegexp, regexpRemedy(err)}
		}
		term.Regex = regex
	default:
		for term.End = at; term.End < len(text) && termByte(text[term.End]); term.End++ {
		}
		if term.End == at {
			return term, termError(text, at, at)
		}
		term.Text = text[at:term.End]
	}
	return term, nil
}

// termError is the error about a token that begins at start and cannot go on at stop.
func termError(text string, start, stop int) error {
	_, n := utf8.DecodeRuneInString(text[stop:])
	e := &SyntaxError{Pattern: text, Message: messageCharacters(text[start : stop+n])}
	e.Expected, e.Pos = illegalRemedy(text, start, stop, Terms)
	switch first := len(text) - len(strings.TrimLeft(text, blanks)); {
	case start != first:
	case text[first] == '{':
		e.Pos, e.Message, e.Expected = len(text), messageBraces, `expected "}" at the end of a pattern that begins with "{"`
	case text[first] == '[':
		e.Pos, e.Message, e.Expected = len(text), messageBrackets, `expected "]" at the end of a pattern that begins with "["; in double quotes it is a text to look for`
	}
	return e
}
