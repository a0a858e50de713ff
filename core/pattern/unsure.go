package pattern

import "strings"

// Here stand all the points that AWS's documentation leaves open and that nobody
// has recorded from the service, each as one constant or one small function, so
// that new evidence changes one line. docs/patterns.md lists them for users.

// blankIsEverything: a pattern of blanks alone is stored by AWS as it is; what it
// selects was not seen. Here it selects everything, as the empty pattern does.
const blankIsEverything = true

// blankAfterMinus: one old sentence of the guide writes an exclusion as - "x",
// with a blank. It is an exclusion here; a ? must touch its term.
const blankAfterMinus = true

// escapable tells which characters a backslash makes ordinary in a quoted text.
// Before any other character the backslash stands for itself.
func escapable(c byte) bool { return c == '"' || c == '\\' }

// wordStart and wordByte tell what an unquoted value may begin with and consist
// of. Letters, digits and the underscore are documented; AWS's own examples use
// the dot and the star as well. The others are accepted here because nothing
// else can be meant by them. A colon at the beginning is known to be refused.
func wordStart(c byte) bool { return termByte(c) || c == '.' || c == '*' || c == '-' || c == '/' }
func wordByte(c byte) bool  { return wordStart(c) || c == ':' }

// refusedWord tells which words may not stand unquoted as a value. AWS was seen
// to refuse null, and SPACE in a space-delimited pattern; true is known to be a
// text like any other. The keywords are refused because they can only be mistakes.
func refusedWord(word string, in Language) bool {
	switch word {
	case "null", "NULL", "IS", "NOT", "EXISTS":
		return true
	case "SPACE":
		return in == SpaceDelimited
	}
	return false
}

// numeric tells whether an unquoted text is a number: a sign, digits with at
// most one dot and a digit after it, an exponent. 5. is none, .5 is one.
func numeric(text string) bool {
	_, ok := parseDecimal([]byte(text))
	return ok
}

// escapableInRegexp tells what a backslash makes literal in a regular expression.
// The operators are documented, the symbols are harmless.
func escapableInRegexp(c byte) bool {
	return strings.IndexByte(regexpOperators, c) >= 0 || c != '_' && c != ' ' && strings.IndexByte(regexpSymbols, c) >= 0
}

// regexOnNumbers: a regular expression searches a JSON number in its written form.
const regexOnNumbers = true

// differsAnywhere: a != on a wildcard selector is true when some value differs,
// as all conditions are; the other reading is that every value must differ.
const differsAnywhere = true

// tokenBlank tells what separates the tokens of a line in a space-delimited
// pattern. Blank and tab are known, the ends of lines are inferred.
func tokenBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// equalByValue: in a space-delimited pattern an unquoted number equals a token
// of the same value in another spelling, 404 and 404.0.
const equalByValue = true
