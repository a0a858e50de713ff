package gen

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Event is a random message: mostly a JSON object, sometimes a line of text or
// something that is almost JSON.
func Event(r *rand.Rand) []byte {
	switch n := r.IntN(100); {
	case n < 78:
		return JSONEvent(r)
	case n < 92:
		return []byte(Line(r))
	default:
		return []byte(broken(r, string(JSONEvent(r))))
	}
}

// JSONEvent is a random JSON object: nested, with arrays, numbers and strings in
// several spellings, now and then with a member twice or bytes that are no UTF-8.
func JSONEvent(r *rand.Rand) []byte {
	return []byte(space(r) + object(r, 3, 3) + space(r))
}

func object(r *rand.Rand, depth, least int) string {
	return "{" + space(r) + repeat(r, least, 5, space(r)+","+space(r), func() string {
		return stringOf(r, name(r)) + space(r) + ":" + space(r) + value(r, depth-1)
	}) + space(r) + "}"
}

func value(r *rand.Rand, depth int) string {
	switch n := r.IntN(100); {
	case n < 42:
		return stringOf(r, text(r))
	case n < 62:
		return pick(r, numbers)
	case n < 69:
		return "null"
	case n < 76:
		return pick(r, []string{"true", "false"})
	case depth <= 0:
		return pick(r, []string{"{}", "[]", "[null]", `"x"`})
	case n < 90:
		return object(r, depth, 0)
	default:
		return "[" + repeat(r, 0, 3, ",", func() string { return space(r) + value(r, depth-1) }) + space(r) + "]"
	}
}

// stringOf spells a text as a JSON string, its characters as escapes now and then.
func stringOf(r *rand.Rand, s string) string {
	escapes := 0
	if often(r, 15) {
		escapes = 40
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(pick(r, []string{`\n`, `\u000a`}))
		case c == '\t':
			b.WriteString(pick(r, []string{`\t`, `\u0009`}))
		case c == '/' && often(r, escapes):
			b.WriteString(`\/`)
		case c > 0xFFFF && often(r, escapes):
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xD800+(c-0x10000)>>10, 0xDC00+(c-0x10000)&0x3FF)
		case c <= 0xFFFF && often(r, escapes):
			fmt.Fprintf(&b, pick(r, []string{`\u%04x`, `\u%04X`}), c)
		default:
			b.WriteRune(c)
		}
	}
	if often(r, 1) {
		b.WriteString(pick(r, []string{"\xff", "\xe2\x82", `\ud800`, `\udc00x`, "\xed\xa0\x80", `\ud83d\ud83d\udd14`}))
	}
	b.WriteByte('"')
	return b.String()
}

// broken makes a mistake in a JSON object; a few of the results are valid after all.
func broken(r *rand.Rand, s string) string {
	at := r.IntN(len(s))
	switch r.IntN(10) {
	case 0:
		return s[:at] // cut off
	case 1:
		return s[:at] + s[at+1:] // a byte lost
	case 2:
		return s[:at] + string(pick(r, []byte("{}[],:\"\\0-.eEtn/\x00\x1f\x7f\xff"))) + s[at:] // a byte too many
	case 3:
		return "[" + s + "]"
	case 4:
		return s + pick(r, []string{"x", s, ",", "}", "null", "\x00", "\ufeff", "\v"})
	case 5:
		return pick(r, []string{"\ufeff", "x", ",", "\x00"}) + s
	case 6:
		return pick(r, []string{"", " ", "{", "}", "null", "1", `"x"`, "true", "{}", "{ }", `{"a"}`, `{"a":}`, `{,}`, `{"a":1,}`, `{a:1}`, `{'a':1}`})
	case 7:
		return fmt.Sprintf(`{"a":%s}`, pick(r, []string{"01", "1.", ".5", "+1", "-", "1e", "0x1", "NaN", "nul", "truee", "True", "1 2", "--1", "1e+", "-01"}))
	case 8:
		return fmt.Sprintf(`{"a":"%s"}`, pick(r, []string{"\n", "\x01", `\x41`, `\u12`, `\u12g4`, `\`, `\'`, "\x00", "\t"}))
	default:
		return strings.Replace(s, `"a"`, `a`, 1)
	}
}

// Line is a random line of text, as a space-delimited pattern expects it.
func Line(r *rand.Rand) string {
	return repeat(r, 0, 6, pick(r, []string{" ", " ", "  ", "\t", " \n"}), func() string {
		switch n := r.IntN(100); {
		case n < 50:
			return pick(r, words)
		case n < 70:
			return pick(r, numbers)
		case n < 80:
			return `"` + repeat(r, 0, 3, " ", func() string { return pick(r, words) }) + `"` + pick(r, []string{"", "", "", "x"})
		case n < 90:
			return "[" + repeat(r, 0, 3, " ", func() string { return pick(r, words) }) + "]" + pick(r, []string{"", "", "", "]"})
		default:
			return pick(r, []string{`"x`, "[x", "x]", `x"y`, "ERROR", "é", "-", `""`, "[]", "\xff"})
		}
	})
}
