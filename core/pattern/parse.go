package pattern

import (
	"strings"
	"unicode/utf8"
)

// MaxLength is how many characters a pattern may have.
const MaxLength = 1024

// Parse reads a filter pattern. The error is a *SyntaxError.
func Parse(text string) (*Pattern, error) {
	length := 0
	for pos := range text {
		if length++; length > MaxLength {
			return nil, &SyntaxError{text, pos, messageLength(text), "expected the end: a pattern may have 1,024 characters; split it into several filters"}
		}
	}
	return parse(text)
}

// parse is Parse for a pattern of any length.
func parse(text string) (*Pattern, error) {
	for i, r := range text {
		if _, n := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
			return nil, &SyntaxError{text, i, messageCharacters("\uFFFD"), "expected text in UTF-8"}
		}
	}
	pattern := &Pattern{Text: text, Language: languageOf(text)}
	p := parser{text: text, in: pattern.Language}
	var err error
	switch pattern.Language {
	case Terms:
		pattern.Terms, err = parseTerms(text)
	case JSON:
		p.tokens = lex(text, JSON)
		pattern.Condition, err = p.json()
	case SpaceDelimited:
		p.tokens = lex(text, SpaceDelimited)
		pattern.Columns, err = p.columns()
	}
	if err != nil {
		return nil, err
	}
	return pattern, nil
}

// languageOf decides by the first and the last character, outer white space aside.
func languageOf(text string) Language {
	inner := strings.Trim(text, blanks)
	switch {
	case text == "", inner == "" && blankIsEverything:
		return Everything
	case len(inner) > 1 && inner[0] == '{' && inner[len(inner)-1] == '}':
		return JSON
	case len(inner) > 1 && inner[0] == '[' && inner[len(inner)-1] == ']':
		return SpaceDelimited
	}
	return Terms
}

// A parser goes through the tokens of one JSON or space-delimited pattern.
type parser struct {
	text   string
	in     Language
	tokens []token
	at     int
	// What the quotas count.
	regexps, wildSelectors int
}

// peek is the next token; at the end it stays the last one.
func (p *parser) peek() token { return p.tokens[p.at] }

// peekAfter is the token after the next one.
func (p *parser) peekAfter() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

// fail is the error at a token. As AWS cuts the whole pattern into tokens
// before anything else, its message is about a fragment that is no token, if
// there is one, even when the grammar is broken before it.
func (p *parser) fail(at token, message, expected string) error {
	if at.kind == tokenIllegal {
		at.Pos, expected = at.place, at.expected
	}
	if last := p.tokens[len(p.tokens)-1]; last.kind == tokenIllegal {
		message = messageCharacters(last.text)
	}
	return &SyntaxError{p.text, at.Pos, message, expected}
}

// operators parses operands joined by && and ||, of which && binds tighter. It
// serves both languages: operand reads a JSON condition, with its parentheses,
// or a column's.
func (p *parser) operators(operand func() (Node, Span, error)) (Node, Span, error) {
	return p.joined(tokenOr, func() (Node, Span, error) {
		return p.joined(tokenAnd, operand)
	})
}

// joined parses one or more operands with the operator between them. The span
// includes parentheses.
func (p *parser) joined(operator tokenKind, operand func() (Node, Span, error)) (Node, Span, error) {
	node, span, err := operand()
	if err != nil || p.peek().kind != operator {
		return node, span, err
	}
	nodes := []Node{node}
	for p.peek().kind == operator {
		p.next()
		node, last, err := operand()
		if err != nil {
			return nil, span, err
		}
		nodes = append(nodes, node)
		span.End = last.End
	}
	if operator == tokenOr {
		return &Or{Nodes: nodes, Span: span}, span, nil
	}
	return &And{Nodes: nodes, Span: span}, span, nil
}

// value parses what stands to the right of an operator.
func (p *parser) value(operator token) (Literal, error) {
	t := p.peek()
	if operator.op >= Less {
		if t.kind != tokenWord || !numeric(t.text) {
			return Literal{}, p.fail(t, messageCharacters(p.text[t.Pos:t.End]), p.orderingRemedy(operator, t))
		}
	}
	l := Literal{Span: t.Span, Text: t.text}
	switch t.kind {
	case tokenWord:
		if refusedWord(t.text, p.in) {
			return l, p.fail(t, messageInvalid, refusedRemedy(t.text, p.in))
		}
		l.Kind = Word
		if numeric(t.text) {
			l.number()
		} else {
			l.wildcards()
		}
	case tokenQuoted:
		l.Kind = Quoted
		l.wildcards()
	case tokenRegexp:
		regex, err := compileRegexp(t.text)
		if err != nil {
			return l, p.fail(t, messageRegexp, regexpRemedy(err))
		}
		if p.regexps++; p.regexps > maxRegexps {
			return l, p.fail(t, messageRegexps, "a pattern may have 2 regular expressions: join some with |, or use a wildcard *")
		}
		l.Kind, l.Regex = Regexp, regex
	default:
		return l, p.fail(t, messageInvalid, p.operandRemedy(operator, t))
	}
	p.next()
	return l, nil
}
