package pattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The sentences of SyntaxError.Expected about tokens in the wrong place; see
// remedy_token.go for what is no token at all.

// refusedRemedy is about a word that may not be a value.
func refusedRemedy(word string, in Language) string {
	switch {
	case in == JSON && strings.EqualFold(word, "null"):
		return "expected IS NULL instead of a comparison with null, or the text in double quotes"
	case in == JSON && word == "EXISTS":
		return "expected a value; that a field is there is asked with = *"
	}
	return fmt.Sprintf("expected a value: %s has a meaning of its own, as a text it goes in double quotes", word)
}

// orderingRemedy is about what stands behind < <= > >= and is no number.
func (p *parser) orderingRemedy(operator, t token) string {
	switch {
	case operator.op == Less && t.kind == tokenOp && t.op == Greater:
		return `expected "!=" instead of "<>"`
	case t.kind == tokenOp && t.op == Equal && operator.End-operator.Pos == 1:
		return fmt.Sprintf("expected \"%s=\" in one piece", operator.op)
	case t.kind == tokenQuoted && numeric(t.text):
		return fmt.Sprintf("expected a number without quotes: %s", t.text)
	}
	return fmt.Sprintf("expected a number after %q", operator.op.String())
}

// operandRemedy is about what stands behind = or != and is no value.
func (p *parser) operandRemedy(operator, t token) string {
	touching := operator.End == t.Pos
	switch {
	case t.kind == tokenOp && t.op == Equal && touching && operator.op == Equal:
		return `expected one "=": it is the operator of equality`
	case t.kind == tokenOp && operator.op == Equal && touching && (t.op == Less || t.op == Greater || t.op == NotEqual):
		return fmt.Sprintf("expected %q", p.text[t.Pos:t.Pos+1]+"=")
	case t.kind == tokenSelector:
		return "expected a value: a field cannot be compared with another field"
	case t.is("("):
		return "expected one value: write a comparison for each, joined with ||"
	}
	return fmt.Sprintf("expected a value after %q", operator.op.String())
}

// afterRemedy is about what follows a complete condition and is neither an
// operator nor what closes it.
func (p *parser) afterRemedy(t token) string {
	last := p.before(t)
	touching := last.End == t.Pos
	switch {
	case t.is(")"):
		return `expected a "(" for this ")"`
	case last.kind == tokenQuoted && t.kind == tokenWord && touching:
		return fmt.Sprintf("expected a closing quote before this: the text in quotes begins at column %d", p.columnOf(last.Pos))
	case last.kind == tokenWord && t.kind == tokenQuoted && touching:
		return fmt.Sprintf("expected an opening quote as well: %s", inQuotes(last.text))
	case t.kind == tokenWord && strings.EqualFold(t.text, "AND"), t.kind == tokenWord && strings.EqualFold(t.text, "OR"):
		return fmt.Sprintf("expected && or || instead of %s", t.text)
	case last.kind == tokenWord && t.kind == tokenWord && !keyword(last.text):
		end := t.End
		for _, more := range p.tokens {
			if more.Pos >= end && more.kind == tokenWord && strings.Trim(p.text[end:more.Pos], blanks) == "" && !strings.EqualFold(more.text, "AND") && !strings.EqualFold(more.text, "OR") {
				end = more.End
			}
		}
		return fmt.Sprintf("a value with blanks goes in double quotes: %s", inQuotes(p.text[last.Pos:end]))
	case t.kind == tokenSelector || t.is("("):
		return "expected && or || between two conditions"
	case t.is("{"):
		return secondBrace
	}
	return "expected && or || and a condition, or the end"
}

const secondBrace = "expected no second brace: parentheses group conditions"

// selectorRemedy is about what stands where a condition should begin.
func (p *parser) selectorRemedy(t token) string {
	last, after := p.before(t), p.peekAfter()
	switch {
	case t.kind == tokenWord && t.text == "NOT":
		return noNot
	case t.is("{"):
		return secondBrace
	case t.kind == tokenQuoted && after.kind == tokenIllegal && after.text == ":":
		return fmt.Sprintf("expected a condition, not an object to compare with: write $.%s = value", t.text)
	case (t.kind == tokenWord || t.kind == tokenQuoted) && (after.kind == tokenOp || after.keyword("IS") || after.keyword("NOT")):
		return fmt.Sprintf(`a selector begins with "$.": write $.%s`, strings.TrimLeft(t.text, "$."))
	case last.kind == tokenAnd || last.kind == tokenOr:
		return fmt.Sprintf("expected a condition after %q", last.text)
	}
	return "expected a condition such as $.eventName = StopLogging"
}

// operatorRemedy is about what follows a selector and is no operator.
func (p *parser) operatorRemedy(selector, t token) string {
	name := p.text[selector.Pos:selector.End]
	switch {
	case t.keyword("EXISTS") && strings.HasSuffix(name, "NOT"), t.kind == tokenWord && strings.HasSuffix(name, "IS"):
		glued := strings.TrimSuffix(strings.TrimSuffix(name, "NOT"), "IS")
		return fmt.Sprintf("expected a blank after the selector: %s %s %s", glued, name[len(glued):], t.text)
	case t.keyword("EXISTS"):
		return fmt.Sprintf("there is no EXISTS: %s = * is true of every text and number", name)
	case t.keyword("NOT"):
		return "expected NOT EXISTS"
	case t.kind == tokenWord && strings.EqualFold(t.text, "NOTEXISTS"), t.kind == tokenWord && strings.EqualFold(t.text, "NOT"):
		return "expected NOT EXISTS, two words in capital letters"
	case t.kind == tokenWord && strings.EqualFold(t.text, "IS"):
		return "expected IS in capital letters"
	case t.kind == tokenWord && strings.EqualFold(t.text, "IN"):
		return "there is no IN: write a comparison for each value, joined with ||"
	case t.kind == tokenWord && (strings.EqualFold(t.text, "LIKE") || strings.EqualFold(t.text, "CONTAINS")):
		return fmt.Sprintf(`expected an operator: a part of a text is found with a wildcard, %s = "*part*"`, name)
	case t.kind == tokenWord && strings.HasPrefix(t.text, "*"):
		return "a wildcard step is .* or [*]; there is none for a part of a name"
	}
	return `expected an operator: = != < <= > >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS`
}

// isRemedy is about what follows IS.
func (p *parser) isRemedy(selector, what token) string {
	name := p.text[selector.Pos:selector.End]
	switch {
	case what.keyword("NOT"):
		return fmt.Sprintf("there is no IS NOT: %s = * is true of every text and number, != of those that differ", name)
	case what.kind == tokenWord && keyword(strings.ToUpper(what.text)):
		return "expected IS NULL, IS TRUE or IS FALSE in capital letters"
	}
	return "expected NULL, TRUE or FALSE after IS"
}

func duplicateRemedy(name string) string {
	if name == "..." {
		return "expected ... once: the tokens under a second one could not be told apart"
	}
	return fmt.Sprintf("expected another name than %s, which an earlier field has", name)
}

// columnEndRemedy is about what follows a field and is neither comma nor bracket.
func (p *parser) columnEndRemedy(t token) string {
	last := p.before(t)
	switch {
	case last.kind == tokenWord && t.kind == tokenWord && strings.EqualFold(t.text, "AND"), last.kind == tokenWord && t.kind == tokenWord && strings.EqualFold(t.text, "OR"):
		return fmt.Sprintf("expected && or || instead of %s", t.text)
	case t.keyword("IS") || t.keyword("NOT"):
		return "expected an operator such as =: IS and NOT EXISTS ask for members of JSON events"
	case t.kind == tokenAnd || t.kind == tokenOr:
		return "expected an operator and a value before this: each condition repeats the field's name, name = value"
	case last.kind == tokenQuoted && t.kind == tokenWord && last.End == t.Pos:
		return fmt.Sprintf("expected a closing quote before this: the text in quotes begins at column %d", p.columnOf(last.Pos))
	case t.kind == tokenQuoted && last.End == t.Pos:
		return fmt.Sprintf("expected an opening quote as well: %s", inQuotes(last.text))
	}
	return "expected a comma and the next field, or a closing bracket"
}

// columnNameRemedy is about what stands where a field should begin.
func (p *parser) columnNameRemedy(t token) string {
	switch {
	case t.kind == tokenQuoted:
		return `expected a field's name; to look for a text with brackets, put it all in quotes: "[ERROR]"`
	case t.kind == tokenWord && strings.HasPrefix(t.text, ".."):
		return "expected ... with three dots"
	case t.is("("):
		return "expected a field's name: there are no parentheses here, && binds before ||"
	}
	return "expected a field's name, of letters, digits, _ and -, or ..."
}

// columnRepeatRemedy is about what stands in place of the field's name in a second condition.
func (p *parser) columnRepeatRemedy(name string, t token) string {
	if t.is("(") {
		return "expected the field's name: there are no parentheses here, && binds before ||"
	}
	return fmt.Sprintf("expected the field's name again: %s = ...; another field stands behind a comma", name)
}

// before is the token before t.
func (p *parser) before(t token) token {
	var last token
	for _, u := range p.tokens {
		if u.Pos >= t.Pos {
			break
		}
		last = u
	}
	return last
}

// columnOf is the place of a byte in its line, in characters from 1.
func (p *parser) columnOf(pos int) int {
	return 1 + utf8.RuneCountInString(p.text[strings.LastIndexByte(p.text[:pos], '\n')+1:pos])
}

// keyword tells whether a word has a meaning of its own.
func keyword(w string) bool {
	switch w {
	case "IS", "NOT", "NULL", "TRUE", "FALSE", "EXISTS":
		return true
	}
	return false
}
