package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// A Meaning is what a filter is to a control, or several together.
type Meaning string

const (
	Equal     Meaning = "equal"
	Wider     Meaning = "wider"     // all of it and more
	Narrower  Meaning = "narrower"  // not all of it
	Never     Meaning = "never"     // no event at all
	Everyday  Meaning = "always"    // nearly every event, so that its alarm never leaves ALARM
	Unrelated Meaning = "unrelated" // nothing of it
)

// A gap is events of a part that patterns do not match: all of them, or those
// of which one of Unless does not hold.
type gap struct {
	part   part
	whole  bool
	unless []*pattern.Comparison
	unsure bool // too complex to decide
	// exclusion says that it only leaves out what somebody named.
	exclusion bool
	sample    string
}

// maxGaps bounds what is looked for in one part, shownGaps what is told of it.
const (
	maxGaps   = 60
	shownGaps = 8
)

// gapsOf are the gaps that patterns leave in a part. Excludes tells of a comparison
// whether it only leaves out what somebody named; it may be nil.
func gapsOf(pt part, patterns []*pattern.Pattern, excludes func(*pattern.Comparison) bool) []gap {
	var gaps []gap
	w := pt.world
	for len(gaps) < maxGaps {
		found, exists, decided := unmatched(w, patterns)
		switch {
		case !decided:
			return append(gaps, gap{part: pt, unsure: true})
		case !exists:
			return gaps
		}
		blamed := blame(w, found, patterns)
		g := gap{part: pt, whole: len(blamed) == 0, unless: blamed}
		if g.whole {
			return append(gaps, g)
		}
		// What is missed here satisfies none of them, so that one which only leaves
		// out what it names is enough; all else that it leaves out needs no search.
		next := blamed[0]
		if i := slices.IndexFunc(blamed, func(c *pattern.Comparison) bool { return excludes != nil && excludes(c) }); i >= 0 {
			g.exclusion, next = true, blamed[i]
		}
		gaps = append(gaps, g)
		w = w.with(next, true)
	}
	return append(gaps, gap{part: pt, unsure: true})
}

// blame are the comparisons that were open and are false in the world found.
func blame(before, found world, patterns []*pattern.Pattern) []*pattern.Comparison {
	var blamed []*pattern.Comparison
	for _, p := range patterns {
		if p.Language != pattern.JSON {
			continue
		}
		eachComparison(p.Condition, func(c *pattern.Comparison) {
			if before.of(c) == maybe && found.of(c) == no && !slices.ContainsFunc(blamed, func(b *pattern.Comparison) bool { return b.String() == c.String() }) {
				blamed = append(blamed, c)
			}
		})
	}
	return blamed
}

func eachComparison(n pattern.Node, visit func(*pattern.Comparison)) {
	switch n := n.(type) {
	case *pattern.Or:
		for _, m := range n.Nodes {
			eachComparison(m, visit)
		}
	case *pattern.And:
		for _, m := range n.Nodes {
			eachComparison(m, visit)
		}
	case *pattern.Comparison:
		visit(n)
	}
}

// excludes tells whether a comparison that keeps events of a part out only leaves
// out what somebody named: whose field has a value, or is there at all, or is not
// there though people's records have it. Examples are records of the control.
func excludes(pt part, c *pattern.Comparison, examples []control.Example) bool {
	switch {
	case selector(c) == "eventSource":
		return false
	case c.Op == pattern.Equal && c.Value.Prefix && c.Value.Suffix && c.Value.Body == "" && c.Value.Kind != pattern.Regexp:
		return strings.HasPrefix(selector(c), "userIdentity.") && !broad(pt, c, examples)
	}
	return (c.Op == pattern.NotEqual || c.Op == pattern.NotExists) && !broad(pt, c, examples)
}

// Text says what is missed.
func (g gap) text() string {
	switch {
	case g.sample != "":
		return g.part.name + ": the example " + g.sample + " is not matched"
	case g.unsure:
		return g.part.name + ": too complex to compare"
	case g.whole:
		return g.part.name
	}
	const shown = 4
	var terms []string
	for _, c := range g.unless[:min(shown, len(g.unless))] {
		terms = append(terms, c.String())
	}
	if more := len(g.unless) - shown; more > 0 {
		terms = append(terms, fmt.Sprintf("one of %d more", more))
	}
	return g.part.name + " unless " + strings.Join(terms, " or ")
}

// A reading is a filter's pattern as far as it can be read.
type reading struct {
	*Filter
	pattern *pattern.Pattern
	bad     string // why not
	never   bool
	always  bool
	only    string // the one alarm that this reading is about, "" for any
	// matched is which records the pattern matches, by their first byte: examples
	// are looked at for many controls.
	matched map[*byte]bool
}

// match tells whether the pattern matches a record, which is never changed.
func (r *reading) match(record json.RawMessage) bool {
	if len(record) == 0 {
		return r.pattern.Match(record)
	}
	is, known := r.matched[&record[0]]
	if !known {
		is = r.pattern.Match(record)
		r.matched[&record[0]] = is
	}
	return is
}

// waysOfFilter bounds the alternatives of a pattern that are looked at one by one.
const waysOfFilter = 500

func readPattern(f *Filter) reading {
	r := reading{Filter: f, matched: map[*byte]bool{}}
	if f.Pattern == nil {
		r.bad = "the answer has no filterPattern"
		return r
	}
	p, err := pattern.Parse(*f.Pattern)
	if err != nil {
		r.bad = err.Error()
		return r
	}
	r.pattern = p
	r.always = common(p)
	if p.Language == pattern.JSON {
		if all, ok := ways(p.Condition, waysOfFilter); ok {
			r.never = !slices.ContainsFunc(all, func(way []*pattern.Comparison) bool {
				_, ok := possible(world{}, way)
				return ok
			})
		}
	}
	if p.Language == pattern.SpaceDelimited {
		r.never = true
	}
	return r
}

// common tells whether a pattern matches most everyday events.
func common(p *pattern.Pattern) bool {
	n := 0
	for _, record := range everyday {
		if p.Match(record) {
			n++
		}
	}
	return n*3 >= len(everyday)*2
}

// about tells whether a filter is meant for the control, or does its work without.
func (r *reading) about(parts []part, match []control.Example) bool {
	if r.pattern == nil {
		return false
	}
	for _, pt := range parts {
		switch pt.world.matches(r.pattern) {
		case yes:
			return true
		case maybe:
			if r.pattern.Language == pattern.JSON && r.constrains(pt) {
				return true
			}
		}
	}
	misses := 0
	for _, e := range match {
		if !r.match(e.Event) {
			if misses++; 2*misses >= len(match) {
				return false
			}
		}
	}
	return len(match) > 0
}

// constrains tells whether the pattern asks for each of the part's defining fields
// in a way that the part satisfies.
func (r *reading) constrains(pt part) bool {
	if len(pt.defining) == 0 {
		return false
	}
	for _, d := range pt.defining {
		found := false
		eachComparison(r.pattern.Condition, func(c *pattern.Comparison) {
			found = found || c.Op == pattern.Equal && c.Selector.Equal(d.Selector) && pt.world.of(c) == yes
		})
		if !found {
			return false
		}
	}
	return true
}

// meant tells whether a filter that matches nothing of the control was meant for
// it: it speaks of the control's events, by the names or in another case.
func (r *reading) meant(c *control.Control, parts []part) bool {
	if r.Pattern == nil {
		return false
	}
	text := strings.ToLower(*r.Pattern)
	hits, of := 0, 0
	for _, pt := range parts {
		for _, d := range pt.defining {
			of++
			if d.Value.Body != "" && strings.Contains(text, strings.ToLower(d.Value.Body)) {
				hits++
			}
		}
	}
	return of > 0 && 2*hits > of || r.Name == c.ID
}

// extra is what the filter matches beyond the control, in words.
func (r *reading) extra(wanted []*pattern.Pattern, parts []part, noMatch []control.Example) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if r.pattern.Language == pattern.JSON {
		if all, ok := ways(r.pattern.Condition, waysOfFilter); ok {
			for _, way := range all {
				if text, is := extraWay(way, wanted, parts); is {
					add(text)
				}
			}
		}
	}
	for _, e := range noMatch {
		if r.match(e.Event) {
			add("example " + e.Name)
		}
	}
	return names
}

// extraWay is what one alternative of a filter matches beyond the wanted
// patterns. A call by its name is taken to be of the service that the control
// means; the examples tell where another service has the name.
func extraWay(way []*pattern.Comparison, wanted []*pattern.Pattern, parts []part) (string, bool) {
	w, ok := possible(world{}, way)
	if !ok {
		return "", false
	}
	var name string
	var said []string
	for _, c := range way {
		said = append(said, c.String())
		if text, is := exact(c); is && selector(c) == "eventName" {
			name = text
		}
	}
	for _, pt := range parts {
		if pt.source != "" && pt.event == name && name != "" {
			if c := equals("eventSource", pt.source); w.of(c) == maybe {
				w = w.with(c, true)
			}
		}
	}
	if _, exists, decided := unmatched(w, wanted); !exists || !decided {
		return "", false
	}
	if name != "" && len(way) <= 2 {
		return name, true
	}
	return strings.Join(said, " && "), true
}
