package sns

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"tocsin/core/topic"
)

// TestRefusedKeepsCodes: a refusal goes out with its own code, in the SDK's type if it
// has one.
func TestRefusedKeepsCodes(t *testing.T) {
	for code, modelled := range map[string]bool{
		"InvalidParameter": true, "ParameterValueInvalid": true, "NotFound": true, "ResourceNotFound": true, "AuthorizationError": true,
		"ConcurrentAccess": true, "TagLimitExceeded": true, "TopicLimitExceeded": true, "SubscriptionLimitExceeded": true,
		"FilterPolicyLimitExceeded": true, "EmptyBatchRequest": true, "TooManyEntriesInBatchRequest": true, "BatchRequestTooLong": true,
		"BatchEntryIdsNotDistinct": true, "InvalidBatchEntryId": true, "ValidationError": false,
	} {
		err := refused(fmt.Errorf("somewhere: %w", &topic.InvalidError{Code: code, Message: "text"}))
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != code || api.ErrorMessage() != "text" || api.ErrorFault() != smithy.FaultClient {
			t.Errorf("%s goes out as %v", code, err)
		}
		if _, generic := api.(*smithy.GenericAPIError); generic == modelled {
			t.Errorf("%s goes out as %T", code, api)
		}
	}
	ours := errors.New("disk full")
	if refused(ours) != ours || refused(nil) != nil {
		t.Error("what is no refusal is not left as it is")
	}
}
