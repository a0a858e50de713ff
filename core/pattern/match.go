package pattern

import (
	"bytes"
	"encoding/json"
	"io"

	"tocsin/core/event"
)

// Match tells whether the pattern selects a log event with this message. It is
// the plain meaning of the pattern, kept simple enough to be checked by reading;
// a Set gives the same answers faster.
func (p *Pattern) Match(message []byte) bool {
	switch p.Language {
	case Terms:
		return matchTerms(p.Terms, message)
	case JSON:
		root, ok := decodeObject(message)
		return ok && holds(p.Condition, func(c *Comparison) bool { return holdsIn(c, root) })
	case SpaceDelimited:
		_, ok := p.align(message)
		return ok
	default: // Everything
		return true
	}
}

// matchTerms is the rule for terms: all required and no excluded one. The
// optional ones count only when there is no other, and then one is enough.
func matchTerms(terms []Term, message []byte) bool {
	onlyOptional, anyOptional := true, false
	for _, t := range terms {
		occurs := t.occurs(message)
		switch {
		case t.Sign == Optional:
			anyOptional = anyOptional || occurs
		case occurs == (t.Sign == Excluded):
			return false
		default:
			onlyOptional = false
		}
	}
	return !onlyOptional || anyOptional
}

// occurs tells whether the term's text stands anywhere in the message, or its
// regular expression finds something there.
func (t *Term) occurs(message []byte) bool {
	if t.Regex != nil {
		return t.Regex.Match(message)
	}
	return bytes.Contains(message, []byte(t.Text))
}

// holds evaluates a condition with the given answers for its comparisons.
func holds(n Node, answer func(*Comparison) bool) bool {
	switch n := n.(type) {
	case *Or:
		for _, m := range n.Nodes {
			if holds(m, answer) {
				return true
			}
		}
		return false
	case *And:
		for _, m := range n.Nodes {
			if !holds(m, answer) {
				return false
			}
		}
		return true
	default:
		return answer(n.(*Comparison))
	}
}

// decodeObject decodes a message that is one JSON object and nothing else. Of
// members with the same name the last one counts. Numbers keep their written form.
func decodeObject(message []byte) (map[string]any, bool) {
	d := json.NewDecoder(bytes.NewReader(message))
	d.UseNumber()
	var root any
	if d.Decode(&root) != nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	object, ok := root.(map[string]any)
	return object, ok
}

// holdsIn tells whether the comparison is true of the object: of one at least of
// the values that its selector finds, or for NOT EXISTS of none.
func holdsIn(c *Comparison, object map[string]any) bool {
	found := find(object, c.Selector)
	if len(found) == 0 {
		return c.holds(event.Absent, nil)
	}
	if c.Op == NotEqual && !differsAnywhere {
		for _, v := range found {
			if !holdsOf(c, v) {
				return false
			}
		}
		return true
	}
	for _, v := range found {
		if holdsOf(c, v) {
			return true
		}
	}
	return false
}

// holdsOf tells whether one decoded value satisfies the comparison.
func holdsOf(c *Comparison, v any) bool {
	switch v := v.(type) {
	case nil:
		return c.holds(event.Null, nil)
	case bool:
		if v {
			return c.holds(event.True, nil)
		}
		return c.holds(event.False, nil)
	case json.Number:
		return c.holds(event.Number, []byte(v))
	case string:
		return c.holds(event.String, []byte(v))
	case map[string]any:
		return c.holds(event.Object, nil)
	default:
		for _, element := range v.([]any) {
			if element == nil && c.Op == IsNull {
				return true // recorded from AWS: an array with a null in it is null
			}
		}
		return c.holds(event.Array, nil)
	}
}

// find walks the selector's steps: each takes the values found so far to those below them.
func find(v any, selector event.Path) []any {
	found := []any{v}
	for _, step := range selector {
		var below []any
		for _, v := range found {
			below = append(below, descend(v, step)...)
		}
		found = below
	}
	return found
}

// descend is one step down from one value.
func descend(v any, step event.Step) []any {
	object, _ := v.(map[string]any)
	array, _ := v.([]any)
	switch step.Kind {
	case event.Member:
		if member, ok := object[step.Name]; ok {
			return []any{member}
		}
		return nil
	case event.Element:
		if step.Index < len(array) {
			return []any{array[step.Index]}
		}
		return nil
	default: // Each
		all := array
		for _, member := range object {
			all = append(all[:len(all):len(all)], member)
		}
		return all
	}
}
