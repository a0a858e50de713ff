package topic

import (
	"encoding/hex"
	"strings"
)

// NewToken writes a token of a confirmation out of random bytes, of which there
// should be 96: that makes it as long as SNS's.
func NewToken(random []byte) string { return tokenPrefix + hex.EncodeToString(random) }

// CheckToken checks the Token of ConfirmSubscription by its form. Whether it is
// known is for the caller to find out; if not, the answer is UnknownToken.
func CheckToken(token string) error {
	if len(token) < minToken || strings.Trim(token, "0123456789abcdef") != "" {
		return &InvalidError{Code: "InvalidParameter", Message: "Invalid token"}
	}
	return nil
}

// UnknownToken is the refusal of a token that has the form of one.
func UnknownToken() *InvalidError { return refuse("Token") }

// CheckConfirmedTopic checks the TopicArn of ConfirmSubscription at the endpoint
// of region. Whether the token is for that topic does not matter. [recorded]
func CheckConfirmedTopic(topicARN, region string) error {
	if a, ok := ParseARN(topicARN); !ok || a.Service != "sns" || a.Region != region {
		return refuse("Topic")
	}
	return nil
}
