package topic

import (
	"slices"
	"strings"
)

// A ThrottlePolicy bounds how many messages a second an endpoint receives.
type ThrottlePolicy struct {
	MaxReceivesPerSecond int `json:"maxReceivesPerSecond"`
}

// A RequestPolicy says how notifications are sent to an endpoint.
type RequestPolicy struct {
	HeaderContentType string `json:"headerContentType"`
}

// A DeliveryPolicy is the DeliveryPolicy of an http or https subscription. What
// is nil is the topic's.
type DeliveryPolicy struct {
	Retry    *RetryPolicy
	Throttle *ThrottlePolicy
	Request  *RequestPolicy
}

// ParseDeliveryPolicy reads the DeliveryPolicy of a subscription. The empty text
// is none, for which the policy is nil.
func ParseDeliveryPolicy(text string) (*DeliveryPolicy, error) {
	if text == "" {
		return nil, nil
	}
	root, err := readDelivery(text)
	if err != nil {
		return nil, err
	}
	var p DeliveryPolicy
	for i, name := range root.names {
		n := root.items[i]
		switch name {
		case "healthyRetryPolicy":
			p.Retry, err = readRetryPolicy(n, name)
		case "throttlePolicy":
			p.Throttle, err = readThrottlePolicy(n, name)
		case "requestPolicy":
			p.Request, err = readRequestPolicy(n, name)
		case "sicklyRetryPolicy": // without effect since long; checked as users know it
			_, err = readRetryPolicy(n, name)
		case "guaranteed": // the same
			_, err = readBool(n, name)
		default:
			err = unexpectedMember(name)
		}
		if err != nil {
			return nil, err
		}
	}
	return &p, nil
}

// subscriptionPolicy is the document of a subscription's policy.
type subscriptionPolicy struct {
	HealthyRetryPolicy *RetryPolicy    `json:"healthyRetryPolicy"`
	SicklyRetryPolicy  *RetryPolicy    `json:"sicklyRetryPolicy"`
	ThrottlePolicy     *ThrottlePolicy `json:"throttlePolicy"`
	RequestPolicy      *RequestPolicy  `json:"requestPolicy"`
	Guaranteed         bool            `json:"guaranteed"`
}

// JSON is the policy as GetSubscriptionAttributes shows it.
func (p DeliveryPolicy) JSON() string {
	return encode(subscriptionPolicy{HealthyRetryPolicy: p.Retry, ThrottlePolicy: p.Throttle, RequestPolicy: p.Request})
}

// Effective is the policy with which messages of the topic are delivered: what
// the subscription's own does not say is the topic's, and all is the topic's if
// that disables overrides. The subscription's may be nil.
func (p *DeliveryPolicy) Effective(of *TopicDeliveryPolicy) DeliveryPolicy {
	e := of.defaults()
	if p == nil || of != nil && of.DisableSubscriptionOverrides {
		return e
	}
	if p.Retry != nil {
		retry := p.Retry.complete()
		e.Retry = &retry
	}
	if p.Throttle != nil {
		e.Throttle = p.Throttle
	}
	if p.Request != nil {
		e.Request = p.Request
	}
	return e
}

// ContentType is the Content-Type of notifications.
func (p DeliveryPolicy) ContentType() string {
	if p.Request == nil {
		return DefaultContentType
	}
	return p.Request.HeaderContentType
}

// Schedule is the order of retries.
func (p DeliveryPolicy) Schedule() Schedule {
	if p.Retry == nil {
		return defaultRetryPolicy().Schedule()
	}
	return p.Retry.Schedule()
}

// PerSecond is how many messages a second the endpoint may receive; 0: any number.
func (p DeliveryPolicy) PerSecond() int {
	if p.Throttle == nil {
		return 0
	}
	return p.Throttle.MaxReceivesPerSecond
}

func readDelivery(text string) (node, error) {
	root, err := readJSON(text)
	switch {
	case err != nil:
		return node{}, refuseDelivery("failed to parse JSON. %v", err)
	case root.kind != objectKind:
		return node{}, refuseDelivery("failed to parse JSON. The policy must be an object")
	}
	return root, nil
}

func readThrottlePolicy(n node, path string) (*ThrottlePolicy, error) {
	v, err := readOnly(n, path, "maxReceivesPerSecond")
	if v == nil || err != nil {
		return nil, err
	}
	i, err := readInt(*v, path+".maxReceivesPerSecond")
	switch {
	case i == nil || err != nil:
		return nil, err
	case *i < 1:
		return nil, refuseDelivery("%s.maxReceivesPerSecond must be >= 1", path)
	}
	return &ThrottlePolicy{*i}, nil
}

func readRequestPolicy(n node, path string) (*RequestPolicy, error) {
	v, err := readOnly(n, path, "headerContentType")
	switch {
	case v == nil || err != nil || v.isNull():
		return nil, err
	case v.kind != textKind || !isContentType(v.text):
		return nil, refuseDelivery("%s.headerContentType: the value [%s] is not a supported content type", path, v.token())
	}
	return &RequestPolicy{v.text}, nil
}

// readOnly gives the only member that the object may have, nil if it has none.
func readOnly(n node, path, name string) (*node, error) {
	if n.isNull() {
		return nil, nil
	}
	if n.kind != objectKind {
		return nil, refuseDelivery("%s must be an object", path)
	}
	if i := slices.IndexFunc(n.names, func(other string) bool { return other != name }); i >= 0 {
		return nil, unexpectedMember(n.names[i])
	}
	if v, ok := n.member(name); ok {
		return &v, nil
	}
	return nil, nil
}

func readBool(n node, path string) (bool, error) {
	if n.kind != literalKind {
		return false, refuseDelivery("%s must be true or false", path)
	}
	return n.text == "true", nil
}

// isContentType tells whether notifications can be sent with that Content-Type:
// one of the known media types, perhaps with parameters.
func isContentType(s string) bool {
	media, _, _ := strings.Cut(s, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return false
	}
	image, ok := strings.CutPrefix(media, "image/")
	return ok && image != "" || slices.Contains(contentTypes, media)
}
