package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shows tells whether a character shows, and does nothing else: no control
// character, no line or paragraph separator, none that turns the direction or is
// invisible.
func shows(r rune) bool {
	return unicode.IsGraphic(r) && r != '\u2028' && r != '\u2029' && r != utf8.RuneError
}

// visible writes what does not show by its code. Blanks stay as they are, so that
// a command or a program text stays what it is; lines stay lines.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case shows(r) || r == '\n':
			b.WriteRune(r)
		case r == '\t':
			b.WriteString("    ")
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// plain is a text on one line, with what does not show written by its code.
func plain(text string) string { return strings.Join(strings.Fields(visible(text)), " ") }

// atMost is plain text of at most n characters, for forms that bound them.
func atMost(text string, n int) string {
	text = plain(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// escapeJSON writes the characters of a JSON document that do not show as JSON
// escapes them, which leaves its values as they are.
func escapeJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case shows(r) || r == '\n':
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// short is the part of a resource's name that tells it from others: of an ARN
// what comes last.
func short(name string) string {
	if strings.HasPrefix(name, "arn:") {
		if i := strings.LastIndexAny(name, ":/"); i >= 0 && i+1 < len(name) {
			return name[i+1:]
		}
	}
	return name
}
