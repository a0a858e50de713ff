package audit

import (
	"slices"
	"strings"

	"tocsin/core/event"
	"tocsin/core/pattern"
)

// A truth is what is known about a proposition.
type truth int8

const (
	no truth = iota
	maybe
	yes
)

// A world is what is assumed of an event: comparisons that hold of it and that do
// not. Two comparisons are held against each other only where they are about one
// field, so a world may be impossible without our noticing; what is said to hold
// in every world does.
type world struct{ holds, fails []*pattern.Comparison }

// always are fields that every CloudTrail record has as a text, so that of = and
// != with one value just one holds.
var always = map[string]bool{
	"$.eventName": true, "$.eventSource": true, "$.eventType": true, "$.eventTime": true,
	"$.awsRegion": true, "$.eventID": true, "$.eventVersion": true,
}

// of is the truth of a comparison in the world.
func (w world) of(c *pattern.Comparison) truth {
	for _, h := range w.holds {
		if c.Covers(h) {
			return yes
		}
		if c.Clashes(h) {
			return no
		}
	}
	for _, f := range w.fails {
		if f.Covers(c) {
			return no
		}
	}
	if c.Op == pattern.NotExists && always[c.Selector.String()] {
		return no
	}
	return maybe
}

// with is the world in which c holds as well, or does not. It is for comparisons
// that may be either.
func (w world) with(c *pattern.Comparison, holds bool) world {
	if !holds && always[c.Selector.String()] && (c.Op == pattern.Equal || c.Op == pattern.NotEqual) {
		other := *c
		other.Op = pattern.Equal + pattern.NotEqual - c.Op
		c, holds = &other, true
	}
	if holds {
		w.holds = append(slices.Clip(w.holds), c)
	} else {
		w.fails = append(slices.Clip(w.fails), c)
	}
	return w
}

// eval is the truth of a condition in the world.
func (w world) eval(n pattern.Node) truth {
	switch n := n.(type) {
	case *pattern.Or:
		best := no
		for _, m := range n.Nodes {
			if best = max(best, w.eval(m)); best == yes {
				break
			}
		}
		return best
	case *pattern.And:
		least := yes
		for _, m := range n.Nodes {
			if least = min(least, w.eval(m)); least == no {
				break
			}
		}
		return least
	case *pattern.Comparison:
		return w.of(n)
	}
	return no
}

// matches is the truth of a pattern of any language in the world.
func (w world) matches(p *pattern.Pattern) truth {
	switch p.Language {
	case pattern.Everything:
		return yes
	case pattern.JSON:
		return w.eval(p.Condition)
	case pattern.Terms:
		return w.terms(p.Terms)
	}
	return no // a record is no line of columns
}

// terms: a term that stands in a value that the event is known to have occurs in
// its message; of every other nothing is known.
func (w world) terms(terms []pattern.Term) truth {
	least, any, onlyOptional := yes, no, true
	for _, t := range terms {
		is := maybe
		for _, h := range w.holds {
			if h.Op == pattern.Equal && h.Value.Kind != pattern.Regexp && t.Regex == nil && strings.Contains(h.Value.Body, t.Text) {
				is = yes
			}
		}
		switch t.Sign {
		case pattern.Optional:
			any = max(any, is)
		case pattern.Excluded:
			onlyOptional, least = false, min(least, yes-is)
		default:
			onlyOptional, least = false, min(least, is)
		}
	}
	if onlyOptional {
		return any
	}
	return least
}

// free finds a comparison of the node that may be either.
func (w world) free(n pattern.Node) *pattern.Comparison {
	switch n := n.(type) {
	case *pattern.Or:
		return w.freeOf(n.Nodes)
	case *pattern.And:
		return w.freeOf(n.Nodes)
	case *pattern.Comparison:
		if w.of(n) == maybe {
			return n
		}
	}
	return nil
}

func (w world) freeOf(nodes []pattern.Node) *pattern.Comparison {
	for _, n := range nodes {
		if w.eval(n) != maybe {
			continue
		}
		if c := w.free(n); c != nil {
			return c
		}
	}
	return nil
}

// searchBudget bounds the worlds that one search looks at.
const searchBudget = 3000

// A search looks for a world that none of some patterns matches.
type search struct {
	patterns []*pattern.Pattern
	left     int
}

// unmatched is a world within w in which no pattern matches. Of the comparisons
// that are open it makes as few false as it can at first. It is decided unless
// the budget ran out.
func unmatched(w world, patterns []*pattern.Pattern) (found world, exists, decided bool) {
	s := &search{patterns: patterns, left: searchBudget}
	found, exists = s.in(w)
	return found, exists, s.left > 0
}

func (s *search) in(w world) (world, bool) {
	if s.left--; s.left <= 0 {
		return world{}, false
	}
	var open *pattern.Comparison
	for _, p := range s.patterns {
		switch w.matches(p) {
		case yes:
			return world{}, false
		case maybe:
			if open == nil && p.Language == pattern.JSON {
				open = w.free(p.Condition)
			}
		}
	}
	if open == nil {
		return w, true
	}
	if found, exists := s.in(w.with(open, true)); exists {
		return found, true
	}
	return s.in(w.with(open, false))
}

// ways are the conjunctions of which a condition is the disjunction; false when
// there are more than limit.
func ways(n pattern.Node, limit int) ([][]*pattern.Comparison, bool) {
	switch n := n.(type) {
	case *pattern.Or:
		var all [][]*pattern.Comparison
		for _, m := range n.Nodes {
			w, ok := ways(m, limit-len(all))
			if all = append(all, w...); !ok || len(all) > limit {
				return nil, false
			}
		}
		return all, true
	case *pattern.And:
		all := [][]*pattern.Comparison{nil}
		for _, m := range n.Nodes {
			w, ok := ways(m, limit)
			if !ok || len(w)*len(all) > limit {
				return nil, false
			}
			var next [][]*pattern.Comparison
			for _, a := range all {
				for _, b := range w {
					next = append(next, append(slices.Clip(a), b...))
				}
			}
			all = next
		}
		return all, true
	case *pattern.Comparison:
		return [][]*pattern.Comparison{{n}}, true
	}
	return nil, true
}

// possible is the world of a conjunction, and false when it contradicts itself.
func possible(w world, all []*pattern.Comparison) (world, bool) {
	for _, c := range all {
		if w.of(c) == no || c.Op == pattern.NotEqual && c.Value.Prefix && c.Value.Suffix && c.Value.Body == "" {
			return w, false
		}
		w = w.with(c, true)
	}
	return w, true
}

// fact is a comparison that is part of the program.
func fact(text string) *pattern.Comparison {
	p, err := pattern.Parse("{ " + text + " }")
	if err != nil {
		panic(err) // the texts are constants, or hold names of a pack that was read
	}
	return p.Condition.(*pattern.Comparison)
}

// equals is the comparison $.field = "value".
func equals(field, value string) *pattern.Comparison {
	return &pattern.Comparison{
		Selector: event.Members(strings.Split(field, ".")...), Op: pattern.Equal,
		Value: pattern.Literal{Kind: pattern.Quoted, Text: value, Body: value},
	}
}

func selector(c *pattern.Comparison) string { return strings.TrimPrefix(c.Selector.String(), "$.") }

// exact is the one text that a comparison demands.
func exact(c *pattern.Comparison) (string, bool) {
	if c.Op != pattern.Equal || c.Value.Kind == pattern.Regexp || c.Value.Prefix || c.Value.Suffix {
		return "", false
	}
	return c.Value.Body, true
}
