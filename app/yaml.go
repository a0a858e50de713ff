package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"tocsin/core/event"
)

// maxNesting is how deep the members of a file may nest; events in a pack are the deepest.
const maxNesting = 100

// A yamlFile is a file that people write: its lines, and where in it each member stands.
type yamlFile struct {
	path string
	// kind is what the file is, as messages call it: a pack, a configuration.
	kind  string
	empty string // what an empty file lacks, "" when it may be empty
	lines []string
	// keys and values are the nodes of each member by its path; an element of a
	// list has only a value.
	keys, values map[string]ast.Node
}

func newYAML(path, kind, empty string, text []byte) *yamlFile {
	return &yamlFile{
		path: path, kind: kind, empty: empty,
		lines:  strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"),
		keys:   map[string]ast.Node{},
		values: map[string]ast.Node{},
	}
}

// tree reads the file as JSON values: nil, bool, json.Number, string, []any and
// map[string]any. JSON is YAML, so one parser reads both; of YAML such a file
// needs only maps, lists and scalars, so anchors, aliases and tags are refused.
func (s *yamlFile) tree(text []byte) (any, error) {
	if line, column, deep := nesting(text); deep {
		return nil, s.errorAt(line, column, fmt.Sprintf("more than %d brackets are open here", maxNesting))
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		if broken := yaml.Error(nil); errors.As(err, &broken) && broken.GetToken() != nil {
			at := broken.GetToken().Position
			return nil, s.errorAt(at.Line, at.Column, broken.GetMessage())
		}
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		switch {
		case d.Body == nil || d.Body.Type() == ast.CommentType:
		case body != nil:
			at := start(d.Body)
			return nil, s.errorAt(at.Line, at.Column, "a second document begins here: "+s.kind+" has a file of its own")
		default:
			body = d.Body
		}
	}
	if body == nil && s.empty == "" {
		return map[string]any{}, nil
	}
	if body == nil {
		return nil, s.errorAt(1, 1, "the file is empty: "+s.empty)
	}
	return s.value(body, nil)
}

func (s *yamlFile) value(n ast.Node, at event.Path) (any, error) {
	if len(at) > maxNesting {
		return nil, s.refuse(n, fmt.Sprintf("members nest deeper than %d", maxNesting))
	}
	s.values[at.String()] = n
	switch n := n.(type) {
	case *ast.MappingNode:
		m := make(map[string]any, len(n.Values))
		for _, entry := range n.Values {
			if err := s.entry(m, entry, at); err != nil {
				return nil, err
			}
		}
		return m, nil
	case *ast.MappingValueNode:
		m := map[string]any{}
		return m, s.entry(m, n, at)
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, element := range n.Values {
			v, err := s.value(element, append(at[:len(at):len(at)], event.Step{Kind: event.Element, Index: i}))
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return number(n.GetToken().Value, n.Value), nil
	case *ast.FloatNode:
		return number(n.GetToken().Value, n.Value), nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.StringNode:
		if n.Token.Type == token.StringType && n.Value != "" && strings.Trim(n.Value, "+-.0123456789eE") == "" && json.Valid([]byte(n.Value)) {
			return json.Number(n.Value), nil // 1e3, which the parser takes for text
		}
		return n.Value, nil
	case *ast.AnchorNode, *ast.AliasNode:
		return nil, s.refuse(n, s.kind+" has no anchors and aliases: write the value out, or in quotes if it is a text")
	case *ast.TagNode:
		return nil, s.refuse(n, s.kind+" has no tags: write the value out, or in quotes if it is a text")
	}
	return nil, s.refuse(n, s.kind+" has only members, lists, texts, numbers, true and false")
}

// entry adds one member of a map.
func (s *yamlFile) entry(m map[string]any, entry *ast.MappingValueNode, at event.Path) error {
	key, ok := entry.Key.(ast.Node)
	if !ok {
		return s.refuse(entry, "a member needs a name")
	}
	var name string
	switch k := key.(type) {
	case *ast.StringNode:
		name = k.Value
	case *ast.MergeKeyNode, *ast.MappingKeyNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return s.refuse(key, "a member's name is a plain text")
	default: // 1, true or null as a name
		name = key.GetToken().Value
	}
	here := append(at[:len(at):len(at)], event.Step{Name: name})
	s.keys[here.String()] = key
	v, err := s.value(entry.Value, here)
	m[name] = v
	return err
}

// number keeps the text of a number where JSON knows it.
func number(text string, value any) any {
	if json.Valid([]byte(text)) {
		return json.Number(text)
	}
	return value
}

// find is the place of a member: of its value where that is a scalar, else of
// its name, and of what encloses it where it is missing.
func (s *yamlFile) find(path event.Path, byName bool) (line, column int) {
	for ; ; path = path[:len(path)-1] {
		name := path.String()
		v := s.values[name]
		if k, ok := s.keys[name]; ok && (byName || v == nil || v.GetToken().Type == token.ImplicitNullType || !isScalar(v)) {
			v = k
		}
		if v != nil {
			at := start(v)
			return at.Line, at.Column
		}
		if len(path) == 0 {
			return 1, 1
		}
	}
}

func isScalar(n ast.Node) bool {
	_, scalar := n.(ast.ScalarNode)
	return scalar
}

func (s *yamlFile) refuse(n ast.Node, message string) error {
	at := start(n)
	return s.errorAt(at.Line, at.Column, message)
}

// start is where a node's text begins. A map's own token is its first colon.
func start(n ast.Node) *token.Position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0])
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken().Position
	}
	return n.GetToken().Position
}

// nesting finds the bracket that opens one level too many. It looks at all
// brackets, those in texts and comments included, and every closing bracket
// closes one; it only has to keep the parser from running out of stack.
func nesting(text []byte) (line, column int, deep bool) {
	open := 0
	line, column = 1, 0
	for _, c := range text {
		column++
		switch c {
		case '\n':
			line, column = line+1, 0
		case '[', '{':
			if open++; open > maxNesting {
				return line, column, true
			}
		case ']', '}':
			open = max(open-1, 0)
		}
	}
	return 0, 0, false
}
