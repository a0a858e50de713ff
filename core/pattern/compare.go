package pattern

import (
	"bytes"

	"tocsin/core/event"
)

// holds tells whether a JSON value satisfies the comparison. Text is what the
// value stands for: the decoded text of a string, the written form of a number,
// nothing of any other kind.
//
// This is the meaning of one comparison on one value, as recorded from AWS. It
// leaves two things to the caller: which values a selector finds (a comparison
// is true when one of them satisfies it, but NOT EXISTS when there is none), and
// the arrays: one with a null among its elements satisfies IS NULL.
//
//	value         = literal   != literal   < <= > >=   IS NULL   IS TRUE   IS FALSE   NOT EXISTS
//	absent        no          no           no          no        no        no         yes
//	null          no          no           no          yes       no        no         no
//	true, false   no          no           no          no        its own   its own    no
//	object        no          no           no          no        no        no         no
//	array         no          no           no          see above no        no         no
//	number        Literal     not =        by value    no        no        no         no
//	string        Literal     not =        no          no        no        no         no
func (c *Comparison) holds(kind event.Kind, text []byte) bool {
	comparable := kind == event.Number || kind == event.String
	switch c.Op {
	case Equal:
		return comparable && c.Value.equals(kind, text)
	case NotEqual:
		return comparable && !c.Value.equals(kind, text)
	case Less, LessOrEqual, Greater, GreaterOrEqual:
		return kind == event.Number && c.ordered(text)
	case IsNull:
		return kind == event.Null
	case IsTrue:
		return kind == event.True
	case IsFalse:
		return kind == event.False
	default: // NotExists
		return kind == event.Absent
	}
}

// Holds tells whether a JSON value satisfies the comparison, for whoever keeps
// the values of some fields beside the messages. The text is decoded; of a kind
// other than String and Number it does not count. An array's elements do not
// either: IS NULL on arrays needs the message.
func (c *Comparison) Holds(kind event.Kind, text []byte) bool { return c.holds(kind, text) }

// holdsToken tells whether a token of a line satisfies the comparison. A token
// is neither string nor number: it equals by its text and is ordered when it
// reads as a number.
func (c *Comparison) holdsToken(token []byte) bool {
	switch c.Op {
	case Equal:
		return c.Value.equalsToken(token)
	case NotEqual:
		return !c.Value.equalsToken(token)
	default:
		return c.ordered(token)
	}
}

// ordered holds a number, as it is written, against the literal.
func (c *Comparison) ordered(text []byte) bool {
	number, ok := parseDecimal(text)
	if !ok {
		return false
	}
	order := number.compare(c.Value.decimal)
	switch c.Op {
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	default: // GreaterOrEqual
		return order >= 0
	}
}

// equals is = on a JSON string or number. An unquoted number equals numbers by
// value; everything else goes by text, of a number by the one that the event has.
func (l *Literal) equals(kind event.Kind, text []byte) bool {
	if l.Kind == Numeric && kind == event.Number {
		return l.equalsNumber(text)
	}
	if l.Kind == Regexp && kind == event.Number && !regexOnNumbers {
		return false
	}
	return l.matches(text)
}

// equalsToken is = on a token of a line.
func (l *Literal) equalsToken(token []byte) bool {
	return l.matches(token) || equalByValue && l.Kind == Numeric && l.equalsNumber(token)
}

func (l *Literal) equalsNumber(text []byte) bool {
	number, ok := parseDecimal(text)
	return ok && number.compare(l.decimal) == 0
}

// matches compares text with text: the whole of it, up to the literal's
// wildcards, or anywhere in it for a regular expression.
func (l *Literal) matches(text []byte) bool {
	switch {
	case l.Kind == Regexp:
		return l.Regex.Match(text)
	case l.Prefix && l.Suffix:
		return bytes.Contains(text, []byte(l.Body))
	case l.Prefix:
		return bytes.HasSuffix(text, []byte(l.Body))
	case l.Suffix:
		return bytes.HasPrefix(text, []byte(l.Body))
	case l.Kind == Numeric:
		return string(text) == l.Text
	default:
		return string(text) == l.Body
	}
}
