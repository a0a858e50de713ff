package topic

// Lambda is the event with which a function is invoked for a notification. Its
// document is signed in version 1 whatever the topic says [recorded]; the
// caller has signed it so.
func (d Document) Lambda(subscriptionARN string) []byte {
	var subject *string
	if d.Subject != "" {
		subject = &d.Subject
	}
	attributes := d.Attributes
	if attributes == nil {
		attributes = map[string]Attribute{}
	}
	return []byte(encode(lambdaEvent{Records: []lambdaRecord{{
		EventSource:          "aws:sns",
		EventVersion:         "1.0",
		EventSubscriptionArn: subscriptionARN,
		Sns: lambdaNotification{
			Type:              d.Type,
			MessageID:         d.MessageID,
			TopicArn:          d.TopicARN,
			Subject:           subject,
			Message:           d.Message,
			Timestamp:         d.Timestamp,
			SignatureVersion:  d.SignatureVersion,
			Signature:         d.Signature,
			SigningCertURL:    d.SigningCertURL,
			UnsubscribeURL:    d.UnsubscribeURL,
			MessageAttributes: attributes,
		},
	}}}))
}

type lambdaEvent struct {
	Records []lambdaRecord
}

type lambdaRecord struct {
	EventSource          string
	EventVersion         string
	EventSubscriptionArn string
	Sns                  lambdaNotification
}

type lambdaNotification struct {
	Type              Kind
	MessageID         string `json:"MessageId"`
	TopicArn          string
	Subject           *string
	Message           string
	Timestamp         string
	SignatureVersion  SignatureVersion
	Signature         string
	SigningCertURL    string `json:"SigningCertUrl"`
	UnsubscribeURL    string `json:"UnsubscribeUrl"`
	MessageAttributes map[string]Attribute
}
