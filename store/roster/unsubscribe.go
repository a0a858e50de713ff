package roster

import (
	"context"
	"errors"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// Unsubscribe ends a subscription; whether there was one does not matter.
// signedByOwner says that the owner of the topic or of the subscription signed
// the call. Otherwise it came by a link: the endpoint is told, with a token that
// restores the subscription, and one that the configuration names is not
// subscribed again by SyncManaged.
func (r *Roster) Unsubscribe(ctx context.Context, subscriptionARN string, signedByOwner bool) error {
	if err := topic.CheckSubscriptionARN(subscriptionARN); err != nil {
		return err
	}
	now := r.now()
	q, err := r.newQuestion(now)
	if err != nil {
		return err
	}
	told := false
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		told = false
		if err := tx.LockTopic(ctx, topic.TopicOf(subscriptionARN)); err != nil {
			return err
		}
		s, err := tx.Subscription(ctx, subscriptionARN)
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		notify, err := s.Unsubscribe(signedByOwner)
		if err != nil {
			return err
		}
		if err := tx.DeleteSubscription(ctx, subscriptionARN); err != nil {
			return err
		}
		if s.Managed && !signedByOwner {
			if err := decline(ctx, tx, s, now); err != nil {
				return err
			}
		}
		if !notify {
			return nil
		}
		told = true
		return q.ask(ctx, tx, topic.UnsubscribeConfirmation, s)
	})
	if err == nil && told {
		r.wake()
	}
	return err
}

// TellsOfEnd tells whether the endpoint of a subscription is told when a link ends
// it.
func TellsOfEnd(s state.Subscription) bool {
	told, err := s.Unsubscribe(false)
	return told && err == nil
}

// Subscription is the subscription with that ARN. An error is a
// *topic.InvalidError when there is none.
func (r *Roster) Subscription(ctx context.Context, arn string) (state.Subscription, error) {
	var s state.Subscription
	if err := topic.CheckSubscriptionARN(arn); err != nil {
		return s, err
	}
	err := r.state.View(ctx, func(tx *state.Tx) (err error) {
		s, err = tx.Subscription(ctx, arn)
		return orNoSubscription(err)
	})
	return s, err
}

// Prune removes the subscriptions that were left unconfirmed for too long, and
// the tokens that nobody can use any more, and tells how many subscriptions went.
// Those of the configuration stay, so that the operator sees who never confirmed;
// SyncManaged asks them again.
func (r *Roster) Prune(ctx context.Context) (removed int, err error) {
	now := r.now()
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		removed = 0
		all, err := lockAll(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.Managed || !s.Expired(now) {
				continue
			}
			if err := tx.DeleteSubscription(ctx, s.ARN); err != nil {
				return err
			}
			removed++
		}
		// Until then a token that has confirmed still tells what it confirmed.
		return tx.PruneTokens(ctx, now.Add(-topic.PendingLife))
	})
	return removed, err
}

// lockAll locks all topics and gives their subscriptions.
func lockAll(ctx context.Context, tx *state.Tx) ([]state.Subscription, error) {
	topics, err := tx.Topics(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		if err := tx.LockTopic(ctx, t.ARN); err != nil {
			return nil, err
		}
	}
	return tx.Subscriptions(ctx, "")
}
