package pattern

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// nearlyFull is from where on a pattern's length is worth a remark, in characters.
const nearlyFull = 900

// length remarks on patterns that have hardly room to grow, and on the quota of
// regular expressions.
func (l *linter) length() {
	if n := utf8.RuneCountInString(l.p.Text); n >= nearlyFull {
		l.add("length", Note, l.whole(), "", "the pattern has %d of the %d characters that it may have: a longer list needs a second filter, which may feed the same metric", n, MaxLength)
	}
	var regexps []Span
	for _, t := range l.p.Terms {
		if t.Regex != nil {
			regexps = append(regexps, t.Span)
		}
	}
	count := func(n Node) {
		l.eachComparison(n, scope{}, func(c *Comparison, _ scope) {
			if c.Value.Kind == Regexp {
				regexps = append(regexps, c.Value.Span)
			}
		})
	}
	if l.p.Condition != nil {
		count(l.p.Condition)
	}
	for _, c := range l.p.Columns {
		if c.Condition != nil {
			count(c.Condition)
		}
	}
	if len(regexps) > 1 {
		l.add("regexps", Note, regexps[1], "", "the pattern has %d regular expressions: a JSON or space-delimited one may have 2, and a log group 5 filters with any", len(regexps))
	}
}

// terms remarks on a Terms pattern.
func (l *linter) terms() {
	var others, optional []Term
	for _, t := range l.p.Terms {
		if t.Sign == Optional {
			optional = append(optional, t)
		} else {
			others = append(others, t)
		}
		if t.Quoted && t.Text != "" && strings.TrimSpace(t.Text) == "" && t.Sign != Excluded {
			l.add("blank-text", Warning, t.Span, "", "%s finds only messages with that blank in them: the empty pattern matches every event", t)
		}
	}
	if len(others) > 0 && len(optional) > 0 {
		reduced := &Pattern{Language: Terms, Terms: others}
		l.add("optional-ignored", Wrong, optional[0].Span, reduced.String(), "a ? counts only where every term has one: beside %s it is ignored", others[0])
	}
	for i, t := range l.p.Terms {
		for _, u := range l.p.Terms[i+1:] {
			if t.Text == u.Text && (t.Regex == nil) == (u.Regex == nil) {
				switch {
				case t.Sign == u.Sign:
					l.add("duplicate", Note, u.Span, "", "%s stands here twice", u)
				case t.Sign != Optional && u.Sign != Optional:
					l.add("never-true", Wrong, u.Span, "", "no event can match: %s is wanted and excluded", t.Text)
				}
			}
		}
	}
}

// columns remarks on a SpaceDelimited pattern.
func (l *linter) columns() {
	named, conditions := 0, 0
	for _, c := range l.p.Columns {
		if !c.Ellipsis {
			named++
		}
		if c.Condition != nil {
			conditions++
			l.eachComparison(c.Condition, scope{}, func(c *Comparison, _ scope) { l.literal(c) })
			l.p.possibleColumn(l, c.Condition)
		}
	}
	if conditions == 0 && named == 1 {
		text := strings.TrimSpace(l.p.Text)
		l.add("brackets", Warning, l.whole(), (&Pattern{Language: Terms, Terms: []Term{{Text: text, Quoted: true}}}).String(),
			"square brackets make this a pattern of columns, which every line matches: put it in quotes to find the text")
	} else if conditions == 0 {
		l.add("always-true", Note, l.whole(), "", "no column has a condition: every line with %s matches", plural(named, "token"))
	}
}

// possibleColumn remarks when a column's condition is never true.
func (p *Pattern) possibleColumn(l *linter, n Node) {
	if and, ok := n.(*And); ok {
		cs := comparisons(and.Nodes)
		for i, a := range cs {
			for _, b := range cs[:i] {
				if disjoint(b, a) {
					l.add("contradiction", Wrong, a.Span, "", "a column is never both %s and %s", b, a)
					return
				}
			}
		}
	}
	if or, ok := n.(*Or); ok {
		for _, m := range or.Nodes {
			p.possibleColumn(l, m)
		}
	}
}

// precedence finds && beside || without parentheses: && binds tighter.
func (l *linter) precedence() { l.mixture(l.p.Condition) }

func (l *linter) mixture(n Node) {
	switch n := n.(type) {
	case *And:
		for _, m := range n.Nodes {
			l.mixture(m)
		}
	case *Or:
		bare := slices.IndexFunc(n.Nodes, func(m Node) bool { and, ok := m.(*And); return ok && and.Parens == 0 })
		if bare >= 0 {
			l.mixed(n, bare)
		}
		for _, m := range n.Nodes {
			l.mixture(m)
		}
	}
}

// mixed remarks on the And at a place in an Or that has no parentheses. Where
// the And's outer term asks for the same field as the alternatives next to it, it
// was most likely meant to be one of them, and the And's other terms to apply to all.
func (l *linter) mixed(or *Or, at int) {
	and := or.Nodes[at].(*And)
	first, last := and.Nodes[0], and.Nodes[len(and.Nodes)-1]
	var meant Node
	var bound []Node
	switch {
	case at > 0 && at == len(or.Nodes)-1 && alternatives(or.Nodes[:at], first):
		meant = &And{Nodes: append([]Node{&Or{Nodes: append(slices.Clone(or.Nodes[:at]), first)}}, and.Nodes[1:]...)}
		bound = and.Nodes[1:]
	case at == 0 && len(or.Nodes) > 1 && alternatives(or.Nodes[1:], last):
		meant = &And{Nodes: append(slices.Clone(and.Nodes[:len(and.Nodes)-1]), &Or{Nodes: append([]Node{last}, or.Nodes[1:]...)})}
		bound, first = and.Nodes[:len(and.Nodes)-1], last
	default:
		l.add("mixed", Note, and.Span, conditionText(l.p.Condition), "&& binds tighter than ||: parentheses would show it")
		return
	}
	l.add("precedence", Warning, and.Span, l.rewritten(or, meant),
		"&& binds tighter than ||: %s applies to %s only and not to the other alternatives", nodeText(&And{Nodes: bound}, ""), nodeText(first, ""))
}

// alternatives tells whether all nodes ask for equality of the same field as the comparison.
func alternatives(nodes []Node, n Node) bool {
	c, ok := n.(*Comparison)
	return ok && c.Op == Equal && !slices.ContainsFunc(nodes, func(m Node) bool {
		d, ok := m.(*Comparison)
		return !ok || d.Op != Equal || !sameField(c, d)
	})
}

// literal remarks on how a comparison's value is written.
func (l *linter) literal(c *Comparison) {
	v := &c.Value
	if v.Kind != Word && v.Kind != Quoted {
		return
	}
	if strings.Contains(v.Body, "*") {
		l.add("star-inside", Warning, v.Span, "", "a * is a wildcard only at the ends of a value: inside %s it is an ordinary character", v)
	}
	if strings.Contains(v.Body, "?") && v.Kind == Quoted {
		l.add("question-mark", Note, v.Span, "", "a ? in a value is an ordinary character, no wildcard")
	}
	if v.Kind == Word && strings.ContainsAny(v.Text, "-/:") {
		l.add("quote-value", Note, v.Span, l.rewritten(c, c.with(c.Op, quotedLiteral(v.Text))),
			"a value with other characters than letters, digits, _ . and * should stand in quotes")
	}
	if v.Kind == Word && (v.Text == "true" || v.Text == "false") && c.Selector != nil && (c.Op == Equal || c.Op == NotEqual) {
		if f, known := cloudTrailFields[memberName(c.Selector)]; !l.cloudTrail || !known && f.kind == ofText {
			l.add("boolean-text", Note, c.Span, "", "%s compares with the text %q: a JSON %s is found by IS %s", c, v.Text, v.Text, strings.ToUpper(v.Text))
		}
	}
}
