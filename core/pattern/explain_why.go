package pattern

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tocsin/core/event"
	"tocsin/core/spell"
)

// judgeComparison judges a comparison of a JSON pattern on an object.
func judgeComparison(c *Comparison, object map[string]any) *Judgement {
	values := findInOrder(object, c.Selector)
	j := &Judgement{True: holdsIn(c, object), Found: foundOf(values), FoundCount: len(values)}
	if len(values) == 0 {
		j.Why, j.Hint = whyAbsent(c, object)
		return j
	}
	if len(values) == 1 {
		j.Why = whyValue(c, values[0], j.True)
		j.Hint, j.likeness = hintValue(c, values[0], j.True)
		return j
	}
	agreeing := 0
	for _, v := range values {
		if holdsOf(c, v) {
			agreeing++
		} else if hint, likeness := hintValue(c, v, false); likeness > j.likeness && !j.True {
			j.Hint, j.likeness = hint, likeness
		}
	}
	var shown []string
	for _, f := range j.Found {
		shown = append(shown, f.show())
	}
	if len(values) > len(shown) {
		shown = append(shown, "...")
	}
	j.Why = fmt.Sprintf("%d of %d values satisfy it: %s", agreeing, len(values), strings.Join(shown, ", "))
	return j
}

// findInOrder is find with the members of objects in the order of their names.
func findInOrder(object map[string]any, selector event.Path) []any {
	found := []any{object}
	for _, step := range selector {
		var below []any
		for _, v := range found {
			if members, ok := v.(map[string]any); ok && step.Kind == event.Each {
				for _, name := range slices.Sorted(maps.Keys(members)) {
					below = append(below, members[name])
				}
				continue
			}
			below = append(below, descend(v, step)...)
		}
		found = below
	}
	return found
}

// whyAbsent explains a comparison whose selector leads to nothing, and hints at
// the member that may be meant.
func whyAbsent(c *Comparison, object map[string]any) (why, hint string) {
	rule := map[Op]string{
		NotEqual: "!= is false on a field that is not there", NotExists: "the field is not there",
		IsNull: "IS NULL is false on a field that is not there; NOT EXISTS finds that",
	}[c.Op]
	if rule == "" {
		rule = c.Op.String() + " is false on a field that is not there"
	}
	at, v, below := lastFound(object, c.Selector)
	switch {
	case c.Op == NotExists || len(below) == len(c.Selector):
	case kindOf(v) == event.Null:
		hint = at.String() + " is null"
	case kindOf(v) == event.Array && below[0].Kind == event.Member:
		hint = at.String() + " is an array: its elements are " + at.String() + "[0] and so on, or [*] for any of them"
	case kindOf(v) == event.String:
		hint = at.String() + " is a string, and nothing looks into a string"
	case kindOf(v) != event.Object:
		hint = at.String() + " is no object"
	}
	if object, ok := v.(map[string]any); ok && len(below) > 0 && below[0].Kind == event.Member {
		if near, ok := spell.Nearest(below[0].Name, slices.Sorted(maps.Keys(object))); ok && c.Op != NotExists {
			hint = "there is " + append(at[:len(at):len(at)], event.Step{Name: near}).String()
		}
	}
	if len(below) > 1 && hint == "" && c.Op != NotExists {
		hint = "there is no " + append(at[:len(at):len(at)], below[0]).String()
	}
	return "absent: " + rule, hint
}

// lastFound goes down a path as far as there is something: to the value at the
// path at, from where the steps below lead to nothing.
func lastFound(object map[string]any, path event.Path) (at event.Path, v any, below event.Path) {
	v = object
	for i, step := range path {
		next := descend(v, step)
		if len(next) == 0 {
			return path[:i], v, path[i:]
		}
		v = next[0]
	}
	return path, v, nil
}

// whyValue explains a comparison on one value.
func whyValue(c *Comparison, v any, holds bool) string {
	kind, text := kindOf(v), ""
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	switch c.Op {
	case NotExists:
		return "the field is there: " + show(kind, text)
	case IsNull, IsTrue, IsFalse:
		if holds && kind == event.Array {
			return "an array with a null in it is null"
		}
		return "it is " + show(kind, text)
	}
	if kind != event.String && kind != event.Number {
		return "it is " + show(kind, text) + ": " + c.Op.String() + " compares strings and numbers only"
	}
	switch c.Op {
	case Equal, NotEqual:
		if c.Value.equals(kind, []byte(text)) {
			return "it is " + show(kind, text) + relation(c.Value, true)
		}
		return "it is " + show(kind, text) + relation(c.Value, false)
	}
	if kind == event.String {
		return "it is " + show(kind, text) + ": " + c.Op.String() + " compares numbers only, this is a string"
	}
	return "it is " + show(kind, text)
}

// relation says how a value stands to a literal with wildcards or a regular expression.
func relation(l Literal, equal bool) string {
	body := strconv.Quote(shorten(l.Body))
	switch {
	case l.Kind == Regexp && equal:
		return ", where the regular expression finds something"
	case l.Kind == Regexp:
		return ", where the regular expression finds nothing"
	case l.Prefix && l.Suffix && l.Body == "":
		return ", as any string and number"
	case l.Prefix && l.Suffix:
		return negated(", which ", equal, "contains ", "does not contain ") + body
	case l.Prefix:
		return negated(", which ", equal, "ends in ", "does not end in ") + body
	case l.Suffix:
		return negated(", which ", equal, "begins with ", "does not begin with ") + body
	}
	return ""
}

func negated(start string, yes bool, positive, negative string) string {
	if yes {
		return start + positive
	}
	return start + negative
}

func (f Found) show() string {
	switch f.Kind {
	case "string", "token":
		return strconv.Quote(f.Text)
	case "number":
		return f.Text
	}
	return f.Kind
}

// show writes a value for people: strings in quotes, shortened.
func show(kind event.Kind, text string) string {
	switch kind {
	case event.String:
		return strconv.Quote(shorten(text))
	case event.Number:
		return shorten(text)
	case event.Null:
		return "null"
	case event.True, event.False:
		return "the boolean " + kindName(kind)
	}
	return "an " + kindName(kind)
}

// hintValue points out what makes a false comparison nearly true, and how alike
// the value is to the wanted one.
func hintValue(c *Comparison, v any, holds bool) (string, float64) {
	if holds {
		return "", 0
	}
	switch v := v.(type) {
	case nil:
		if c.Op != NotExists {
			return "IS NULL finds null", 0
		}
	case bool:
		if c.Op == Equal || c.Op == NotEqual {
			return fmt.Sprintf("IS %s finds this", strings.ToUpper(strconv.FormatBool(v))), 0
		}
	case string:
		if c.Op == Equal {
			return hintText(c.Value, v)
		}
		if (c.Op == IsTrue || c.Op == IsFalse) && strings.EqualFold("IS "+v, c.Op.String()) {
			return fmt.Sprintf("= %q finds this", v), 1
		}
	case json.Number:
		if c.Op == Equal && c.Value.Kind != Regexp {
			return "", like(c.Value.Body, v.String())
		}
	case []any:
		return "[*] looks at its elements", 0
	}
	return "", 0
}

// shortestPart is how long a wanted text is at least for a hint that the found one holds it.
const shortestPart = 3

// hintText compares a text with the literal that it does not equal.
func hintText(l Literal, text string) (string, float64) {
	if l.Kind == Regexp {
		return "", 0
	}
	body := l.Body
	if l.Kind == Numeric {
		body = l.Text
	}
	lower := l
	lower.Kind, lower.Body = Quoted, strings.ToLower(body)
	switch {
	case lower.matches([]byte(strings.ToLower(text))):
		return "only the case of letters differs", 1
	case lower.matches([]byte(strings.ToLower(strings.TrimSpace(text)))):
		return "only blanks at the ends differ", 1
	case strings.Contains(body, "*") && text != "":
		return "a * is a wildcard only at the ends of a value", like(body, text)
	case !l.wild() && len(body) >= shortestPart && strings.Contains(text, body):
		before, after, _ := strings.Cut(text, body)
		wild := body
		if before != "" {
			wild = "*" + wild
		}
		if after != "" {
			wild += "*"
		}
		return strconv.Quote(shorten(wild)) + " finds this", like(body, text)
	}
	return "", like(body, text)
}

// like is the share of two texts that is equal at their beginnings and ends.
func like(a, b string) float64 {
	longer, n := max(len(a), len(b)), min(len(a), len(b))
	if longer == 0 {
		return 0
	}
	same := 0
	for same < n && a[same] == b[same] {
		same++
	}
	for end := 1; end <= n-same && a[len(a)-end] == b[len(b)-end]; end++ {
		same++
	}
	return float64(same) / float64(longer)
}
