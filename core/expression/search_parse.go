package expression

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ParseSearch reads a search. An error is a *SearchError.
func ParseSearch(text string) (*Search, error) {
	p := &searchParser{text: text}
	if utf8.RuneCountInString(text) > MaxSearch {
		return nil, p.expected(fmt.Sprintf("at most %d characters", MaxSearch))
	}
	s := &Search{Text: text}
	if err := p.schema(s); err != nil {
		return nil, err
	}
	if p.blanks(); p.pos < len(text) {
		var err error
		if s.terms, err = p.or(0); err != nil {
			return nil, err
		}
		if p.blanks(); p.pos < len(text) {
			return nil, p.expected("a search term or the end of the search")
		}
	} else if s.Namespace == "" {
		return nil, p.expected("a metric schema such as {AWS/Logs,LogGroupName}, a search term, or both")
	}
	return s, nil
}

type searchParser struct {
	text string
	pos  int
}

func (p *searchParser) expected(what string) error {
	return &SearchError{Text: p.text, Pos: p.pos, Expected: what}
}

func (p *searchParser) blanks() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// accept takes a character behind blanks.
func (p *searchParser) accept(c byte) bool {
	if p.blanks(); p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

// schema reads {Namespace, Dimension, ...}, behind which a comma may stand.
func (p *searchParser) schema(s *Search) error {
	if !p.accept('{') {
		return nil
	}
	for i := 0; ; i++ {
		name, _, err := p.word(" \t\r\n,{}\"")
		if err != nil {
			return err
		}
		if name == "" {
			return p.expected("a namespace or the name of a dimension")
		}
		if i == 0 {
			s.Namespace = name
		} else {
			s.Dimensions = append(s.Dimensions, name)
		}
		if p.accept('}') {
			p.accept(',')
			return nil
		}
		if !p.accept(',') {
			return p.expected(`"," or "}"`)
		}
	}
}

// word reads a word that ends before one of the characters, or one in double
// quotes, in which a backslash takes its meaning from the next character.
func (p *searchParser) word(end string) (text string, quoted bool, err error) {
	p.blanks()
	if p.pos == len(p.text) || p.text[p.pos] != '"' {
		n := strings.IndexAny(p.text[p.pos:], end)
		if n < 0 {
			n = len(p.text) - p.pos
		}
		text = p.text[p.pos : p.pos+n]
		p.pos += n
		return text, false, nil
	}
	var b strings.Builder
	for i := p.pos + 1; i < len(p.text); i++ {
		switch {
		case p.text[i] == '"':
			p.pos = i + 1
			return b.String(), true, nil
		case p.text[i] == '\\' && i+1 < len(p.text):
			i++
			fallthrough
		default:
			b.WriteByte(p.text[i])
		}
	}
	return "", true, p.expected(`a closing "`)
}

// keyword takes an upper-case word.
func (p *searchParser) keyword(word string) bool {
	p.blanks()
	rest, ok := strings.CutPrefix(p.text[p.pos:], word)
	if !ok || rest != "" && strings.IndexByte(" \t\r\n()\"", rest[0]) < 0 {
		return false
	}
	p.pos += len(word)
	return true
}

func (p *searchParser) or(depth int) (term, error) {
	var terms anyOf
	for {
		t, err := p.and(depth)
		if err != nil {
			return nil, err
		}
		if terms = append(terms, t); !p.keyword("OR") {
			break
		}
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return terms, nil
}

// and reads terms with AND between them, or nothing.
func (p *searchParser) and(depth int) (term, error) {
	var terms allOf
	for {
		t, err := p.not(depth)
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
		if p.keyword("AND") {
			continue
		}
		p.blanks()
		rest := p.text[p.pos:]
		before := p.pos
		if rest == "" || rest[0] == ')' || p.keyword("OR") {
			p.pos = before
			break
		}
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return terms, nil
}

func (p *searchParser) not(depth int) (term, error) {
	if depth > maxDepth {
		return nil, p.expected(fmt.Sprintf("at most %d levels of nesting", maxDepth))
	}
	if p.keyword("NOT") {
		t, err := p.not(depth + 1)
		return not{t}, err
	}
	if p.accept('(') {
		t, err := p.or(depth + 1)
		if err == nil && !p.accept(')') {
			err = p.expected(`")"`)
		}
		return t, err
	}
	return p.property()
}

// property reads a word, or Property=word.
func (p *searchParser) property() (term, error) {
	const end = " \t\r\n()\"="
	start := p.pos
	text, quoted, err := p.word(end)
	if err != nil {
		return nil, err
	}
	var t property
	if text != "" && p.pos < len(p.text) && p.text[p.pos] == '=' {
		p.pos++
		t.name = text
		if text, quoted, err = p.word(end); err != nil {
			return nil, err
		}
	}
	switch {
	case text == "" && !quoted && p.pos < len(p.text) && p.text[p.pos] == '=':
		return nil, p.expected("a property such as MetricName before =")
	case text == "" && (!quoted || t.name == ""):
		p.pos = max(p.pos, start)
		return nil, p.expected("a search term")
	}
	if t.word = newWord(text, quoted); !quoted && len(t.word.pieces) == 0 {
		return nil, p.expected("a search term with letters or digits; other characters alone find nothing")
	}
	return t, nil
}
