package cloudwatch

import (
	"fmt"
	"regexp"
	"strings"

	"tocsin/core/pattern"
)

// Log alarms count the events that a CloudWatch Logs Insights query selects. Of
// that language tocsin knows what a filter pattern can say, since the events
// are searched by one:
//
//	query     = [ command { "|" command } ]
//	command   = "filter" or | ( "fields" | "display" | "sort" ) anything
//	or        = and { "or" and }
//	and       = not { "and" not }
//	not       = "not" not | "(" or ")" | condition
//	condition = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) ( text | number )
//	          | field [ "not" ] ( "like" | "=~" ) ( text | "/" regex "/" )
//	          | field [ "not" ] "in" "[" value { "," value } "]"
//	          | "ispresent" "(" field ")"
//
// A field is @message, of which only like can be asked, or the path of a member of
// JSON events. Commands of which no count depends are passed over.

// maxQuery is how many characters a query may have (CloudWatch API Reference,
// ScheduledQueryConfiguration).
const maxQuery = 10000

// logPattern is the filter pattern that selects the events of a query.
func logPattern(query string) (*pattern.Pattern, error) {
	p := &logParser{}
	if err := p.lex(query); err != nil {
		return nil, err
	}
	var filters []logCondition
	for more := len(p.tokens) > 0; more; more = p.take("|") {
		switch command := p.next(); strings.ToLower(command.text) {
		case "filter":
			c, err := p.or()
			if err != nil {
				return nil, err
			}
			filters = append(filters, c)
		case "fields", "display", "sort":
			for len(p.tokens) > 0 && !p.at("|") {
				p.next()
			}
		default:
			return nil, fmt.Errorf("tocsin knows the commands filter, fields, display and sort, and found %q", command.text)
		}
		if len(p.tokens) > 0 && !p.at("|") {
			return nil, fmt.Errorf("expected | or the end, found %q", p.tokens[0].text)
		}
	}
	text, err := patternOf(logCondition{all: filters})
	if err != nil {
		return nil, err
	}
	out, err := pattern.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the filter, as the pattern %s, cannot be searched for: %w", text, err)
	}
	return out, nil
}

// A logToken is a word, a sign, a text in quotes or a regular expression.
type logToken struct {
	kind rune // w, s, ", /
	text string
}

// logParser reads tokens from the front.
type logParser struct{ tokens []logToken }

// maxConditions bounds the tokens, and so the depth of brackets and nots.
const maxConditions = 500

var logTokens = regexp.MustCompile(`^(?:(\s+)|([A-Za-z0-9_@.+-]+|` + "`[^`]+`" + `)|(!=|<=|>=|=~|[=<>|()\[\],*])|"([^"\\]*)"|'([^'\\]*)'|/((?:[^/\\]|\\.)+)/)`)

func (p *logParser) lex(text string) error {
	for rest := text; rest != ""; {
		m := logTokens.FindStringSubmatch(rest)
		switch {
		case m == nil:
			return fmt.Errorf("cannot read %q", firstOf(rest, 20))
		case len(p.tokens) == maxConditions:
			return fmt.Errorf("there are more than %d words and signs", maxConditions)
		case m[1] != "":
		case m[2] != "":
			p.tokens = append(p.tokens, logToken{'w', m[2]})
		case m[3] != "":
			p.tokens = append(p.tokens, logToken{'s', m[3]})
		case m[6] != "":
			p.tokens = append(p.tokens, logToken{'/', m[6]})
		default:
			p.tokens = append(p.tokens, logToken{'"', m[4] + m[5]})
		}
		rest = rest[len(m[0]):]
	}
	return nil
}

func firstOf(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n]) + "..."
	}
	return text
}

// at tells whether the next token is a word, in any case, or a sign.
func (p *logParser) at(text string) bool {
	return len(p.tokens) > 0 && strings.EqualFold(p.tokens[0].text, text) && (p.tokens[0].kind == 'w' || p.tokens[0].kind == 's')
}

func (p *logParser) take(text string) bool {
	if !p.at(text) {
		return false
	}
	p.next()
	return true
}

// next is the next token; an empty one at the end.
func (p *logParser) next() logToken {
	if len(p.tokens) == 0 {
		return logToken{}
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *logParser) expect(text string) error {
	if !p.take(text) {
		return fmt.Errorf("expected %s, found %q", text, p.next().text)
	}
	return nil
}

func (p *logParser) or() (logCondition, error) {
	first, err := p.and()
	list := []logCondition{first}
	for err == nil && p.take("or") {
		var c logCondition
		c, err = p.and()
		list = append(list, c)
	}
	if len(list) == 1 {
		return first, err
	}
	return logCondition{any: list}, err
}

func (p *logParser) and() (logCondition, error) {
	first, err := p.not()
	list := []logCondition{first}
	for err == nil && p.take("and") {
		var c logCondition
		c, err = p.not()
		list = append(list, c)
	}
	if len(list) == 1 {
		return first, err
	}
	return logCondition{all: list}, err
}

func (p *logParser) not() (logCondition, error) {
	switch {
	case p.take("not"):
		c, err := p.not()
		return c.negated(), err
	case p.take("("):
		c, err := p.or()
		if err == nil {
			err = p.expect(")")
		}
		return c, err
	case p.take("ispresent"):
		err := p.expect("(")
		field := p.next()
		if err == nil {
			err = p.expect(")")
		}
		return logCondition{field: field.text, op: "present"}, err
	}
	return p.condition()
}

func (p *logParser) condition() (logCondition, error) {
	field := p.next()
	if field.kind != 'w' {
		return logCondition{}, fmt.Errorf("expected a field, found %q", field.text)
	}
	not := p.take("not")
	switch op := p.next(); strings.ToLower(op.text) {
	case "=", "!=", "<", "<=", ">", ">=":
		v, err := p.value()
		if not && err == nil {
			err = fmt.Errorf("expected like or in behind not, found %q", op.text)
		}
		return logCondition{field: field.text, op: op.text, value: v}, err
	case "like", "=~":
		v := p.next()
		if v.kind != '"' && v.kind != '/' || v.text == "" {
			return logCondition{}, fmt.Errorf("expected a text in quotes or a /regular expression/, found %q", v.text)
		}
		return logCondition{field: field.text, op: "like", value: v, not: not}, nil
	case "in":
		c, err := p.in(field.text)
		if not {
			c = c.negated()
		}
		return c, err
	default:
		return logCondition{}, fmt.Errorf("expected a comparison, found %q", op.text)
	}
}

func (p *logParser) in(field string) (c logCondition, err error) {
	if err := p.expect("["); err != nil {
		return c, err
	}
	for {
		v, err := p.value()
		if err != nil {
			return c, err
		}
		c.any = append(c.any, logCondition{field: field, op: "=", value: v})
		if p.take("]") {
			return c, nil
		}
		if err := p.expect(","); err != nil {
			return c, err
		}
	}
}

var logNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

func (p *logParser) value() (logToken, error) {
	v := p.next()
	if v.kind == '"' || v.kind == 'w' && logNumber.MatchString(v.text) {
		return v, nil
	}
	return v, fmt.Errorf("expected a text in quotes or a number, found %q", v.text)
}
