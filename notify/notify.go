// Package notify tells subscribers: one attempt to bring one message to one
// endpoint. Whom to tell, when to try again and what becomes of the outcome is
// decided elsewhere (core/topic, flow/deliver).
package notify

import (
	"context"
	"time"

	"tocsin/core/evidence"
	"tocsin/core/topic"
)

// A Note is what one subscriber is told. It stays the same for every attempt.
type Note struct {
	Message  topic.Message
	Document topic.Document // signed
	// Summary is what happened, nil for messages that tell of no alarm.
	Summary      *evidence.Summary
	Subscription topic.Subscription
	Topic        topic.TopicSettings
	ContentType  string // of deliveries over http
	// Site is where links lead; Token is that of a confirmation, "" otherwise.
	Site  topic.Site
	Token string
	// Trusted endpoints may be on a private network.
	Trusted bool
}

// A Result is what an attempt came to.
type Result struct {
	Answer topic.Answer
	// Detail is what the other side said, or why it could not be reached, in at
	// most MaxDetail bytes and without secrets.
	Detail string
	// Throttled says that the endpoint asked for fewer messages; RetryAfter is
	// for how long it wants none, 0 when it did not say.
	Throttled  bool
	RetryAfter time.Duration
}

// MaxDetail bounds Detail.
const MaxDetail = 500

// A Receiver brings notes to endpoints of one protocol. Send may be called by
// any number of goroutines and ends with its context.
type Receiver interface {
	Send(ctx context.Context, n Note) Result
}
