// Package quote writes texts as strings of languages that people and programs read.
package quote

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// HCL writes a text as a string of Terraform's language that holds just that
// text: neither an escape nor the beginning of a template in it counts.
func HCL(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '{' && i > 0 && text[i-1] == '$' && (i < 2 || text[i-2] != '$'):
			b.WriteString("${") // the second $ of $${, which stands for ${
		case r == '{' && i > 0 && text[i-1] == '%' && (i < 2 || text[i-2] != '%'):
			b.WriteString("%{")
		case r == '{' && i > 1 && (text[i-1] == '$' || text[i-1] == '%'):
			// $${ would be an escape itself.
			b.WriteString(`\u007b`)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Sound is a text without what is no UTF-8, which no form can hold.
func Sound(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
