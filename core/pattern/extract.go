package pattern

import (
	"encoding/json"
	"strconv"
	"strings"

	"tocsin/core/event"
)

// Extract is what TestMetricFilter calls extractedValues: for a matching message
// of a space-delimited pattern the text of every named column under $name, and
// of every other token under $N with its place from 1; for the other languages
// an empty map. It is nil when the pattern does not match.
func (p *Pattern) Extract(message []byte) map[string]string {
	if p.Language != SpaceDelimited {
		if !p.Match(message) {
			return nil
		}
		return map[string]string{}
	}
	fields, ok := p.align(message)
	if !ok {
		return nil
	}
	values := make(map[string]string, len(fields))
	for _, f := range fields {
		values[f.selector()] = string(f.text)
	}
	return values
}

// selector is the name under which the field is found.
func (f field) selector() string {
	if f.column == nil || f.column.Name == "" {
		return "$" + strconv.Itoa(f.position)
	}
	return "$" + f.column.Name
}

// Lookup finds the text that a metric value or a dimension takes from a matching
// message: by $.path the text of a JSON string or number, by $name or $N that of
// a token. Anything else, an absent value included, is not ok: it gives no
// datapoint. Wildcards are not allowed there, so they find nothing.
func (p *Pattern) Lookup(message []byte, selector string) (text string, ok bool) {
	switch p.Language {
	case JSON:
		path, err := ParseSelector(selector)
		if err != nil || path.Wild() {
			return "", false
		}
		root, ok := decodeObject(message)
		if !ok {
			return "", false
		}
		for _, v := range find(root, path) {
			switch v := v.(type) {
			case string:
				return v, true
			case json.Number:
				return v.String(), true
			}
		}
	case SpaceDelimited:
		fields, _ := p.fields(message)
		for _, f := range fields {
			if f.selector() == selector {
				return string(f.text), true
			}
		}
	}
	return "", false
}

// ParseSelector reads a selector of a JSON pattern, $.path, alone. The error is
// a *SyntaxError about the selector.
func ParseSelector(text string) (event.Path, error) {
	if !strings.HasPrefix(text, "$") {
		return nil, &SyntaxError{text, 0, messageInvalid, `expected a selector, which begins with "$."`}
	}
	path, n, begun := cutSelector(text)
	if path == nil {
		expected, pos := illegalRemedy(text, begun, min(n, len(text)), JSON)
		return nil, &SyntaxError{text, pos, messageInvalid, expected}
	}
	if n < len(text) {
		return nil, &SyntaxError{text, n, messageInvalid, "expected the end of the selector"}
	}
	return path, nil
}
