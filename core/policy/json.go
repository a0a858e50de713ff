package policy

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// kind of a JSON value.
type kind byte

const (
	objectKind kind = iota
	arrayKind
	textKind
	scalarKind // number, true, false
	nullKind
)

// A node is a JSON value with its place in the document.
type node struct {
	kind  kind
	text  string   // of a text its characters, of a scalar its spelling
	names []string // of an object, beside items
	marks []int    // of an object, where its names begin
	items []node
	at    int // where the value begins, in bytes
}

// maxDepth is deeper than any policy: statements, conditions and lists need six.
const maxDepth = 16

// A jsonError is why a text is not JSON, and the byte where that shows. Path is
// that of a duplicate member.
type jsonError struct {
	at      int
	path    string
	problem string
}

func (e *jsonError) Error() string { return e.problem }

// readJSON reads one JSON value. Duplicate names in an object are an error: "an
// element must not contain multiple instances of the same key" [IAM User Guide,
// grammar of the policy language].
func readJSON(text string) (node, error) {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return node{}, &jsonError{at: max(int(syntax.Offset)-1, 0), problem: syntax.Error()}
		}
		return node{}, &jsonError{problem: err.Error()}
	}
	r := jsonReader{text: text, d: json.NewDecoder(strings.NewReader(text))}
	r.d.UseNumber()
	return r.value("", maxDepth)
}

// A jsonReader reads a text that is known to be valid JSON.
type jsonReader struct {
	text string
	d    *json.Decoder
}

// begin is where the next token begins.
func (r *jsonReader) begin() int {
	at := int(r.d.InputOffset())
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

func (r *jsonReader) value(path string, depth int) (node, error) {
	n := node{at: r.begin()}
	if depth == 0 {
		return n, &jsonError{n.at, path, "nested too deeply"}
	}
	t, err := r.d.Token()
	if err != nil {
		return n, &jsonError{n.at, path, err.Error()}
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			n.kind = arrayKind
			return n, r.array(&n, path, depth)
		}
		return n, r.object(&n, path, depth)
	case string:
		n.kind, n.text = textKind, t
	case json.Number:
		n.kind, n.text = scalarKind, t.String()
	case bool:
		n.kind, n.text = scalarKind, "false"
		if t {
			n.text = "true"
		}
	default:
		n.kind = nullKind
	}
	return n, nil
}

func (r *jsonReader) array(n *node, path string, depth int) error {
	for r.d.More() {
		item, err := r.value(element(path, len(n.items)), depth-1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	return r.close()
}

func (r *jsonReader) object(n *node, path string, depth int) error {
	seen := map[string]bool{}
	for r.d.More() {
		mark := r.begin()
		t, err := r.d.Token()
		if err != nil {
			return &jsonError{mark, path, err.Error()}
		}
		name, _ := t.(string)
		if seen[name] {
			return &jsonError{mark, member(path, name), "the same name twice in one object"}
		}
		seen[name] = true
		item, err := r.value(member(path, name), depth-1)
		if err != nil {
			return err
		}
		n.names, n.marks, n.items = append(n.names, name), append(n.marks, mark), append(n.items, item)
	}
	return r.close()
}

func (r *jsonReader) close() error {
	if _, err := r.d.Token(); err != nil && err != io.EOF {
		return &jsonError{at: r.begin(), problem: err.Error()}
	}
	return nil
}
