package wire

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// An xmlWriter appends XML as Query's answers have it: lists of <member>, maps
// of <entry> with key and value.
type xmlWriter struct {
	b    []byte
	name string // of the element that the next value is
	open []xmlOpened
}

// An xmlOpened is an element that is not closed yet.
type xmlOpened struct {
	name    string
	entry   Entry // of maps
	inEntry bool
}

func (w *xmlWriter) start(name string) {
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *xmlWriter) stop(name string) {
	w.b = append(w.b, '<', '/')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

// plain writes an element whose text needs no escapes.
func (w *xmlWriter) plain(appendTo func([]byte) []byte) {
	w.start(w.name)
	w.b = appendTo(w.b)
	w.stop(w.name)
}

func (w *xmlWriter) text(s string) {
	w.start(w.name)
	w.b = appendXMLText(w.b, s)
	w.stop(w.name)
}

// appendXMLText escapes s; what XML 1.0 cannot hold becomes U+FFFD. Line ends
// are escaped too, since a reader would change them.
func appendXMLText(b []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		char, size := utf8.DecodeRuneInString(s[i:])
		escape := ""
		switch {
		case char == '&':
			escape = "&amp;"
		case char == '<':
			escape = "&lt;"
		case char == '>':
			escape = "&gt;"
		case char == '"':
			escape = "&quot;"
		case char == '\r':
			escape = "&#xD;"
		case char < ' ' && char != '\t' && char != '\n', char == utf8.RuneError && size == 1, char == 0xFFFE, char == 0xFFFF:
			escape = "\uFFFD"
		}
		if escape != "" {
			b = append(append(b, s[done:i]...), escape...)
			done = i + size
		}
		i += size
	}
	return append(b, s[done:]...)
}

func (w *xmlWriter) boolean(v bool) {
	w.plain(func(b []byte) []byte { return strconv.AppendBool(b, v) })
}

func (w *xmlWriter) integer(n int64) {
	w.plain(func(b []byte) []byte { return strconv.AppendInt(b, n, 10) })
}

func (w *xmlWriter) float(f float64, bits int) {
	w.plain(func(b []byte) []byte {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(b, floatName(f)...)
		}
		return appendFloat(b, f, bits)
	})
}

// time writes ISO 8601, with milliseconds where there are any.
func (w *xmlWriter) time(t time.Time) {
	w.plain(func(b []byte) []byte {
		return t.Truncate(time.Millisecond).AppendFormat(b, "2006-01-02T15:04:05.999Z")
	})
}

func (w *xmlWriter) blob(v []byte) {
	w.plain(func(b []byte) []byte { return base64.StdEncoding.AppendEncode(b, v) })
}

func (w *xmlWriter) push(entry Entry) {
	w.start(w.name)
	w.open = append(w.open, xmlOpened{name: w.name, entry: entry})
}

func (w *xmlWriter) pop() {
	last := len(w.open) - 1
	w.stop(w.open[last].name)
	w.open = w.open[:last]
}

func (w *xmlWriter) object()                { w.push(Entry{}) }
func (w *xmlWriter) member(name string)     { w.name = name }
func (w *xmlWriter) endObject()             { w.pop() }
func (w *xmlWriter) array(int)              { w.push(Entry{}) }
func (w *xmlWriter) element()               { w.name = "member" }
func (w *xmlWriter) endArray()              { w.pop() }
func (w *xmlWriter) mapping(_ int, e Entry) { w.push(e) }

func (w *xmlWriter) key(key string) {
	w.endEntry()
	o := &w.open[len(w.open)-1]
	o.inEntry = true
	w.start("entry")
	w.name = o.entry.Key
	w.text(key)
	w.name = o.entry.Value
}

func (w *xmlWriter) endEntry() {
	if w.open[len(w.open)-1].inEntry {
		w.stop("entry")
	}
}

func (w *xmlWriter) endMapping() {
	w.endEntry()
	w.pop()
}
