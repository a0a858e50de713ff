package s3

import (
	"slices"
	"strconv"
	"strings"
)

// A form is what an element may look like: the part of S3's published schema that
// its documents are checked by. Elements may stand in any order.
type form struct {
	name     string
	min, max int               // how often it stands in its parent
	text     func(string) bool // nil for an element with children
	parts    []form
}

// many is the most elements of one name.
const many = 1000

func leaf(name string, text func(string) bool) form { return form{name, 1, 1, text, nil} }
func tree(name string, parts ...form) form          { return form{name, 1, 1, nil, parts} }

// opt is a form that may be missing.
func opt(f form) form { f.min = 0; return f }

// list is a form that may stand any number of times, from so many on.
func list(least int, f form) form { f.min, f.max = least, many; return f }

// check tells whether an element has the form.
func (f form) check(n *node) bool {
	if n == nil || n.name != f.name {
		return false
	}
	if f.text != nil {
		return len(n.children) == 0 && f.text(n.text)
	}
	count := map[string]int{}
	for _, c := range n.children {
		i := slices.IndexFunc(f.parts, func(p form) bool { return p.name == c.name })
		if i < 0 || !f.parts[i].check(c) {
			return false
		}
		count[c.name]++
	}
	for _, p := range f.parts {
		if n := count[p.name]; n < p.min || n > p.max {
			return false
		}
	}
	return true
}

// Texts of leaves.

func anyText(string) bool       { return true }
func someText(text string) bool { return text != "" }
func boolText(text string) bool { return text == "true" || text == "false" }

func oneOf(values ...string) func(string) bool {
	return func(text string) bool { return slices.Contains(values, text) }
}

func atMost(length int) func(string) bool {
	return func(text string) bool { return len(text) <= length }
}

func number(least, most int64) func(string) bool {
	return func(text string) bool {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		return err == nil && n >= least && n <= most
	}
}
