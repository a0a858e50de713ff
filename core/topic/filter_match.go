package topic

import (
	"slices"
	"strings"
)

// holds tells whether the policy chooses a message whose attributes or body are
// the members of root.
func (p FilterPolicy) holds(root node) bool {
	left := maxWork
	return len(p.ways) == 0 || slices.ContainsFunc(p.ways, func(w way) bool { return w.holds(root, &left) })
}

// A set is a set of conditions of one way, a bit for each.
type set uint64

// A place is a condition on its way down the message.
type place struct {
	condition int
	rest      string // keys yet to be met
	there     bool   // all keys were met; rest is empty
}

// holds decides in one walk over the message. Of every value it asks which sets
// of conditions the value can satisfy at once: those of an object's members
// come together, those of an array's elements exclude each other, since all
// conditions must be satisfied within one element. left is how much may be
// compared; when it is used up, the message is taken to be chosen.
func (w way) holds(root node, left *int) bool {
	at := make([]place, len(w))
	for i, c := range w {
		at[i] = place{condition: i, rest: c.path}
	}
	walk := walk{way: w, left: left}
	sets := walk.satisfied(root, at)
	if *left < 0 {
		return true
	}
	var absent, full set
	for i, c := range w {
		full |= 1 << i
		if walk.present&(1<<i) == 0 && c.mayBeAbsent() {
			absent |= 1 << i
		}
	}
	return slices.ContainsFunc(sets, func(s set) bool { return s|absent == full })
}

// mayBeAbsent tells whether a message without the key satisfies the condition.
func (c condition) mayBeAbsent() bool {
	return slices.ContainsFunc(c.values, func(v value) bool { return v == exists(false) })
}

type walk struct {
	way     way
	present set // conditions whose key leads to a value at all
	left    *int
}

// spend tells whether so much more may be compared.
func (w *walk) spend(work int) bool {
	*w.left -= work
	return *w.left >= 0
}

// satisfied gives the sets of conditions that can be satisfied within n, without
// those that are part of another.
func (w *walk) satisfied(n node, at []place) []set {
	switch n.kind {
	case objectKind:
		sets := []set{0}
		for i, name := range n.names {
			if !w.spend(len(at)) {
				return nil
			}
			if next := step(at, name); len(next) > 0 {
				sets = w.together(sets, w.satisfied(n.items[i], next))
			}
		}
		return sets
	case arrayKind:
		sets := []set{0}
		for _, item := range n.items {
			if !w.spend(1) {
				return nil
			}
			for _, s := range w.satisfied(item, at) {
				sets = w.add(sets, s)
			}
		}
		return sets
	}
	var s set
	for _, p := range at {
		if !p.there {
			continue
		}
		if !w.spend(w.way[p.condition].comparisons) {
			return nil
		}
		w.present |= 1 << p.condition
		if slices.ContainsFunc(w.way[p.condition].values, func(v value) bool { return v.matches(n) }) {
			s |= 1 << p.condition
		}
	}
	return []set{s}
}

// step takes the places of an object to those of its member name.
func step(at []place, name string) []place {
	var next []place
	for _, p := range at {
		if p.there {
			continue
		}
		if rest, ok := strings.CutPrefix(p.rest, name); ok {
			if rest == "" {
				next = append(next, place{condition: p.condition, there: true})
			} else if rest[0] == '.' {
				next = append(next, place{condition: p.condition, rest: rest[1:]})
			}
		}
	}
	return next
}

// together gives the unions of a set of each side.
func (w *walk) together(a, b []set) []set {
	sets := []set{0}
	for _, x := range a {
		for _, y := range b {
			sets = w.add(sets, x|y)
		}
	}
	return sets
}

// add adds s to sets of which none is part of another.
func (w *walk) add(sets []set, s set) []set {
	if !w.spend(len(sets)) {
		return nil
	}
	if slices.ContainsFunc(sets, func(t set) bool { return s&^t == 0 }) {
		return sets
	}
	return append(slices.DeleteFunc(sets, func(t set) bool { return t&^s == 0 }), s)
}
