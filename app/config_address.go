package app

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tocsin/core/spell"
	"tocsin/core/topic"
	"tocsin/notify"
)

// An Endpoint is whom to tell and how.
type Endpoint struct {
	Protocol topic.Protocol
	Address  string
}

const subscriberForms = "write email:ADDRESS, https://..., slack:URL, sqs:ARN or lambda:ARN"

// protocols are those that a subscriber can have.
var protocols = []topic.Protocol{topic.Email, topic.EmailJSON, topic.HTTP, topic.HTTPS, topic.SQS, topic.Lambda, notify.Slack}

// ParseEndpoint reads email:ADDRESS, http(s)://..., slack:URL, sqs:ARN or
// lambda:ARN. Its errors do not tell the address where that may be a secret.
func ParseEndpoint(text string) (Endpoint, error) {
	kind, rest, found := strings.Cut(text, ":")
	p := topic.Protocol(kind)
	switch {
	case !found && strings.Contains(text, "@"):
		return Endpoint{}, fmt.Errorf("%q does not say how: write email:%s", text, text)
	case p.Web():
		rest = text
		if u, err := url.Parse(text); err == nil && u.Host == "hooks.slack.com" {
			return Endpoint{}, errors.New("this is an address of Slack, which understands messages of its own only: write slack: before it")
		}
	case !slices.Contains(protocols, p):
		var names []string
		for _, p := range protocols {
			names = append(names, string(p))
		}
		if near, ok := spell.Nearest(kind, names); ok && found {
			return Endpoint{}, fmt.Errorf("%q is no way to tell somebody: did you mean %s?", kind, near)
		}
		return Endpoint{}, fmt.Errorf("this does not say whom to tell, and how: %s", subscriberForms)
	}
	var invalid *topic.InvalidError
	if err := notify.CheckEndpoint(p, rest, true); errors.As(err, &invalid) {
		return Endpoint{}, badEndpoint(p, rest)
	} else if err != nil {
		return Endpoint{}, err
	}
	return Endpoint{p, rest}, nil
}

// badEndpoint says what an endpoint lacks.
func badEndpoint(p topic.Protocol, address string) error {
	switch p {
	case topic.Email, topic.EmailJSON:
		return fmt.Errorf("%q is no mail address", address)
	case topic.SQS:
		return fmt.Errorf("%q is no standard queue's ARN: write sqs:arn:aws:sqs:REGION:ACCOUNT:NAME", address)
	case topic.Lambda:
		return fmt.Errorf("%q is no function's ARN: write lambda:arn:aws:lambda:REGION:ACCOUNT:function:NAME", address)
	}
	return fmt.Errorf("this is no URL with a host: write %s://HOST/PATH", p)
}

// withoutUser is a text without what stands before the @ of a URL in it.
func withoutUser(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if at := strings.LastIndexByte(authority(rest), '@'); ok && at >= 0 {
		return scheme + "://" + rest[at+1:]
	}
	return text
}

// hasPassword tells whether a URL, with or without a protocol's name before it,
// holds a password.
func hasPassword(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	user := authority(rest)
	user = user[:max(strings.LastIndexByte(user, '@'), 0)]
	_, query, _ := strings.Cut(rest, "?")
	return strings.Contains(user, ":") || strings.Contains("&"+query, "&password=")
}

// authority is the part of a URL behind :// that names user and host.
func authority(rest string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}
