package pattern

import (
	"cmp"
	"fmt"
	"slices"
)

// A Remark is what Lint has to say about one place in a pattern.
type Remark struct {
	// Rule is the name of the rule that was broken, such as never-true.
	Rule     string
	Severity Severity
	// Span is the place in Pattern.Text.
	Span
	Message string
	// Remedy is a pattern to use instead, where one can be told.
	Remedy string
}

// A Severity is how much a Remark matters. Higher is worse.
type Severity uint8

const (
	Note    Severity = iota + 1 // worth knowing
	Warning                     // hardly what was meant
	Wrong                       // does not do what it says
)

// String is the severity in one word.
func (s Severity) String() string {
	return [...]string{Note: "note", Warning: "warning", Wrong: "error"}[s]
}

// Lint remarks on what is likely wrong with a pattern, in the order of its text.
// A JSON pattern that asks for members of a CloudTrail record is also held
// against what such records look like.
func Lint(p *Pattern) []Remark {
	l := &linter{p: p}
	l.length()
	switch p.Language {
	case Terms:
		l.terms()
	case SpaceDelimited:
		l.columns()
	case JSON:
		l.cloudTrail = aboutCloudTrail(p.Condition)
		l.precedence()
		l.logic()
		l.eachComparison(p.Condition, scope{}, func(c *Comparison, s scope) {
			l.literal(c)
			if l.cloudTrail {
				l.field(c, s)
				l.event(c, s)
			}
		})
		if l.cloudTrail {
			l.sharedNames()
		}
	}
	slices.SortStableFunc(l.remarks, func(a, b Remark) int { return cmp.Compare(a.Pos, b.Pos) })
	return l.remarks
}

// A linter collects the remarks on one pattern.
type linter struct {
	p          *Pattern
	cloudTrail bool
	remarks    []Remark
}

func (l *linter) add(rule string, severity Severity, at Span, remedy, format string, args ...any) {
	l.remarks = append(l.remarks, Remark{Rule: rule, Severity: severity, Span: at, Message: fmt.Sprintf(format, args...), Remedy: remedy})
}

// whole is the place of the whole pattern.
func (l *linter) whole() Span { return Span{0, len(l.p.Text)} }

// A scope is what surrounds a comparison: the comparisons that must hold with it,
// and the nodes beside it of which one suffices.
type scope struct {
	with []*Comparison
	or   []Node
}

// eachComparison calls visit with each comparison and its scope, from the left.
func (l *linter) eachComparison(n Node, s scope, visit func(*Comparison, scope)) {
	switch n := n.(type) {
	case *Or:
		for i, m := range n.Nodes {
			l.eachComparison(m, scope{s.with, without(n.Nodes, i)}, visit)
		}
	case *And:
		for i, m := range n.Nodes {
			with := slices.Clone(s.with)
			for _, other := range without(n.Nodes, i) {
				if c, ok := other.(*Comparison); ok {
					with = append(with, c)
				}
			}
			l.eachComparison(m, scope{with, nil}, visit)
		}
	case *Comparison:
		visit(n, s)
	}
}

func without(nodes []Node, i int) []Node {
	return append(slices.Clone(nodes[:i]), nodes[i+1:]...)
}

// comparisons are the comparisons among nodes.
func comparisons(nodes []Node) []*Comparison {
	var all []*Comparison
	for _, n := range nodes {
		if c, ok := n.(*Comparison); ok {
			all = append(all, c)
		}
	}
	return all
}
