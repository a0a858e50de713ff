package sns

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// refused gives an error in the SDK's types: a refusal gets the type of its code,
// what is not a refusal stays as it is.
func refused(err error) error {
	var refusal *topic.InvalidError
	if !errors.As(err, &refusal) {
		return err
	}
	text := &refusal.Message
	switch refusal.Code {
	case "InvalidParameter":
		return &types.InvalidParameterException{Message: text}
	case "ParameterValueInvalid":
		return &types.InvalidParameterValueException{Message: text}
	case "NotFound":
		return &types.NotFoundException{Message: text}
	case "ResourceNotFound":
		return &types.ResourceNotFoundException{Message: text}
	case "AuthorizationError":
		return &types.AuthorizationErrorException{Message: text}
	case "ConcurrentAccess":
		return &types.ConcurrentAccessException{Message: text}
	case "TagLimitExceeded":
		return &types.TagLimitExceededException{Message: text}
	case "TopicLimitExceeded":
		return &types.TopicLimitExceededException{Message: text}
	case "SubscriptionLimitExceeded":
		return &types.SubscriptionLimitExceededException{Message: text}
	case "FilterPolicyLimitExceeded":
		return &types.FilterPolicyLimitExceededException{Message: text}
	case "EmptyBatchRequest":
		return &types.EmptyBatchRequestException{Message: text}
	case "TooManyEntriesInBatchRequest":
		return &types.TooManyEntriesInBatchRequestException{Message: text}
	case "BatchRequestTooLong":
		return &types.BatchRequestTooLongException{Message: text}
	case "BatchEntryIdsNotDistinct":
		return &types.BatchEntryIdsNotDistinctException{Message: text}
	case "InvalidBatchEntryId":
		return &types.InvalidBatchEntryIdException{Message: text}
	}
	return &smithy.GenericAPIError{Code: refusal.Code, Message: refusal.Message, Fault: smithy.FaultClient}
}

// Denied is how SNS says that a caller may not do what he asks for: it has a code of
// its own, while CloudTrail's record of the call tells AccessDenied. [seen by users]
func (*Service) Denied(message string) error {
	return &types.AuthorizationErrorException{Message: &message}
}

func noTopic() error { return &topic.InvalidError{Code: "NotFound", Message: "Topic does not exist"} }

func noSubscription() error {
	return &topic.InvalidError{Code: "NotFound", Message: "Subscription does not exist"}
}

func noResource() error {
	return &topic.InvalidError{Code: "ResourceNotFound", Message: "Resource does not exist"}
}

// notYours is what SNS says to those who are not the subscription's owner, the
// topic's among them. [seen by users]
func notYours() error {
	return &topic.InvalidError{Code: "AuthorizationError", Message: "Not authorized to access this subscription"}
}

// orNotFound says of what is not there what is to be said of it.
func orNotFound(err, refusal error) error {
	if errors.Is(err, state.ErrNotFound) {
		return refusal
	}
	return err
}
