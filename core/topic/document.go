package topic

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Kind is the Type of a document.
type Kind string

const (
	Notification             Kind = "Notification"
	SubscriptionConfirmation Kind = "SubscriptionConfirmation"
	UnsubscribeConfirmation  Kind = "UnsubscribeConfirmation"
)

// A Document is what a subscriber receives unless delivery is raw. Members that
// its kind does not have are empty.
type Document struct {
	Type             Kind
	MessageID        string
	Token            string // of confirmations
	TopicARN         string
	Subject          string // of notifications; "" when there is none
	Message          string
	SubscribeURL     string // of confirmations
	Timestamp        string // 2012-05-02T00:54:06.655Z
	SignatureVersion SignatureVersion
	Signature        string // base64
	SigningCertURL   string
	UnsubscribeURL   string               // of notifications
	Attributes       map[string]Attribute // of notifications
}

// Timestamp is a time as documents have it: UTC with milliseconds.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Notification is the document of the message for a subscription, yet to be signed.
func (m Message) Notification(to Protocol, subscriptionARN string, site Site) Document {
	return Document{
		Type:           Notification,
		MessageID:      m.ID,
		TopicARN:       m.TopicARN,
		Subject:        m.Subject,
		Message:        m.Body(to),
		Timestamp:      Timestamp(m.Published),
		UnsubscribeURL: site.Unsubscribe(subscriptionARN),
		Attributes:     m.Attributes,
	}
}

// A Request is what makes a confirmation: a message id and a token, both unique,
// and the time.
type Request struct {
	MessageID string
	Token     string
	Time      time.Time
}

// ConfirmSubscription is the document that asks an endpoint to confirm that it
// subscribes to the topic, yet to be signed.
func ConfirmSubscription(topicARN string, r Request, site Site) Document {
	return confirmation(SubscriptionConfirmation, topicARN, r, site,
		"You have chosen to subscribe to the topic "+topicARN+".\n"+
			"To confirm the subscription, visit the SubscribeURL included in this message.")
}

// ConfirmUnsubscribe is the document that tells an endpoint that its subscription
// is gone, and how to restore it, yet to be signed.
func ConfirmUnsubscribe(subscriptionARN string, r Request, site Site) Document {
	return confirmation(UnsubscribeConfirmation, TopicOf(subscriptionARN), r, site,
		"You have chosen to deactivate subscription "+subscriptionARN+".\n"+
			"To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.")
}

func confirmation(kind Kind, topicARN string, r Request, site Site, message string) Document {
	return Document{
		Type:         kind,
		MessageID:    r.MessageID,
		Token:        r.Token,
		TopicARN:     topicARN,
		Message:      message,
		SubscribeURL: site.Confirm(topicARN, r.Token),
		Timestamp:    Timestamp(r.Time),
	}
}

// member is a member of a document in its place.
type member struct {
	name, value string
	optional    bool // left out when empty
}

// members are the document's members in the order sent, without attributes.
func (d Document) members() []member {
	if d.Type == Notification {
		return []member{
			{name: "Type", value: string(d.Type)},
			{name: "MessageId", value: d.MessageID},
			{name: "TopicArn", value: d.TopicARN},
			{name: "Subject", value: d.Subject, optional: true},
			{name: "Message", value: d.Message},
			{name: "Timestamp", value: d.Timestamp},
			{name: "SignatureVersion", value: string(d.SignatureVersion)},
			{name: "Signature", value: d.Signature},
			{name: "SigningCertURL", value: d.SigningCertURL},
			{name: "UnsubscribeURL", value: d.UnsubscribeURL},
		}
	}
	return []member{
		{name: "Type", value: string(d.Type)},
		{name: "MessageId", value: d.MessageID},
		{name: "Token", value: d.Token},
		{name: "TopicArn", value: d.TopicARN},
		{name: "Message", value: d.Message},
		{name: "SubscribeURL", value: d.SubscribeURL},
		{name: "Timestamp", value: d.Timestamp},
		{name: "SignatureVersion", value: string(d.SignatureVersion)},
		{name: "Signature", value: d.Signature},
		{name: "SigningCertURL", value: d.SigningCertURL},
	}
}

// JSON is the body that http, sqs, email-json and firehose endpoints receive, in
// SNS's layout. Attributes are in the order of their names.
func (d Document) JSON() []byte {
	b := []byte{'{'}
	separator := "\n  "
	for _, m := range d.members() {
		if m.optional && m.value == "" {
			continue
		}
		b = append(b, separator...)
		b = appendString(b, m.name)
		b = append(b, " : "...)
		b = appendString(b, m.value)
		separator = ",\n  "
	}
	if len(d.Attributes) > 0 {
		b = append(b, separator+`"MessageAttributes" : {`...)
		separator = "\n    "
		for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
			b = append(b, separator...)
			b = appendString(b, name)
			b = append(b, " : "...)
			b = d.Attributes[name].append(b)
			separator = ",\n    "
		}
		b = append(b, "\n  }"...)
	}
	return append(b, "\n}"...)
}

// append appends the attribute as documents have it: {"Type":..,"Value":..}.
func (a Attribute) append(b []byte) []byte {
	b = append(b, `{"Type":`...)
	b = appendString(b, a.Type)
	b = append(b, `,"Value":`...)
	b = appendString(b, a.Value)
	return append(b, '}')
}

// Firehose is the record that a delivery stream receives.
func (d Document) Firehose() []byte { return append(d.JSON(), '\n') }

// ParseDocument reads a document as it was received, over http, from a queue or
// in a function's event. It checks the form, not the signature.
func ParseDocument(body []byte) (Document, error) {
	root, err := readJSON(string(body))
	if err != nil {
		return Document{}, fmt.Errorf("SNS document: %w", err)
	}
	var d Document
	for _, m := range []struct {
		name string
		to   *string
	}{
		{"Type", (*string)(&d.Type)},
		{"MessageId", &d.MessageID},
		{"Token", &d.Token},
		{"TopicArn", &d.TopicARN},
		{"Subject", &d.Subject},
		{"Message", &d.Message},
		{"SubscribeURL", &d.SubscribeURL},
		{"Timestamp", &d.Timestamp},
		{"SignatureVersion", (*string)(&d.SignatureVersion)},
		{"Signature", &d.Signature},
		{"SigningCertURL", &d.SigningCertURL},
		{"SigningCertUrl", &d.SigningCertURL}, // in a function's event
		{"UnsubscribeURL", &d.UnsubscribeURL},
		{"UnsubscribeUrl", &d.UnsubscribeURL},
	} {
		n, ok := root.member(m.name)
		if !ok || n.isNull() {
			continue
		}
		if n.kind != textKind {
			return Document{}, fmt.Errorf("SNS document: %s is not a text", m.name)
		}
		*m.to = n.text
	}
	switch d.Type {
	case Notification, SubscriptionConfirmation, UnsubscribeConfirmation:
	default:
		return Document{}, fmt.Errorf("SNS document: Type is %q, not a kind of document that SNS sends", d.Type)
	}
	d.Attributes, err = readAttributes(root)
	return d, err
}

func readAttributes(root node) (map[string]Attribute, error) {
	n, ok := root.member("MessageAttributes")
	if !ok || n.isNull() || n.kind == objectKind && len(n.items) == 0 {
		return nil, nil
	}
	if n.kind != objectKind {
		return nil, fmt.Errorf("SNS document: MessageAttributes is not an object")
	}
	attributes := map[string]Attribute{}
	for i, name := range n.names {
		dataType, _ := n.items[i].member("Type")
		value, _ := n.items[i].member("Value")
		if dataType.kind != textKind || value.kind != textKind {
			return nil, fmt.Errorf("SNS document: MessageAttributes: %q has no Type and Value that are texts", name)
		}
		attributes[name] = Attribute{Type: dataType.text, Value: value.text}
	}
	return attributes, nil
}
