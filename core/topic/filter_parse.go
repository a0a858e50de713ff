package topic

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits of filter policies [SNS guide, filter policy constraints].
const (
	maxPolicyText   = 256 << 10 // bytes
	maxPolicyKeys   = 5         // at the top
	maxCombinations = 150
)

// ParseFilterPolicy reads a policy, checking it as SetSubscriptionAttributes
// does. The empty text and {} are no policy. An error is an *InvalidError with
// AWS's text; what Subscribe says is its AmongAttributes.
func ParseFilterPolicy(text string, scope Scope) (FilterPolicy, error) {
	if text == "" {
		return FilterPolicy{scope: scope}, nil
	}
	if len(text) > maxPolicyText {
		return FilterPolicy{}, refuse("FilterPolicy: Filter policy is longer than %d bytes", maxPolicyText)
	}
	root, err := readJSON(text)
	if err != nil {
		return FilterPolicy{}, refuse("FilterPolicy: failed to parse JSON. %v", err)
	}
	if root.kind == objectKind && len(root.items) == 0 {
		return FilterPolicy{scope: scope}, nil
	}
	parser := policyParser{}
	tree, err := parser.root(root)
	if err != nil {
		return FilterPolicy{}, policyRefusal(text, err)
	}
	if len(root.items) > maxPolicyKeys {
		return FilterPolicy{}, refuse("FilterPolicy: Filter policy can not have more than %d keys", maxPolicyKeys)
	}
	p := FilterPolicy{scope: scope, text: text, nests: parser.nests}
	if err := p.checkScope(); err != nil {
		return FilterPolicy{}, err
	}
	if tree.combinations() > maxCombinations || tree.conditions() > maxConditions {
		return FilterPolicy{}, policyRefusal(text, placeless(tooComplex))
	}
	p.ways = tree.ways()
	return p, nil
}

const tooComplex = "Filter policy is too complex"

// A policyError is what is wrong with a policy, and where: so many bytes of its
// text are read. Of some faults AWS does not tell the place; theirs is 0.
type policyError struct {
	read    int
	message string
}

func (e *policyError) Error() string { return e.message }

func wrong(at node, format string, args ...any) error {
	return &policyError{at.end, fmt.Sprintf(format, args...)}
}

func placeless(format string, args ...any) error { return wrong(node{}, format, args...) }

// policyRefusal words an error as SNS does: the place is on a second line,
// counts from 1 and is behind the token that is wrong.
func policyRefusal(text string, err error) error {
	var fault *policyError
	if !errors.As(err, &fault) || fault.read == 0 {
		return refuse("FilterPolicy: %v", err)
	}
	before := text[:fault.read]
	line := strings.Count(before, "\n") + 1
	column := len(before) - strings.LastIndexByte(before, '\n')
	return refuse("FilterPolicy: %s\n at [Source: REDACTED; line: %d, column: %d]", fault.message, line, column)
}

// policyParser turns JSON into clauses. It refuses in the order of the text.
type policyParser struct {
	nests bool
}

func (p *policyParser) root(n node) (clause, error) {
	if n.kind != objectKind {
		return nil, wrong(n, "Filter is not an object")
	}
	return p.object(n, "", 1)
}

// object reads an object of keys; above is the path to it with a dot behind.
func (p *policyParser) object(n node, above string, depth int) (clause, error) {
	if len(n.items) == 0 {
		return nil, wrong(n, "Empty objects are not allowed")
	}
	var keys all
	for i, name := range n.names {
		key, err := p.key(name, n.items[i], above, depth)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (p *policyParser) key(name string, n node, above string, depth int) (clause, error) {
	if name == "$or" && n.kind == arrayKind {
		return p.or(n, above, depth)
	}
	return p.plainKey(name, n, above, depth)
}

func (p *policyParser) plainKey(name string, n node, above string, depth int) (clause, error) {
	switch n.kind {
	case objectKind:
		p.nests = true
		if depth == maxCombinations {
			return nil, placeless(tooComplex) // whatever there is deeper counts its depth
		}
		return p.object(n, above+name+".", depth+1)
	case arrayKind:
		c := condition{path: above + name, depth: depth}
		for _, item := range n.items {
			v, err := parseValue(item)
			if err != nil {
				return nil, err
			}
			c.values = append(c.values, v)
			c.comparisons++
			if excluded, ok := v.(anythingBut); ok {
				c.comparisons += len(excluded)
			}
		}
		if len(c.values) == 0 {
			return nil, wrong(n, "Empty arrays are not allowed")
		}
		return c, nil
	}
	return nil, wrong(n, `"%s" must be an object or an array`, name)
}

// or reads the list of a key named $or. It is the operator when it has two
// objects at least, nothing else, and none of them looks like a match value;
// else it is an ordinary key, provided that its elements are match values.
func (p *policyParser) or(n node, above string, depth int) (clause, error) {
	if isOr(n) {
		var branches either
		for _, item := range n.items {
			branch, err := p.object(item, above, depth)
			if err != nil {
				return nil, err
			}
			branches = append(branches, branch)
		}
		return branches, nil
	}
	plain, err := p.plainKey("$or", n, above, depth)
	switch {
	case err == nil:
		return plain, nil
	case len(n.items) < 2:
		return nil, wrong(n, "There must have at least 2 Objects in $or relationship.")
	case slices.ContainsFunc(n.items, func(item node) bool { return item.kind != objectKind }):
		return nil, wrong(n, "Only JSON object is allowed in array of $or relationship.")
	}
	return nil, err
}

func isOr(n node) bool {
	for _, item := range n.items {
		if item.kind != objectKind {
			return false
		}
		if slices.ContainsFunc(item.names, func(name string) bool { return slices.Contains(reservedInOr, name) }) {
			return false
		}
	}
	return len(n.items) >= 2
}
