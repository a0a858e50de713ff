package roster

import (
	"context"
	"errors"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// Subscribe subscribes an endpoint, or finds its subscription; ID and Now of the
// call are the roster's to set. An endpoint that has not confirmed is asked to,
// again if it was before: the tokens sent before stay good as long as they are.
func (r *Roster) Subscribe(ctx context.Context, c topic.SubscribeCall) (state.Subscription, error) {
	now := r.now()
	id, err := r.newID()
	if err != nil {
		return state.Subscription{}, err
	}
	q, err := r.newQuestion(now)
	if err != nil {
		return state.Subscription{}, err
	}
	c.ID, c.Now = id, now
	wanted, err := topic.Subscribe(c)
	if err != nil {
		return state.Subscription{}, err
	}
	var s state.Subscription
	err = r.state.Update(ctx, func(tx *state.Tx) error {
		if err := lockTopic(ctx, tx, c.TopicARN); err != nil {
			return err
		}
		var err error
		if s, err = r.enter(ctx, tx, wanted, c.Attributes); err != nil || s.Confirmed {
			return err
		}
		return q.ask(ctx, tx, topic.SubscriptionConfirmation, s)
	})
	if err != nil {
		return state.Subscription{}, err
	}
	if !s.Confirmed {
		r.wake()
	}
	return s, nil
}

// enter puts the subscription on the roster, or finds the one that its endpoint
// has. One that was left unconfirmed for too long counts as deleted, but for
// those of the configuration, which begin anew.
func (r *Roster) enter(ctx context.Context, tx *state.Tx, wanted topic.Subscription, attributes map[string]string) (state.Subscription, error) {
	s := state.Subscription{Subscription: wanted, Created: wanted.Requested}
	there, err := tx.FindSubscription(ctx, wanted.TopicARN, wanted.Protocol, wanted.Endpoint)
	switch {
	case errors.Is(err, state.ErrNotFound):
		if err := r.limits.checkSubscriptions(ctx, tx, wanted); err != nil {
			return state.Subscription{}, err
		}
		if err := forgive(ctx, tx, s); err != nil {
			return state.Subscription{}, err
		}
		return s, tx.PutSubscription(ctx, s)
	case err != nil:
		return state.Subscription{}, err
	case !there.Expired(wanted.Requested):
		_, err := there.Again(attributes)
		return there, err
	case there.Managed:
		there.Requested = wanted.Requested
		return there, tx.PutSubscription(ctx, there)
	}
	if err := tx.DeleteSubscription(ctx, there.ARN); err != nil {
		return state.Subscription{}, err
	}
	return s, tx.PutSubscription(ctx, s)
}

// ChangeSubscription lets f change a subscription; f may be called again, and has
// no effect but on the subscription.
func (r *Roster) ChangeSubscription(ctx context.Context, arn string, f func(*state.Subscription) error) error {
	if err := topic.CheckSubscriptionARN(arn); err != nil {
		return err
	}
	return r.state.Update(ctx, func(tx *state.Tx) error {
		if err := tx.LockTopic(ctx, topic.TopicOf(arn)); err != nil {
			return err
		}
		s, err := tx.Subscription(ctx, arn)
		if err != nil {
			return orNoSubscription(err)
		}
		if err := f(&s); err != nil {
			return err
		}
		if err := r.limits.checkFilters(ctx, tx, s.Subscription); err != nil {
			return err
		}
		return tx.PutSubscription(ctx, s)
	})
}
