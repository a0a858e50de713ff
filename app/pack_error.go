package app

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"tocsin/core/control"
	"tocsin/core/event"
	"tocsin/core/pattern"
)

// place finds the places of a pack's problems in its file.
func (s *yamlFile) place(ps control.Problems) error {
	e := &FileError{Path: s.path}
	for _, p := range ps {
		line, column := s.find(p.Path, p.Name)
		message := p.Error()
		var bad *pattern.SyntaxError
		if errors.As(p, &bad) {
			if l, c, ok := s.inside(p.Path, bad.Pos); ok {
				line, column = l, c
				message = (&control.Problem{Path: p.Path, Err: errors.New(bad.Expected)}).Error()
			}
		}
		e.Places = append(e.Places, s.at(line, column, message))
	}
	inOrder(e.Places)
	return e
}

// inside is the place of the byte at pos of a text, where the file shows the text
// so that it can be told.
func (s *yamlFile) inside(path event.Path, pos int) (line, column int, ok bool) {
	switch n := s.values[path.String()].(type) {
	case *ast.StringNode:
		pos += leading(n.Value)
		at := n.Token.Position
		if at.Line > len(s.lines) {
			return 0, 0, false
		}
		rest := []rune(s.lines[at.Line-1])
		if at.Column > len(rest) {
			return 0, 0, false
		}
		if skip, ok := written(string(rest[at.Column-1:]), n.Token.Type, n.Value, pos); ok {
			return at.Line, at.Column + skip, true
		}
	case *ast.LiteralNode:
		if n.Start.Type != token.LiteralType {
			return 0, 0, false // folded lines stand no more where they stood
		}
		value := n.Value.Value
		before := value[:min(leading(value)+pos, len(value))]
		line = n.Start.Position.Line + 1 + strings.Count(before, "\n")
		own := before[strings.LastIndexByte(before, '\n')+1:]
		wanted, _, _ := strings.Cut(value[len(before)-len(own):], "\n")
		if line <= len(s.lines) && strings.HasSuffix(s.lines[line-1], wanted) {
			indent := utf8.RuneCountInString(s.lines[line-1]) - utf8.RuneCountInString(wanted)
			return line, 1 + indent + utf8.RuneCountInString(own), true
		}
	}
	return 0, 0, false
}

// leading is how many bytes of blank stand before a text; a pack leaves them out.
func leading(text string) int { return len(text) - len(strings.TrimLeft(text, " \t\r\n")) }

// written is how many characters of a scalar as it is written in the file stand
// before the byte at pos of its value. It knows the escapes that patterns need.
func written(text string, kind token.Type, value string, pos int) (int, bool) {
	i := 0
	if kind == token.SingleQuoteType || kind == token.DoubleQuoteType {
		i = 1
	}
	for j := 0; j < pos; j++ {
		if kind == token.SingleQuoteType && strings.HasPrefix(text[i:], "''") ||
			kind == token.DoubleQuoteType && (strings.HasPrefix(text[i:], `\"`) || strings.HasPrefix(text[i:], `\\`) || strings.HasPrefix(text[i:], `\/`)) {
			i++
		}
		if i >= len(text) || j >= len(value) || text[i] != value[j] {
			return 0, false
		}
		i++
	}
	return utf8.RuneCountInString(text[:i]), true
}
