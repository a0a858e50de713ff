package topic

import "fmt"

// A QueueMessage is what an SQS queue receives, as subscriber or dead-letter
// queue. Attributes has the message attributes of a raw delivery; the values of
// Binary ones are to be sent as bytes.
type QueueMessage struct {
	Body       string
	Attributes map[string]Attribute
	GroupID    string
}

// Queue is the message for a queue, whose signed document d is. Raw delivery of
// more attributes than SQS takes fails for good. [SNS guide]
func (m Message) Queue(d Document, raw bool) (QueueMessage, error) {
	q := QueueMessage{Body: string(d.Body(raw)), GroupID: m.GroupID}
	if raw {
		q.Attributes = m.Attributes
	}
	if len(q.Attributes) > maxQueueAttributes {
		return QueueMessage{}, fmt.Errorf("raw delivery to a queue: the message has %d attributes, SQS takes %d", len(q.Attributes), maxQueueAttributes)
	}
	return q, nil
}
