package pattern

import (
	"fmt"
	"strings"

	"tocsin/core/excerpt"
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
	line, column, source := excerpt.Place(e.Pattern, e.Pos)
	return fmt.Sprintf("pattern:%d:%d: %s\n%s", line, column, breaks.Replace(e.Expected), excerpt.Caret(source, column))
}

// breaks keeps what Expected quotes of the pattern on one line.
var breaks = strings.NewReplacer("\n", " ", "\r", " ")
