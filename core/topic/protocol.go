package topic

import "slices"

// A Protocol is how a subscriber is reached. Besides SNS's there may be others,
// which SNS's API refuses.
type Protocol string

const (
	HTTP        Protocol = "http"
	HTTPS       Protocol = "https"
	Email       Protocol = "email"
	EmailJSON   Protocol = "email-json"
	SMS         Protocol = "sms"
	SQS         Protocol = "sqs"
	Lambda      Protocol = "lambda"
	Firehose    Protocol = "firehose"
	Application Protocol = "application"
)

// ParseProtocol reads the Protocol of Subscribe.
func ParseProtocol(s string) (Protocol, error) {
	switch p := Protocol(s); p {
	case HTTP, HTTPS, Email, EmailJSON, SMS, SQS, Lambda, Firehose, Application:
		return p, nil
	}
	return "", refuse("Amazon SNS does not support this protocol string: %s", s)
}

// NeedsConfirmation tells whether an endpoint must confirm before it gets
// messages. Queues and functions of others must, if who subscribes them does
// not own them. [SNS guide]
func (p Protocol) NeedsConfirmation(ownEndpoint bool) bool {
	switch p {
	case HTTP, HTTPS, Email, EmailJSON:
		return true
	case SQS, Lambda:
		return !ownEndpoint
	}
	return false
}

// Web tells whether the endpoint is a URL, for which alone there are delivery policies.
func (p Protocol) Web() bool { return p == HTTP || p == HTTPS }

// takesRaw tells whether messages can be delivered raw.
func (p Protocol) takesRaw() bool {
	return slices.Contains([]Protocol{HTTP, HTTPS, SQS, Firehose}, p)
}
