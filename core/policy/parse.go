package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxText is how many bytes a document may have: what IAM's API takes. The
// quotas of each service are smaller and for the service to check.
const MaxText = 131072

// Parse reads a document and checks it as AWS does when one of its kind is put.
// An error is an *Error.
func Parse(text string, kind Kind) (Policy, error) {
	p := parser{text: text, kind: kind}
	if err := p.read(); err != nil {
		return Policy{}, err
	}
	if err := p.check(); err != nil {
		return Policy{}, err
	}
	return p.policy, nil
}

// A parser reads a document first, keeping the places of what it read, and then
// checks it, in the order in which AWS was seen to complain.
type parser struct {
	text   string
	kind   Kind
	policy Policy
	places []places // beside policy.Statements
	at     int      // of the Version, or of the document
}

// places are where the elements of a statement are; those that are absent have
// none.
type places struct {
	path   string
	at     int // of the statement
	member map[string]int
	values map[string][]int // of lists
}

// place of an element, or of the statement when the element is absent.
func (p places) place(name string) (int, string) {
	if at, ok := p.member[name]; ok {
		return at, member(p.path, name)
	}
	return p.at, p.path
}

// fail is the error at a place; detail completes AWS's text.
func (p *parser) fail(at int, path string, f fault, detail, problem string, args ...any) error {
	e := &Error{Path: path, Problem: fmt.Sprintf(problem, args...), Message: f.message(p.kind, detail)}
	e.locate(p.text, at)
	return e
}

// wrongType says what a member is instead of what it should be.
func (p *parser) wrongType(n node, path, want string) error {
	return p.fail(n.at, path, syntaxFault, "", "expected %s, found %s", want, n.describe())
}

func (n node) describe() string {
	switch n.kind {
	case objectKind:
		return "an object"
	case arrayKind:
		return "a list"
	case textKind:
		return fmt.Sprintf("%q", n.text)
	case scalarKind:
		return n.text
	}
	return "null"
}

func (p *parser) read() error {
	if len(p.text) > MaxText {
		return p.fail(MaxText, "", jsonFault, "", "the document has %d bytes; more than %d are never taken", len(p.text), MaxText)
	}
	root, err := readJSON(p.text)
	if err != nil {
		fault := jsonFault
		if p.kind == Bucket && !strings.HasPrefix(p.text, "{") {
			fault = firstByteFault
		}
		at, path := 0, ""
		var place *jsonError
		if errors.As(err, &place) {
			at, path = place.at, place.path
		}
		return p.fail(at, path, fault, "", "not a JSON document: %v", err)
	}
	if root.kind != objectKind {
		return p.wrongType(root, "", "an object with Version and Statement")
	}
	p.at = root.at
	found := false
	for i, name := range root.names {
		n := root.items[i]
		switch name {
		case "Version":
			if n.kind != textKind || n.text != string(Version2008) && n.text != string(Version2012) {
				return p.fail(n.at, name, badVersionFault, "", "expected \"2012-10-17\" or \"2008-10-17\", found %s", n.describe())
			}
			p.at, p.policy.Version = n.at, Version(n.text)
		case "Id":
			if n.kind != textKind {
				return p.wrongType(n, name, "a text")
			}
			p.policy.ID = n.text
		case "Statement":
			found = true
			if err := p.statements(n); err != nil {
				return err
			}
		default:
			return p.unknownMember(root, i, "", []string{"Version", "Id", "Statement"})
		}
	}
	if !found {
		return p.fail(root.at, "", noStatementFault, "", "the document has no Statement")
	}
	return nil
}

func (p *parser) unknownMember(n node, i int, path string, known []string) error {
	name := n.names[i]
	hint := "known are " + strings.Join(known, ", ")
	for _, k := range known {
		if strings.EqualFold(k, name) || strings.EqualFold(k+"s", name) {
			hint = "meant is probably " + k
		}
	}
	return p.fail(n.marks[i], member(path, name), unknownFault, name, "there is no such element; %s", hint)
}

func (p *parser) statements(n node) error {
	switch n.kind {
	case objectKind:
		return p.statement(n, "Statement")
	case arrayKind:
		if len(n.items) == 0 {
			return p.fail(n.at, "Statement", noStatementFault, "", "the list of statements is empty")
		}
		for i, item := range n.items {
			if err := p.statement(item, element("Statement", i)); err != nil {
				return err
			}
		}
		return nil
	}
	return p.wrongType(n, "Statement", "a statement or a list of statements")
}

var statementMembers = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func (p *parser) statement(n node, path string) error {
	if n.kind != objectKind {
		return p.wrongType(n, path, "a statement")
	}
	s := Statement{}
	at := places{path: path, at: n.at, member: map[string]int{}, values: map[string][]int{}}
	for i, name := range n.names {
		item, where := n.items[i], member(path, name)
		at.member[name] = n.marks[i]
		var err error
		switch name {
		case "Sid":
			s.Sid = item.text
			if item.kind != textKind {
				err = p.wrongType(item, where, "a text")
			}
		case "Effect":
			s.Effect = Effect(item.text)
			if item.kind != textKind || !strings.EqualFold(item.text, string(Allow)) && !strings.EqualFold(item.text, string(Deny)) {
				err = p.fail(item.at, where, effectFault, item.text, "expected \"Allow\" or \"Deny\", found %s", item.describe())
			}
		case "Principal":
			s.Principal, err = p.principals(item, where)
		case "NotPrincipal":
			s.NotPrincipal, err = p.principals(item, where)
		case "Action":
			s.Actions, at.values[name], err = p.list(item, where)
		case "NotAction":
			s.NotActions, at.values[name], err = p.list(item, where)
		case "Resource":
			s.Resources, at.values[name], err = p.list(item, where)
		case "NotResource":
			s.NotResources, at.values[name], err = p.list(item, where)
		case "Condition":
			s.Conditions, err = p.conditions(item, where)
		default:
			err = p.unknownMember(n, i, path, statementMembers)
		}
		if err != nil {
			return err
		}
	}
	if _, ok := at.member["Effect"]; !ok {
		return p.fail(n.at, path, missingEffectFault, "", "the statement has no Effect")
	}
	for _, name := range []string{"Principal", "Action", "Resource"} {
		_, given := at.member[name]
		if where, not := at.member["Not"+name]; given && not {
			return p.fail(where, member(path, "Not"+name), syntaxFault, "", "a statement has %s or Not%s, not both", name, name)
		}
	}
	p.policy.Statements = append(p.policy.Statements, s)
	p.places = append(p.places, at)
	return nil
}

// list reads a text or a list of texts, and where each begins.
func (p *parser) list(n node, path string) ([]string, []int, error) {
	switch n.kind {
	case textKind:
		return []string{n.text}, []int{n.at}, nil
	case arrayKind:
		var values []string
		var at []int
		for i, item := range n.items {
			if item.kind != textKind {
				return nil, nil, p.wrongType(item, element(path, i), "a text")
			}
			values, at = append(values, item.text), append(at, item.at)
		}
		return values, at, nil
	}
	return nil, nil, p.wrongType(n, path, "a text or a list of texts")
}

func (p *parser) principals(n node, path string) (Principals, error) {
	var all Principals
	switch {
	case n.kind == textKind && n.text == "*":
		all.Everyone = true
		return all, nil
	case n.kind == textKind:
		return all, p.fail(n.at, path, principalFault, "", "a principal is \"*\" or an object such as {\"AWS\": \"123456789012\"}, found %q", n.text)
	case n.kind != objectKind:
		return all, p.wrongType(n, path, "\"*\" or an object with AWS, Service, Federated or CanonicalUser")
	}
	for i, name := range n.names {
		known := false
		for _, l := range all.lists() {
			if l.name != name {
				continue
			}
			known = true
			values, at, err := p.list(n.items[i], member(path, name))
			if err != nil {
				return all, err
			}
			for j, v := range values {
				if v == "" || v != "*" && strings.ContainsAny(v, "*?") {
					return all, p.fail(at[j], member(path, name), principalFault, `"`+name+`":"`+v+`"`,
						"a principal is named in full, or all of them by \"*\"; found %q", v)
				}
			}
			*l.values = values
		}
		if !known {
			return all, p.unknownMember(n, i, path, []string{"AWS", "Service", "Federated", "CanonicalUser"})
		}
	}
	if all.IsZero() {
		return all, p.fail(n.at, path, emptyPrincipalFault, "", "it names no principal")
	}
	return all, nil
}

func (p *parser) conditions(n node, path string) ([]Condition, error) {
	if n.kind != objectKind {
		return nil, p.wrongType(n, path, "an object of operators")
	}
	var all []Condition
	for i, name := range n.names {
		where, keys := member(path, name), n.items[i]
		if keys.kind != objectKind {
			return nil, p.wrongType(keys, where, "an object of context keys")
		}
		if len(keys.items) == 0 {
			continue // AWS does not look at the operator then
		}
		operator, ok := ParseOperator(name)
		if !ok {
			return nil, p.fail(n.marks[i], where, operatorFault, name, "there is no such condition operator%s", likeOperator(name))
		}
		for j, key := range keys.names {
			values, err := p.conditionValues(operator, keys.items[j], member(where, key))
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	slices.SortStableFunc(all, func(a, b Condition) int {
		return cmp.Or(strings.Compare(a.Operator.String(), b.Operator.String()), strings.Compare(a.Key, b.Key))
	})
	return all, nil
}

// conditionValues reads one value or a list; numbers and booleans are as good as
// the texts that spell them.
func (p *parser) conditionValues(o Operator, n node, path string) ([]string, error) {
	items := n.items
	if n.kind != arrayKind {
		items = []node{n}
	}
	var values []string
	for _, item := range items {
		if item.kind != textKind && item.kind != scalarKind {
			return nil, p.wrongType(item, path, "a value or a list of values")
		}
		if _, ok := parseDate(item.text); o.Test.isDate() && !ok {
			return nil, p.fail(item.at, path, legacyFault, "", "%q is neither a date such as 2026-01-31T12:00:00Z nor seconds since 1970", item.text)
		}
		values = append(values, item.text)
	}
	return values, nil
}

// likeOperator names the operator that differs in case only.
func likeOperator(name string) string {
	for _, t := range tests {
		if t.name != "" && strings.EqualFold(t.name, name) {
			return "; meant is probably " + t.name
		}
	}
	return ""
}
