package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// clean makes text from a log file safe to print: control characters, escape
// sequences, invisible and direction-changing characters and invalid UTF-8 are
// shown by their codes (\x1b, \u202e), line breaks and tabs included.
func clean(text string) string { return escape(text, func(rune) bool { return false }) }

// cleanLines is clean for text of ours that quotes others' and has line breaks
// and tabs.
func cleanLines(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' })
}

// printable tells whether a character shows, and does nothing else.
func printable(r rune) bool { return unicode.IsGraphic(r) && r != '\u2028' && r != '\u2029' }

func escape(text string, keep func(rune) bool) string {
	plain := true
	for _, r := range text {
		if !printable(r) && !keep(r) || r == utf8.RuneError {
			plain = false
			break
		}
	}
	if plain {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case printable(r) || keep(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// width is the number of columns that text takes on a terminal.
func width(text string) int { return uniseg.StringWidth(text) }

// cut shortens text to a number of columns, with … in place of what is left out.
func cut(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	var b strings.Builder
	left := columns - 1
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if left -= g.Width(); left < 0 {
			break
		}
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

// cutStart is cut for text whose end tells more than its beginning.
func cutStart(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	tail := ""
	for g := uniseg.NewGraphemes(text); g.Next(); {
		_, to := g.Positions()
		if tail = text[to:]; width(tail) < columns {
			break
		}
	}
	return "…" + tail
}

// cutMiddle is cut for text whose end tells as much as its beginning: a path, an ARN.
func cutMiddle(text string, columns int) string {
	if width(text) <= columns || columns < 5 {
		return cut(text, columns)
	}
	tail := cutStart(text, columns/2+1)
	return strings.TrimSuffix(cut(text, columns-width(tail)+1), "…") + tail
}

// pad fills text with blanks on the right up to a number of columns.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-width(text)))
}

// wrap breaks text into lines of at most so many columns, at blanks; a longer
// word stands alone on its line.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= columns:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// thousands writes a count as 1,234,567.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// count writes a number of things: "1 event", "1,234 events".
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// size writes a number of bytes in decimal units: "312 B", "3.5 MB".
func size(n float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	for n >= 999.5 && len(units) > 1 {
		n /= 1000
		units = units[1:]
	}
	if n < 9.95 && units[0] != "B" {
		return fmt.Sprintf("%.1f %s", n, units[0])
	}
	return fmt.Sprintf("%.0f %s", n, units[0])
}

// elapsed writes how long something took or lasted, in at most two units:
// "85 ms", "1.2 s", "56m", "3h 20m", "12d 4h".
func elapsed(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	type unit struct {
		name string
		d    time.Duration
	}
	units := []unit{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.d {
			continue
		}
		text := fmt.Sprintf("%d%s", d/u.d, u.name)
		if i+1 < len(units) {
			if rest := d % u.d / units[i+1].d; rest > 0 {
				text += fmt.Sprintf(" %d%s", rest, units[i+1].name)
			}
		}
		return text
	}
	return d.String()
}

// shellQuote writes an argument so that a POSIX shell reads it back as it is.
// Control characters are escaped in the $'...' form, so that the line can be
// shown on a terminal and pasted.
func shellQuote(arg string) string {
	safe := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./:=,@%+", r))
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !safe(r) }) < 0 {
		return arg
	}
	if clean(arg) == arg {
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for i := range len(arg) {
		switch c := arg[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}
