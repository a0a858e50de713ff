package alarm

import (
	"strconv"
	"strings"
)

// A Rule is the parsed AlarmRule of a composite alarm. It is never changed
// after ParseRule.
type Rule struct {
	// Text is the rule as it was given to ParseRule.
	Text string
	// Expr is the rule's expression.
	Expr Expr
}

// An Expr is a part of a rule: *AnyOf, *AllOf, *Not, *Constant, *InState or *AtLeast.
type Expr interface {
	// print appends the expression; level is how tightly what is around it binds.
	print(b *strings.Builder, level int)
	// eval is the expression's truth, given the state of an alarm by its reference.
	eval(state func(ref string) State) bool
}

// How tightly the operators bind: NOT before AND before OR. AWS documents the
// operators but not this order.
const (
	bindOr = iota
	bindAnd
	bindNot
)

// AnyOf is terms joined by OR; it has at least two.
type AnyOf struct{ Terms []Expr }

// AllOf is terms joined by AND; it has at least two.
type AllOf struct{ Terms []Expr }

// Not is NOT term.
type Not struct{ Term Expr }

// Constant is TRUE or FALSE.
type Constant struct{ Value bool }

// InState is ALARM(ref), OK(ref) or INSUFFICIENT_DATA(ref).
type InState struct {
	State State
	// Ref is the name or ARN of an alarm, unquoted.
	Ref string
}

// AtLeast is AT_LEAST(M, STATE, (refs)): true when at least M of the alarms are
// in the state, or with Not in another one.
type AtLeast struct {
	// Count is a number of alarms, or of hundredths of them when Percent.
	Count   int
	Percent bool
	Not     bool
	State   State
	// Refs may name an alarm more than once; it then counts as often.
	Refs []string
}

// String prints the rule in its shortest usual form: one blank around
// operators, every reference in quotes, parentheses only where they are needed.
// Parsing what it prints gives the same tree.
func (r *Rule) String() string {
	var b strings.Builder
	r.Expr.print(&b, bindOr)
	return b.String()
}

func (e *AnyOf) print(b *strings.Builder, level int) { printJoined(b, e.Terms, " OR ", bindOr, level) }

func (e *AllOf) print(b *strings.Builder, level int) {
	printJoined(b, e.Terms, " AND ", bindAnd, level)
}

func printJoined(b *strings.Builder, terms []Expr, operator string, own, level int) {
	if own < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	for i, t := range terms {
		if i > 0 {
			b.WriteString(operator)
		}
		t.print(b, own+1)
	}
}

func (e *Not) print(b *strings.Builder, _ int) {
	b.WriteString("NOT ")
	e.Term.print(b, bindNot)
}

func (e *Constant) print(b *strings.Builder, _ int) {
	b.WriteString(strings.ToUpper(strconv.FormatBool(e.Value)))
}

func (e *InState) print(b *strings.Builder, _ int) {
	b.WriteString(string(e.State))
	b.WriteByte('(')
	printRef(b, e.Ref)
	b.WriteByte(')')
}

func (e *AtLeast) print(b *strings.Builder, _ int) {
	b.WriteString("AT_LEAST(")
	b.WriteString(strconv.Itoa(e.Count))
	if e.Percent {
		b.WriteByte('%')
	}
	b.WriteString(", ")
	if e.Not {
		b.WriteString("NOT ")
	}
	b.WriteString(string(e.State))
	b.WriteString(", (")
	for i, ref := range e.Refs {
		if i > 0 {
			b.WriteString(", ")
		}
		printRef(b, ref)
	}
	b.WriteString("))")
}

func printRef(b *strings.Builder, ref string) {
	b.WriteByte('"')
	b.WriteString(refEscaper.Replace(ref))
	b.WriteByte('"')
}

var refEscaper = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// Refs are the names and ARNs that the rule mentions, each once, in order of
// first mention.
func (r *Rule) Refs() []string {
	var refs []string
	seen := map[string]bool{}
	add := func(ref string) {
		if !seen[ref] {
			seen[ref] = true
			refs = append(refs, ref)
		}
	}
	walk(r.Expr, func(e Expr) {
		switch e := e.(type) {
		case *InState:
			add(e.Ref)
		case *AtLeast:
			for _, ref := range e.Refs {
				add(ref)
			}
		}
	})
	return refs
}

// walk calls visit for an expression and all within it, from the left.
func walk(e Expr, visit func(Expr)) {
	visit(e)
	switch e := e.(type) {
	case *AnyOf:
		for _, t := range e.Terms {
			walk(t, visit)
		}
	case *AllOf:
		for _, t := range e.Terms {
			walk(t, visit)
		}
	case *Not:
		walk(e.Term, visit)
	}
}

// Eval is the state of a composite alarm with this rule: ALARM where the rule is
// true, otherwise OK. The function tells the state of an alarm by its name or
// ARN; one that it does not know it calls INSUFFICIENT_DATA.
func (r *Rule) Eval(state func(ref string) State) State {
	if r.Expr.eval(state) {
		return InAlarm
	}
	return OK
}

func (e *AnyOf) eval(state func(string) State) bool {
	for _, t := range e.Terms {
		if t.eval(state) {
			return true
		}
	}
	return false
}

func (e *AllOf) eval(state func(string) State) bool {
	for _, t := range e.Terms {
		if !t.eval(state) {
			return false
		}
	}
	return true
}

func (e *Not) eval(state func(string) State) bool     { return !e.Term.eval(state) }
func (e *Constant) eval(func(string) State) bool      { return e.Value }
func (e *InState) eval(state func(string) State) bool { return state(e.Ref) == e.State }

func (e *AtLeast) eval(state func(string) State) bool {
	n := 0
	for _, ref := range e.Refs {
		if (state(ref) == e.State) != e.Not {
			n++
		}
	}
	if e.Percent {
		return 100*n >= e.Count*len(e.Refs)
	}
	return n >= e.Count
}

// MarshalText implements encoding.TextMarshaler: the rule as it was given.
func (r *Rule) MarshalText() ([]byte, error) { return []byte(r.Text), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rule) UnmarshalText(text []byte) error {
	parsed, err := ParseRule(string(text))
	if err == nil {
		*r = *parsed
	}
	return err
}
