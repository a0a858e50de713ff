package pattern

import (
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
	watched []int32 // fields that chains begin with; they are worked out for every event
	nodes   []node  // those of the first predicates stand at their numbers
	next    map[link]int32
	lists   []int32 // patterns and fields, as the spans of nodes say
}

// A node stands for predicates that hold together.
type node struct {
	patterns span // to be looked at
	fields   span // where the predicates are that lead on
}

// A span is the part lists[from:to].
type span struct{ from, to int32 }

// A link leads on from a node when one more predicate holds.
type link struct {
	node int32
	id   predicateID
}

func (t *triggers) at(s span) []int32 { return t.lists[s.from:s.to] }

func (t *triggers) list(l []int32) span {
	from := int32(len(t.lists))
	t.lists = append(t.lists, l...)
	return span{from, int32(len(t.lists))}
}

const (
	// crowd is how many patterns may wait at a node before they are told apart.
	crowd = 2
	// maxChains bounds the chains of one &&, both sides of which may be long lists.
	maxChains = 256
	// longestChain is how many predicates tell any crowd apart that there may be.
	longestChain = 6
	// worthwhile is how much rarer a further predicate must make a chain.
	worthwhile = 0.7
)

// A chain is predicates that a matching event makes true together.
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
		t.rates = append(t.rates, p.rate(t.set.fields[p.field].path))
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
		slices.SortStableFunc(sides, func(a, b watch) int { return compareRates(a.rate, b.rate) })
		all := sides[0]
		for _, side := range sides[1:] {
			if len(all.chains[0])+len(side.chains[0]) > longestChain || len(all.chains)*len(side.chains) > maxChains {
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
			w.chains = append(w.chains, c)
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
		case t.set.fields[f].path.Equal(eventSource) && t.set.fields[g].path.Equal(eventName):
			return 0.5
		}
	}
	return t.rates[id]
}

var (
	eventName   = event.Members("eventName")
	eventSource = event.Members("eventSource")
)

func compareRates(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// triggers lays the plan down.
func (t *triggerPlan) triggers() triggers {
	t.out = triggers{nodes: make([]node, len(t.list)), next: map[link]int32{}}
	t.out.watched = t.spread(t.waiting, func(id predicateID) int32 { return id })
	return t.out
}

// spread moves patterns on to the nodes of their chains' next predicates and
// returns the fields of those.
func (t *triggerPlan) spread(at []waiting, nodeOf func(predicateID) int32) []int32 {
	slices.SortStableFunc(at, func(a, b waiting) int { return int(a.chain[0] - b.chain[0]) })
	var fields []int32
	for from := 0; from < len(at); {
		id := at[from].chain[0]
		to := from
		for to < len(at) && at[to].chain[0] == id {
			at[to].chain = at[to].chain[1:]
			to++
		}
		t.settle(nodeOf(id), at[from:to])
		if f := t.list[id].field; !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
		from = to
	}
	return fields
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
	var fields []int32
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
		fields = t.spread(moving, func(id predicateID) int32 {
			child := int32(len(t.out.nodes))
			t.out.nodes = append(t.out.nodes, node{})
			t.out.next[link{n, id}] = child
			return child
		})
	}
	t.out.nodes[n] = node{patterns: t.out.list(here), fields: t.out.list(fields)}
}
