package expression

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tocsin/core/excerpt"
)

// MaxLength is how many characters an expression has at most (CloudWatch API
// Reference, MetricDataQuery).
const MaxLength = 2048

// maxDepth bounds the nesting of an expression; ours.
const maxDepth = 100

// A SyntaxError is an expression that cannot be read, with its place.
type SyntaxError struct {
	Text string
	Pos  int // in bytes
	// Message is AWS's text, such as Invalid syntax.
	Message string
	// Expected says in plain words what should stand at Pos.
	Expected string
}

// Error shows the place:
//
//	expression:1:6: expected a value
//	  m1 + * m2
//	       ^
func (e *SyntaxError) Error() string {
	line, column, source := excerpt.Place(e.Text, e.Pos)
	return fmt.Sprintf("expression:%d:%d: expected %s\n%s", line, column, e.Expected, excerpt.Caret(source, column))
}

// sentence is the error on one line, AWS's words first.
func (e *SyntaxError) sentence() string {
	return fmt.Sprintf("%s: expected %s at character %d", e.Message, e.Expected, 1+utf8.RuneCountInString(e.Text[:e.Pos]))
}

func syntaxError(text string, pos int, expected string) *SyntaxError {
	return &SyntaxError{Text: text, Pos: pos, Message: "Invalid syntax", Expected: expected}
}

// Parse reads an expression. An error is a *SyntaxError. What kinds of values
// functions take, and whether ids exist, is for NewSet to check.
func Parse(text string) (*Expression, error) {
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return nil, syntaxError(text, 0, fmt.Sprintf("at most %d characters", MaxLength))
	}
	if first, _, _ := strings.Cut(strings.TrimSpace(text), " "); strings.EqualFold(first, "SELECT") {
		return nil, syntaxError(text, 0, "a metric math expression; Metrics Insights queries (SELECT) are not supported")
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, tokens: tokens}
	root, err := p.expr(orLevel, 0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != endToken {
		return nil, p.expected("an operator or the end of the expression")
	}
	if w, ok := root.(*Word); ok {
		return nil, misplaced(text, w)
	}
	return &Expression{Text: text, Root: root}, nil
}

type parser struct {
	text   string
	tokens []token // ends in an endToken
	next   int
}

func (p *parser) peek() token { return p.tokens[p.next] }

// accept takes the next token if it is this mark.
func (p *parser) accept(mark string) bool {
	if t := p.peek(); t.kind != markToken || t.text != mark {
		return false
	}
	p.next++
	return true
}

func (p *parser) expected(what string) error { return syntaxError(p.text, p.peek().pos, what) }

// operator is the binary operator that the next token is, "" for none.
func (p *parser) operator() string {
	t := p.peek()
	switch {
	case t.kind == nameToken && (t.text == "AND" || t.text == "OR"):
		return t.text
	case t.kind != markToken || strings.Contains("()[],", t.text):
		return ""
	case t.text == "&&":
		return "AND"
	case t.text == "||":
		return "OR"
	}
	return t.text
}

// expr reads operators of a level and those that bind closer.
func (p *parser) expr(least, depth int) (Node, error) {
	if depth > maxDepth {
		return nil, p.expected(fmt.Sprintf("at most %d levels of nesting", maxDepth))
	}
	x, err := p.unary(depth)
	if err != nil {
		return nil, err
	}
	for {
		op := p.operator()
		own := level(op)
		if op == "" || own < least {
			return x, nil
		}
		place := p.peek().pos
		p.next++
		right := own + 1
		if op == "^" {
			right = own
		}
		y, err := p.expr(right, depth+1)
		if err != nil {
			return nil, err
		}
		for _, side := range []Node{x, y} {
			if w, ok := side.(*Word); ok {
				return nil, misplaced(p.text, w)
			}
		}
		x = &Binary{at: at(place), Op: op, X: x, Y: y}
	}
}

// misplaced is the error for a word that stands where a value should.
func misplaced(text string, w *Word) error {
	if functions[w.Name] != nil {
		return syntaxError(text, w.position(), w.Name+"(...): a function has its arguments in parentheses")
	}
	return syntaxError(text, w.position(), "a value; ids begin with a lower-case letter")
}

func (p *parser) unary(depth int) (Node, error) {
	t := p.peek()
	if !p.accept("-") {
		return p.primary(depth)
	}
	x, err := p.expr(minusLevel, depth+1)
	if err != nil {
		return nil, err
	}
	if w, ok := x.(*Word); ok {
		return nil, misplaced(p.text, w)
	}
	return &Minus{at: at(t.pos), X: x}, nil
}

func (p *parser) primary(depth int) (Node, error) {
	t := p.peek()
	place := at(t.pos)
	switch t.kind {
	case numberToken:
		v, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, p.expected("a number that fits 64 bits")
		}
		p.next++
		return &Number{place, v}, nil
	case textToken:
		p.next++
		return &Text{place, t.text[1 : len(t.text)-1], t.text[0]}, nil
	case nameToken:
		return p.name(depth)
	case markToken:
		switch {
		case p.accept("("):
			x, err := p.expr(orLevel, depth+1)
			if err != nil {
				return nil, err
			}
			if w, ok := x.(*Word); ok {
				return nil, misplaced(p.text, w)
			}
			if !p.accept(")") {
				return nil, p.expected(`an operator or ")"`)
			}
			return x, nil
		case p.accept("["):
			items, err := p.list("]", depth)
			if err != nil {
				return nil, err
			}
			for _, item := range items {
				if w, ok := item.(*Word); ok {
					return nil, misplaced(p.text, w)
				}
			}
			if len(items) == 0 {
				return nil, syntaxError(p.text, t.pos, "an array of at least one id, such as [m1, m2]")
			}
			return &List{place, items}, nil
		}
	}
	return nil, p.expected("a value")
}

// name reads what begins with a name: an id, a word, or a call.
func (p *parser) name(depth int) (Node, error) {
	t := p.peek()
	if t.text == "AND" || t.text == "OR" {
		return nil, p.expected("a value before " + t.text)
	}
	p.next++
	if p.accept("(") {
		f := functions[t.text]
		if f == nil {
			return nil, unknown(p.text, t)
		}
		args, err := p.list(")", depth)
		if err != nil {
			return nil, err
		}
		return &Call{at(t.pos), t.text, args, f}, nil
	}
	if isID(t.text) {
		return &Ref{at(t.pos), t.text}, nil
	}
	return &Word{at(t.pos), t.text}, nil
}

// unknown is the error for a function that does not exist.
func unknown(text string, t token) error {
	e := syntaxError(text, t.pos, "a function of metric math")
	e.Message = fmt.Sprintf("Function '%s' not found", t.text)
	if upper := strings.ToUpper(t.text); functions[upper] != nil {
		e.Expected = upper + ": functions are written in upper case"
	}
	return e
}

// list reads what is left of a list in brackets.
func (p *parser) list(end string, depth int) ([]Node, error) {
	var items []Node
	if p.accept(end) {
		return nil, nil
	}
	for {
		item, err := p.expr(orLevel, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if p.accept(end) {
			return items, nil
		}
		if !p.accept(",") {
			return nil, p.expected(fmt.Sprintf("an operator, \",\" or %q", end))
		}
	}
}

// isID tells whether a text can be the id of a query.
func isID(text string) bool {
	return text != "" && text[0] >= 'a' && text[0] <= 'z' && nameLength(text) == len(text)
}
