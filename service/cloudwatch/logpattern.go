package cloudwatch

import (
	"fmt"
	"strings"
	"unicode"
)

// A logCondition is one of: all of some, any of some, or one comparison.
type logCondition struct {
	all, any []logCondition

	field string // "" for all and any
	op    string // = != < <= > >= like present
	value logToken
	not   bool // of like and present
}

// negated is the condition that holds when c does not, of what can be compared.
func (c logCondition) negated() logCondition {
	switch {
	case c.field != "":
		if opposite := map[string]string{"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}[c.op]; opposite != "" {
			c.op = opposite
		} else {
			c.not = !c.not
		}
		return c
	case c.any != nil:
		return logCondition{all: eachNegated(c.any)}
	}
	return logCondition{any: eachNegated(c.all)}
}

func eachNegated(list []logCondition) (out []logCondition) {
	for _, c := range list {
		out = append(out, c.negated())
	}
	return out
}

// patternOf is a filter pattern for conditions, all on the message or all on fields.
func patternOf(c logCondition) (string, error) {
	message, fields := c.about()
	switch {
	case message && fields:
		return "", fmt.Errorf("conditions on @message and on other fields cannot be joined")
	case message:
		return termsOf(c)
	case fields:
		text, err := jsonOf(c)
		return "{ " + text + " }", err
	}
	return "", nil
}

// about tells what conditions there are.
func (c logCondition) about() (message, fields bool) {
	if c.field != "" {
		return c.field == "@message", c.field != "@message"
	}
	for _, part := range append(append([]logCondition{}, c.all...), c.any...) {
		m, f := part.about()
		message, fields = message || m, fields || f
	}
	return message, fields
}

// termsOf is a pattern of terms, which knows all of some and none of others, or
// any of some.
func termsOf(c logCondition) (string, error) {
	c.all = flat(c.all)
	if len(c.all) == 1 {
		c = c.all[0]
	}
	list, sign := c.all, ""
	switch {
	case c.field != "":
		list = []logCondition{c}
	case c.any != nil:
		list, sign = c.any, "?"
	}
	var terms []string
	for _, part := range list {
		switch {
		case part.field == "":
			return "", fmt.Errorf("conditions on @message are joined by and, or by or, but not by both")
		case part.op != "like":
			return "", fmt.Errorf("of @message can be asked only what it is like")
		case part.not && sign != "", part.value.kind == '/' && (part.not || len(list) > 1):
			return "", fmt.Errorf("a regular expression on @message stands alone, and not is joined only by and")
		case part.value.kind == '/':
			return "%" + part.value.text + "%", nil
		case strings.ContainsAny(part.value.text, `"\`):
			return "", fmt.Errorf("a text with a quote or a backslash cannot be looked for")
		case part.not:
			terms = append(terms, `-"`+part.value.text+`"`)
		default:
			terms = append(terms, sign+`"`+part.value.text+`"`)
		}
	}
	return strings.Join(terms, " "), nil
}

// flat are conditions that all have to hold, without lists of such among them.
func flat(all []logCondition) (out []logCondition) {
	for _, c := range all {
		if c.all != nil {
			out = append(out, flat(c.all)...)
		} else {
			out = append(out, c)
		}
	}
	return out
}

// jsonOf is a pattern on JSON events, without its braces.
func jsonOf(c logCondition) (string, error) {
	if c.field != "" {
		return comparisonOf(c)
	}
	list, joint := c.all, " && "
	if c.any != nil {
		list, joint = c.any, " || "
	}
	var parts []string
	for _, part := range list {
		text, err := jsonOf(part)
		if err != nil {
			return "", err
		}
		if len(list) > 1 {
			text = "(" + text + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, joint), nil
}

// comparisonOf is one comparison. What a condition makes of an event without the field is
// what patterns do: it does not hold. UNSURE for not like.
func comparisonOf(c logCondition) (string, error) {
	selector, err := selectorOf(c.field)
	if err != nil {
		return "", err
	}
	equals := selector + " = "
	if c.not {
		equals = selector + " != "
	}
	text := c.value.text
	if c.value.kind == '"' && strings.ContainsAny(text, `"\`) {
		return "", fmt.Errorf("a text with a quote or a backslash cannot be compared with")
	}
	switch {
	case c.op == "present" && c.not:
		return selector + " NOT EXISTS", nil
	case c.op == "present":
		return equals + "* || " + selector + " IS TRUE || " + selector + " IS FALSE", nil
	case c.op == "like" && c.value.kind == '/':
		return equals + "%" + text + "%", nil
	case c.op == "like":
		return equals + `"*` + text + `*"`, nil
	case c.value.kind != '"':
		return selector + " " + c.op + " " + text, nil
	case c.op != "=" && c.op != "!=":
		return "", fmt.Errorf("%s compares with a number, not with %q", c.op, text)
	case strings.HasPrefix(text, "*") || strings.HasSuffix(text, "*"):
		return "", fmt.Errorf("%s cannot compare with a text that begins or ends with a star; use like", c.op)
	}
	return selector + " " + c.op + ` "` + text + `"`, nil
}

// selectorOf is the selector of a field's path, whose steps are names, or numbers of
// elements of an array.
func selectorOf(field string) (string, error) {
	quoted := strings.HasPrefix(field, "`")
	field = strings.Trim(field, "`")
	if strings.HasPrefix(field, "@") {
		return "", fmt.Errorf("of the fields that CloudWatch Logs adds only @message is known, not %s", field)
	}
	var b strings.Builder
	b.WriteByte('$')
	for step := range strings.SplitSeq(field, ".") {
		switch {
		case step == "" || strings.ContainsAny(step, "'\\"):
			return "", fmt.Errorf("the field %s cannot be read", field)
		case !quoted && strings.IndexFunc(step, func(r rune) bool { return !unicode.IsDigit(r) }) < 0:
			b.WriteString("[" + step + "]")
		case strings.ContainsFunc(step, func(r rune) bool {
			return r > unicode.MaxASCII || r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}):
			b.WriteString(".['" + step + "']")
		default:
			b.WriteString("." + step)
		}
	}
	return b.String(), nil
}
