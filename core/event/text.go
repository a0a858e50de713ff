package event

import (
	"unicode/utf16"
	"unicode/utf8"
)

// AppendText appends the text that a String stands for, with its escapes
// resolved as encoding/json resolves them (a lone surrogate becomes U+FFFD);
// bytes that are not UTF-8 stay as they are. Of any other value it appends Raw.
func (v Value) AppendText(dst []byte) []byte {
	if v.Kind != String || !v.Escaped {
		return append(dst, v.Raw...)
	}
	return appendUnescaped(dst, v.Raw)
}

// appendUnescaped appends what s, the inside of a JSON string, stands for. What
// is not a proper escape is appended as it stands, so that nothing gets lost.
func appendUnescaped(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		if i+1 < len(s) && s[i+1] == 'u' {
			r, n := unescapeRune(s[i:])
			if n > 0 {
				dst = utf8.AppendRune(dst, r)
				i += n
				continue
			}
		} else if i+1 < len(s) {
			if c := unescaped(s[i+1]); c != 0 {
				dst = append(dst, c)
				i += 2
				continue
			}
		}
		dst = append(dst, '\\')
		i++
	}
	return dst
}

// unescaped is the byte that a backslash and c stand for, 0 when c is none of
// RFC 8259's escapes.
func unescaped(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// unescapeRune reads an escape such as \u00e4 at the start of s, two of them when they make a
// surrogate pair. It returns the length read, 0 when s does not begin with one.
func unescapeRune(s []byte) (rune, int) {
	r, ok := hexRune(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hexRune(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hexRune reads the escape, such as \u00e4, that s begins with.
func hexRune(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		d := hexDigit(c)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// hexDigit is the value of a hexadecimal digit, -1 for any other byte.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
