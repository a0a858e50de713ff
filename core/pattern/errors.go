package pattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What CloudWatch Logs answers to a pattern that it refuses. The texts were
// recorded from AWS; where it names the fragment that it stumbled over, so do we.
const (
	messageInvalid      = "Invalid metric filter pattern"
	messageRegexp       = "Failed to compile regular expression."
	messageWildcards    = "Your filter pattern has a JSON path selector that exceeds the maximum of 1 wildcard allowed per json selector."
	messageWildSelector = "Your input has exceeded the maximum of 3 JSON wildcard selectors allowed per filter pattern."
	messageRegexps      = "Your input has exceeded the maximum of 2 regular expressions per filter pattern."
	messageBraces       = "If a filter pattern starts with '{' it must end with '}'"
	messageBrackets     = "If a filter pattern starts with '[' it must end with ']'"
)

func messageCharacters(fragment string) string {
	return "Invalid character(s) in term '" + fragment + "'"
}

func messageDuplicate(field string) string {
	return "Duplicate field '" + field + "'"
}

func messageLength(pattern string) string {
	return fmt.Sprintf("1 validation error detected: Value '%s' at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to %d", pattern, MaxLength)
}

// A SyntaxError says why Parse refused a pattern, once for programs that speak
// AWS's API and once for people.
type SyntaxError struct {
	Pattern string
	// Pos is the place in Pattern where the trouble was noticed, in bytes; it is
	// len(Pattern) when something is missing at the end.
	Pos int
	// Message is the text that AWS answers.
	Message string
	// Expected is ours: what should stand at Pos, or what to write instead.
	Expected string
}

// Error shows the place as pattern:line:column, counted in characters from 1,
// with the line itself and a caret below it.
func (e *SyntaxError) Error() string {
	start := strings.LastIndexByte(e.Pattern[:e.Pos], '\n') + 1
	before, after := e.Pattern[start:e.Pos], e.Pattern[e.Pos:]
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		after = after[:i]
	}
	line := 1 + strings.Count(e.Pattern[:start], "\n")
	column := 1 + utf8.RuneCountInString(before)
	before, after = clip(before, after)
	return fmt.Sprintf("pattern:%d:%d: %s\n  %s%s\n  %s^", line, column, breaks.Replace(e.Expected), before, after, blanksFor(before))
}

// breaks keeps what Expected quotes of the pattern on one line.
var breaks = strings.NewReplacer("\n", " ", "\r", " ")

// excerpt is how many characters of a long line are shown on each side of the caret.
const excerpt = 60

// clip shortens what stands before and after the caret to what fits a terminal.
func clip(before, after string) (string, string) {
	if n := utf8.RuneCountInString(before); n > excerpt {
		r := []rune(before)
		before = "..." + string(r[n-excerpt:])
	}
	if utf8.RuneCountInString(after) > excerpt {
		after = string([]rune(after)[:excerpt]) + "..."
	}
	return before, strings.TrimRight(after, "\r")
}

// blanksFor is as wide as text on a terminal that gives each character one cell.
func blanksFor(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, text)
}
