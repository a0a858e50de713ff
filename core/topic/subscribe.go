package topic

import "time"

// A SubscribeCall is a call of Subscribe for a topic that exists.
type SubscribeCall struct {
	TopicARN   string
	Protocol   string
	Endpoint   string
	Attributes map[string]string

	ID        string // never used before; it ends the subscription's ARN
	Owner     string // account of the caller
	Principal string // ARN of the caller
	Now       time.Time
}

// Subscribe is the subscription that the call makes, confirmed if its endpoint
// need not be asked. An error is an *InvalidError.
func Subscribe(c SubscribeCall) (Subscription, error) {
	protocol, err := ParseProtocol(c.Protocol)
	if err != nil {
		return Subscription{}, err
	}
	if err := CheckEndpoint(protocol, c.Endpoint); err != nil {
		return Subscription{}, err
	}
	settings, err := NewSettings(protocol, c.Attributes)
	if err != nil {
		return Subscription{}, err
	}
	endpoint, isARN := ParseARN(c.Endpoint)
	confirmed := !protocol.NeedsConfirmation(isARN && endpoint.Account == c.Owner)
	return Subscription{
		ARN:           SubscriptionARN(c.TopicARN, c.ID),
		TopicARN:      c.TopicARN,
		Owner:         c.Owner,
		Principal:     c.Principal,
		Protocol:      protocol,
		Endpoint:      c.Endpoint,
		Settings:      settings,
		Confirmed:     confirmed,
		Requested:     c.Now,
		Authenticated: confirmed,
	}, nil
}
