package cloudwatch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"tocsin/core/alarm"
	"tocsin/core/expression"
)

// validation is the refusal of most requests about alarms (ValidationError).
func validation(format string, args ...any) error {
	return &types.ValidationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// constraint is the refusal of one member's value, in the words of AWS's framework.
func constraint(value, member, rule string) error {
	return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

// unset is the refusal of a request without a member that it needs.
func unset(member string) error {
	return validation("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

func missing(format string, args ...any) error {
	return &types.MissingRequiredParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterValueException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func combination(format string, args ...any) error {
	return &types.InvalidParameterCombinationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// notFound is the refusal of an alarm's name; AWS's has no text.
func notFound() error { return &types.ResourceNotFound{Message: aws.String("")} }

// unsupported is the refusal of what AWS takes and tocsin does not do.
func unsupported(what, remedy string) error {
	return validation("%s is not supported by tocsin; %s.", what, remedy)
}

// refusal is what package core refuses, as the SDK's error.
func refusal(err error) error {
	var definition *alarm.InvalidError
	var rule *alarm.RuleError
	var math *expression.InvalidError
	switch {
	case errors.As(err, &definition):
		return coded(definition.Code, definition.Message)
	case errors.As(err, &rule):
		return validation("%s", rule.Message)
	case errors.As(err, &math):
		return coded(math.Code, math.Message)
	}
	return err
}

// coded is the SDK's error for a code of the Query API.
func coded(code, message string) error {
	switch code {
	case "ValidationError":
		return validation("%s", message)
	case "InvalidParameterValue":
		return invalid("%s", message)
	case "InvalidFormat":
		return &types.InvalidFormatFault{Message: &message}
	}
	return &smithy.GenericAPIError{Code: code, Message: message}
}

// faults are what is wrong with a request: the first decides the code, and all with
// its code are told, a line each.
type faults struct {
	first error
	lines []string
}

func (f *faults) add(err error) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return
	}
	var first smithy.APIError
	if f.first == nil {
		f.first = err
	} else if errors.As(f.first, &first) && first.ErrorCode() != api.ErrorCode() {
		return
	}
	f.lines = append(f.lines, api.ErrorMessage())
}

// err is nil when nothing is wrong.
func (f *faults) err() error {
	text := strings.Join(f.lines, "\n")
	switch f.first.(type) {
	case nil:
		return nil
	case *types.MissingRequiredParameterException:
		return missing("%s", text)
	case *types.InvalidParameterCombinationException:
		return combination("%s", text)
	}
	return invalid("%s", text)
}
