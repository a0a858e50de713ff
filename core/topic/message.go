package topic

import "time"

// A Message is what was published to a topic, checked.
type Message struct {
	ID       string // a UUID, the same for every subscriber and every attempt
	TopicARN string
	Subject  string // "" when there is none
	// Default is the message, and with MessageStructure json its default entry.
	Default string
	// Bodies are the entries of MessageStructure json for single protocols.
	Bodies     map[Protocol]string
	Attributes map[string]Attribute
	GroupID    string // of a standard topic for SQS's fair queues only
	Published  time.Time
}

// Body is the message for a protocol: its own entry, or the default.
func (m Message) Body(to Protocol) string {
	if body, ok := m.Bodies[to]; ok {
		return body
	}
	return m.Default
}
