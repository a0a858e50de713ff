package export

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// policyOrder are the members of a policy in the order in which people write them.
var policyOrder = []string{"Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

// memberOrder are the names of an object's members: those of a policy as people
// order them, then the others by name.
func memberOrder(v map[string]any) []string {
	rank := func(name string) int {
		if i := slices.Index(policyOrder, name); i >= 0 {
			return i
		}
		return len(policyOrder)
	}
	names := slices.Sorted(maps.Keys(v))
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// readJSON reads a document, its numbers as they are written.
func readJSON(text string) (any, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err
}

// yamlValue writes a document of JSON as the lines of a YAML block, each with the
// indent, so that it can stand below its name.
func yamlValue(indent string, v any) string {
	var b strings.Builder
	switch v := v.(type) {
	case map[string]any:
		for _, name := range memberOrder(v) {
			b.WriteString(indent + yamlText(name) + ":" + yamlBelow(indent, v[name]))
		}
	case []any:
		for _, item := range v {
			text := yamlBelow(indent, item)
			if inner, ok := strings.CutPrefix(text, "\n"+indent+"  "); ok {
				text = " " + inner // a map or list begins on the line of its hyphen
			}
			b.WriteString(indent + "-" + text)
		}
	}
	return b.String()
}

// yamlBelow is a value after the colon or hyphen that introduces it.
func yamlBelow(indent string, v any) string {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return " {}\n"
		}
		return "\n" + yamlValue(indent+"  ", v)
	case []any:
		if len(v) == 0 {
			return " []\n"
		}
		return "\n" + yamlValue(indent+"  ", v)
	case string:
		if v == "" {
			return " ''\n"
		}
		return " " + yamlText(v) + "\n"
	}
	return " " + jsonText(v) + "\n" // null, true, false and numbers are the same in YAML
}
