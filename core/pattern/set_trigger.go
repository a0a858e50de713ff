package pattern

import (
	"cmp"
	"slices"

	"tocsin/core/event"
)

// triggers say which patterns to look at when predicates hold.
//
// A pattern is watched by chains of predicates. Whenever it matches, all
// predicates of at least one of its chains hold: an && makes chains longer, an ||
// makes more of them. Every condition needs something to hold, if only
// the absence of a field, so each pattern has a chain, and a pattern whose
// chains stay silent costs nothing.
//
// A chain begins with its rarest predicate, and mostly that is enough. But of
// thousands of patterns hundreds ask for the same few event names and error
// codes. Such a crowd is told apart by the next predicates of the chains: the
// chains make a tree, as deep as there are crowds. At a node of it the fields
// of the next predicates are worked out, and those that hold lead on.
type triggers struct {
	watched  []int32 // fields that chains begin with; they are worked out for every event
	nodes    []node  // those of the first predicates stand at their numbers
	branches []branch
	links    []link
	patterns []int32
}

// A node stands for predicates that hold together.
type node struct {
	patterns span // of triggers.patterns: to be looked at
	branches span // of triggers.branches: where further predicates lead on
}

// A branch is a field whose predicates lead on from a node.
type branch struct {
	field int32
	links span // of triggers.links, ascending by id
}

// A link leads on to a node when one more predicate holds.
type link struct {
	id   predicateID
	node int32
}

// A span is a part [from:to] of some list.
type span struct{ from, to int32 }

// next is the node that a predicate leads on to.
func (t *triggers) next(links span, id predicateID) (int32, bool) {
	lo, hi := links.from, links.to
	for lo < hi {
		mid := (lo + hi) / 2
		switch l := t.links[mid]; {
		case l.id < id:
			lo = mid + 1
		case l.id > id:
			hi = mid
		default:
			return l.node, true
		}
	}
	return 0, false
}

const (
	// crowd is how many patterns may wait at a node before they are told apart.
	crowd = 2
	// maxChains bounds the chains of one &&, both sides of which may be long lists.
	maxChains = 64
	// longestChain is how many predicates are enough to tell any crowd apart.
	longestChain = 6
	// worthwhile is how much rarer a further predicate must make a chain.
	worthwhile = 0.7
)

// A chain is predicates that a matching event makes true together, the rarest first.
type chain []predicateID

// A watch is the chains of a condition, with a guess how often one of them holds.
type watch struct {
	chains []chain
	rate   float64
}

// A triggerPlan collects the chains of all patterns and makes triggers of them.
type triggerPlan struct {
	*compiler
	rates   []float64 // by predicate
	waiting []waiting
	out     triggers
}

// waiting is a pattern at a node, with what is left of a chain of its.
type waiting struct {
	chain   chain
	pattern int32
}

func newTriggerPlan(c *compiler) *triggerPlan { return &triggerPlan{compiler: c} }

// add puts a pattern into the plan.
func (t *triggerPlan) add(pattern int, cond condition) {
	for id := len(t.rates); id < len(t.list); id++ {
		p := t.list[id]
		t.rates = append(t.rates, p.rate(t.selectors[p.field]))
	}
	for _, c := range t.watch(cond).chains {
		t.waiting = append(t.waiting, waiting{c, int32(pattern)})
	}
}

// watch chooses the chains of a condition.
func (t *triggerPlan) watch(cond condition) watch {
	switch cond.junction {
	case anyOf:
		var all watch
		for _, n := range cond.nodes {
			w := t.watch(n)
			all = watch{append(all.chains, w.chains...), all.rate + w.rate}
		}
		return all
	case allOf:
		sides := make([]watch, len(cond.nodes))
		for i, n := range cond.nodes {
			sides[i] = t.watch(n)
		}
		slices.SortStableFunc(sides, func(a, b watch) int { return cmp.Compare(a.rate, b.rate) })
		all := sides[0]
		for _, side := range sides[1:] {
			if len(all.chains)*len(side.chains) > maxChains {
				continue
			}
			if both := t.cross(all, side); both.rate < worthwhile*all.rate {
				all = both
			}
		}
		return all
	}
	id := cond.leaf.fires
	return watch{[]chain{{id}}, t.rates[id]}
}

// cross is the watch of two sides of an &&.
func (t *triggerPlan) cross(a, b watch) watch {
	var w watch
	for _, p := range a.chains {
		for _, q := range b.chains {
			c := slices.Concat(p, q)
			w.rate += t.sort(c)
			w.chains = append(w.chains, c[:min(len(c), longestChain)])
		}
	}
	return w
}

// sort puts what is rarest, given what stands before it, first, and guesses how
// often all of it holds.
func (t *triggerPlan) sort(c chain) float64 {
	rate := 1.0
	for i := range c {
		best, bestRate := i, t.given(c[i], c[:i])
		for j := i + 1; j < len(c); j++ {
			if r := t.given(c[j], c[:i]); r < bestRate {
				best, bestRate = j, r
			}
		}
		c[i], c[best] = c[best], c[i]
		rate *= bestRate
	}
	return rate
}

// given guesses how often a predicate holds when others do. Another one of the
// same field tells little more, and a name mostly tells the service.
func (t *triggerPlan) given(id predicateID, others chain) float64 {
	f := t.list[id].field
	for _, o := range others {
		g := t.list[o].field
		switch {
		case f == g:
			return 1
		case t.selectors[f].Equal(eventSource) && t.selectors[g].Equal(eventName):
			return 0.5
		}
	}
	return t.rates[id]
}

var (
	eventName   = event.Members("eventName")
	eventSource = event.Members("eventSource")
)

// triggers lays the plan down.
func (t *triggerPlan) triggers() triggers {
	t.out.nodes = make([]node, len(t.list))
	branches, _ := t.spread(t.waiting, func(id predicateID) int32 { return id })
	for _, b := range branches {
		t.out.watched = append(t.out.watched, b.field)
	}
	return t.out
}

// spread moves patterns on to the nodes of their chains' next predicates. It
// returns how to get there; the branches' links are spans of the links returned.
func (t *triggerPlan) spread(at []waiting, nodeOf func(predicateID) int32) (branches []branch, links []link) {
	next := func(w waiting) (field int32, id predicateID) { return t.list[w.chain[0]].field, w.chain[0] }
	slices.SortStableFunc(at, func(a, b waiting) int {
		f, p := next(a)
		g, q := next(b)
		return cmp.Or(cmp.Compare(f, g), cmp.Compare(p, q))
	})
	for from := 0; from < len(at); {
		field, id := next(at[from])
		to := from
		for to < len(at) && at[to].chain[0] == id {
			to++
		}
		for i := from; i < to; i++ {
			at[i].chain = at[i].chain[1:]
		}
		n := nodeOf(id)
		t.settle(n, at[from:to])
		if len(branches) == 0 || branches[len(branches)-1].field != field {
			branches = append(branches, branch{field, span{int32(len(links)), 0}})
		}
		links = append(links, link{id, n})
		branches[len(branches)-1].links.to = int32(len(links))
		from = to
	}
	return branches, links
}

// settle leaves patterns at a node, or moves on those of a crowd that can tell
// themselves apart.
func (t *triggerPlan) settle(n int32, at []waiting) {
	var here []int32
	for _, w := range at {
		if !slices.Contains(here[max(0, len(here)-1):], w.pattern) { // a pattern's chains come one after another
			here = append(here, w.pattern)
		}
	}
	var branches []branch
	if len(here) > crowd {
		here = here[:0]
		var moving []waiting
		for _, w := range at {
			if len(w.chain) > 0 {
				moving = append(moving, w)
			} else {
				here = append(here, w.pattern)
			}
		}
		var links []link
		branches, links = t.spread(moving, func(predicateID) int32 {
			t.out.nodes = append(t.out.nodes, node{})
			return int32(len(t.out.nodes) - 1)
		})
		for i := range branches {
			branches[i].links.from += int32(len(t.out.links))
			branches[i].links.to += int32(len(t.out.links))
		}
		t.out.links = append(t.out.links, links...)
	}
	t.out.nodes[n] = node{
		patterns: add(&t.out.patterns, here),
		branches: add(&t.out.branches, branches),
	}
}

// add appends items to list and returns where they are.
func add[T any](list *[]T, items []T) span {
	from := len(*list)
	*list = append(*list, items...)
	return span{int32(from), int32(len(*list))}
}
