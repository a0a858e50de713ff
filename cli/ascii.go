package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// wantsASCII tells whether the locale says that a terminal knows no UTF-8, by
// the rules of POSIX: the first of three variables that is set counts. Where
// none is set nothing is known, and UTF-8 most likely.
func wantsASCII(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		locale := getenv(name)
		if locale == "" {
			continue
		}
		if locale == "C" || locale == "POSIX" {
			return true
		}
		_, charset, named := strings.Cut(locale, ".")
		charset, _, _ = strings.Cut(charset, "@")
		charset = strings.ReplaceAll(strings.ToLower(charset), "-", "")
		return named && charset != "utf8"
	}
	return false
}

// inASCII is what stands for the characters that we draw and punctuate with,
// each as wide as what it stands for.
var inASCII = map[rune]byte{
	'▁': '.', '▂': ':', '▃': '-', '▄': '=', '▅': '+', '▆': '*', '▇': '%', '█': '#',
	'─': '-', '░': '.', '▒': ':', '▓': '*', '╵': '|',
	'·': '-', '–': '-', '—': '-', '…': '~', '✓': '+', '✗': 'x',
}

// An asciiWriter writes text for people whose terminal knows no UTF-8. What is
// not ours is written by its code, since an old terminal takes some bytes of
// UTF-8 for control characters. Each write is whole characters.
type asciiWriter struct{ w io.Writer }

func (a *asciiWriter) Write(text []byte) (int, error) {
	out := make([]byte, 0, len(text))
	for rest := text; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch c, ours := inASCII[r]; {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case ours:
			out = append(out, c)
		case r == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\x%02x`, rest[0])
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = fmt.Appendf(out, `\U%08x`, r)
		}
		rest = rest[n:]
	}
	if _, err := a.w.Write(out); err != nil {
		return 0, err
	}
	return len(text), nil
}

// forPeople is a writer for text that people read, as opposed to JSON and CSV,
// which are UTF-8 everywhere.
func (sc screen) forPeople(w io.Writer) io.Writer {
	if !sc.ascii {
		return w
	}
	return &asciiWriter{w}
}
