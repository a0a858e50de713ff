package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const ellipsis = "..."

// oneLine is a text that may hold anything as one line of at most max bytes:
// blanks and line breaks are one blank, and characters that cannot be seen, such
// as terminal controls and those that turn the direction of writing, are U+FFFD.
func oneLine(s string, max int) string {
	var b strings.Builder
	blank := false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if unicode.IsSpace(r) {
			blank = b.Len() > 0
			continue
		}
		if isInvisible(r) {
			r = utf8.RuneError
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
		if b.Len() > max {
			return cut(b.String(), max)
		}
	}
	return b.String()
}

// cut is the text in at most max bytes, of which the last are an ellipsis if
// anything is missing.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	end := max - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimRight(s[:end], " ") + ellipsis
}

// isInvisible tells controls, format characters, private and unassigned ones.
func isInvisible(r rune) bool { return !unicode.IsGraphic(r) }

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// inert is a text of the log with its links made harmless, as mail and chat
// programs make links of whatever looks like one: http://a.example becomes
// hxxp[://]a.example. People who look into incidents write them so.
func inert(s string) string {
	if strings.Contains(s, "://") {
		var b strings.Builder
		for {
			before, after, found := strings.Cut(s, "://")
			if !found {
				break
			}
			b.WriteString(disarmScheme(before))
			b.WriteString("[://]")
			s = after
		}
		b.WriteString(s)
		s = b.String()
	}
	return disarm(disarm(s, "www.", "www[.]"), "mailto:", "mailto[:]")
}

func disarmScheme(before string) string {
	for _, scheme := range []string{"http", "https"} {
		if n := len(before) - len(scheme); n >= 0 && strings.EqualFold(before[n:], scheme) {
			return before[:n] + "hxxp" + scheme[len("http"):]
		}
	}
	return before
}

// disarm replaces what, in any case and at the beginning of a word.
func disarm(s, what, with string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if len(s)-i >= len(what) && strings.EqualFold(s[i:i+len(what)], what) && (i == 0 || !isWord(s[i-1])) {
			b.WriteString(with)
			i += len(what) - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
