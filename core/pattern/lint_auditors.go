package pattern

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Demand is what an auditor, a tool that checks accounts, asks of a pattern's
// text before it believes that the pattern watches for something.
type Demand struct {
	Auditor string
	How     How
	// Text is a pattern that the auditor accepts. It is empty where nothing is.
	Text string
	Note string
}

// A How is the way in which an auditor compares a pattern with the demanded text.
type How string

const (
	EqualBytes     How = "bytes"    // equal byte for byte
	EqualText      How = "text"     // equal but for blanks
	EqualFold      How = "fold"     // equal but for blanks and case
	ContainsText   How = "contains" // the demanded text stands in the pattern, blanks aside; the braces count
	ContainsInner  How = "inner"    // so, but for the braces around the demanded text
	WrittenClauses How = "written"  // the clauses stand in the pattern in the same order and with the same quotes
	OrderedClauses How = "sequence" // the clauses stand in the pattern in the same order, quotes aside
	AllClauses     How = "clauses"  // the clauses stand somewhere in the pattern, quotes aside
	SameTree       How = "tree"     // the same clauses in the same groups, in any order; nothing without parentheses where && meets ||
	Unsatisfiable  How = "none"     // no pattern is accepted
)

// Hows are all ways.
func Hows() []How {
	return []How{EqualBytes, EqualText, EqualFold, ContainsText, ContainsInner, WrittenClauses, OrderedClauses, AllClauses, SameTree, Unsatisfiable}
}

// LintAuditors remarks on each demand that the pattern does not meet. Most
// auditors compare texts, so a pattern may be good and still fail there.
func LintAuditors(p *Pattern, demands []Demand) []Remark {
	var remarks []Remark
	for _, d := range demands {
		missing, ok := d.met(p)
		if ok {
			continue
		}
		message := d.Auditor + " will not accept this text: " + missing
		if d.Note != "" {
			message += ". " + d.Note
		}
		remarks = append(remarks, Remark{
			Rule: "auditor", Severity: Note, Span: Span{0, len(p.Text)}, Message: message, Remedy: d.Text,
		})
	}
	return remarks
}

// met tells whether the pattern satisfies the demand, and if not, what is missing.
func (d Demand) met(p *Pattern) (missing string, ok bool) {
	switch d.How {
	case EqualBytes:
		return "it compares with its own text byte for byte", p.Text == d.Text
	case EqualText:
		return "it wants its own text, blanks aside", withoutBlanks(p.Text) == withoutBlanks(d.Text)
	case EqualFold:
		return "it wants its own text, blanks and case aside",
			strings.EqualFold(withoutBlanks(p.Text), withoutBlanks(d.Text))
	case ContainsText:
		return "it looks for its own text inside the pattern, blanks aside", strings.Contains(withoutBlanks(p.Text), withoutBlanks(d.Text))
	case ContainsInner:
		inner := strings.TrimSuffix(strings.TrimPrefix(withoutBlanks(d.Text), "{"), "}")
		return "it looks for its own text inside the pattern, blanks and braces aside", strings.Contains(withoutBlanks(p.Text), inner)
	case Unsatisfiable:
		return "it accepts none", false
	}
	want, err := Parse(d.Text)
	if err != nil || p.Language != JSON || want.Language != JSON {
		return "it wants a JSON pattern", false
	}
	if d.How == SameTree {
		if mixed(p.Condition) {
			return "it refuses && and || side by side without parentheses", false
		}
		return "it wants the same clauses in the same groups", sameClauses(p.Condition, want.Condition)
	}
	have := clauses(p.Condition, d.How == WrittenClauses)
	for _, clause := range clauses(want.Condition, d.How == WrittenClauses) {
		at := slices.Index(have, clause)
		if at < 0 {
			return fmt.Sprintf("it looks for the clause %s", clause) + map[How]string{WrittenClauses: ", written so", OrderedClauses: " in its place"}[d.How], false
		}
		if d.How != AllClauses {
			have = have[at+1:]
		}
	}
	return "", true
}

func withoutBlanks(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// clauses are the comparisons of a condition from the left, as text, the values
// with their quotes or without.
func clauses(n Node, quotes bool) []string {
	switch n := n.(type) {
	case *Or:
		return clausesOf(n.Nodes, quotes)
	case *And:
		return clausesOf(n.Nodes, quotes)
	}
	c := n.(*Comparison)
	if !quotes && c.Value.Kind == Quoted {
		bare := *c
		bare.Value.Kind = Word
		c = &bare
	}
	return []string{c.String()}
}

func clausesOf(nodes []Node, quotes bool) []string {
	var all []string
	for _, n := range nodes {
		all = append(all, clauses(n, quotes)...)
	}
	return all
}

// mixed tells whether an && stands next to an || without parentheses.
func mixed(n Node) bool {
	switch n := n.(type) {
	case *Or:
		return slices.ContainsFunc(n.Nodes, func(m Node) bool {
			and, ok := m.(*And)
			return ok && and.Parens == 0 || mixed(m)
		})
	case *And:
		return slices.ContainsFunc(n.Nodes, mixed)
	}
	return false
}

// sameClauses tells whether two conditions are equal up to the order of what is
// joined by one operator.
func sameClauses(a, b Node) bool {
	switch a := a.(type) {
	case *Or:
		b, ok := b.(*Or)
		return ok && sameSet(a.Nodes, b.Nodes)
	case *And:
		b, ok := b.(*And)
		return ok && sameSet(a.Nodes, b.Nodes)
	}
	c, ok := b.(*Comparison)
	return ok && a.(*Comparison).String() == c.String()
}

func sameSet(a, b []Node) bool {
	if len(a) != len(b) {
		return false
	}
	left := slices.Clone(b)
	for _, n := range a {
		i := slices.IndexFunc(left, func(m Node) bool { return sameClauses(n, m) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}
