package cloudwatchlogs

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/core/metric"
	"tocsin/core/pattern"
	"tocsin/store/state"
)

func invalid(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.InvalidParameterException{Message: &text}
}

// constraint is how AWS says that a member breaks its model.
func constraint(value any, member, rule string) error {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, rule)
}

// missing is constraint of a member that has to be there.
func missing(member string) error {
	return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must not be null", member)
}

func notFound(text string) error { return &types.ResourceNotFoundException{Message: &text} }

func noGroup() error  { return notFound("The specified log group does not exist.") }
func noStream() error { return notFound("The specified log stream does not exist.") }

func exists(text string) error { return &types.ResourceAlreadyExistsException{Message: &text} }

func limitExceeded() error {
	text := "Resource limit exceeded."
	return &types.LimitExceededException{Message: &text}
}

func validation(text string) error { return &types.ValidationException{Message: &text} }

func badToken() error { return invalid("The specified nextToken is invalid.") }

// otherwise says of what is not there what is to be said of it.
func otherwise(err, refusal error) error {
	if errors.Is(err, state.ErrNotFound) {
		return refusal
	}
	return err
}

// refused gives core's refusals of patterns and metric filters in the SDK's types.
func refused(err error) error {
	var bad *metric.InvalidError
	var syntax *pattern.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return invalid("%s", syntax.Message)
	case errors.As(err, &bad):
		return invalid("%s", bad.Message)
	}
	return err
}
