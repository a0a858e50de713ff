package state

import (
	"context"
	"time"

	"tocsin/core/topic"
)

// A Topic is a topic.
type Topic struct {
	ARN, Owner string
	Settings   topic.TopicSettings
	Policy     string // "" for the default
	Created    time.Time
}

// PutTopic makes or replaces a topic.
func (tx *Tx) PutTopic(ctx context.Context, t Topic) error { panic("") }

// Topic is the topic with that ARN, or ErrNotFound.
func (tx *Tx) Topic(ctx context.Context, arn string) (Topic, error) { panic("") }

// Topics are all topics by ARN.
func (tx *Tx) Topics(ctx context.Context) ([]Topic, error) { panic("") }

// DeleteTopic removes a topic, its subscriptions and what they were to be told.
func (tx *Tx) DeleteTopic(ctx context.Context, arn string) error { panic("") }

// A Subscription is a subscription with what tocsin adds.
type Subscription struct {
	topic.Subscription
	// Trusted endpoints were named by the operator and may be on a private network.
	Trusted bool
	// Managed subscriptions come from the configuration, which may take them away.
	Managed bool
	Created time.Time
}

// PutSubscription makes or replaces a subscription.
func (tx *Tx) PutSubscription(ctx context.Context, s Subscription) error { panic("") }

// Subscription is the subscription with that ARN, or ErrNotFound.
func (tx *Tx) Subscription(ctx context.Context, arn string) (Subscription, error) { panic("") }

// Subscriptions are those of a topic, all with "", by ARN.
func (tx *Tx) Subscriptions(ctx context.Context, topicARN string) ([]Subscription, error) {
	panic("")
}

// FindSubscription is the subscription of an endpoint to a topic, or ErrNotFound.
func (tx *Tx) FindSubscription(ctx context.Context, topicARN string, p topic.Protocol, endpoint string) (Subscription, error) {
	panic("")
}

// DeleteSubscription removes a subscription and what it was to be told; ErrNotFound.
func (tx *Tx) DeleteSubscription(ctx context.Context, arn string) error { panic("") }

// A Token confirms or restores a subscription. Only its hash is stored.
type Token struct {
	Token        string
	Subscription Subscription // as it is, or was when it was removed
	Made         time.Time
}

// AddToken stores a token.
func (tx *Tx) AddToken(ctx context.Context, t Token) error { panic("") }

// TokenOf finds a token, or ErrNotFound.
func (tx *Tx) TokenOf(ctx context.Context, token string) (Token, error) { panic("") }

// PruneTokens removes tokens made before a time.
func (tx *Tx) PruneTokens(ctx context.Context, before time.Time) error { panic("") }
