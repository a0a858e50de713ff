package pattern

import (
	"math"
	"slices"

	"tocsin/core/event"
)

// triggers say which patterns to look at when a predicate holds.
//
// A pattern is watched by a watch list: predicates of which at least one
// holds whenever the pattern matches. Of an && that is the list of its rarest
// side, of an || the lists of all its sides together. Every condition needs
// something to hold, if only the absence of a field, so each pattern has such
// a list, and a pattern whose list stays silent costs nothing.
//
// That alone is not enough for thousands of patterns: hundreds of them watch
// the same few event names and error codes. A pattern that would stand in such
// a crowd watches for two predicates at once, which is what && is for: when the
// first holds, the field of the second is looked at, and the pair of the two
// finds the pattern.
type triggers struct {
	watched []int32 // fields worked out for every event
	by      []trigger
	lists   []int32 // patterns and fields, as the spans say
	pairs   map[pair]span
}

// A trigger is what a predicate sets off.
type trigger struct {
	alone   span // patterns
	seconds span // fields that may hold the second predicate of a pair
}

// A span is the part lists[from:to].
type span struct{ from, to int32 }

// A pair is two predicates that hold together. The first is the rarer one; the
// second is never where the first is watched alone.
type pair struct{ first, second predicateID }

// How a pattern is watched.
const (
	// crowd is how many patterns may watch one predicate before they are told
	// apart by a second one.
	crowd = 2
	// maxPairs bounds the pairs of one &&, of which both sides may be long lists.
	maxPairs = 256
	// worthPair is how much rarer than its predicates a pair must be.
	worthPair = 0.7
)

// A watch is a watch list with a guess how often it calls.
type watch struct {
	on   []pair // second is never in a list of single predicates
	rate float64
}

// A triggerPlan chooses the watch list of each pattern, when it knows all of them.
type triggerPlan struct {
	*compiler
	patterns []planned
}

type planned struct {
	pattern        int32
	single, paired watch
}

func newTriggerPlan(c *compiler) *triggerPlan { return &triggerPlan{compiler: c} }

func (t *triggerPlan) add(pattern int, cond condition) {
	single, paired := t.watches(cond)
	t.patterns = append(t.patterns, planned{int32(pattern), single, paired})
}

// watches gives the best watch list of single predicates and the best one in
// which there may be pairs.
func (t *triggerPlan) watches(cond condition) (single, paired watch) {
	switch cond.junction {
	case anyOf:
		for _, n := range cond.nodes {
			s, p := t.watches(n)
			single = watch{append(single.on, s.on...), single.rate + s.rate}
			paired = watch{append(paired.on, p.on...), paired.rate + p.rate}
		}
		return single, paired
	case allOf:
		sides := make([]watch, len(cond.nodes))
		single.rate, paired.rate = math.Inf(1), math.Inf(1)
		for i, n := range cond.nodes {
			s, p := t.watches(n)
			sides[i] = s
			single, paired = rarer(single, s), rarer(paired, p)
		}
		for _, other := range sides {
			paired = rarer(paired, t.cross(single, other))
		}
		return single, paired
	}
	w := watch{[]pair{{cond.leaf.fires, never}}, t.rate(cond.leaf.fires)}
	return w, w
}

func rarer(a, b watch) watch {
	if b.rate < a.rate {
		return b
	}
	return a
}

// cross is the watch list of two sides of an && together.
func (t *triggerPlan) cross(a, b watch) watch {
	w := watch{rate: math.Inf(1)}
	if len(a.on)*len(b.on) > maxPairs {
		return w
	}
	w.rate = 0
	for _, p := range a.on {
		for _, q := range b.on {
			first, second := p.first, q.first
			if t.rate(second) < t.rate(first) {
				first, second = second, first
			}
			w.on = append(w.on, pair{first, second})
			w.rate += t.rate(first) * t.given(second, first)
		}
	}
	return w
}

func (t *triggerPlan) rate(id predicateID) float64 {
	p := t.list[id]
	return p.rate(t.set.fields[p.field].path)
}

// given guesses how often second holds when first does. Two conditions on one
// field tell little more than the rarer of them, and a name tells the service.
func (t *triggerPlan) given(second, first predicateID) float64 {
	f, g := t.list[first].field, t.list[second].field
	switch {
	case f == g:
		return 1
	case t.set.fields[f].path.Equal(eventName) && t.set.fields[g].path.Equal(eventSource):
		return 0.5
	}
	return t.rate(second)
}

// triggers lays the plan down.
func (t *triggerPlan) triggers() triggers {
	crowds := make([]int, len(t.list))
	for _, p := range t.patterns {
		for _, w := range p.single.on {
			crowds[w.first]++
		}
	}
	alone := make([][]int32, len(t.list))
	seconds := make([][]int32, len(t.list))
	pairs := map[pair][]int32{}
	for _, p := range t.patterns {
		on := p.single.on
		crowded := slices.ContainsFunc(on, func(w pair) bool { return crowds[w.first] > crowd })
		if crowded && p.paired.rate < worthPair*p.single.rate {
			on = p.paired.on
		}
		for _, w := range on {
			if w.second == never {
				alone[w.first] = addOnce(alone[w.first], p.pattern)
				continue
			}
			pairs[w] = addOnce(pairs[w], p.pattern)
			seconds[w.first] = addOnce(seconds[w.first], t.list[w.second].field)
		}
	}

	out := triggers{by: make([]trigger, len(t.list)), pairs: make(map[pair]span, len(pairs))}
	watched := make([]bool, len(t.set.fields))
	for id := range t.list {
		out.by[id] = trigger{alone: out.list(alone[id]), seconds: out.list(seconds[id])}
		if len(alone[id])+len(seconds[id]) > 0 {
			watched[t.list[id].field] = true
		}
	}
	for w, patterns := range pairs {
		out.pairs[w] = out.list(patterns)
	}
	for f, yes := range watched {
		if yes {
			out.watched = append(out.watched, int32(f))
		}
	}
	return out
}

// addOnce appends v to list unless it is the last of it, which is enough for
// patterns, that come one after another, and costs a repeated look at a field at worst.
func addOnce(list []int32, v int32) []int32 {
	if slices.Contains(list[max(0, len(list)-8):], v) {
		return list
	}
	return append(list, v)
}

func (t *triggers) list(l []int32) span {
	from := int32(len(t.lists))
	t.lists = append(t.lists, l...)
	return span{from, int32(len(t.lists))}
}

func (t *triggers) at(s span) []int32 { return t.lists[s.from:s.to] }

var (
	eventName   = event.Members("eventName")
	eventSource = event.Members("eventSource")
)
