package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The sentences of SyntaxError.Expected: what should stand at the place, and for
// the slips that people make, what to write instead. Parsing does not depend on them.

// illegalRemedy is about a token that begins at start and cannot go on with the
// character at stop, and tells where to point.
func illegalRemedy(text string, start, stop int, in Language) (expected string, place int) {
	first := text[start]
	c, _ := utf8.DecodeRuneInString(text[stop:]) // utf8.RuneError at the end
	switch {
	case first == '"':
		return unclosedRemedy(text, start, in), start
	case first == '%':
		return regexpCharacterRemedy(text, start, stop), stop
	case first == '$' && in == JSON, first == '[' && in == JSON, first == '.' && in == JSON:
		return stepRemedy(text, start, stop), stop
	case first == '!':
		return `there is no NOT: turn the conditions round with "!=" for "=" and "NOT EXISTS" for "= *"`, start
	case first == '&' || first == '|':
		return fmt.Sprintf("expected %q: the operators are && and ||", strings.Repeat(string(first), 2)), start
	}
	return characterRemedy(text, stop, c, in), stop
}

// characterRemedy is about a character that no token begins with.
func characterRemedy(text string, pos int, c rune, in Language) string {
	switch c {
	case '“', '”', '„', '‟', '«', '»':
		return fmt.Sprintf(`expected a plain double quote " instead of %c, which word processors make of it`, c)
	case '‘', '’', '‚', '‛', '`', '´', '\'':
		return fmt.Sprintf(`expected a double quote " instead of %c`, c)
	case '‐', '‑', '‒', '–', '—', '−':
		return fmt.Sprintf("expected a plain hyphen - instead of %c, which word processors make of it", c)
	}
	switch {
	case c != utf8.RuneError && (unicode.IsSpace(c) || c == '\u200b' || c == '\ufeff'):
		return fmt.Sprintf("expected a plain blank instead of the invisible character %U", c)
	case in == Terms:
		return termRemedy(text, pos, c)
	case c == '$':
		return "expected a field's name without $, or a value: one with other characters than letters, digits and _ goes in double quotes"
	}
	return fmt.Sprintf("text with other characters than letters, digits and _ goes in double quotes: %s", inQuotes(chunk(text, pos)))
}

// termRemedy is about a character that no term of a Terms pattern has.
func termRemedy(text string, pos int, c rune) string {
	whole := chunk(text, pos)
	switch {
	case strings.HasPrefix(strings.TrimLeft(text, blanks), "$."):
		return "conditions on the members of a JSON event stand in braces: { $.name = value }"
	case c == '*':
		if word := strings.Trim(whole, "*?-"); word != "" && strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf || !termByte(byte(r)) }) < 0 {
			return fmt.Sprintf("a term has no wildcards, it is found anywhere in the message: write %s", word)
		}
		return "a term has no wildcards: leave * out, or write the empty pattern to select everything"
	case c == utf8.RuneError, c == '?', c == '-':
		if pos+1 >= len(text) || blank(text[pos+1]) {
			return fmt.Sprintf("expected a term right behind %q", text[pos:min(pos+1, len(text))])
		}
	}
	return fmt.Sprintf("a term with other characters than letters, digits and _ goes in double quotes: %s", inQuotes(strings.TrimLeft(whole, "?")))
}

// unclosedRemedy is about a text whose closing quote is missing, or whose
// opening one is, so that its closing quote opens the rest of the pattern.
func unclosedRemedy(text string, start int, in Language) string {
	if start > 0 && wordByte(text[start-1]) {
		begin := start
		for begin > 0 && wordByte(text[begin-1]) {
			begin--
		}
		return fmt.Sprintf("expected an opening quote as well: %s", inQuotes(text[begin:start]))
	}
	if in == Terms {
		return "expected a closing quote for this one"
	}
	return "expected a closing quote for this one, before the rest of the pattern"
}

// stepRemedy is about a selector that breaks off at stop, within the step that began at start.
func stepRemedy(text string, start, stop int) string {
	step, rest := text[start:stop], text[stop:]
	switch {
	case step == "$" && rest != "" && nameByte(rest[0]):
		return fmt.Sprintf("a selector begins with \"$.\": write $.%s", word(rest))
	case step == "$":
		return `a selector begins with "$." and a member's name: $.eventName`
	case strings.HasSuffix(step, ".") && strings.HasPrefix(rest, "."):
		return "expected a member's name: there is no .. that searches all levels, each step must be written"
	case strings.HasSuffix(step, ".") && strings.HasPrefix(rest, "["):
		return "expected [...] without a dot before it, or a name in .['...']"
	case strings.HasSuffix(step, "."):
		return "expected a member's name after the dot; one with other characters than letters, digits, _ and - is written .['...']"
	case strings.HasPrefix(step, "['"), strings.HasPrefix(step, ".['"), strings.HasPrefix(step, "$['"), strings.HasPrefix(step, "$.['"):
		return "expected '] to close the member's name"
	case strings.HasSuffix(step, "[") && strings.HasPrefix(rest, `"`):
		return "expected single quotes around a member's name in brackets: ['...']"
	case strings.HasPrefix(rest, "-"):
		return "expected an index from 0: elements cannot be counted from the end"
	case strings.HasPrefix(rest, ":"):
		return "expected ]: there are no slices, write one index or [*]"
	case rest != "" && digit(rest[0]):
		return "expected an index of at most nine digits"
	}
	return "expected an index from 0, * or a name in single quotes, and ]"
}

// regexpCharacterRemedy is about a regular expression that cannot go on at stop.
func regexpCharacterRemedy(text string, start, stop int) string {
	if stop == len(text) {
		return "expected a % that closes the regular expression"
	}
	c, _ := utf8.DecodeRuneInString(text[stop:])
	switch {
	case c == '%' && stop == start+1:
		return "expected a regular expression between the percent signs"
	case text[stop-1] == '\\' && c != utf8.RuneError:
		return fmt.Sprintf(`there is no \%c: a backslash stands before an operator, or in \d \D \s \S \w \W and \xHH`, c)
	case c == '(' || c == ')':
		return fmt.Sprintf(`a regular expression has no parentheses: write alternatives out with |, or \x%02x for the character itself`, c)
	case c < utf8.RuneSelf:
		return fmt.Sprintf(`%q may not stand in a regular expression: write \x%02x for it`, c, c)
	}
	return "a regular expression may have ASCII characters only: write . for this one"
}

// regexpRemedy is about a regular expression that does not compile.
func regexpRemedy(err error) string {
	var e *syntax.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("expected a valid regular expression: %s in %s", e.Code, inQuotes(e.Expr))
	}
	return "expected a valid regular expression: " + err.Error()
}

// refusedRemedy is about a word that may not be a value.
func refusedRemedy(word string) string {
	switch word {
	case "null", "NULL":
		return "expected IS NULL instead of a comparison with null, or the text in double quotes"
	case "EXISTS":
		return "expected a value; that a field is there is asked with = *"
	}
	return fmt.Sprintf("expected a value: %s has a meaning of its own, as a text it goes in double quotes", word)
}

// orderingRemedy is about what stands behind < <= > >= and is no number.
func (p *parser) orderingRemedy(operator, t token) string {
	switch {
	case t.kind == tokenOp && t.op == Equal:
		return fmt.Sprintf("expected \"%s=\" in one piece", operator.op)
	case t.kind == tokenQuoted && numeric(t.text):
		return fmt.Sprintf("expected a number without quotes: %s", t.text)
	}
	return fmt.Sprintf("expected a number after %q", operator.op.String())
}

// valueRemedy is about what stands behind = or != and is no value.
func (p *parser) valueRemedy(operator, t token) string {
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
		return "expected no second brace: parentheses group conditions"
	}
	return "expected && or || and a condition, or the end"
}

// selectorRemedy is about what stands where a condition should begin.
func (p *parser) selectorRemedy(t token) string {
	last, after := p.before(t), p.peekAfter()
	switch {
	case t.kind == tokenWord && t.text == "NOT":
		return `there is no NOT: turn the conditions round with "!=" for "=" and "NOT EXISTS" for "= *"`
	case (t.kind == tokenWord || t.kind == tokenQuoted) && (after.kind == tokenOp || after.word("IS") || after.word("NOT")):
		return fmt.Sprintf(`a selector begins with "$.": write $.%s`, strings.TrimPrefix(t.text, "$."))
	case last.kind == tokenAnd || last.kind == tokenOr:
		return fmt.Sprintf("expected a condition after %q", last.text)
	}
	return "expected a condition such as $.eventName = StopLogging"
}

// operatorRemedy is about what follows a selector and is no operator.
func (p *parser) operatorRemedy(selector, t token) string {
	name := p.text[selector.Pos:selector.End]
	switch {
	case t.word("EXISTS") && strings.HasSuffix(name, "NOT"), t.kind == tokenWord && strings.HasSuffix(name, "IS"):
		glued := strings.TrimSuffix(strings.TrimSuffix(name, "NOT"), "IS")
		return fmt.Sprintf("expected a blank after the selector: %s %s %s", glued, name[len(glued):], t.text)
	case t.word("EXISTS"):
		return fmt.Sprintf("there is no EXISTS: %s = * is true of every text and number", name)
	case t.word("NOT"):
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
	case what.word("NOT"):
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

// word is the name at the beginning of s.
func word(s string) string {
	n := 0
	for n < len(s) && nameByte(s[n]) {
		n++
	}
	return s[:n]
}

// chunk is the text around pos up to what ends a value everywhere.
func chunk(text string, pos int) string {
	const ends = blanks + "\"(){}=<>!&|,"
	begin := strings.LastIndexAny(text[:pos], ends) + 1
	end := len(text)
	if i := strings.IndexAny(text[pos:], ends); i > 0 {
		end = pos + i
	} else if i == 0 {
		end = min(pos+1, len(text))
	}
	return text[begin:end]
}

func inQuotes(text string) string {
	var b strings.Builder
	printQuoted(&b, text)
	return b.String()
}
