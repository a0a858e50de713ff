package wire

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonReader reads RFC 8259, to the letter, in one pass and without copying
// what is not asked for.
type jsonReader struct {
	b     []byte
	at    int
	began []bool // of each open array and object: whether it had something already
	spare []byte // of names with escapes
}

func (r *jsonReader) blanks() {
	for r.at < len(r.b) {
		switch r.b[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// next is the byte that the next value begins with; 0 at the end.
func (r *jsonReader) next() byte {
	if r.blanks(); r.at < len(r.b) {
		return r.b[r.at]
	}
	return 0
}

// end says whether nothing is left but blanks.
func (r *jsonReader) end() error {
	if r.next(); r.at < len(r.b) {
		return malformedf("Unexpected text after the end of the request, at byte %d", r.at)
	}
	return nil
}

// unexpected says what is there instead of what was wanted, in the words that
// AWS's own parser has for tokens.
func (r *jsonReader) unexpected(wanted string) error {
	token := ""
	switch c := r.next(); {
	case r.at >= len(r.b):
		return malformedf("Unexpected end of the request")
	case c == '"':
		token = "STRING_VALUE"
	case c == '{':
		token = "START_OBJECT"
	case c == '[':
		token = "START_ARRAY"
	case c == 't':
		token = "TRUE_VALUE"
	case c == 'f':
		token = "FALSE_VALUE"
	case c == 'n':
		token = "NULL_VALUE"
	case c == '-' || c >= '0' && c <= '9':
		token = "NUMBER_VALUE"
	default:
		return malformedf("Unexpected character at byte %d", r.at)
	}
	return malformedf("%s can not be converted to %s", token, wanted)
}

func (r *jsonReader) word(w string) bool {
	if r.next(); !bytes.HasPrefix(r.b[r.at:], []byte(w)) {
		return false
	}
	r.at += len(w)
	return true
}

func (r *jsonReader) null() bool { return r.word("null") }

func (r *jsonReader) boolean() (bool, error) {
	switch {
	case r.word("true"):
		return true, nil
	case r.word("false"):
		return false, nil
	}
	return false, r.unexpected("Boolean")
}

func (r *jsonReader) text() (string, error) {
	if r.next() != '"' {
		return "", r.unexpected("String")
	}
	b, err := r.quoted()
	return string(b), err
}

// quoted takes a string; the result is good until the next one.
func (r *jsonReader) quoted() ([]byte, error) {
	start := r.at + 1
	for i := start; i < len(r.b); i++ {
		switch c := r.b[i]; {
		case c == '"':
			r.at = i + 1
			return r.b[start:i], nil
		case c == '\\' || c >= utf8.RuneSelf:
			return r.unescape(start, i)
		case c < ' ':
			return nil, malformedf("A control character in a string, at byte %d", i)
		}
	}
	return nil, malformedf("Unexpected end of the request")
}

// unescape is quoted for a string that has a backslash, or something other
// than ASCII, at i.
func (r *jsonReader) unescape(start, i int) ([]byte, error) {
	out := append(r.spare[:0], r.b[start:i]...)
	for i < len(r.b) {
		switch c := r.b[i]; {
		case c == '"':
			r.at, r.spare = i+1, out
			return out, nil
		case c < ' ':
			return nil, malformedf("A control character in a string, at byte %d", i)
		case c == '\\':
			var n int
			if out, n = escaped(out, r.b[i:]); n == 0 {
				return nil, malformedf("A wrong escape in a string, at byte %d", i)
			}
			i += n
		default:
			// What is no UTF-8 becomes U+FFFD.
			char, size := utf8.DecodeRune(r.b[i:])
			out = utf8.AppendRune(out, char)
			i += size
		}
	}
	return nil, malformedf("Unexpected end of the request")
}

// escaped appends what the escape at the start of b stands for and gives its
// length; 0 when there is no such escape.
func escaped(out, b []byte) (longer []byte, n int) {
	if len(b) < 2 {
		return out, 0
	}
	if b[1] == 'u' {
		char, ok := fourHex(b)
		if !ok {
			return out, 0
		}
		n = 6
		if utf16.IsSurrogate(char) {
			second, _ := fourHex(b[6:])
			if char = utf16.DecodeRune(char, second); char != utf8.RuneError {
				n = 12
			}
		}
		return utf8.AppendRune(out, char), n
	}
	const names, chars = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := bytes.IndexByte([]byte(names), b[1]); i >= 0 {
		return append(out, chars[i]), 2
	}
	return out, 0
}

// fourHex is the number of an escape such as \u00e4.
func fourHex(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

// number takes a number as it is written.
func (r *jsonReader) number() ([]byte, bool) {
	r.next()
	rest := r.b[r.at:]
	i := 0
	digits := func() bool {
		from := i
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(rest) && rest[i] == '-' {
		i++
	}
	if first := i; !digits() || rest[first] == '0' && i > first+1 {
		return nil, false
	}
	if i < len(rest) && rest[i] == '.' {
		if i++; !digits() {
			return nil, false
		}
	}
	if i < len(rest) && (rest[i] == 'e' || rest[i] == 'E') {
		if i++; i < len(rest) && (rest[i] == '+' || rest[i] == '-') {
			i++
		}
		if !digits() {
			return nil, false
		}
	}
	r.at += i
	return rest[:i], true
}

func (r *jsonReader) integer() (int64, error) {
	b, ok := r.number()
	if !ok {
		return 0, r.unexpected("Integer")
	}
	return wholeNumber(string(b))
}

// wholeNumber also takes 1.0 and 1e3, which clients write that know only doubles.
func wholeNumber(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, malformedf("A number is not an Integer")
	}
	return wholeFloat(f)
}

func wholeFloat(f float64) (int64, error) {
	if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
		return 0, malformedf("%g is not an Integer", f)
	}
	return int64(f), nil
}

func (r *jsonReader) float() (float64, error) {
	if r.next() == '"' {
		s, err := r.text()
		if err != nil {
			return 0, err
		}
		return notFinite(s)
	}
	b, ok := r.number()
	if !ok {
		return 0, r.unexpected("Double")
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, malformedf("A number is too large")
	}
	return f, nil
}

// notFinite is a double that only has a name.
func notFinite(s string) (float64, error) {
	switch s {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	return 0, malformedf("STRING_VALUE can not be converted to Double")
}

func (r *jsonReader) time() (time.Time, error) {
	b, ok := r.number()
	if !ok {
		return time.Time{}, r.unexpected("Timestamp")
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return time.Time{}, malformedf("A number is too large")
	}
	return epoch(f)
}

func (r *jsonReader) blob() ([]byte, error) {
	if r.next() != '"' {
		return nil, r.unexpected("Blob")
	}
	b, err := r.quoted()
	if err != nil {
		return nil, err
	}
	return unbase64(b)
}

func unbase64(b []byte) ([]byte, error) {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Decode(out, b)
	if err != nil {
		return nil, malformedf("A Blob is not valid base64")
	}
	return out[:n], nil
}

func (r *jsonReader) open(bracket byte, wanted string) error {
	if r.next() != bracket {
		return r.unexpected(wanted)
	}
	if len(r.began) >= MaxDepth {
		return errTooDeep
	}
	r.at++
	r.began = append(r.began, false)
	return nil
}

// more moves to the next item of what was opened last, or over its end.
func (r *jsonReader) more(bracket byte) (bool, error) {
	last := len(r.began) - 1
	c := r.next()
	if c == bracket {
		r.at++
		r.began = r.began[:last]
		return false, nil
	}
	if r.began[last] {
		if c != ',' {
			if r.at >= len(r.b) {
				return false, malformedf("Unexpected end of the request")
			}
			return false, malformedf("Unexpected character at byte %d", r.at)
		}
		r.at++
	}
	r.began[last] = true
	return true, nil
}

func (r *jsonReader) object() error          { return r.open('{', "Structure") }
func (r *jsonReader) mapping(Entry) error    { return r.open('{', "Map") }
func (r *jsonReader) array() error           { return r.open('[', "List") }
func (r *jsonReader) element() (bool, error) { return r.more(']') }

func (r *jsonReader) member() ([]byte, bool, error) {
	ok, err := r.more('}')
	if err != nil || !ok {
		return nil, false, err
	}
	if r.next() != '"' {
		return nil, false, r.unexpected("a member's name")
	}
	name, err := r.quoted()
	if err != nil {
		return nil, false, err
	}
	if r.next() != ':' {
		return nil, false, malformedf("A colon is missing at byte %d", r.at)
	}
	r.at++
	return name, true, nil
}

func (r *jsonReader) key() (string, bool, error) {
	name, ok, err := r.member()
	return string(name), ok, err
}

func (r *jsonReader) skip() (err error) {
	switch c := r.next(); c {
	case '{':
		return skipObject(r)
	case '[':
		return skipArray(r)
	case '"':
		_, err = r.quoted()
	case 't', 'f':
		_, err = r.boolean()
	case 'n':
		if !r.null() {
			err = r.unexpected("anything")
		}
	default:
		if _, ok := r.number(); !ok {
			err = malformedf("Unexpected character at byte %d", r.at)
		}
	}
	return err
}
