package state

import (
	"cmp"
	"context"
	"slices"
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

// PolicyDocument is the policy that holds: the topic's own, or the default.
func (t Topic) PolicyDocument() string {
	if t.Policy == "" {
		return topic.DefaultPolicy(t.ARN)
	}
	return t.Policy
}

// AddTopic makes a topic, or tells ErrChanged when there is one with its ARN.
func (tx *Tx) AddTopic(ctx context.Context, t Topic) error {
	settings, err := encode(t.Settings.Stored())
	if err != nil {
		return err
	}
	return tx.changed(ctx, ErrChanged, `
		INSERT INTO topics (arn, owner, settings, policy, created) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (arn) DO NOTHING`, t.ARN, t.Owner, settings, t.Policy, t.Created)
}

// PutTopic makes or replaces a topic.
func (tx *Tx) PutTopic(ctx context.Context, t Topic) error {
	settings, err := encode(t.Settings.Stored())
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO topics (arn, owner, settings, policy, created) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (arn) DO UPDATE SET owner = excluded.owner, settings = excluded.settings,
			policy = excluded.policy, created = excluded.created`,
		t.ARN, t.Owner, settings, t.Policy, t.Created)
	return err
}

// Topic is the topic with that ARN, or ErrNotFound.
func (tx *Tx) Topic(ctx context.Context, arn string) (Topic, error) {
	return one(ctx, tx, scanTopic, `SELECT arn, owner, settings, policy, created FROM topics WHERE arn = $1`, arn)
}

// Topics are all topics by ARN.
func (tx *Tx) Topics(ctx context.Context) ([]Topic, error) {
	topics, err := all(ctx, tx, scanTopic, `SELECT arn, owner, settings, policy, created FROM topics`)
	slices.SortFunc(topics, func(a, b Topic) int { return cmp.Compare(a.ARN, b.ARN) })
	return topics, err
}

// TopicARNs are the ARNs of an account's topics, in all Regions, in order.
func (tx *Tx) TopicARNs(ctx context.Context, owner string) ([]string, error) {
	arns, err := all(ctx, tx, value[string], `SELECT arn FROM topics WHERE owner = $1`, owner)
	slices.Sort(arns)
	return arns, err
}

// CountTopics is how many topics an account has, in all Regions.
func (tx *Tx) CountTopics(ctx context.Context, owner string) (int64, error) {
	return one(ctx, tx, value[int64], `SELECT COUNT(*) FROM topics WHERE owner = $1`, owner)
}

// DeleteTopic removes a topic, its subscriptions and what they were to be told,
// or tells ErrNotFound.
func (tx *Tx) DeleteTopic(ctx context.Context, arn string) error {
	if err := tx.LockTopic(ctx, arn); err != nil {
		return err
	}
	subscriptions, err := tx.Subscriptions(ctx, arn)
	if err != nil {
		return err
	}
	for _, s := range subscriptions {
		if err := tx.DeleteSubscription(ctx, s.ARN); err != nil {
			return err
		}
	}
	if _, err := tx.exec(ctx, `DELETE FROM messages WHERE topic_arn = $1 AND spread = 0`, arn); err != nil {
		return err
	}
	return tx.changed(ctx, ErrNotFound, `DELETE FROM topics WHERE arn = $1`, arn)
}

// LockTopic makes whoever else locks the topic wait until the transaction ends,
// so that what is read of its subscriptions stays so. Whoever locks several does
// it in the order of their ARNs.
func (tx *Tx) LockTopic(ctx context.Context, arn string) error {
	return tx.lock(ctx, "SELECT arn FROM topics WHERE arn = $1 ORDER BY arn", arn)
}

func scanTopic(r row) (t Topic, err error) {
	var settings string
	var created int64
	if err := r.Scan(&t.ARN, &t.Owner, &settings, &t.Policy, &created); err != nil {
		return t, err
	}
	t.Created = instant(created)
	attributes, err := decode[map[string]string](settings)
	if err != nil {
		return t, err
	}
	t.Settings, err = topic.NewTopicSettings(attributes)
	return t, err
}
