package export

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"tocsin/core/quote"
)

// sh quotes a word for bash so that it stays that word. Control characters and
// invisible ones are written by their numbers, so that the script can be read.
func sh(word string) string {
	word = strings.ReplaceAll(quote.Sound(word), "\x00", "") // no word of a command can hold it
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plainRune(r) }) {
		return word
	}
	if plain(word) == word {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, r := range word {
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case plain(string(r)) == string(r):
			b.WriteRune(r)
		default:
			for _, c := range utf8.AppendRune(nil, r) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
			// A digit after it would count as one of the number's, were there fewer than two.
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// plainRune tells whether a character means nothing to bash.
func plainRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:,@+", r)
}

// An option is one of an AWS CLI command with its value. Raw is the value as bash
// expands it, such as "$topic", instead. A bare
// one has no value; the value of a list is several words, in raw.
type option struct {
	name, value, raw string
	bare, list       bool
}

// command writes a command of the AWS CLI over several lines. A value always stands in
// one word with its option, so that it may begin with a hyphen; one that the CLI
// would take for the address of a file to read is given by JSON.
func command(words string, options ...option) string {
	var b strings.Builder
	b.WriteString("aws " + words)
	addresses := map[string]string{}
	line := len("aws ") + len(words)
	for _, o := range options {
		if o.raw == "" && isAddress(o.value) {
			addresses[pascal(o.name)] = o.value
			continue
		}
		text := o.raw
		if text == "" {
			text = sh(o.value)
		}
		text = "--" + o.name + "=" + text
		if o.bare {
			text = "--" + o.name
		}
		if o.list { // of several words none may stand with the option
			text = "--" + o.name + " " + o.raw
		}
		if line+len(text) > 100 {
			b.WriteString(" \\\n ")
			line = 2
		}
		b.WriteString(" " + text)
		line += 1 + len(text)
	}
	if len(addresses) > 0 {
		b.WriteString(" \\\n  --cli-input-json=" + sh(jsonText(addresses)))
	}
	return b.String()
}

// isAddress tells whether the AWS CLI would read a file, or ask a server, for the value.
func isAddress(value string) bool {
	for _, scheme := range []string{"file://", "fileb://", "http://", "https://"} {
		if strings.HasPrefix(value, scheme) {
			return true
		}
	}
	return false
}

// pascal is an option's name as the API calls it; of CloudWatch Logs, whose names
// begin small, there is none among those that can be addresses but the pattern.
func pascal(option string) string {
	if option == "filter-pattern" {
		return "filterPattern"
	}
	var b strings.Builder
	for word := range strings.SplitSeq(option, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// jsonText writes what this package puts together, which always can be written.
func jsonText(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "{}"
	}
	return strings.TrimSuffix(b.String(), "\n")
}
