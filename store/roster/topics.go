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

// A NewTopic is a call of CreateTopic.
type NewTopic struct {
	Name       string
	Attributes map[string]string
	Tags       map[string]string
}

// CreateTopic makes a topic, or finds the one that has its name, these attributes
// and these tags.
func (r *Roster) CreateTopic(ctx context.Context, in state.Scope, n NewTopic) (arn string, err error) {
	wanted, given, err := n.check(in)
	if err != nil {
		return "", err
	}
	wanted.Created = r.now()
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		switch err := tx.AddTopic(ctx, wanted); {
		case err == nil:
			if err := r.limits.checkTopics(ctx, tx, in.Account); err != nil {
				return err
			}
			return tx.Tag(ctx, wanted.ARN, n.Tags)
		case !errors.Is(err, state.ErrChanged):
			return err
		}
		return n.same(ctx, tx, wanted.ARN, given)
	})
	if err != nil {
		return "", err
	}
	return wanted.ARN, nil
}

// check gives the topic as it is to be, and those of its attributes that are
// settings.
func (n NewTopic) check(in state.Scope) (wanted state.Topic, given map[string]string, err error) {
	if err := topic.CheckTopicName(n.Name, n.Attributes["FifoTopic"]); err != nil {
		return state.Topic{}, nil, err
	}
	wanted = state.Topic{
		ARN: topic.TopicARN(in.Partition, in.Region, in.Account, n.Name), Owner: in.Account, Policy: n.Attributes["Policy"],
	}
	if err := topic.CheckPolicy(wanted.ARN, wanted.Policy); err != nil {
		return state.Topic{}, nil, amongAttributes(err)
	}
	given = maps.Clone(n.Attributes)
	delete(given, "FifoTopic")
	delete(given, "Policy")
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if wanted.Settings, err = wanted.Settings.Set(name, given[name]); err != nil {
			return state.Topic{}, nil, amongAttributes(err)
		}
	}
	return wanted, given, nil
}

// same finds whether the topic that is there is the one that is wanted.
func (n NewTopic) same(ctx context.Context, tx *state.Tx, arn string, given map[string]string) error {
	there, err := tx.Topic(ctx, arn)
	if errors.Is(err, state.ErrNotFound) {
		// It was deleted in this instant; AWS's clients try again.
		return &topic.InvalidError{Code: "ConcurrentAccess", Message: "The topic is being deleted; try again."}
	}
	if err != nil {
		return err
	}
	if p, ok := n.Attributes["Policy"]; ok && !samePolicy(p, there) {
		return &topic.InvalidError{Code: "InvalidParameter", Message: "Invalid parameter: Attributes Reason: Topic already exists with different attributes"}
	}
	if err := there.Settings.Same(given); err != nil {
		return err
	}
	tags, err := tx.Tags(ctx, arn)
	if err != nil {
		return err
	}
	for key, value := range n.Tags {
		if has, ok := tags[key]; !ok || has != value {
			return &topic.InvalidError{Code: "InvalidParameter", Message: "Invalid parameter: Tags Reason: Topic already exists with different tags"}
		}
	}
	return nil
}

// amongAttributes words the refusal of an attribute as a call does that takes
// several.
func amongAttributes(err error) error {
	var invalid *topic.InvalidError
	if errors.As(err, &invalid) {
		return invalid.AmongAttributes()
	}
	return err
}

// samePolicy compares a policy with that of a topic, but for the blanks between
// their tokens.
func samePolicy(given string, of state.Topic) bool {
	if given == of.Policy {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, []byte(given)) == nil && json.Compact(&y, []byte(of.PolicyDocument())) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// ChangeTopic lets f change a topic; f may be called again, and has no effect but
// on the topic.
func (r *Roster) ChangeTopic(ctx context.Context, arn string, f func(*state.Topic) error) error {
	return r.state.Update(ctx, func(tx *state.Tx) error {
		if err := tx.LockTopic(ctx, arn); err != nil {
			return err
		}
		t, err := tx.Topic(ctx, arn)
		if err != nil {
			return orNoTopic(err)
		}
		if err := f(&t); err != nil {
			return err
		}
		return tx.PutTopic(ctx, t)
	})
}

// DeleteTopic removes a topic with its subscriptions and tags, whether there is
// one or not.
func (r *Roster) DeleteTopic(ctx context.Context, arn string) error {
	return r.state.Update(ctx, func(tx *state.Tx) error {
		switch err := tx.DeleteTopic(ctx, arn); {
		case errors.Is(err, state.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		return tx.DropTags(ctx, arn)
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

// PublishBatch puts messages into the outbox of a topic, all or none, and gives
// their ids in order.
func (r *Roster) PublishBatch(ctx context.Context, topicARN string, entries []topic.BatchEntry) (messageIDs []string, err error) {
	var failed error
	newID := func() string {
		id, err := r.newID()
		failed = errors.Join(failed, err)
		return id
	}
	messages, err := topic.CheckBatch(entries, newID, r.now())
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	for i := range messages {
		messages[i].TopicARN = topicARN
		messageIDs = append(messageIDs, messages[i].ID)
	}
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		if _, err := tx.Topic(ctx, topicARN); err != nil {
			return orNoTopic(err)
		}
		for _, m := range messages {
			if err := tx.Publish(ctx, state.Publication{Message: m, Kind: topic.Notification}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.wake()
	return messageIDs, nil
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
