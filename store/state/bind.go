package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// bound are the arguments of a statement as both databases take them.
func bound(args []any) []any {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = clean(a)
		case bool:
			args[i] = flag(a)
		case time.Time:
			args[i] = millis(a)
		case []byte:
			if a == nil {
				args[i] = []byte{} // no column but those bound to an untyped nil may be null
			}
		}
	}
	return args
}

// clean is text as PostgreSQL takes it: UTF-8 without zero bytes. Other bytes are
// written as U+FFFD and two hexadecimal digits, so that texts that differ stay
// different, and a forged event or file name cannot hold up everything behind it.
func clean(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == 0 || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, "\uFFFD%02x", text[0])
		} else {
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// flag is a bool as it is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// millis is a time as it is stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is a stored time.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// finite is the nearest number that both databases and JSON can hold: sums of
// numbers out of hostile events may overflow, and infinities cancel out to NaN.
func finite(f float64) float64 {
	switch {
	case math.IsNaN(f):
		return 0
	case math.IsInf(f, 0):
		return math.Copysign(math.MaxFloat64, f)
	}
	return f
}

// encode writes a value as JSON text.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// decode reads what encode wrote.
func decode[T any](text string) (v T, err error) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, fmt.Errorf("stored JSON: %w", err)
	}
	return v, nil
}
