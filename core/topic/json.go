package topic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// kind is the kind of a JSON value.
type kind byte

const (
	objectKind kind = iota
	arrayKind
	textKind
	numberKind
	literalKind // true, false, null
)

// A node is a JSON value read into a tree that keeps the order of members and
// numbers as they are written. Of duplicate members the last counts.
type node struct {
	kind  kind
	text  string   // of a text its decoded characters, of a number or literal its spelling
	size  float64  // of a number within the bounds of filter policies, else NaN
	names []string // of an object, beside items
	items []node   // members of an object, elements of an array
	end   int      // bytes of input up to and with the value; of an object or array, its opening bracket
}

// member is the member of an object with that name.
func (n node) member(name string) (node, bool) {
	if i := slices.Index(n.names, name); i >= 0 {
		return n.items[i], true
	}
	return node{}, false
}

// isNull tells whether the value is null.
func (n node) isNull() bool { return n.kind == literalKind && n.text == "null" }

// token is the first token of the value as a parser sees it.
func (n node) token() string {
	switch n.kind {
	case objectKind:
		return "{"
	case arrayKind:
		return "["
	}
	return n.text
}

// encode writes a value of this package as compact JSON in the order of its
// fields, and leaves < > & alone, as AWS does. Nothing given to it can fail.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("topic: encode: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// appendString appends s as a JSON string in SNS's spelling: only quote,
// backslash and control characters are escaped, the latter with short escapes
// or capital hexadecimal digits.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			b = append(b, '\\', "btn_fr"[c-'\b'])
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(b, '"')
}
