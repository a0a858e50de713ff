package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// String is the policy as compact JSON: members in the order of the IAM User
// Guide, lists of one as their element, conditions by operator and key. The
// print of a policy is a fixed point of parsing and printing.
func (p Policy) String() string {
	w := writer{}
	w.open('{')
	w.optional("Version", string(p.Version))
	w.optional("Id", p.ID)
	w.name("Statement")
	w.open('[')
	for _, s := range p.Statements {
		w.separate()
		s.print(&w)
	}
	w.close(']')
	w.close('}')
	return string(w.b)
}

func (s Statement) print(w *writer) {
	w.open('{')
	w.optional("Sid", s.Sid)
	w.optional("Effect", string(s.Effect))
	w.principals("Principal", s.Principal)
	w.principals("NotPrincipal", s.NotPrincipal)
	for _, l := range []struct {
		name   string
		values []string
	}{
		{"Action", s.Actions},
		{"NotAction", s.NotActions},
		{"Resource", s.Resources},
		{"NotResource", s.NotResources},
	} {
		if len(l.values) > 0 {
			w.name(l.name)
			w.list(l.values)
		}
	}
	w.conditions(s.Conditions)
	w.close('}')
}

// A writer appends JSON with its commas.
type writer struct {
	b []byte
}

func (w *writer) open(bracket byte)  { w.b = append(w.b, bracket) }
func (w *writer) close(bracket byte) { w.b = append(w.b, bracket) }

// separate writes the comma between members or elements.
func (w *writer) separate() {
	if last := w.b[len(w.b)-1]; last != '{' && last != '[' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) name(name string) {
	w.separate()
	w.text(name)
	w.b = append(w.b, ':')
}

func (w *writer) optional(name, value string) {
	if value != "" {
		w.name(name)
		w.text(value)
	}
}

func (w *writer) list(values []string) {
	if len(values) == 1 {
		w.text(values[0])
		return
	}
	w.open('[')
	for _, v := range values {
		w.separate()
		w.text(v)
	}
	w.close(']')
}

func (w *writer) principals(name string, p Principals) {
	switch {
	case p.Everyone:
		w.name(name)
		w.text("*")
	case !p.IsZero():
		w.name(name)
		w.open('{')
		for _, l := range p.lists() {
			if len(*l.values) > 0 {
				w.name(l.name)
				w.list(*l.values)
			}
		}
		w.close('}')
	}
}

// lists are the kinds of principals by their names in documents.
func (p *Principals) lists() [4]struct {
	name   string
	values *[]string
} {
	return [4]struct {
		name   string
		values *[]string
	}{{"AWS", &p.AWS}, {"Service", &p.Service}, {"Federated", &p.Federated}, {"CanonicalUser", &p.CanonicalUser}}
}

func (w *writer) conditions(conditions []Condition) {
	if len(conditions) == 0 {
		return
	}
	sorted := slices.Clone(conditions)
	slices.SortStableFunc(sorted, func(a, b Condition) int {
		if a.Operator != b.Operator {
			return strings.Compare(a.Operator.String(), b.Operator.String())
		}
		return strings.Compare(a.Key, b.Key)
	})
	w.name("Condition")
	w.open('{')
	for i, c := range sorted {
		if i == 0 || c.Operator != sorted[i-1].Operator {
			w.name(c.Operator.String())
			w.open('{')
		}
		w.name(c.Key)
		w.list(c.Values)
		if i == len(sorted)-1 || c.Operator != sorted[i+1].Operator {
			w.close('}')
		}
	}
	w.close('}')
}

// text writes a JSON string and leaves < > & alone.
func (w *writer) text(s string) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic("policy: a text could not be encoded: " + err.Error())
	}
	w.b = append(w.b, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
