package iam

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
)

func said(format string, args []any) *string { return aws.String(fmt.Sprintf(format, args...)) }

func noSuch(format string, args ...any) error {
	return &types.NoSuchEntityException{Message: said(format, args)}
}

func exists(format string, args ...any) error {
	return &types.EntityAlreadyExistsException{Message: said(format, args)}
}

func conflict(format string, args ...any) error {
	return &types.DeleteConflictException{Message: said(format, args)}
}

func limit(format string, args ...any) error {
	return &types.LimitExceededException{Message: said(format, args)}
}

func wrongInput(format string, args ...any) error {
	return &types.InvalidInputException{Message: said(format, args)}
}

func malformed(format string, args ...any) error {
	return &types.MalformedPolicyDocumentException{Message: said(format, args)}
}

func concurrent() error {
	return &types.ConcurrentModificationException{Message: aws.String("Another request changed the same resource at the same time. Try again.")}
}

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "UnsupportedOperation", Message: fmt.Sprintf(format, args...)}
}

// checkDocument checks a policy document as IAM does.
func checkDocument(text string, kind policy.Kind) (policy.Policy, error) {
	p, err := policy.Parse(text, kind)
	var wrong *policy.Error
	if errors.As(err, &wrong) {
		return p, malformed("%s", wrong.Message)
	}
	return p, err
}
