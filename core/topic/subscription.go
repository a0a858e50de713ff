package topic

import (
	"maps"
	"time"
)

// A Subscription is an endpoint of a topic.
type Subscription struct {
	ARN       string
	TopicARN  string
	Owner     string // account
	Principal string // ARN of who subscribed
	Protocol  Protocol
	Endpoint  string
	Settings  Settings

	Confirmed bool
	// Requested is when the endpoint was asked to confirm for the first time.
	Requested time.Time
	// Authenticated says that a signed call confirmed, or that none was needed.
	Authenticated bool
	// SignedUnsubscribe says that only owners can end the subscription, by a
	// signed call: its confirmation asked for that.
	SignedUnsubscribe bool
}

// What a request says instead of the ARN of a subscription that is not confirmed.
const (
	pendingAnswer = "pending confirmation" // Subscribe
	pendingInList = "PendingConfirmation"  // the lists
)

// Answer is the SubscriptionArn that Subscribe returns. returnARN is its
// ReturnSubscriptionArn.
func (s Subscription) Answer(returnARN bool) string {
	if s.Confirmed || returnARN {
		return s.ARN
	}
	return pendingAnswer
}

// Listed is the SubscriptionArn in lists.
func (s Subscription) Listed() string {
	if s.Confirmed {
		return s.ARN
	}
	return pendingInList
}

// Expired tells whether a subscription was left unconfirmed for so long that it
// is deleted.
func (s Subscription) Expired(now time.Time) bool {
	return !s.Confirmed && now.Sub(s.Requested) >= PendingLife
}

// A ConfirmCall is a call of ConfirmSubscription whose token was found.
type ConfirmCall struct {
	Issued time.Time // when the token was sent
	Now    time.Time
	Signed bool // by a principal that may confirm; calls without signature are welcome too
	// AuthenticateOnUnsubscribe counts in a signed call only, and only as "true".
	AuthenticateOnUnsubscribe string
}

// Confirm is the subscription after the call. Confirming again with a token that
// has confirmed changes nothing. An error is an *InvalidError: the token is too
// old, or the subscription has been left unconfirmed for too long.
func (s Subscription) Confirm(c ConfirmCall) (Subscription, error) {
	if s.Confirmed {
		return s, nil
	}
	if c.Now.Sub(c.Issued) >= TokenLife || s.Expired(c.Now) {
		return Subscription{}, UnknownToken()
	}
	s.Confirmed = true
	s.SignedUnsubscribe = c.Signed && c.AuthenticateOnUnsubscribe == "true"
	s.Authenticated = s.SignedUnsubscribe
	return s, nil
}

// Again judges a Subscribe with the topic, protocol and endpoint of this
// subscription. confirm: the endpoint is to be asked again. An error is an
// *InvalidError: the attributes given differ from those there are.
func (s Subscription) Again(attributes map[string]string) (confirm bool, err error) {
	given, err := s.Settings.with(s.Protocol, attributes)
	if err != nil {
		return false, err
	}
	if !maps.Equal(given.Attributes(), s.Settings.Attributes()) {
		return false, refuse("Attributes Reason: Subscription already exists with different attributes")
	}
	return !s.Confirmed, nil
}

// Unsubscribe judges a call of Unsubscribe for this subscription. notify: the
// endpoint is told, with a way to restore the subscription. signedByOwner says
// that the owner of the topic or the subscription signed the call. An error is
// an *InvalidError.
func (s Subscription) Unsubscribe(signedByOwner bool) (notify bool, err error) {
	switch {
	case !s.Confirmed:
		return false, refuse("This subscription is not confirmed yet. Cannot unsubscribe a subscription that is pending confirmation")
	case s.SignedUnsubscribe && !signedByOwner:
		return false, &InvalidError{Code: "AuthorizationError", Message: "This subscription can only be ended by a signed call of its owner or the topic's."}
	case signedByOwner:
		return false, nil
	}
	switch s.Protocol {
	case HTTP, HTTPS, Email, EmailJSON, SQS:
		return true, nil
	}
	return false, nil
}

// Attributes are what GetSubscriptionAttributes shows. of is the delivery policy
// of the topic, or nil.
func (s Subscription) Attributes(of *TopicDeliveryPolicy) map[string]string {
	a := s.Settings.Attributes()
	a["SubscriptionArn"] = s.ARN
	a["TopicArn"] = s.TopicARN
	a["Owner"] = s.Owner
	a["Protocol"] = string(s.Protocol)
	a["Endpoint"] = s.Endpoint
	a["PendingConfirmation"] = boolean(!s.Confirmed)
	a["ConfirmationWasAuthenticated"] = boolean(s.Authenticated)
	a["SubscriptionPrincipal"] = s.Principal
	if s.Settings.Delivery != nil {
		a["EffectiveDeliveryPolicy"] = s.Settings.Delivery.Effective(of).JSON()
	}
	return a
}

// Schedule is when deliveries to the endpoint are tried again. of is the
// delivery policy of the topic, or nil; throttled is as for BuiltInSchedule.
func (s Subscription) Schedule(of *TopicDeliveryPolicy, throttled bool) Schedule {
	if s.Protocol.Web() {
		return s.Settings.Delivery.Effective(of).Schedule()
	}
	return BuiltInSchedule(s.Protocol, throttled)
}
