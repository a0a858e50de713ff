package topic

// A TopicDeliveryPolicy is the DeliveryPolicy of a topic, for its http and https
// subscriptions. What is nil is SNS's default.
type TopicDeliveryPolicy struct {
	Retry                        *RetryPolicy
	DisableSubscriptionOverrides bool
	Throttle                     *ThrottlePolicy
	Request                      *RequestPolicy
}

// ParseTopicDeliveryPolicy reads the DeliveryPolicy of a topic. The empty text
// is none, for which the policy is nil.
func ParseTopicDeliveryPolicy(text string) (*TopicDeliveryPolicy, error) {
	if text == "" {
		return nil, nil
	}
	root, err := readDelivery(text)
	if err != nil {
		return nil, err
	}
	web, err := readOnly(root, "DeliveryPolicy", "http")
	if err != nil {
		return nil, err
	}
	var p TopicDeliveryPolicy
	switch {
	case web == nil || web.isNull():
		return &p, nil
	case web.kind != objectKind:
		return nil, refuseDelivery("http must be an object")
	}
	for i, name := range web.names {
		n := web.items[i]
		switch path := "http." + name; name {
		case "defaultHealthyRetryPolicy":
			p.Retry, err = readRetryPolicy(n, path)
		case "defaultSicklyRetryPolicy": // without effect since long
			_, err = readRetryPolicy(n, path)
		case "disableSubscriptionOverrides":
			p.DisableSubscriptionOverrides, err = readBool(n, path)
		case "defaultThrottlePolicy":
			p.Throttle, err = readThrottlePolicy(n, path)
		case "defaultRequestPolicy":
			p.Request, err = readRequestPolicy(n, path)
		default:
			err = unexpectedMember(name)
		}
		if err != nil {
			return nil, err
		}
	}
	return &p, nil
}

// topicPolicy is the document of a topic's policy.
type topicPolicy struct {
	HTTP struct {
		Retry                        *RetryPolicy    `json:"defaultHealthyRetryPolicy,omitempty"`
		DisableSubscriptionOverrides bool            `json:"disableSubscriptionOverrides"`
		Throttle                     *ThrottlePolicy `json:"defaultThrottlePolicy,omitempty"`
		Request                      *RequestPolicy  `json:"defaultRequestPolicy,omitempty"`
	} `json:"http"`
}

// JSON is the policy as GetTopicAttributes shows it.
func (p TopicDeliveryPolicy) JSON() string {
	var d topicPolicy
	d.HTTP.Retry, d.HTTP.Throttle, d.HTTP.Request = p.Retry, p.Throttle, p.Request
	d.HTTP.DisableSubscriptionOverrides = p.DisableSubscriptionOverrides
	return encode(d)
}

// Effective is the policy with SNS's defaults, as the EffectiveDeliveryPolicy of
// GetTopicAttributes shows it. The policy may be nil.
func (p *TopicDeliveryPolicy) Effective() TopicDeliveryPolicy {
	e := p.defaults()
	return TopicDeliveryPolicy{
		Retry:                        e.Retry,
		DisableSubscriptionOverrides: p != nil && p.DisableSubscriptionOverrides,
		Throttle:                     e.Throttle,
		Request:                      e.Request,
	}
}

// defaults is what a subscription without a policy of its own has.
func (p *TopicDeliveryPolicy) defaults() DeliveryPolicy {
	retry := defaultRetryPolicy()
	d := DeliveryPolicy{Retry: &retry, Request: &RequestPolicy{DefaultContentType}}
	if p == nil {
		return d
	}
	if p.Retry != nil {
		retry = p.Retry.complete()
	}
	if p.Request != nil {
		d.Request = p.Request
	}
	d.Throttle = p.Throttle
	return d
}
