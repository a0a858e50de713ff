package topic

import "time"

// DeliveryTimeout is how long an http or https endpoint may take to answer.
// [SNS guide]
const DeliveryTimeout = 15 * time.Second

// An Answer is what an attempt came to.
type Answer int

const (
	Delivered Answer = iota
	Retry            // may pass: the schedule says when to try again
	Permanent        // will not pass: to the dead-letter queue at once
)

func (a Answer) String() string {
	return [...]string{"delivered", "retry", "permanent failure"}[a]
}

// What never became an answer, such as a refused connection, a name that does
// not resolve, a TLS failure or a timeout, is a Retry.

// OfStatus judges the status code of an http or https endpoint.
func OfStatus(status int) Answer {
	switch {
	case 200 <= status && status <= 299:
		return Delivered
	case permanentStatus(status):
		return Permanent
	}
	return Retry
}

// OfReply judges the reply code of a mail server: 4yz may pass, 5yz will not.
// [RFC 5321, 4.2.1]
func OfReply(code int) Answer {
	switch {
	case 200 <= code && code <= 299:
		return Delivered
	case 500 <= code && code <= 599:
		return Permanent
	}
	return Retry
}

// OfService judges the answer of an AWS service, such as SQS or Lambda: its
// HTTP status and the code of its error. A missing endpoint and a lack of
// permission are permanent [SNS guide, dead-letter queues], throttling is not.
func OfService(status int, code string) Answer {
	switch code {
	case "Throttling", "ThrottlingException", "ThrottledException", "Throttled", "TooManyRequestsException",
		"RequestThrottled", "RequestThrottledException", "RequestLimitExceeded", "SlowDown", "OverLimit",
		"KMS.ThrottlingException", "KmsThrottled", "ServiceUnavailable", "ServiceUnavailableException":
		return Retry
	}
	return OfStatus(status)
}
