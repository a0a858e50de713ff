package pattern

import (
	"slices"
	"strings"

	"tocsin/core/event"
)

// Relations between two comparisons on one field. They are one-sided: what they
// claim is true, what they do not claim may be.

// numeral tells whether text could be a number as an event writes it, or a part of one.
func numeral(text string) bool { return strings.Trim(text, "+-.0123456789eE") == "" }

func (l *Literal) wild() bool { return l.Prefix || l.Suffix }

// exactly is the text that the literal equals, when it is one.
func (l *Literal) exactly() (string, bool) {
	switch {
	case l.Kind == Numeric:
		return l.Text, true
	case l.Kind == Regexp || l.wild():
		return "", false
	}
	return l.Body, true
}

// coversLiteral tells whether every value that equals b equals a too.
func coversLiteral(a, b *Literal) bool {
	switch {
	case a.Prefix && a.Suffix && a.Body == "":
		return true // * equals all strings and numbers
	case a.Kind == Numeric && b.Kind == Numeric:
		return a.Text == b.Text
	case a.Kind == Numeric || b.Kind == Numeric:
		return false
	case a.Kind == Regexp && b.Kind == Regexp:
		return a.Text == b.Text
	case b.Kind == Regexp:
		return false
	}
	if text, ok := b.exactly(); ok {
		return a.matches([]byte(text))
	}
	if a.Kind == Regexp {
		return false
	}
	switch {
	case a.Prefix && a.Suffix:
		return strings.Contains(b.Body, a.Body)
	case a.Prefix:
		return !b.Suffix && strings.HasSuffix(b.Body, a.Body)
	case a.Suffix:
		return !b.Prefix && strings.HasPrefix(b.Body, a.Body)
	}
	return false
}

// disjointLiterals tells whether no value equals both.
func disjointLiterals(a, b *Literal) bool {
	if a.Kind == Numeric && b.Kind == Numeric {
		return a.decimal.compare(b.decimal) != 0
	}
	if b.Kind == Numeric {
		a, b = b, a
	}
	if a.Kind == Numeric {
		switch {
		case b.Kind == Regexp:
			return false
		case b.wild():
			return !numeral(b.Body)
		}
		d, isNumber := parseDecimal([]byte(b.Body))
		return a.Text != b.Body && (!isNumber || a.decimal.compare(d) != 0)
	}
	textA, exactA := a.exactly()
	textB, exactB := b.exactly()
	switch {
	case exactA && exactB:
		return textA != textB
	case exactA:
		return !b.matches([]byte(textA))
	case exactB:
		return !a.matches([]byte(textB))
	case a.Kind == Regexp || b.Kind == Regexp:
		return false
	case !a.Prefix && !b.Prefix:
		return !strings.HasPrefix(a.Body, b.Body) && !strings.HasPrefix(b.Body, a.Body)
	case !a.Suffix && !b.Suffix:
		return !strings.HasSuffix(a.Body, b.Body) && !strings.HasSuffix(b.Body, a.Body)
	}
	return false
}

func ordering(op Op) bool  { return Less <= op && op <= GreaterOrEqual }
func comparing(op Op) bool { return op <= GreaterOrEqual }

// covers tells whether a holds wherever b does. Both are about the same field.
func covers(a, b *Comparison) bool {
	switch {
	case a.Op == Equal && b.Op == Equal:
		return coversLiteral(&a.Value, &b.Value)
	case a.Op == NotEqual && b.Op == NotEqual:
		return coversLiteral(&b.Value, &a.Value)
	case a.Op == NotEqual && b.Op == Equal:
		return disjointLiterals(&a.Value, &b.Value)
	case a.Op == Equal && comparing(b.Op):
		return a.Value.Prefix && a.Value.Suffix && a.Value.Body == ""
	case a.Op == b.Op && !comparing(a.Op):
		return true
	case ordering(a.Op) && ordering(b.Op) && upper(a.Op) == upper(b.Op):
		order := b.Value.decimal.compare(a.Value.decimal)
		if upper(a.Op) {
			order = -order
		}
		return order > 0 || order == 0 && (a.Op == b.Op || a.Op == LessOrEqual || a.Op == GreaterOrEqual)
	}
	return false
}

// upper tells whether the operator sets an upper bound.
func upper(op Op) bool { return op == Less || op == LessOrEqual }

// disjoint tells whether no value satisfies both. Both are about the same field.
func disjoint(a, b *Comparison) bool {
	if !comparing(a.Op) || !comparing(b.Op) {
		return a.Op != b.Op
	}
	if b.Op == Equal || ordering(a.Op) && !ordering(b.Op) {
		a, b = b, a
	}
	switch {
	case a.Op == Equal && b.Op == Equal:
		return disjointLiterals(&a.Value, &b.Value)
	case a.Op == Equal && b.Op == NotEqual:
		return coversLiteral(&b.Value, &a.Value)
	case a.Op == Equal: // b orders
		switch text, exact := a.Value.exactly(); {
		case exact:
			return !b.ordered([]byte(text))
		case a.Value.Kind == Regexp:
			return false
		}
		return !numeral(a.Value.Body)
	case ordering(a.Op) && ordering(b.Op) && upper(a.Op) != upper(b.Op):
		if upper(a.Op) {
			a, b = b, a // a is the lower bound
		}
		order := a.Value.decimal.compare(b.Value.decimal)
		return order > 0 || order == 0 && (a.Op == Greater || b.Op == Less)
	}
	return false
}

// neverHolds tells whether the comparison is false on every value.
func neverHolds(c *Comparison) bool {
	return c.Op == NotEqual && c.Value.Prefix && c.Value.Suffix && c.Value.Body == ""
}

// clash tells whether two comparisons cannot both hold of one event by what they
// say of one field, or of a field and one inside it.
func clash(a, b *Comparison) bool {
	if a.Selector.Wild() || b.Selector.Wild() {
		return false // each finds a value of its own
	}
	if a.Selector.Equal(b.Selector) {
		return disjoint(a, b)
	}
	if len(a.Selector) > len(b.Selector) {
		a, b = b, a
	}
	inside := len(a.Selector) < len(b.Selector) && a.Selector.Equal(b.Selector[:len(a.Selector)])
	if !inside || b.Op == NotExists {
		return false
	}
	return a.Op != IsNull || b.Selector[len(a.Selector)].Kind == event.Member
}

// sameField tells whether both selectors are equal.
func sameField(a, b *Comparison) bool {
	return slices.Equal(a.Selector, b.Selector)
}
