package pattern

import "strings"

// rewritten is the pattern's text with a node in another's place, in canonical
// form, or without the old node where the new one is nil. It is empty where
// nothing would be left.
func (l *linter) rewritten(old, replacement Node) string {
	n := exchange(l.p.Condition, old, replacement)
	if n == nil {
		return ""
	}
	return conditionText(n)
}

// conditionText writes a condition as a JSON pattern.
func conditionText(n Node) string {
	var b strings.Builder
	b.WriteString("{ ")
	printNode(&b, parenthesized(n, false), "")
	b.WriteString(" }")
	return b.String()
}

// exchange is n with replacement in place of old. What is left alone by a node
// that goes takes the place of what joined them.
func exchange(n, old, replacement Node) Node {
	if n == old {
		return replacement
	}
	switch n := n.(type) {
	case *Or:
		switch nodes := exchangeAll(n.Nodes, old, replacement); len(nodes) {
		case 0:
			return nil
		case 1:
			return nodes[0]
		default:
			return &Or{Nodes: nodes, Parens: n.Parens}
		}
	case *And:
		switch nodes := exchangeAll(n.Nodes, old, replacement); len(nodes) {
		case 0:
			return nil
		case 1:
			return nodes[0]
		default:
			return &And{Nodes: nodes, Parens: n.Parens}
		}
	}
	return n
}

func exchangeAll(nodes []Node, old, replacement Node) []Node {
	var all []Node
	for _, n := range nodes {
		if m := exchange(n, old, replacement); m != nil {
			all = append(all, m)
		}
	}
	return all
}

// parenthesized is n with parentheses around every Or and And inside another one,
// so that it reads as it is, and with none around the whole. An Or in an Or, or an
// And in an And, is one with it.
func parenthesized(n Node, inside bool) Node {
	parens := 0
	if inside {
		parens = 1
	}
	var nodes []Node
	switch n := n.(type) {
	case *Or:
		for _, m := range n.Nodes {
			m = parenthesized(m, true)
			if or, ok := m.(*Or); ok {
				nodes = append(nodes, or.Nodes...)
			} else {
				nodes = append(nodes, m)
			}
		}
		return &Or{Nodes: nodes, Parens: parens}
	case *And:
		for _, m := range n.Nodes {
			m = parenthesized(m, true)
			if and, ok := m.(*And); ok {
				nodes = append(nodes, and.Nodes...)
			} else {
				nodes = append(nodes, m)
			}
		}
		return &And{Nodes: nodes, Parens: parens}
	}
	return n
}

// with is the comparison with another operator and value.
func (c *Comparison) with(op Op, value Literal) *Comparison {
	return &Comparison{Selector: c.Selector, Op: op, Value: value, Parens: c.Parens}
}

// quotedLiteral is a text in quotes; stars at its ends are wildcards.
func quotedLiteral(text string) Literal {
	l := Literal{Kind: Quoted, Text: text}
	l.wildcards()
	return l
}
