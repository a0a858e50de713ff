package policy

import "strings"

// A Why is the reason why an element of a statement does not match.
type Why uint8

const (
	Differs    Why = iota // the request has another value
	Absent                // the request does not have the key
	Unknown               // whether and how the request has the key is not known
	Unresolved            // a variable of the policy has no value
)

var whyNames = [...]string{Differs: "differs", Absent: "absent", Unknown: "unknown", Unresolved: "unresolved"}

func (w Why) String() string { return whyNames[w] }

// A Miss is an element of a statement that the request does not match, or may not
// match.
type Miss struct {
	Element  string   // Principal, NotPrincipal, Action, NotAction, Resource, NotResource or Condition
	Operator Operator // of a condition
	Key      string   // of a condition
	Want     []string // what the policy names
	Got      []string // what the request has
	Why      Why
	Variable string // the key of the variable that is Unresolved or Unknown
}

// A match is how a statement meets a request.
type match struct {
	applies Truth
	reach   reach // of a resource's policy
	misses  []Miss
}

func (m *match) and(t Truth, miss Miss) {
	m.applies = min(m.applies, t)
	if t != Yes {
		m.misses = append(m.misses, miss)
	}
}

// meets evaluates a statement. Whom it names matters in the policy of a resource
// only; a policy of an identity is about that identity.
func (s Statement) meets(r Request, f *facts, version Version, ofResource bool) match {
	m := match{applies: Yes, reach: byName}
	in := scope{effect: s.Effect, variables: version == Version2012, completed: !ofResource}
	if ofResource {
		s.meetsPrincipal(r.Principal, &m)
	}
	if len(s.NotActions) > 0 {
		m.and(truth(!anyAction(s.NotActions, r.Action)), Miss{Element: "NotAction", Want: s.NotActions, Got: []string{r.Action}})
	} else {
		m.and(truth(anyAction(s.Actions, r.Action)), Miss{Element: "Action", Want: s.Actions, Got: []string{r.Action}})
	}
	s.meetsResource(r.Resource, f, in, ofResource, &m)
	for _, c := range s.Conditions {
		m.and(c.holds(f, in))
	}
	return m
}

func (s Statement) meetsPrincipal(p Principal, m *match) {
	miss := Miss{Element: "Principal", Want: s.Principal.flat(), Got: []string{p.Name()}}
	if s.NotPrincipal.IsZero() {
		m.reach, _, _ = s.Principal.names(p)
		m.and(truth(m.reach != unnamed), miss)
		return
	}
	miss.Element, miss.Want = "NotPrincipal", s.NotPrincipal.flat()
	_, listed, of := s.NotPrincipal.names(p)
	m.and(truth(!exempt(s.Effect, listed, of)), miss)
}

// flat lists all entries of the element.
func (l Principals) flat() []string {
	if l.Everyone {
		return []string{"*"}
	}
	var all []string
	for _, list := range l.lists() {
		all = append(all, *list.values...)
	}
	return all
}

func anyAction(patterns []string, action string) bool {
	action = strings.ToLower(action)
	for _, p := range patterns {
		if p == "*" || plain(strings.ToLower(p)).match(action) {
			return true
		}
	}
	return false
}

func (s Statement) meetsResource(resource string, f *facts, in scope, ofResource bool, m *match) {
	switch {
	case len(s.NotResources) > 0:
		t, gap, why := anyResource(s.NotResources, resource, f, in, true)
		m.and(t.not(), Miss{Element: "NotResource", Want: s.NotResources, Got: []string{resource}, Why: why, Variable: gap})
	case len(s.Resources) > 0:
		t, gap, why := anyResource(s.Resources, resource, f, in, false)
		m.and(t, Miss{Element: "Resource", Want: s.Resources, Got: []string{resource}, Why: why, Variable: gap})
	default:
		m.and(truth(ofResource), Miss{Element: "Resource", Got: []string{resource}})
	}
}

func anyResource(patterns []string, resource string, f *facts, in scope, negated bool) (t Truth, gap string, why Why) {
	for _, text := range patterns {
		p, key, state := plain(text), "", Yes
		if in.variables {
			p, key, state = expand(text, f)
		}
		switch {
		case text == "*":
			state = Yes
		case state == Yes:
			if in.completed {
				p = p.completed()
			}
			state = truth(p.segmented(spills).match(resource))
		case state == No:
			gap, why, state = key, Unresolved, truth(unresolved(in.effect, negated))
		default:
			gap, why = key, Unknown
		}
		t = max(t, state)
	}
	return t, gap, why
}
