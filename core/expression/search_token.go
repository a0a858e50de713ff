package expression

import (
	"slices"
	"strings"
	"unicode"
)

// A word is what is looked for in a text.
type word struct {
	text  string
	exact bool // in double quotes: the whole text has to be this
	// pieces are the word's parts, and mixed says that case tells them apart, so
	// that it has to be right.
	pieces []string
	mixed  bool
}

func newWord(text string, exact bool) word {
	w := word{text: text, exact: exact}
	if !exact {
		w.pieces = split(text)
		w.mixed = len(w.pieces) > 1 && !strings.ContainsFunc(text, isDelimiter)
	}
	return w
}

// in tells whether a text has the word: as one of its parts, or as several that
// follow each other (user guide, "Tokenization" and "Partial matches"). Case counts
// only where it is what tells the parts of the word apart.
func (w word) in(text string) bool {
	if w.exact {
		return text == w.text
	}
	parts := split(text)
	same := strings.EqualFold
	if w.mixed {
		same = func(a, b string) bool { return a == b }
	}
	for i := 0; i+len(w.pieces) <= len(parts); i++ {
		if slices.EqualFunc(w.pieces, parts[i:i+len(w.pieces)], same) {
			return true
		}
	}
	// The whole of a text, without its delimiters, is a token too.
	return strings.EqualFold(strings.Join(w.pieces, ""), strings.Join(parts, "")) && !w.mixed
}

func isDelimiter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// split takes a text apart where camel case begins a word, where digits begin, and
// at all other characters: SDBFailure-2 is SDB, Failure and 2.
func split(text string) []string {
	var parts []string
	runes := []rune(text)
	start := 0
	cut := func(end int) {
		if end > start {
			parts = append(parts, string(runes[start:end]))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case isDelimiter(r):
			cut(i)
			start = i + 1
		case i == start:
		case unicode.IsDigit(r) != unicode.IsDigit(runes[i-1]):
			cut(i)
		case unicode.IsUpper(r) && !unicode.IsUpper(runes[i-1]):
			cut(i)
		case unicode.IsLower(r) && unicode.IsUpper(runes[i-1]) && i-1 > start:
			cut(i - 1) // the last capital of several begins the word
		}
	}
	cut(len(runes))
	return parts
}
