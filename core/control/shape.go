package control

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tocsin/core/event"
	"tocsin/core/spell"
)

// checkShape reports where a decoded JSON value does not have the form of a Go
// type: members that the type does not know, and values of another kind. What
// passes can be unmarshalled into the type.
func checkShape(v any, t reflect.Type, at event.Path, ps *Problems) {
	if v == nil {
		ps.add(at, "nothing stands here: give it a value or leave it out")
		return
	}
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		if _, ok := v.(map[string]any); !ok {
			ps.add(at, "want a CloudTrail record, which is an object, not %s", kindOf(v))
		}
	case t == reflect.TypeFor[MetricValue]():
		if !isText(v) && !isNumber(v) {
			ps.add(at, "want a number or a selector such as $.additionalEventData.bytesTransferredOut, not %s", kindOf(v))
		}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		s, ok := v.(string)
		if !ok {
			ps.add(at, "want text, not %s", kindOf(v))
			return
		}
		if err := reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			ps.add(at, "%w", err)
		}
	case t.Kind() == reflect.Struct:
		checkMembers(v, t, at, ps)
	case t.Kind() == reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			ps.add(at, "want members, not %s", kindOf(v))
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			checkShape(m[name], t.Elem(), member(at, name), ps)
		}
	case t.Kind() == reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			ps.add(at, "want a list, not %s", kindOf(v))
		}
		for i, e := range list {
			checkShape(e, t.Elem(), element(at, i), ps)
		}
	case t.Kind() == reflect.String:
		if !isText(v) {
			ps.add(at, "want text, not %s: put it in quotes", kindOf(v))
		}
	case t.Kind() == reflect.Int:
		if n, ok := v.(json.Number); !ok {
			ps.add(at, "want a whole number, not %s", kindOf(v))
		} else if _, err := n.Int64(); err != nil {
			ps.add(at, "want a whole number, not %s", n)
		}
	case t.Kind() == reflect.Float64:
		if n, ok := v.(json.Number); !ok {
			ps.add(at, "want a number, not %s", kindOf(v))
		} else if _, err := n.Float64(); err != nil {
			ps.add(at, "the number %s is too large", n)
		}
	case t.Kind() == reflect.Bool:
		if v != true && v != false {
			ps.add(at, "want true or false, not %s", kindOf(v))
		}
	default:
		panic("a pack has no members of type " + t.String())
	}
}

// checkMembers checks an object against the members of a struct.
func checkMembers(v any, t reflect.Type, at event.Path, ps *Problems) {
	m, ok := v.(map[string]any)
	if !ok {
		ps.add(at, "want members such as %s, not %s", strings.Join(names(t)[:2], " and "), kindOf(v))
		return
	}
	known := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			known[tagName(f)] = f.Type
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if want, ok := known[name]; ok {
			checkShape(m[name], want, member(at, name), ps)
		} else if near, ok := spell.Nearest(name, names(t)); ok {
			ps.addName(member(at, name), "unknown member %q: did you mean %q?", name, near)
		} else {
			ps.addName(member(at, name), "unknown member %q: there are %s", name, strings.Join(names(t), ", "))
		}
	}
}

// names are the members of a struct in the order of its fields.
func names(t reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			names = append(names, tagName(f))
		}
	}
	return names
}

func tagName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func isText(v any) bool   { _, ok := v.(string); return ok }
func isNumber(v any) bool { _, ok := v.(json.Number); return ok }

func kindOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "members"
	case []any:
		return "a list"
	case string:
		return fmt.Sprintf("the text %q", v)
	case json.Number:
		return "the number " + v.String()
	}
	return fmt.Sprint(v)
}
