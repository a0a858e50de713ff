package roster

import (
	"context"
	"errors"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// Confirm confirms the subscription that the token was sent for, or restores it
// when it was removed by a link and the token is that of the message which told
// of that. Issued and Now of the call are the roster's to set. The token alone
// decides; topicARN must only have the form of one. [recorded]
func (r *Roster) Confirm(ctx context.Context, topicARN, token string, c topic.ConfirmCall) (state.Subscription, error) {
	arn, _ := topic.ParseARN(topicARN)
	if err := topic.CheckConfirmedTopic(topicARN, arn.Region); err != nil {
		return state.Subscription{}, err
	}
	if err := topic.CheckToken(token); err != nil {
		return state.Subscription{}, err
	}
	c.Now = r.now()
	var confirmed state.Subscription
	err := r.state.Update(ctx, func(tx *state.Tx) error {
		if err := lockTopicOf(ctx, tx, token); err != nil {
			return err
		}
		a, err := lookUp(ctx, tx, token, c)
		if err != nil {
			return err
		}
		confirmed = a.Subscription
		if a.Done {
			return nil
		}
		if a.Restores {
			if err := forgive(ctx, tx, a.Subscription); err != nil {
				return err
			}
		}
		return tx.PutSubscription(ctx, a.Subscription)
	})
	if err != nil {
		return state.Subscription{}, err
	}
	return confirmed, nil
}

// Asked is what a token stands for.
type Asked struct {
	// Subscription is as it will be, or is already, after the token was used.
	Subscription state.Subscription
	// Restores says that the subscription was removed and comes back.
	Restores bool
	// Done says that it is so already: the token changes nothing any more.
	Done bool
}

// Asked tells what using the token would do, and changes nothing. It refuses
// what Confirm refuses.
func (r *Roster) Asked(ctx context.Context, token string) (Asked, error) {
	if err := topic.CheckToken(token); err != nil {
		return Asked{}, err
	}
	var a Asked
	err := r.state.View(ctx, func(tx *state.Tx) (err error) {
		a, err = lookUp(ctx, tx, token, topic.ConfirmCall{Now: r.now()})
		return err
	})
	return a, err
}

// lockTopicOf locks the topic that a token is about, if there is such a token.
func lockTopicOf(ctx context.Context, tx *state.Tx, token string) error {
	t, err := tx.TokenOf(ctx, token)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.LockTopic(ctx, t.Subscription.TopicARN)
}

// lookUp decides what the token does.
func lookUp(ctx context.Context, tx *state.Tx, token string, c topic.ConfirmCall) (Asked, error) {
	t, err := tx.TokenOf(ctx, token)
	if errors.Is(err, state.ErrNotFound) {
		return Asked{}, topic.UnknownToken()
	}
	if err != nil {
		return Asked{}, err
	}
	c.Issued = t.Made
	s, err := tx.Subscription(ctx, t.Subscription.ARN)
	switch {
	case err == nil:
		return confirm(s, c)
	case !errors.Is(err, state.ErrNotFound):
		return Asked{}, err
	case !t.Subscription.Confirmed || c.Now.Sub(t.Made) >= topic.TokenLife:
		// It asked to confirm what is gone since, or it is too old.
		return Asked{}, topic.UnknownToken()
	}
	if _, err := tx.Topic(ctx, t.Subscription.TopicARN); err != nil {
		if errors.Is(err, state.ErrNotFound) {
			return Asked{}, topic.UnknownToken()
		}
		return Asked{}, err
	}
	// Subscribed anew since: who holds a token of the endpoint speaks for it.
	s, err = tx.FindSubscription(ctx, t.Subscription.TopicARN, t.Subscription.Protocol, t.Subscription.Endpoint)
	if err == nil {
		return confirm(s, c)
	}
	if !errors.Is(err, state.ErrNotFound) {
		return Asked{}, err
	}
	return Asked{Subscription: t.Subscription, Restores: true}, nil
}

// confirm decides what a token does to a subscription that there is.
func confirm(s state.Subscription, c topic.ConfirmCall) (Asked, error) {
	after, err := s.Confirm(c)
	if err != nil {
		return Asked{}, err
	}
	done := s.Confirmed
	s.Subscription = after
	return Asked{Subscription: s, Done: done}, nil
}

// ConfirmByAdministrator confirms for an endpoint that cannot do so itself, such
// as a mailbox that many read, as ConfirmSubscription with
// AuthenticateOnUnsubscribe does: the links that its messages carry do not end
// the subscription, so that no single reader silences the alarms of all. How
// long ago it was asked does not matter. One that is confirmed stays as it is.
func (r *Roster) ConfirmByAdministrator(ctx context.Context, subscriptionARN string) (state.Subscription, error) {
	if err := topic.CheckSubscriptionARN(subscriptionARN); err != nil {
		return state.Subscription{}, err
	}
	now := r.now()
	var s state.Subscription
	err := r.state.Update(ctx, func(tx *state.Tx) (err error) {
		if err := tx.LockTopic(ctx, topic.TopicOf(subscriptionARN)); err != nil {
			return err
		}
		if s, err = tx.Subscription(ctx, subscriptionARN); err != nil {
			return orNoSubscription(err)
		}
		asked := s
		asked.Requested = now // so that it is never too late
		a, err := confirm(asked, topic.ConfirmCall{Issued: now, Now: now, Signed: true, AuthenticateOnUnsubscribe: "true"})
		if err != nil || a.Done {
			return err
		}
		s = a.Subscription
		return tx.PutSubscription(ctx, s)
	})
	if err != nil {
		return state.Subscription{}, err
	}
	return s, nil
}

// orNoSubscription words the error of looking for a subscription.
func orNoSubscription(err error) error {
	if errors.Is(err, state.ErrNotFound) {
		return &topic.InvalidError{Code: "NotFound", Message: "Subscription does not exist"}
	}
	return err
}
