package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The sentences of SyntaxError.Expected about characters that make no token: what
// should stand at the place, and for the slips that people make, what to write
// instead. Parsing does not depend on them.

// illegalRemedy is about a token that begins at start and cannot go on with the
// character at stop, and tells where to point.
func illegalRemedy(text string, start, stop int, in Language) (expected string, place int) {
	c, _ := utf8.DecodeRuneInString(text[stop:]) // utf8.RuneError at the end
	value := start > 0 && wordByte(text[start-1]) || asValue(text[:start])
	switch first := text[start]; {
	case in == Terms && start > 0 && (text[start-1] == '"' || text[start-1] == '%'):
		return "expected a blank between two terms", start
	case first == '"':
		return unclosedRemedy(text, start), start
	case first == '%' && stop == len(text):
		return "expected a % that closes this regular expression", start
	case first == '%':
		return regexpCharacterRemedy(text, start, stop, c), stop
	case in == Terms:
		return termRemedy(text, start, c), start
	case first == '!' && start > 0 && wordByte(text[start-1]):
		return valueRemedy(text, start), start
	case first == '!':
		return noNot, start
	case first == '&' || first == '|':
		return fmt.Sprintf("expected %q: the operators are && and ||", strings.Repeat(string(first), 2)), start
	case in == JSON && first == '$' && !value:
		return stepRemedy(text, start, stop)
	case in == JSON && first == '.', in == JSON && first == '[' && !asValue(text[:start]):
		return stepRemedy(text, start, stop)
	case first == '~' && start > 0 && text[start-1] == '=':
		return "expected = %...%: a regular expression stands between percent signs", start
	}
	if s := typographyRemedy(c); s != "" {
		return s, stop
	}
	if in == SpaceDelimited && text[start] == '$' && !value {
		return "expected a field's name without $, which stands only where values are taken from a line", start
	}
	return valueRemedy(text, stop), stop
}

const noNot = `there is no NOT: turn the conditions round with "!=" for "=" and "NOT EXISTS" for "= *"`

// asValue tells whether what follows before is a value, as there is an operator.
func asValue(before string) bool {
	before = strings.TrimRight(before, blanks)
	return before != "" && strings.IndexByte("=<>", before[len(before)-1]) >= 0
}

// typographyRemedy is about characters that stand for others in prose.
func typographyRemedy(c rune) string {
	switch c {
	case '“', '”', '„', '‟', '«', '»', '‘', '’', '‚', '‛', '`', '´', '\'':
		return fmt.Sprintf(`expected a plain double quote " instead of %c`, c)
	case '‐', '‑', '‒', '–', '—', '−':
		return fmt.Sprintf("expected a plain hyphen - instead of %c", c)
	}
	if c > unicode.MaxASCII && c != utf8.RuneError && !unicode.IsPrint(c) {
		return fmt.Sprintf("expected a plain blank instead of the invisible character %U", c)
	}
	return ""
}

// valueRemedy is about a character that no unquoted text of a JSON or
// space-delimited pattern has.
func valueRemedy(text string, pos int) string {
	begin, end := chunk(text, pos)
	if strings.HasPrefix(text[begin:], "$") && !asValue(text[:begin]) {
		return "a member's name with other characters than letters, digits, _ and - is written .['...']"
	}
	return fmt.Sprintf("text with other characters than letters, digits and _ goes in double quotes: %s", inQuotes(text[begin:end]))
}

// termRemedy is about a character that no term of a Terms pattern has.
func termRemedy(text string, pos int, c rune) string {
	begin, end := chunk(text, pos)
	whole := inQuotes(strings.TrimLeft(text[begin:end], "?"))
	switch text[pos] {
	case '?', '-':
		if pos+1 == len(text) || blank(text[pos+1]) {
			return fmt.Sprintf("expected a term right behind %q", text[pos:pos+1])
		}
	case '*':
		return "a term has no wildcards, it is found anywhere in the message: leave * out, or put it in double quotes"
	case '&', '|':
		return fmt.Sprintf("there is no %c between terms: those without a sign must all occur, of those with ? one", c)
	case '=', '<', '>', '!', '$':
		return fmt.Sprintf("conditions stand in braces, { $.member = value }, or in brackets; as a text %s goes in double quotes", whole)
	}
	if s := typographyRemedy(c); s != "" {
		return s
	}
	return fmt.Sprintf("a term with other characters than letters, digits and _ goes in double quotes: %s", whole)
}

// unclosedRemedy is about a text whose closing quote is missing, or whose
// opening one is, so that its closing quote opens the rest of the pattern.
func unclosedRemedy(text string, start int) string {
	begin := start
	for begin > 0 && wordByte(text[begin-1]) {
		begin--
	}
	if begin < start {
		return fmt.Sprintf("expected an opening quote as well: %s", inQuotes(text[begin:start]))
	}
	return "expected a closing quote for this one"
}

// stepRemedy is about a selector that breaks off at stop, within the step that began at start.
func stepRemedy(text string, start, stop int) (expected string, place int) {
	step, rest := text[start:stop], text[stop:]
	switch {
	case step == "$" && rest != "" && nameByte(rest[0]):
		return fmt.Sprintf(`a selector begins with "$.": write $.%s`, word(rest)), start
	case step == "$":
		return `a selector begins with "$." and a member's name: $.eventName`, start
	case strings.Contains(step, "['"):
		return "expected '] to close this member's name", start
	case strings.HasSuffix(step, "[") && strings.HasPrefix(rest, `"`), strings.HasSuffix(step, ".") && strings.HasPrefix(rest, `"`):
		return "expected a member's name in brackets and single quotes: ['...']", stop
	case strings.HasSuffix(step, ".["):
		return "expected [...] without a dot before it, or a name in .['...']", stop
	case strings.HasSuffix(step, ".") && strings.HasPrefix(rest, "."):
		return "expected a member's name: there is no .. that searches all levels, each step must be written", stop
	case strings.HasSuffix(step, "."):
		return "expected a member's name after the dot; one with other characters than letters, digits, _ and - is written .['...']", stop
	case strings.HasPrefix(rest, "-"):
		return "expected an index from 0: elements cannot be counted from the end", stop
	case strings.HasPrefix(rest, ":"):
		return "expected ]: there are no slices, write one index or [*]", stop
	case rest != "" && digit(rest[0]):
		return "expected a smaller index", stop
	}
	return "expected an index from 0, * or a name in single quotes, and ]", stop
}

// regexpCharacterRemedy is about a regular expression that begins at start and
// cannot go on with the character c at stop.
func regexpCharacterRemedy(text string, start, stop int, c rune) string {
	switch {
	case c == '%' && stop == start+1:
		return "expected a regular expression between the percent signs"
	case c == '(' || c == ')':
		return fmt.Sprintf(`a regular expression has no parentheses: write alternatives out with |, or \x%02x for the character itself`, c)
	case c < utf8.RuneSelf:
		return fmt.Sprintf(`%q may not stand in a regular expression: write \x%02x for it`, c, c)
	}
	return "a regular expression may have ASCII characters only: write . for this one"
}

// regexpRemedy is about a regular expression that does not compile.
func regexpRemedy(err error) string {
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Sprintf("expected a valid regular expression: %s in %s", e.Code, inQuotes(e.Expr))
	}
	return err.Error()
}

// word is the name at the beginning of s.
func word(s string) string {
	n := 0
	for n < len(s) && nameByte(s[n]) {
		n++
	}
	return s[:n]
}

// chunk is the place of the text around pos up to what ends a value everywhere.
func chunk(text string, pos int) (begin, end int) {
	const ends = blanks + "\"(){}=<>!&|,"
	begin = strings.LastIndexAny(text[:pos], ends) + 1
	end = len(text)
	next := min(pos+1, len(text))
	if i := strings.IndexAny(text[next:], ends); i >= 0 {
		end = next + i
	}
	return begin, end
}

func inQuotes(text string) string {
	var b strings.Builder
	printQuoted(&b, text)
	return b.String()
}
