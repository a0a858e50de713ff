package topic

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxMessage is the size of a message, and of all messages of a batch together,
// in bytes: text and attributes with their names and types. [SNS API]
const maxMessage = 256 << 10

// A Publication is the input of Publish as far as it becomes the message.
type Publication struct {
	TopicARN         string
	Message          string
	MessageStructure string  // "" or json
	Subject          *string // nil: none
	Attributes       map[string]AttributeValue
	GroupID          string
	DeduplicationID  string
}

// Check makes the message of a publication, which gets the id and the time of
// its acceptance from the caller. An error is an *InvalidError.
func (p Publication) Check(id string, at time.Time) (Message, error) {
	return p.check("", id, at)
}

// check does so for a publication that is at path in a request.
func (p Publication) check(path, id string, at time.Time) (Message, error) {
	m := Message{ID: id, TopicARN: p.TopicARN, Default: p.Message, GroupID: p.GroupID, Published: at}
	var err error
	if m.Attributes, err = checkAttributes(p.Attributes, path); err != nil {
		return Message{}, err
	}
	if p.Subject != nil {
		if err := checkSubject(*p.Subject); err != nil {
			return Message{}, err
		}
		m.Subject = *p.Subject
	}
	switch {
	case p.Message == "":
		return Message{}, refuse("Empty message")
	case p.size() > maxMessage:
		return Message{}, refuse("Message too long")
	case !utf8.ValidString(p.Message):
		return Message{}, refuse("Message Reason: the text is not UTF-8")
	case p.DeduplicationID != "":
		return Message{}, refuse("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
	}
	switch p.MessageStructure {
	case "":
	case "json":
		if m.Default, m.Bodies, err = parseStructure(p.Message); err != nil {
			return Message{}, err
		}
	default:
		return Message{}, refuse("MessageStructure")
	}
	return m, nil
}

// size is the size of the message in bytes.
func (p Publication) size() int {
	n := len(p.Message)
	for name, value := range p.Attributes {
		n += len(name) + value.size()
	}
	return n
}

// checkSubject: UTF-8 text without line breaks and control characters. [SNS API]
func checkSubject(s string) error {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxSubject || s[0] == ' ' || strings.ContainsFunc(s, notInSubject) {
		return refuse("Subject")
	}
	return nil
}

func notInSubject(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }

// parseStructure reads a message with MessageStructure json: an object with a
// text for default and for any protocols. Members that are no texts are ignored.
func parseStructure(message string) (string, map[Protocol]string, error) {
	root, err := readJSON(message)
	if err != nil || root.kind != objectKind {
		return "", nil, refuse("Message Structure - JSON message body failed to parse")
	}
	byDefault, ok := root.member("default")
	if !ok || byDefault.kind != textKind {
		return "", nil, refuse("Message Structure - No default entry in JSON message body")
	}
	var bodies map[Protocol]string
	for i, name := range root.names {
		if name == "default" || root.items[i].kind != textKind {
			continue
		}
		if bodies == nil {
			bodies = map[Protocol]string{}
		}
		bodies[Protocol(name)] = root.items[i].text
	}
	return byDefault.text, bodies, nil
}
