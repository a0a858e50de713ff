package pattern

import "strings"

// Here stand the points that AWS's documentation leaves open and that nobody has
// recorded from the service, each as one constant or one small function, so that
// new evidence changes one place. docs/patterns.md tells users about them. Two
// more are in the code that they shape: text that touches a closing quote begins
// the next item, which a list of terms does not allow (parseTerms) and a line does
// (splitLine, "a"b are two tokens); and the fragments in AWS's messages (lexer).

// blankIsEverything: AWS stores a pattern of blanks alone as it is; what it
// selects was not seen. Here it selects everything, as the empty pattern does.
const blankIsEverything = true

// blankAfterMinus: one old sentence of the guide writes an exclusion as - "x",
// with a blank. It is an exclusion here; a ? must touch its term.
const blankAfterMinus = true

// escapable tells which characters a backslash makes ordinary in a quoted text.
// Before any other character the backslash stands for itself.
func escapable(c byte) bool { return c == '"' || c == '\\' }

// escapableInRegexp tells what a backslash makes literal in a regular expression.
// The operators are documented, the symbols are harmless.
func escapableInRegexp(c byte) bool {
	return strings.IndexByte(regexpOperators, c) >= 0 || c != '_' && c != ' ' && strings.IndexByte(regexpSymbols, c) >= 0
}

// wordStart and wordByte tell what an unquoted value may begin with and consist
// of. Letters, digits and the underscore are documented; AWS's own examples use
// the dot and the star as well. The others are accepted because nothing else can
// be meant by them. A colon at the beginning is known to be refused.
func wordStart(c byte) bool { return termByte(c) || c == '.' || c == '*' || c == '-' || c == '/' }
func wordByte(c byte) bool  { return wordStart(c) || c == ':' }

// sameKeyword: IS, NULL, TRUE, FALSE, NOT and EXISTS are written in capital
// letters, as in all of AWS's examples.
func sameKeyword(word, keyword string) bool { return word == keyword }

// refusedWord tells which words may not stand unquoted as a value. AWS was seen
// to refuse null, and SPACE in a space-delimited pattern; true is known to be a
// text like any other, so TRUE is taken for one. The other keywords are refused
// because they can only be mistakes.
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
// most one dot that has a digit after it, an exponent. 5. is none, .5 is one.
func numeric(text string) bool {
	_, ok := parseDecimal([]byte(text))
	return ok
}

// cutWildcards takes the wildcards off a value, one at either end; a lone star is
// both. A star elsewhere is an ordinary character: the guide of 2018 says so, the
// present one is silent. In quotes a star is a wildcard all the same.
func cutWildcards(text string) (body string, prefix, suffix bool) {
	if text == "*" {
		return "", true, true
	}
	body, prefix = strings.CutPrefix(text, "*")
	body, suffix = strings.CutSuffix(body, "*")
	return body, prefix, suffix
}

// regexOnNumbers: a regular expression searches a JSON number in its written form.
const regexOnNumbers = true

// differsAnywhere: != on a wildcard selector is true when some value differs, as
// all conditions are true when some value satisfies them; the other reading is
// that every value must differ.
const differsAnywhere = true

// tokenBlank tells what separates the tokens of a line in a space-delimited
// pattern. Blank and tab are known, the ends of lines are inferred.
func tokenBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// equalByValue: in a space-delimited pattern an unquoted number equals a token
// of the same value in another spelling, 404 and 404.0.
const equalByValue = true
