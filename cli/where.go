package cli

import (
	"errors"
	"strings"

	"tocsin/core/pattern"
)

// whereForm is how a condition is written.
const whereForm = `write FIELD=VALUE: eventName=StopLogging, userIdentity.arn=*:user/alice, resources[0].ARN=*`

// parseWhere makes a pattern of a --where condition. The value may begin and
// end with *; true, false and null mean the JSON values as well as the texts, as
// CloudTrail writes both; an empty value means a field that is not there.
func parseWhere(text string) (*pattern.Pattern, error) {
	field, value, ok := strings.Cut(text, "=")
	field = strings.TrimSpace(field)
	switch {
	case !ok || field == "":
		return nil, usagef("--where %q: %s", text, whereForm)
	case strings.HasSuffix(field, "!") || strings.HasSuffix(field, "<") || strings.HasSuffix(field, ">") || strings.HasPrefix(value, "="):
		return nil, usagef("--where %q: only = is known here; put other comparisons into the pattern", text)
	}
	selector := field
	if !strings.HasPrefix(selector, "$") {
		selector = "$." + selector
	}
	if !isSelector(selector) {
		return nil, usagef("--where %q: %q is no field; %s", text, field, whereForm)
	}
	equal := selector + ` = "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	switch value {
	case "":
		equal += " || " + selector + " NOT EXISTS || " + selector + " IS NULL"
	case "true", "false", "null":
		equal += " || " + selector + " IS " + strings.ToUpper(value)
	}
	p, err := pattern.Parse("{ " + equal + " }")
	var syntax *pattern.SyntaxError
	if errors.As(err, &syntax) {
		return nil, usagef("--where %q: %s", text, syntax.Message)
	}
	return p, err
}

// isSelector tells whether a text is a selector and nothing more.
func isSelector(text string) bool {
	p, err := pattern.Parse("{ " + text + " NOT EXISTS }")
	if err != nil {
		return false
	}
	_, ok := p.Condition.(*pattern.Comparison)
	return ok
}
