package model

import "tocsin/wire"

// SNS speaks Query.
func SNS() wire.Model {
	attributes := wire.Entry{Key: "Name", Value: "Value"}
	return wire.Model{
		Name: "sns", SigningName: "sns", Shape: "AmazonSimpleNotificationService",
		Version: "2010-03-31", Namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
		Query: true,
		Names: map[string]string{
			"CheckIfPhoneNumberIsOptedOutInput.PhoneNumber": "phoneNumber",
			"CheckIfPhoneNumberIsOptedOutOutput.IsOptedOut": "isOptedOut",
			"GetSMSAttributesInput.Attributes":              "attributes",
			"GetSMSAttributesOutput.Attributes":             "attributes",
			"ListPhoneNumbersOptedOutInput.NextToken":       "nextToken",
			"ListPhoneNumbersOptedOutOutput.NextToken":      "nextToken",
			"ListPhoneNumbersOptedOutOutput.PhoneNumbers":   "phoneNumbers",
			"OptInPhoneNumberInput.PhoneNumber":             "phoneNumber",
			"SetSMSAttributesInput.Attributes":              "attributes",
		},
		Entries: map[string]wire.Entry{
			"PublishInput.MessageAttributes":             attributes,
			"PublishBatchRequestEntry.MessageAttributes": attributes,
		},
		Errors: map[string]wire.ErrorForm{
			"AuthorizationError":        status(403),
			"FilterPolicyLimitExceeded": status(403),
			"InvalidSecurity":           status(403),
			"NotFound":                  status(404),
			"ReplayLimitExceeded":       status(403),
			"ResourceNotFound":          status(404),
			"SubscriptionLimitExceeded": status(403),
			"Throttled":                 status(429),
			"TopicLimitExceeded":        status(403),
		},
	}
}
