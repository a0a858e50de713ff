package pattern

import (
	"fmt"
	"regexp"
	"strings"
)

// maxRegexps is how many regular expressions a JSON or space-delimited pattern may have.
const maxRegexps = 2

// regexpLength measures the regular expression at the beginning of s, its
// percent signs included. When ok is false it breaks off at byte n of s.
//
// Letters, digits, blanks, some symbols and the operators are allowed, which
// parentheses are not.
func regexpLength(s string) (n int, ok bool) {
	for n = 1; n < len(s); n++ {
		c := s[n]
		if c == '%' && n > 1 {
			return n + 1, true
		}
		if !termByte(c) && strings.IndexByte(regexpSymbols+regexpOperators, c) < 0 {
			return n, false
		}
	}
	return len(s), false
}

const (
	regexpSymbols   = " :_#=@/;,-"
	regexpOperators = `^$?[]{}|\*+.`
)

// compileRegexp compiles what stands between the percent signs. The language is
// a part of Go's, but for {,n}, which Go would take for ordinary characters.
func compileRegexp(source string) (*regexp.Regexp, error) {
	if i, ok := badEscape(source); ok {
		return nil, escapeError(source[i:])
	}
	var b strings.Builder
	for i := 0; i < len(source); {
		n := 1
		switch {
		case source[i] == '\\':
			n = 2
		case source[i] == '[':
			n = classLength(source[i:])
		}
		b.WriteString(source[i : i+n])
		if openRepeat(source[i:]) {
			b.WriteByte('0')
		}
		i += n
	}
	return regexp.Compile(b.String())
}

// badEscape finds the first backslash that does not stand in one of the classes
// \d \D \s \S \w \W, in \xhh with an ASCII character, or before something that
// may be escaped.
func badEscape(source string) (at int, found bool) {
	for i := 0; i < len(source); i++ {
		if source[i] != '\\' {
			continue
		}
		switch rest := source[i+1:]; {
		case rest == "":
			return i, true
		case strings.IndexByte("dDsSwW", rest[0]) >= 0, escapableInRegexp(rest[0]):
			i++
		case len(rest) >= 3 && rest[0] == 'x' && '0' <= rest[1] && rest[1] <= '7' && hexDigit(rest[2]):
			i += 3
		default:
			return i, true
		}
	}
	return 0, false
}

func hexDigit(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// An escapeError is the rest of a regular expression from a backslash on that
// means nothing.
type escapeError string

func (e escapeError) Error() string {
	switch {
	case len(e) == 1:
		return `a regular expression ends at the first %, even behind a backslash: write \x25 for the character itself`
	case e[1] == 'x':
		return `expected two hexadecimal digits after \x, 00 to 7f`
	}
	return fmt.Sprintf(`there is no \%c: a backslash stands before an operator, in \d \D \s \S \w \W, and in \x41`, e[1])
}

// classLength measures the character class at the beginning of s; one that is
// not closed takes all of s. A ] right at its beginning is a member of it.
func classLength(s string) int {
	n := 1
	if strings.HasPrefix(s[n:], "^") {
		n++
	}
	if strings.HasPrefix(s[n:], "]") {
		n++
	}
	for n < len(s) {
		switch {
		case s[n] == ']':
			return n + 1
		case s[n] == '\\':
			n++
		case strings.HasPrefix(s[n:], "[:"):
			if end := strings.Index(s[n:], ":]"); end >= 0 {
				n += end + 1
			}
		}
		n++
	}
	return len(s)
}

// openRepeat tells whether s begins with {,n}.
func openRepeat(s string) bool {
	s, ok := strings.CutPrefix(s, "{,")
	rest := strings.TrimLeft(s, "0123456789")
	return ok && len(rest) < len(s) && strings.HasPrefix(rest, "}")
}
