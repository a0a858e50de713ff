package sts

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A form is what values of a member look like.
type form struct {
	min, max int // characters
	pattern  *regexp.Regexp
	shown    string // the pattern as AWS writes it
}

func pattern(minimum, maximum int, text string) form {
	return form{minimum, maximum, regexp.MustCompile(`^(?:` + text + `)$`), text}
}

// The forms of the members [STS API Reference].
var (
	arnForm      = form{min: 20, max: 2048}
	sessionForm  = pattern(2, 64, `[\w+=,.@-]*`)
	externalForm = pattern(2, 1224, `[\w+=,.@:\/-]*`)
	keyIDForm    = pattern(16, 128, `[\w]*`)
	policyForm   = form{min: 1, max: 2048, pattern: regexp.MustCompile(`^[\t\n\r -\x{ff}]+$`), shown: `[\u0009\u000A\u000D\u0020-\u00FF]+`}
	tagKey       = form{min: 1, max: 128, pattern: regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`), shown: `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`}
	tagValue     = form{max: 256, pattern: regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`), shown: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`}
)

// Wrongs collect what is wrong with an input, to be said all at once.
type wrongs []string

func (w *wrongs) add(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

// text checks a member that must be given.
func (w *wrongs) text(member string, v *string, f form) {
	if v == nil {
		w.add("Value null at '%s' failed to satisfy constraint: Member must not be null", member)
		return
	}
	w.optional(member, v, f)
}

// optional checks a member that may be left out.
func (w *wrongs) optional(member string, v *string, f form) {
	if v == nil {
		return
	}
	fails := func(format string, a any) {
		w.add("Value '%s' at '%s' failed to satisfy constraint: Member must %s", shorten(*v), member, fmt.Sprintf(format, a))
	}
	switch n := utf8.RuneCountInString(*v); {
	case n < f.min:
		fails("have length greater than or equal to %d", f.min)
	case n > f.max:
		fails("have length less than or equal to %d", f.max)
	case f.pattern != nil && !f.pattern.MatchString(*v):
		fails("satisfy regular expression pattern: %s", f.shown)
	}
}

// between checks a number that may be left out.
func (w *wrongs) between(member string, v *int32, low, high int32) {
	switch {
	case v == nil:
	case *v < low:
		w.add("Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", *v, member, low)
	case *v > high:
		w.add("Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", *v, member, high)
	}
}

func (w wrongs) err() error {
	switch n := len(w); n {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", w[0])
	default:
		return invalid("%d validation errors detected: %s", n, strings.Join(w, "; "))
	}
}

// shorten bounds what a stranger's text takes up in an answer.
func shorten(text string) string { return strings.ToValidUTF8(text[:min(len(text), 200)], "") }
