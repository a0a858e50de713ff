package wire

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// A jsonWriter appends JSON.
type jsonWriter struct {
	b     []byte
	comma bool // before the next member or element
}

func (w *jsonWriter) text(s string) { w.b = appendJSONString(w.b, s) }

// appendJSONString quotes s; what is no UTF-8 becomes U+FFFD.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var char rune
			if char, size = utf8.DecodeRuneInString(s[i:]); char != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[done:i]...)
		switch {
		case c == '"', c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, "\uFFFD"...)
		}
		i += size
		done = i
	}
	b = append(b, s[done:]...)
	return append(b, '"')
}

func (w *jsonWriter) boolean(v bool)  { w.b = strconv.AppendBool(w.b, v) }
func (w *jsonWriter) integer(n int64) { w.b = strconv.AppendInt(w.b, n, 10) }

func (w *jsonWriter) float(f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.text(floatName(f))
		return
	}
	w.b = appendFloat(w.b, f, bits)
}

// floatName is what stands for a double that has no digits.
func floatName(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case f > 0:
		return "Infinity"
	}
	return "-Infinity"
}

// appendFloat writes a finite double, with an exponent where it is very long.
func appendFloat(b []byte, f float64, bits int) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, bits)
}

// time writes seconds since 1970, to the millisecond.
func (w *jsonWriter) time(t time.Time) {
	w.b = appendFloat(w.b, float64(t.UnixMilli())/1000, 64)
}

func (w *jsonWriter) blob(b []byte) {
	w.b = append(w.b, '"')
	w.b = base64.StdEncoding.AppendEncode(w.b, b)
	w.b = append(w.b, '"')
}

func (w *jsonWriter) open(bracket byte) {
	w.b = append(w.b, bracket)
	w.comma = false
}

func (w *jsonWriter) close(bracket byte) {
	w.b = append(w.b, bracket)
	w.comma = true
}

func (w *jsonWriter) element() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

func (w *jsonWriter) member(name string) {
	w.element()
	w.b = append(appendJSONString(w.b, name), ':')
}

func (w *jsonWriter) key(name string)    { w.member(name) }
func (w *jsonWriter) object()            { w.open('{') }
func (w *jsonWriter) mapping(int, Entry) { w.open('{') }
func (w *jsonWriter) array(int)          { w.open('[') }
func (w *jsonWriter) endObject()         { w.close('}') }
func (w *jsonWriter) endMapping()        { w.close('}') }
func (w *jsonWriter) endArray()          { w.close(']') }
