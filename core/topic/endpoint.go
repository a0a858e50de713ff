package topic

import (
	"net/url"
	"regexp"
	"strings"
)

// CheckEndpoint checks the Endpoint of Subscribe. It looks at the form only:
// a queue that does not exist is as good as one that does. [recorded]
func CheckEndpoint(p Protocol, endpoint string) error {
	switch p {
	case HTTP, HTTPS:
		return checkURL(p, endpoint)
	case Email, EmailJSON:
		if !isAddress(endpoint) {
			return refuse("Email address")
		}
	case SMS:
		if !phoneNumber.MatchString(endpoint) {
			return &InvalidError{Code: "InvalidParameter", Message: "Invalid SMS endpoint: " + endpoint}
		}
	case SQS:
		queue, ok := resourceOf(endpoint, "sqs")
		switch {
		case !ok || strings.ContainsAny(queue, ":/"):
			return refuse("SQS endpoint ARN")
		case strings.HasSuffix(queue, ".fifo"):
			return refuse("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
	case Lambda:
		if function, ok := resourceOf(endpoint, "lambda"); !ok || !strings.HasPrefix(function, "function:") {
			return refuse("Lambda endpoint ARN")
		}
	case Firehose:
		if stream, ok := resourceOf(endpoint, "firehose"); !ok || !strings.HasPrefix(stream, "deliverystream/") {
			return refuse("Firehose endpoint ARN")
		}
	case Application:
		if target, ok := resourceOf(endpoint, "sns"); !ok || !strings.HasPrefix(target, "endpoint/") {
			return refuse("Application endpoint arn invalid")
		}
	}
	return nil
}

// resourceOf is the resource of a complete ARN of the service.
func resourceOf(arn, service string) (string, bool) {
	a, ok := ParseARN(arn)
	return a.Resource, ok && a.Service == service && a.Region != "" && a.Account != ""
}

func checkURL(p Protocol, endpoint string) error {
	if !strings.HasPrefix(endpoint, string(p)+"://") {
		return refuse("Endpoint must match the specified protocol")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(endpoint, " \t") {
		return refuse("Endpoint Reason: it is not a URL with a host")
	}
	return nil
}

// phoneNumber is an E.164 number with single separators, in which SNS ignores
// them. Others were seen to be refused. [recorded]
var phoneNumber = regexp.MustCompile(`^\+?[0-9]+([-/. ][0-9]+)*$`)

// isAddress tells whether s is one mail address: a local part, an @ and a
// domain. Names, comments and quoted local parts are not taken.
func isAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 || strings.ContainsFunc(s, notInAddress) {
		return false
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return !strings.Contains(domain, "@")
}

func notInAddress(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`()<>[]:;,\"`, r)
}
