package roster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// A Named subscription is one that the operator names, in the configuration or
// on the command line. Its protocol may be one that SNS does not have.
type Named struct {
	TopicARN   string
	Protocol   topic.Protocol
	Endpoint   string
	Attributes map[string]string
}

// Synced is what SyncManaged found and did.
type Synced struct {
	Added   []state.Subscription
	Kept    []state.Subscription // also those whose attributes were changed
	Asked   []state.Subscription // to confirm, again: nobody did in time
	Removed []state.Subscription
	// Declined were ended by a link that their messages carry, and stay so.
	Declined []Named
}

// SyncManaged brings the subscriptions that the configuration names in line with
// it: it adds those that are missing, changes the attributes of others to what is
// named, and removes those that it had added and that are named no more. A
// subscription that was made through the API and is named now is taken over.
//
// The operator answers for what he names: endpoints may be on a private network,
// and queues and functions of other accounts need not confirm. Web endpoints and
// mailboxes are asked as all are, for they are not always his own; they are asked
// again when nobody confirmed while the token was good.
//
// Who ended a named subscription by the link in a message is not subscribed
// again: nobody gets messages that he has refused because a program restarts.
// Three ways lead back, each of which somebody has to take on purpose: the link
// that restores, a call of Subscribe, or taking the name out of the configuration
// and putting it in again, with a SyncManaged between.
//
// A signed call of Unsubscribe is the operator's own act, against which his
// configuration prevails: the subscription is added again.
func (r *Roster) SyncManaged(ctx context.Context, wanted []Named) (Synced, error) {
	now := r.now()
	entries := make([]entry, 0, len(wanted))
	for _, n := range wanted {
		e, err := r.newEntry(n, now)
		if err != nil {
			return Synced{}, fmt.Errorf("subscription %s of topic %s: %w", n.Protocol, n.TopicARN, err)
		}
		entries = append(entries, e)
	}
	var done Synced
	err := r.state.Update(ctx, func(tx *state.Tx) error {
		done = Synced{}
		all, err := lockAll(ctx, tx)
		if err != nil {
			return err
		}
		named := map[string]bool{}
		for _, e := range entries {
			if named[key(e.subscription)] {
				continue
			}
			named[key(e.subscription)] = true
			if err := e.sync(ctx, tx, now, &done); err != nil {
				return err
			}
		}
		for _, s := range all {
			if !s.Managed || named[key(s)] {
				continue
			}
			if err := tx.DeleteSubscription(ctx, s.ARN); err != nil {
				return err
			}
			done.Removed = append(done.Removed, s)
		}
		return forgiveOthers(ctx, tx, named)
	})
	if err != nil {
		return Synced{}, err
	}
	if len(done.Added)+len(done.Asked) > 0 {
		r.wake()
	}
	return done, nil
}

// key is what makes a subscription the same as another of the configuration.
func key(s state.Subscription) string {
	return s.TopicARN + " " + string(s.Protocol) + " " + s.Endpoint
}

// An entry is a named subscription, ready to be put on the roster.
type entry struct {
	Named
	subscription state.Subscription
	question     question
}

func (r *Roster) newEntry(n Named, now time.Time) (entry, error) {
	id, err := r.newID()
	if err != nil {
		return entry{}, err
	}
	q, err := r.newQuestion(now)
	if err != nil {
		return entry{}, err
	}
	s, err := n.subscription(id, now)
	if err != nil {
		return entry{}, err
	}
	return entry{
		Named:        n,
		subscription: state.Subscription{Subscription: s, Trusted: true, Managed: true, Created: now},
		question:     q,
	}, nil
}

// subscription is what the name asks for.
func (n Named) subscription(id string, now time.Time) (topic.Subscription, error) {
	of, ok := topic.ParseARN(n.TopicARN)
	if !ok {
		return topic.Subscription{}, fmt.Errorf("%q is no ARN of a topic", n.TopicARN)
	}
	principal := topic.ARN{Partition: of.Partition, Service: "iam", Account: of.Account, Resource: "root"}.String()
	if _, err := topic.ParseProtocol(string(n.Protocol)); err != nil {
		// One of tocsin's own, which only the operator can name.
		settings, err := topic.NewSettings(n.Protocol, n.Attributes)
		return topic.Subscription{
			ARN: topic.SubscriptionARN(n.TopicARN, id), TopicARN: n.TopicARN, Owner: of.Account, Principal: principal,
			Protocol: n.Protocol, Endpoint: n.Endpoint, Settings: settings,
			Confirmed: true, Requested: now, Authenticated: true,
		}, err
	}
	owner := of.Account
	if endpoint, ok := topic.ParseARN(n.Endpoint); ok {
		owner = endpoint.Account
	}
	s, err := topic.Subscribe(topic.SubscribeCall{
		TopicARN: n.TopicARN, Protocol: string(n.Protocol), Endpoint: n.Endpoint, Attributes: n.Attributes,
		ID: id, Owner: owner, Principal: principal, Now: now,
	})
	s.Owner = of.Account
	return s, err
}

// sync puts the entry on the roster, or brings what is there in line.
func (e entry) sync(ctx context.Context, tx *state.Tx, now time.Time, done *Synced) error {
	s, err := tx.FindSubscription(ctx, e.TopicARN, e.Protocol, e.Endpoint)
	if errors.Is(err, state.ErrNotFound) {
		return e.add(ctx, tx, done)
	}
	if err != nil {
		return err
	}
	s.Trusted, s.Managed = true, true
	s.Settings = e.subscription.Settings
	again := !s.Confirmed && now.Sub(s.Requested) >= topic.TokenLife
	if again {
		s.Requested = now
		done.Asked = append(done.Asked, s)
	} else {
		done.Kept = append(done.Kept, s)
	}
	if err := tx.PutSubscription(ctx, s); err != nil || !again {
		return err
	}
	return e.question.ask(ctx, tx, topic.SubscriptionConfirmation, s)
}

func (e entry) add(ctx context.Context, tx *state.Tx, done *Synced) error {
	if _, err := tx.Topic(ctx, e.TopicARN); err != nil {
		return orNoTopic(err)
	}
	declined, err := isDeclined(ctx, tx, e.subscription)
	if err != nil {
		return err
	}
	if declined {
		done.Declined = append(done.Declined, e.Named)
		return nil
	}
	done.Added = append(done.Added, e.subscription)
	if err := tx.PutSubscription(ctx, e.subscription); err != nil || e.subscription.Confirmed {
		return err
	}
	return e.question.ask(ctx, tx, topic.SubscriptionConfirmation, e.subscription)
}
