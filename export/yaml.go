package export

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"tocsin/core/quote"
)

// plainYAML are texts that need no quotes: words that no version of YAML takes for
// anything but a text.
var (
	plainYAML  = regexp.MustCompile(`^[A-Za-z/](?:[A-Za-z0-9_./:@-]*[A-Za-z0-9_./@-])?(?: [A-Za-z0-9_./,()-]+)*$`)
	meansOther = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|inf|nan|\.inf|\.nan)$`)
)

// yamlText writes a text as a scalar that every reader of YAML takes for just that text.
func yamlText(text string) string {
	text = quote.Sound(text)
	switch {
	case plainYAML.MatchString(text) && !meansOther.MatchString(text):
		return text
	case printable(text):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case printable(string(r)):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08X`, r)
		case r > 0xff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\x%02X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// printable tells whether a text has only characters that may stand in YAML as they
// are, and are seen.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != ' ' && !unicode.IsPrint(r) || r == '\ufeff' || r == '\ufffe' || r == '\uffff'
	})
}
