package topic

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Settings are the attributes of a subscription that its owner can set. The zero
// value is that of a subscription without any.
type Settings struct {
	Raw      bool // RawMessageDelivery
	Filter   FilterPolicy
	Scope    Scope           // FilterPolicyScope; "" when not set
	Delivery *DeliveryPolicy // nil when not set
	// DeadLetters is the ARN of the queue for messages that cannot be delivered.
	DeadLetters string
	Role        string // SubscriptionRoleArn
}

// NewSettings checks the Attributes of Subscribe. An error is an *InvalidError.
func NewSettings(of Protocol, attributes map[string]string) (Settings, error) {
	s, err := Settings{}.with(of, attributes)
	if err == nil && of == Firehose && s.Role == "" {
		err = refuse("Attributes Reason: SubscriptionRoleArn: a subscription of protocol firehose needs the ARN of a role")
	}
	if err != nil {
		return Settings{}, err
	}
	return s, nil
}

// with gives the settings with several attributes changed, and words errors as
// Subscribe does.
func (s Settings) with(of Protocol, attributes map[string]string) (Settings, error) {
	names := slices.Sorted(maps.Keys(attributes))
	// A policy is checked against its scope, so the scope comes first.
	if i := slices.Index(names, "FilterPolicyScope"); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, "FilterPolicyScope")
	}
	for _, name := range names {
		var err error
		if s, err = s.Set(of, name, attributes[name]); err != nil {
			var invalid *InvalidError
			if errors.As(err, &invalid) {
				err = invalid.AmongAttributes()
			}
			return Settings{}, err
		}
	}
	return s, nil
}

// Set gives the settings with one attribute changed, checked as
// SetSubscriptionAttributes does. An error is an *InvalidError.
func (s Settings) Set(of Protocol, name, value string) (Settings, error) {
	var err error
	switch name {
	case "RawMessageDelivery":
		err = s.setRaw(of, value)
	case "FilterPolicy":
		s.Filter, err = ParseFilterPolicy(value, s.scope())
	case "FilterPolicyScope":
		if s.Scope, err = ParseScope(value); err == nil {
			s.Filter, err = s.Filter.In(s.Scope)
		}
	case "RedrivePolicy":
		s.DeadLetters, err = readRedrivePolicy(value)
	case "DeliveryPolicy":
		if !of.Web() && value != "" {
			return Settings{}, refuse("Delivery protocol [%s] does not support delivery policies.", of)
		}
		s.Delivery, err = ParseDeliveryPolicy(value)
	case "SubscriptionRoleArn":
		if role, ok := ParseARN(value); value != "" && (!ok || role.Service != "iam") {
			return Settings{}, refuse("SubscriptionRoleArn: [%s] is not the ARN of a role", value)
		}
		s.Role = value
	default:
		err = refuse("AttributeName")
	}
	if err != nil {
		return Settings{}, err
	}
	return s, nil
}

func (s Settings) scope() Scope {
	if s.Scope == "" {
		return MessageAttributes
	}
	return s.Scope
}

func (s *Settings) setRaw(of Protocol, value string) error {
	switch {
	case strings.EqualFold(value, "false"):
		s.Raw = false
	case !strings.EqualFold(value, "true"):
		return refuse("RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
	case !of.takesRaw():
		return refuse("Delivery protocol [%s] does not support raw message delivery.", of)
	default:
		s.Raw = true
	}
	return nil
}

// readRedrivePolicy reads the ARN of the dead-letter queue; the empty text
// removes it.
func readRedrivePolicy(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	root, err := readJSON(text)
	if err != nil {
		return "", refuse("RedrivePolicy: failed to parse JSON. %v", err)
	}
	target, _ := root.member("deadLetterTargetArn")
	queue, ok := resourceOf(target.text, "sqs")
	if target.kind != textKind || !ok || strings.ContainsAny(queue, ":/") {
		return "", refuse("RedrivePolicy: deadLetterTargetArn is an invalid arn")
	}
	if strings.HasSuffix(queue, ".fifo") {
		return "", refuse("RedrivePolicy: must use a standard queue as DLQ for a subscription to a standard topic")
	}
	return target.text, nil
}

// Attributes are the settings as GetSubscriptionAttributes shows them:
// RawMessageDelivery always, the scope while there is a policy, the others when
// they are set.
func (s Settings) Attributes() map[string]string {
	a := map[string]string{"RawMessageDelivery": boolean(s.Raw)}
	if !s.Filter.IsZero() {
		a["FilterPolicy"], a["FilterPolicyScope"] = s.Filter.String(), string(s.scope())
	}
	if s.Delivery != nil {
		a["DeliveryPolicy"] = s.Delivery.JSON()
	}
	if s.DeadLetters != "" {
		a["RedrivePolicy"] = encode(struct {
			Target string `json:"deadLetterTargetArn"`
		}{s.DeadLetters})
	}
	if s.Role != "" {
		a["SubscriptionRoleArn"] = s.Role
	}
	return a
}

// Stored are the settings as NewSettings makes the same of: Attributes, and the
// scope also while there is no policy.
func (s Settings) Stored() map[string]string {
	a := s.Attributes()
	if s.Scope != "" {
		a["FilterPolicyScope"] = string(s.Scope)
	}
	return a
}

func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
