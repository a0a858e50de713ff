package roster

import (
	"context"
	"fmt"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// Limits are how much there may be; 0 is no limit. What the configuration names is
// not counted against them when it comes.
type Limits struct {
	Topics         int // of an account
	Subscriptions  int // to a topic
	Pending        int // subscriptions of an account that are not confirmed
	FilterPolicies int // of a topic
}

// AWSLimits are those of SNS. [SNS quotas]
func AWSLimits() Limits {
	return Limits{Topics: 100_000, Subscriptions: 12_500_000, Pending: 5000, FilterPolicies: 200}
}

// checkTopics refuses one topic more, which is there already.
func (l Limits) checkTopics(ctx context.Context, tx *state.Tx, owner string) error {
	if l.Topics == 0 {
		return nil
	}
	n, err := tx.CountTopics(ctx, owner)
	if err == nil && n > int64(l.Topics) {
		err = exceeded("TopicLimitExceeded", "An account may have %d topics", l.Topics)
	}
	return err
}

// checkSubscriptions refuses one subscription more. The topic is locked.
func (l Limits) checkSubscriptions(ctx context.Context, tx *state.Tx, s topic.Subscription) error {
	if l.Subscriptions > 0 {
		n, err := tx.CountSubscriptions(ctx, s.TopicARN)
		if err != nil {
			return err
		}
		if n >= int64(l.Subscriptions) {
			return exceeded("SubscriptionLimitExceeded", "A topic may have %d subscriptions", l.Subscriptions)
		}
	}
	if l.Pending > 0 && !s.Confirmed {
		all, err := tx.Subscriptions(ctx, "")
		if err != nil {
			return err
		}
		n := 0
		for _, other := range all {
			if other.Owner == s.Owner && !other.Confirmed && !other.Expired(s.Requested) {
				n++
			}
		}
		if n >= l.Pending {
			return exceeded("SubscriptionLimitExceeded", "An account may have %d subscriptions that are not confirmed", l.Pending)
		}
	}
	return l.checkFilters(ctx, tx, s)
}

// checkFilters refuses one filter policy more. The topic is locked.
func (l Limits) checkFilters(ctx context.Context, tx *state.Tx, s topic.Subscription) error {
	if l.FilterPolicies == 0 || s.Settings.Filter.IsZero() {
		return nil
	}
	all, err := tx.Subscriptions(ctx, s.TopicARN)
	if err != nil {
		return err
	}
	n := 0
	for _, other := range all {
		if other.ARN != s.ARN && !other.Settings.Filter.IsZero() {
			n++
		}
	}
	if n >= l.FilterPolicies {
		return exceeded("FilterPolicyLimitExceeded", "The subscriptions to a topic may have %d filter policies", l.FilterPolicies)
	}
	return nil
}

func exceeded(code, format string, limit int) error {
	return &topic.InvalidError{Code: code, Message: fmt.Sprintf(format, limit)}
}
