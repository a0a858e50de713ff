package topic

import (
	"fmt"
	"strings"
)

// An InvalidError is a request that SNS refuses, with the code on the wire and
// the text of the answer. Some texts have several lines; AWS's clients and the
// tools around them look at the first.
type InvalidError struct {
	Code    string // InvalidParameter, ParameterValueInvalid, ValidationError, ...
	Message string
}

func (e *InvalidError) Error() string { return e.Code + ": " + e.Message }

const invalidParameter = "Invalid parameter: "

// refuse is an InvalidParameter, the code of nearly all refusals.
func refuse(format string, args ...any) *InvalidError {
	return &InvalidError{Code: "InvalidParameter", Message: invalidParameter + fmt.Sprintf(format, args...)}
}

// refuseValue is a ParameterValueInvalid, the code of refused message attributes.
func refuseValue(format string, args ...any) *InvalidError {
	return &InvalidError{Code: "ParameterValueInvalid", Message: fmt.Sprintf(format, args...)}
}

// AmongAttributes is the refusal of an attribute as CreateTopic and Subscribe
// word it, which take several at once: "Attributes Reason: " stands before the
// attribute's name. It is for the errors of SetAttribute.
func (e *InvalidError) AmongAttributes() *InvalidError {
	text, ok := strings.CutPrefix(e.Message, invalidParameter)
	if !ok {
		return e
	}
	return &InvalidError{Code: e.Code, Message: invalidParameter + "Attributes Reason: " + text}
}
