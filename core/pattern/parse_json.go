package pattern

import "tocsin/core/event"

// maxWildSelectors is how many selectors of a JSON pattern may have a wildcard step.
const maxWildSelectors = 3

// json parses a JSON pattern, braces included.
func (p *parser) json() (Node, error) {
	p.next() // {
	node, _, err := p.operators(p.primary)
	if err != nil {
		return nil, err
	}
	if t := p.next(); !t.is("}") {
		return nil, p.fail(t, messageInvalid, p.afterRemedy(t))
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.fail(t, messageInvalid, `expected nothing after the closing brace: one pair of braces holds the whole pattern, join its conditions with && or ||`)
	}
	return node, nil
}

// primary parses a comparison or a condition in parentheses. The span includes
// the parentheses.
func (p *parser) primary() (Node, Span, error) {
	open := p.peek()
	if !open.is("(") {
		c, err := p.comparison()
		if err != nil {
			return nil, Span{}, err
		}
		return c, c.Span, nil
	}
	p.next()
	node, _, err := p.operators(p.primary)
	if err != nil {
		return nil, Span{}, err
	}
	t := p.next()
	if t.is("}") || t.kind == tokenEnd {
		return nil, Span{}, p.fail(open, messageInvalid, `expected a ")" for this "("`)
	}
	if !t.is(")") {
		return nil, Span{}, p.fail(t, messageInvalid, p.afterRemedy(t))
	}
	switch n := node.(type) {
	case *Or:
		n.Parens++
	case *And:
		n.Parens++
	case *Comparison:
		n.Parens++
	}
	return node, Span{open.Pos, t.End}, nil
}

// comparison parses a selector and what is asked of it.
func (p *parser) comparison() (*Comparison, error) {
	selector := p.peek()
	if selector.kind != tokenSelector {
		return nil, p.fail(selector, messageInvalid, p.selectorRemedy(selector))
	}
	p.next()
	if err := p.countWildcards(selector); err != nil {
		return nil, err
	}
	c := &Comparison{Selector: selector.path, SelectorSpan: selector.Span}
	c.Pos = selector.Pos
	switch t := p.peek(); {
	case t.kind == tokenOp:
		p.next()
		value, err := p.value(t)
		if err != nil {
			return nil, err
		}
		c.Op, c.Value, c.End = t.op, value, value.End
		return c, nil
	case t.keyword("IS"):
		p.next()
		what := p.next()
		switch {
		case what.keyword("NULL"):
			c.Op = IsNull
		case what.keyword("TRUE"):
			c.Op = IsTrue
		case what.keyword("FALSE"):
			c.Op = IsFalse
		default:
			return nil, p.fail(what, messageCharacters(p.text[what.Pos:what.End]), p.isRemedy(selector, what))
		}
		c.End = what.End
		return c, nil
	case t.keyword("NOT") && p.peekAfter().keyword("EXISTS"):
		p.next()
		c.Op, c.End = NotExists, p.next().End
		return c, nil
	default:
		return nil, p.fail(t, messageInvalid, p.operatorRemedy(selector, t))
	}
}

// countWildcards holds a selector against the quotas for wildcards.
func (p *parser) countWildcards(selector token) error {
	n := 0
	for _, step := range selector.path {
		if step.Kind == event.Each {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if n > 1 {
		return p.fail(selector, messageWildcards, "a selector may have one wildcard: write the other steps out")
	}
	if p.wildSelectors++; p.wildSelectors > maxWildSelectors {
		return p.fail(selector, messageWildSelector, "a pattern may have three selectors with a wildcard: this is the fourth")
	}
	return nil
}
