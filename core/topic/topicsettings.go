package topic

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// TopicSettings are the attributes of a topic that its owner can set, but for
// its Policy, which is none of this package's business. The zero value is that
// of a topic without any.
type TopicSettings struct {
	DisplayName      string
	SignatureVersion SignatureVersion     // "" when not set, which means 1
	Delivery         *TopicDeliveryPolicy // nil when not set
	// Kept are attributes without effect here, which are kept and shown:
	// KmsMasterKeyId, TracingConfig and those of delivery status logging.
	Kept map[string]string
}

// NewTopicSettings is the settings that Stored was of. An error is an *InvalidError.
func NewTopicSettings(attributes map[string]string) (TopicSettings, error) {
	var s TopicSettings
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		var err error
		if s, err = s.Set(name, attributes[name]); err != nil {
			return TopicSettings{}, err
		}
	}
	return s, nil
}

// Set gives the settings with one attribute changed, checked as
// SetTopicAttributes does; an empty value clears it. What CreateTopic says of an
// error, which is an *InvalidError, is its AmongAttributes.
func (s TopicSettings) Set(name, value string) (TopicSettings, error) {
	switch {
	case name == "DisplayName":
		if utf8.RuneCountInString(value) > maxDisplayName || strings.ContainsAny(value, "\r\n") {
			return TopicSettings{}, refuse("DisplayName")
		}
		s.DisplayName = value
	case name == "SignatureVersion":
		if _, err := ParseSignatureVersion(value); err != nil {
			return TopicSettings{}, err
		}
		s.SignatureVersion = SignatureVersion(value)
	case name == "DeliveryPolicy":
		policy, err := ParseTopicDeliveryPolicy(value)
		if err != nil {
			return TopicSettings{}, err
		}
		s.Delivery = policy
	case isKept(name, value):
		s.Kept = maps.Clone(s.Kept)
		if value == "" {
			delete(s.Kept, name)
			break
		}
		if s.Kept == nil {
			s.Kept = map[string]string{}
		}
		s.Kept[name] = value
	default:
		return TopicSettings{}, refuse("AttributeName")
	}
	return s, nil
}

// isKept tells whether the attribute is one of those that are only kept, with a
// value that it may have.
func isKept(name, value string) bool {
	switch name {
	case "KmsMasterKeyId":
		return true
	case "TracingConfig":
		return value == "" || value == "PassThrough" || value == "Active"
	}
	for _, protocol := range []string{"HTTP", "Firehose", "Lambda", "Application", "SQS"} {
		feedback, ok := strings.CutPrefix(name, protocol)
		if !ok {
			continue
		}
		switch feedback {
		case "SuccessFeedbackRoleArn", "FailureFeedbackRoleArn":
			return true
		case "SuccessFeedbackSampleRate":
			rate, err := strconv.Atoi(value)
			return value == "" || err == nil && 0 <= rate && rate <= 100
		}
	}
	return false
}

// AWSManagedKey tells whether a topic is encrypted with the key that AWS manages for
// SNS. Nobody can let other services use that key, so alarms cannot ring in
// such a topic. [CloudWatch alarms with encrypted topics, re:Post]
func (s TopicSettings) AWSManagedKey() bool {
	const name = "alias/aws/sns"
	key := s.Kept["KmsMasterKeyId"]
	return key == name || strings.HasSuffix(key, ":"+name)
}

// Attributes are the settings as GetTopicAttributes shows them: DisplayName and
// EffectiveDeliveryPolicy always, the others when they are set.
func (s TopicSettings) Attributes() map[string]string {
	a := map[string]string{
		"DisplayName":             s.DisplayName,
		"EffectiveDeliveryPolicy": s.Delivery.Effective().JSON(),
	}
	if s.SignatureVersion != "" {
		a["SignatureVersion"] = string(s.SignatureVersion)
	}
	if s.Delivery != nil {
		a["DeliveryPolicy"] = s.Delivery.JSON()
	}
	maps.Copy(a, s.Kept)
	return a
}

// Stored are the settings as NewTopicSettings makes the same of: the attributes
// that are set.
func (s TopicSettings) Stored() map[string]string {
	a := s.Attributes()
	delete(a, "EffectiveDeliveryPolicy")
	if s.DisplayName == "" {
		delete(a, "DisplayName")
	}
	return a
}

// Same judges a CreateTopic with the name of a topic that has these settings:
// each attribute given must be set to the same value. [recorded] An error is an
// *InvalidError.
func (s TopicSettings) Same(given map[string]string) error {
	want := s
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if name == "FifoTopic" {
			continue // CheckTopicName has seen it
		}
		var err error
		if want, err = want.Set(name, given[name]); err != nil {
			return err
		}
	}
	if !maps.Equal(want.Attributes(), s.Attributes()) {
		return refuse("Attributes Reason: Topic already exists with different attributes")
	}
	return nil
}
