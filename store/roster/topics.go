package roster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"tocsin/core/topic"
	"tocsin/store/state"
)

func noTopic() error {
	return &topic.InvalidError{Code: "NotFound", Message: "Topic does not exist"}
}

// CreateTopic makes a topic with the attributes of CreateTopic, or finds the one
// that has its name and these attributes.
func (r *Roster) CreateTopic(ctx context.Context, in state.Scope, name string, attributes map[string]string) (arn string, err error) {
	if err := topic.CheckTopicName(name, attributes["FifoTopic"]); err != nil {
		return "", err
	}
	wanted := state.Topic{
		ARN: topic.TopicARN(in.Partition, in.Region, in.Account, name), Owner: in.Account,
		Policy: attributes["Policy"], Created: r.now(),
	}
	given := maps.Clone(attributes)
	delete(given, "FifoTopic")
	delete(given, "Policy")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if wanted.Settings, err = wanted.Settings.Set(name, given[name]); err != nil {
			var invalid *topic.InvalidError
			if errors.As(err, &invalid) {
				return "", invalid.AmongAttributes()
			}
			return "", err
		}
	}
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		there, err := tx.Topic(ctx, wanted.ARN)
		if errors.Is(err, state.ErrNotFound) {
			return tx.PutTopic(ctx, wanted)
		}
		if err != nil {
			return err
		}
		if policy, ok := attributes["Policy"]; ok && !samePolicy(policy, there.Policy) {
			return &topic.InvalidError{Code: "InvalidParameter", Message: "Invalid parameter: Attributes Reason: Topic already exists with different attributes"}
		}
		return there.Settings.Same(given)
	})
	if err != nil {
		return "", err
	}
	return wanted.ARN, nil
}

// samePolicy compares policies but for the blanks between their tokens.
func samePolicy(a, b string) bool {
	if a == b {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, []byte(a)) == nil && json.Compact(&y, []byte(b)) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// DeleteTopic removes a topic with its subscriptions, whether there is one or not.
func (r *Roster) DeleteTopic(ctx context.Context, arn string) error {
	return r.state.Update(ctx, func(tx *state.Tx) error {
		if err := tx.DeleteTopic(ctx, arn); !errors.Is(err, state.ErrNotFound) {
			return err
		}
		return nil
	})
}

// Publish puts a message into the outbox of a topic and gives its id.
func (r *Roster) Publish(ctx context.Context, p topic.Publication) (messageID string, err error) {
	id, err := r.newID()
	if err != nil {
		return "", err
	}
	m, err := p.Check(id, r.now())
	if err != nil {
		return "", err
	}
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		if _, err := tx.Topic(ctx, p.TopicARN); err != nil {
			return orNoTopic(err)
		}
		return tx.Publish(ctx, state.Publication{Message: m, Kind: topic.Notification})
	})
	if err != nil {
		return "", err
	}
	r.wake()
	return id, nil
}

// lockTopic makes the other acts on a topic wait until the transaction ends, and
// sees that the topic exists.
func lockTopic(ctx context.Context, tx *state.Tx, arn string) error {
	if err := tx.LockTopic(ctx, arn); err != nil {
		return err
	}
	_, err := tx.Topic(ctx, arn)
	return orNoTopic(err)
}

// orNoTopic words the error of looking for a topic.
func orNoTopic(err error) error {
	if errors.Is(err, state.ErrNotFound) {
		return noTopic()
	}
	return err
}
