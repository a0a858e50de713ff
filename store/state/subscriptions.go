package state

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tocsin/core/topic"
)

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
func (tx *Tx) PutSubscription(ctx context.Context, s Subscription) error {
	stored, err := encode(storeSubscription(s))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO subscriptions (arn, topic_arn, protocol, endpoint, stored) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (arn) DO UPDATE SET topic_arn = excluded.topic_arn, protocol = excluded.protocol,
			endpoint = excluded.endpoint, stored = excluded.stored`,
		s.ARN, s.TopicARN, string(s.Protocol), s.Endpoint, stored)
	return err
}

// Subscription is the subscription with that ARN, or ErrNotFound.
func (tx *Tx) Subscription(ctx context.Context, arn string) (Subscription, error) {
	return one(ctx, tx, scanSubscription, `SELECT stored FROM subscriptions WHERE arn = $1`, arn)
}

// Subscriptions are those of a topic, all with "", by ARN.
func (tx *Tx) Subscriptions(ctx context.Context, topicARN string) ([]Subscription, error) {
	var w where
	if topicARN != "" {
		w.and("topic_arn = ?", topicARN)
	}
	subscriptions, err := all(ctx, tx, scanSubscription, `SELECT stored FROM subscriptions`+w.text, w.args...)
	slices.SortFunc(subscriptions, func(a, b Subscription) int { return cmp.Compare(a.ARN, b.ARN) })
	return subscriptions, err
}

// CountSubscriptions is how many subscriptions a topic has.
func (tx *Tx) CountSubscriptions(ctx context.Context, topicARN string) (int64, error) {
	return one(ctx, tx, value[int64], `SELECT COUNT(*) FROM subscriptions WHERE topic_arn = $1`, topicARN)
}

// FindSubscription is the subscription of an endpoint to a topic, or ErrNotFound.
func (tx *Tx) FindSubscription(ctx context.Context, topicARN string, p topic.Protocol, endpoint string) (Subscription, error) {
	return one(ctx, tx, scanSubscription, `
		SELECT stored FROM subscriptions WHERE topic_arn = $1 AND protocol = $2 AND endpoint = $3 ORDER BY arn LIMIT 1`,
		topicARN, string(p), endpoint)
}

// DeleteSubscription removes a subscription and what it was to be told, or tells
// ErrNotFound. What it was told stays until PruneMessages.
func (tx *Tx) DeleteSubscription(ctx context.Context, arn string) error {
	if _, err := tx.exec(ctx, `DELETE FROM deliveries WHERE subscription = $1 AND status <> 'delivered'`, arn); err != nil {
		return err
	}
	return tx.changed(ctx, ErrNotFound, `DELETE FROM subscriptions WHERE arn = $1`, arn)
}

func scanSubscription(r row) (Subscription, error) {
	var stored string
	if err := r.Scan(&stored); err != nil {
		return Subscription{}, err
	}
	return readSubscription(stored)
}

// storedSubscription is a subscription as it is stored; its names are for ever.
type storedSubscription struct {
	ARN               string            `json:"arn"`
	TopicARN          string            `json:"topicArn"`
	Owner             string            `json:"owner"`
	Principal         string            `json:"principal"`
	Protocol          topic.Protocol    `json:"protocol"`
	Endpoint          string            `json:"endpoint"`
	Settings          map[string]string `json:"settings"`
	Confirmed         bool              `json:"confirmed,omitempty"`
	Requested         int64             `json:"requested,omitempty"`
	Authenticated     bool              `json:"authenticated,omitempty"`
	SignedUnsubscribe bool              `json:"signedUnsubscribe,omitempty"`
	Trusted           bool              `json:"trusted,omitempty"`
	Managed           bool              `json:"managed,omitempty"`
	Created           int64             `json:"created,omitempty"`
}

func storeSubscription(s Subscription) storedSubscription {
	return storedSubscription{
		ARN: s.ARN, TopicARN: s.TopicARN, Owner: s.Owner, Principal: s.Principal,
		Protocol: s.Protocol, Endpoint: s.Endpoint, Settings: s.Settings.Stored(),
		Confirmed: s.Confirmed, Requested: millis(s.Requested),
		Authenticated: s.Authenticated, SignedUnsubscribe: s.SignedUnsubscribe,
		Trusted: s.Trusted, Managed: s.Managed, Created: millis(s.Created),
	}
}

func readSubscription(text string) (Subscription, error) {
	stored, err := decode[storedSubscription](text)
	if err != nil {
		return Subscription{}, err
	}
	settings, err := topic.NewSettings(stored.Protocol, stored.Settings)
	if err != nil {
		return Subscription{}, err
	}
	return Subscription{
		Subscription: topic.Subscription{
			ARN: stored.ARN, TopicARN: stored.TopicARN, Owner: stored.Owner, Principal: stored.Principal,
			Protocol: stored.Protocol, Endpoint: stored.Endpoint, Settings: settings,
			Confirmed: stored.Confirmed, Requested: instant(stored.Requested),
			Authenticated: stored.Authenticated, SignedUnsubscribe: stored.SignedUnsubscribe,
		},
		Trusted: stored.Trusted, Managed: stored.Managed, Created: instant(stored.Created),
	}, nil
}
