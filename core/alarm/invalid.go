package alarm

import (
	"fmt"
	"unicode/utf8"
)

// An InvalidError is a definition or request that CloudWatch refuses, with the
// code and the text of the Query API.
type InvalidError struct {
	Code    string // ValidationError, InvalidParameterValue, ...
	Message string // may be empty, as some of AWS's are
}

func (e *InvalidError) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// refuse is a ValidationError, the code of nearly all refusals.
func refuse(format string, args ...any) *InvalidError {
	return &InvalidError{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// constraint is the refusal of one member's value.
func constraint(value, member, rule string) *InvalidError {
	return refuse("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

// maxLength refuses a text of more than limit characters. It returns an error,
// not an *InvalidError, so that its nil is a nil error.
func maxLength(text, member string, limit int) error {
	if utf8.RuneCountInString(text) <= limit {
		return nil
	}
	return constraint(text, member, fmt.Sprintf("Member must have length less than or equal to %d", limit))
}
