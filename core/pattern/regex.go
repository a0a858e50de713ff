package pattern

import (
	"regexp"
	"strings"
)

// MaxRegexps is how many regular expressions a JSON or space-delimited pattern may have.
const MaxRegexps = 2

// regexpLength measures the regular expression at the beginning of s, its
// percent signs included. When ok is false it breaks off at byte n of s.
//
// Allowed are letters, digits, blanks, some symbols, the operators, \ before an
// operator, the classes \d \D \s \S \w \W, and \xhh with an ASCII character.
// There are no parentheses.
func regexpLength(s string) (n int, ok bool) {
	for n = 1; n < len(s); n++ {
		c := s[n]
		switch {
		case c == '%':
			return n + 1, n > 1
		case c == '\\':
			width := escapeLength(s[n:])
			if width == 0 {
				return min(n+1, len(s)), false
			}
			n += width - 1
		case !digit(c) && !termByte(c) && !strings.ContainsRune(" :_#=@/;,-^$?[]{}|*+.", rune(c)):
			return n, false
		}
	}
	return len(s), false
}

// escapeLength measures the escape at the beginning of s, and is 0 when there is no such escape.
func escapeLength(s string) int {
	if len(s) < 2 {
		return 0
	}
	if strings.IndexByte(`dDsSwW^$?[]{}|\*+.`, s[1]) >= 0 {
		return 2
	}
	if s[1] == 'x' && len(s) >= 4 && '0' <= s[2] && s[2] <= '7' && hexDigit(s[3]) {
		return 4
	}
	return 0
}

func hexDigit(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// compileRegexp compiles what stands between the percent signs. The language is
// a part of Go's, but for {,n}, which Go would take for ordinary characters.
func compileRegexp(source string) (*regexp.Regexp, error) {
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
