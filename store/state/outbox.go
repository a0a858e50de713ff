package state

import (
	"context"
	"slices"
	"time"

	"tocsin/core/topic"
)

// A Publication is a message in the outbox: written with what it tells of,
// later spread to the topic's subscriptions.
type Publication struct {
	Message topic.Message
	// Kind is Notification, or one of the confirmations, which have a Target.
	Kind topic.Kind
	// Target is the one subscription that a confirmation is for, with its Token.
	Target, Token string
	// Summary is the JSON of an evidence.Summary: what happened, for receivers
	// that show it. Empty for messages of others.
	Summary []byte
	// Alarm is the ARN of the alarm that publishes, "" for others.
	Alarm string
	// ChainStart is when the newest log file that this tells of began to be
	// read, 0 when unknown: for the time from file to receipt.
	ChainStart int64
}

// Publish puts a message into the outbox; one with an id that is there already is left as it is.
func (tx *Tx) Publish(ctx context.Context, p Publication) error {
	message, err := encode(storeMessage(p.Message))
	if err != nil {
		return err
	}
	var summary any
	if len(p.Summary) > 0 {
		summary = p.Summary
	}
	_, err = tx.exec(ctx, `
		INSERT INTO messages (message_id, topic_arn, kind, target, token, message, summary, alarm, chain_start, spread, available, lease_owner)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, '')
		ON CONFLICT (message_id) DO NOTHING`,
		p.Message.ID, p.Message.TopicARN, string(p.Kind), p.Target, p.Token, message, summary, p.Alarm, p.ChainStart)
	return err
}

// LeasePublications takes up to limit messages that were not spread yet.
func (tx *Tx) LeasePublications(ctx context.Context, owner string, now, until time.Time, limit int) ([]Publication, error) {
	ids, err := all(ctx, tx, value[int64], `
		SELECT id FROM messages WHERE spread = 0 AND available <= $1 ORDER BY id LIMIT $2`+tx.free(), now, limit)
	if err != nil {
		return nil, err
	}
	var out []Publication
	err = batches(len(ids), func(from, to int) error {
		some, args := params(1, to-from), anys(ids[from:to])
		_, err := tx.exec(ctx, `
			UPDATE messages SET lease_owner = `+parameter(len(args)+1)+`, available = `+parameter(len(args)+2)+`
			WHERE id IN `+some, append(slices.Clip(args), owner, until)...)
		if err != nil {
			return err
		}
		found, err := all(ctx, tx, scanPublication, `
			SELECT `+publicationColumns+` FROM messages WHERE id IN `+some+` ORDER BY id`, args...)
		for _, f := range found {
			out = append(out, f.Publication)
		}
		return err
	})
	return out, err
}

// Spread makes the deliveries of a message and takes it out of the outbox;
// ErrChanged when somebody else has leased or spread it.
func (tx *Tx) Spread(ctx context.Context, owner, messageID string, subscriptions []string, at time.Time) error {
	ids, err := all(ctx, tx, value[int64], `
		UPDATE messages SET spread = $3, lease_owner = '' WHERE message_id = $1 AND lease_owner = $2 AND spread = 0
		RETURNING id`, messageID, owner, max(1, millis(at)))
	if err == nil && len(ids) == 0 {
		err = ErrChanged
	}
	if err != nil {
		return err
	}
	subscriptions = distinct(subscriptions)
	return batches(len(subscriptions), func(from, to int) error {
		var args []any
		for _, s := range subscriptions[from:to] {
			args = append(args, ids[0], s, string(Pending), at, at, at, 0, 0, 0, "", 0, 0, "")
		}
		_, err := tx.exec(ctx, `
			INSERT INTO deliveries (message, subscription, status, next, available, created, attempts, round, throttled,
				last, done, in_dead_letters, lease_owner)
			VALUES `+values(to-from, 13)+` ON CONFLICT (message, subscription) DO NOTHING`, args...)
		return err
	})
}

const publicationColumns = `id, kind, target, token, message, summary, alarm, chain_start`

// A stored publication has the id of its row.
type storedPublication struct {
	id int64
	Publication
}

func scanPublication(r row) (p storedPublication, err error) {
	var message string
	err = r.Scan(&p.id, &p.Kind, &p.Target, &p.Token, &message, &p.Summary, &p.Alarm, &p.ChainStart)
	if err != nil {
		return p, err
	}
	m, err := decode[storedMessage](message)
	p.Message = m.message()
	return p, err
}

// storedMessage is a message as it is stored; its names are for ever.
type storedMessage struct {
	ID         string                     `json:"id"`
	TopicARN   string                     `json:"topicArn"`
	Subject    string                     `json:"subject,omitempty"`
	Default    string                     `json:"default"`
	Bodies     map[topic.Protocol]string  `json:"bodies,omitempty"`
	Attributes map[string]storedAttribute `json:"attributes,omitempty"`
	GroupID    string                     `json:"groupId,omitempty"`
	Published  int64                      `json:"published"`
}

type storedAttribute struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func storeMessage(m topic.Message) storedMessage {
	s := storedMessage{
		ID: m.ID, TopicARN: m.TopicARN, Subject: m.Subject, Default: m.Default, Bodies: m.Bodies,
		GroupID: m.GroupID, Published: millis(m.Published),
	}
	for name, a := range m.Attributes {
		if s.Attributes == nil {
			s.Attributes = map[string]storedAttribute{}
		}
		s.Attributes[name] = storedAttribute(a)
	}
	return s
}

func (s storedMessage) message() topic.Message {
	m := topic.Message{
		ID: s.ID, TopicARN: s.TopicARN, Subject: s.Subject, Default: s.Default, Bodies: s.Bodies,
		GroupID: s.GroupID, Published: instant(s.Published),
	}
	for name, a := range s.Attributes {
		if m.Attributes == nil {
			m.Attributes = map[string]topic.Attribute{}
		}
		m.Attributes[name] = topic.Attribute(a)
	}
	return m
}
