package pattern

import (
	"slices"
	"strings"

	"tocsin/core/event"
)

// logic finds what is never or always true, contradictions, and terms that do
// nothing beside others.
func (l *linter) logic() {
	if !l.possible(l.p.Condition, nil) {
		l.add("never-true", Wrong, l.whole(), "", "no event can match this pattern")
	}
	l.redundant(l.p.Condition)
	if l.cloudTrail {
		l.alwaysTrue()
	}
}

// possible tells whether a condition can be true where the comparisons with hold
// as well, and remarks on what cannot.
func (l *linter) possible(n Node, with []*Comparison) bool {
	switch n := n.(type) {
	case *Or:
		any := false
		for _, m := range n.Nodes {
			any = l.possible(m, with) || any
		}
		return any
	case *And:
		ok := true
		with = slices.Clone(with)
		for _, c := range comparisons(n.Nodes) {
			ok = l.possible(c, with) && ok
			with = append(with, c)
		}
		for _, m := range n.Nodes {
			if _, leaf := m.(*Comparison); !leaf {
				ok = l.possible(m, with) && ok
			}
		}
		return ok
	}
	c := n.(*Comparison)
	if neverHolds(c) {
		l.add("never-true", Wrong, c.Span, "", "%s is never true: != is true of strings and numbers only, and * equals all of them", c)
		return false
	}
	for _, other := range with {
		if clash(c, other) {
			l.add("contradiction", Wrong, c.Span, "", "%s and %s are never both true", other, c)
			return false
		}
		if l.cloudTrail {
			if why, remedy := l.strangers(other, c); why != "" {
				l.add("impossible-event", Wrong, c.Span, remedy, "%s", why)
				return false
			}
		}
	}
	return true
}

// redundant finds terms that stand twice, or that another term makes superfluous.
func (l *linter) redundant(n Node) {
	var nodes []Node
	var or bool
	switch n := n.(type) {
	case *Or:
		nodes, or = n.Nodes, true
	case *And:
		nodes = n.Nodes
	}
	cs := comparisons(nodes)
	gone := map[*Comparison]bool{}
	for i, a := range cs {
		for _, b := range cs[i+1:] {
			if gone[a] || gone[b] || !sameField(a, b) || clash(a, b) && !or {
				continue
			}
			wide, narrow := a, b
			if !covers(a, b) {
				wide, narrow = b, a
			}
			if !covers(wide, narrow) {
				continue
			}
			if covers(narrow, wide) {
				gone[b] = true
				l.add("duplicate", Note, b.Span, l.rewritten(b, nil), "%s stands here twice", a)
				continue
			}
			idle, because := narrow, wide
			if !or {
				idle, because = wide, narrow
			}
			gone[idle] = true
			l.add("covered", Note, idle.Span, l.rewritten(idle, nil), "%s does nothing here: %s %s", idle, because, map[bool]string{
				true: "is true wherever it is", false: "is true only where it is",
			}[or])
		}
	}
	for _, m := range nodes {
		if and, ok := m.(*And); ok && or {
			l.absorbed(and, cs)
		}
		l.redundant(m)
	}
}

// absorbed finds an And that does nothing because one of its terms suffices beside it.
func (l *linter) absorbed(and *And, beside []*Comparison) {
	for _, c := range comparisons(and.Nodes) {
		for _, wide := range beside {
			if sameField(wide, c) && covers(wide, c) {
				l.add("covered", Warning, and.Span, l.rewritten(and, nil), "this does nothing: %s alone is enough already", wide)
				return
			}
		}
	}
}

// alwaysTrue finds patterns that select nearly every CloudTrail event.
func (l *linter) alwaysTrue() {
	c, alone := broad(l.p.Condition)
	switch {
	case c == nil:
	case alone:
		l.add("always-true", Warning, l.whole(), "", "nearly every CloudTrail event matches: all that is asked is that a field that is always there has not some one value")
	default:
		l.add("always-true", Wrong, c.Span, l.joined(), "%s is true of nearly every CloudTrail event, and so is the pattern: what || joins to it does nothing, and an alarm on it never leaves ALARM", c)
	}
}

// broad finds the comparison that makes a condition true of nearly every
// CloudTrail event. It is alone when nothing narrower stands beside it.
func broad(n Node) (c *Comparison, alone bool) {
	switch n := n.(type) {
	case *Or:
		alone = true
		for _, m := range n.Nodes {
			d, a := broad(m)
			if c == nil {
				c = d
			}
			alone = alone && d != nil && a
		}
		return c, alone
	case *And:
		for _, m := range n.Nodes {
			d, a := broad(m)
			if d == nil || !a {
				return nil, false
			}
			c = d
		}
		return c, true
	}
	c = n.(*Comparison)
	f, known := cloudTrailFields[memberName(c.Selector)]
	if !known || !f.always || c.Op != NotEqual && !(c.Op == Equal && c.Value.Prefix && c.Value.Suffix && c.Value.Body == "") || neverHolds(c) {
		return nil, false
	}
	return c, true
}

// joined is the pattern with its broad exclusions joined by && to all the rest,
// which is what a list of ORs that ends in exclusions was meant to be.
func (l *linter) joined() string {
	or, ok := l.p.Condition.(*Or)
	if !ok {
		return ""
	}
	var wanted, excluded []Node
	for _, n := range or.Nodes {
		if c, alone := broad(n); c != nil && alone {
			excluded = append(excluded, n)
		} else {
			wanted = append(wanted, n)
		}
	}
	if len(wanted) == 0 {
		return ""
	}
	first := wanted[0]
	if len(wanted) > 1 {
		first = &Or{Nodes: wanted}
	}
	return conditionText(&And{Nodes: append([]Node{first}, excluded...)})
}

// memberName is a selector of members alone as a name with dots; another
// selector gives a name that no field has.
func memberName(selector event.Path) string {
	names := make([]string, len(selector))
	for i, s := range selector {
		if s.Kind != event.Member {
			return ""
		}
		names[i] = s.Name
	}
	return strings.Join(names, ".")
}
